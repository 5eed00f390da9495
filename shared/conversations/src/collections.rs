//! The one list of collections and of the fields that queries use.

use documents::collections;

collections! {
    /// Every try to hand a reply to a provider.
    attempts [Expires] {
        AT: Time = "at",
        DUE_AT: Time = "due_at",
        MESSAGE: Text = "message",
        PLACE: Text = "place",
        TRACE: Text = "trace",
    }
    /// What operators did: who, by which way, and when.
    audit [Expires Later] { AT: Time = "at", PLACE: Text = "place", }
    /// How many texts came from each number that is blocked.
    blocked [Later] {}
    /// Numbers that are blocked.
    blocks [InLedger Later] { AT: Time = "at", }
    /// What is reserved and spent, in shards.
    budget [Later] {}
    /// Messages that were taken, so that a repeat is recognised.
    claims [Expires FromTheFirst] {}
    /// The last clock reading.
    clock [] {}
    /// The short codes by which an owner's phone names a conversation that was handed over.
    codes [Expires Later] { CONVERSATION: Text = "conversation", }
    /// Who agreed to be texted.
    consents [Expires InLedger] { THEIRS: Text = "theirs", }
    /// The consent ledger: who agreed to be texted, and who wanted no more.
    consent_events [Expires InLedger Later] { AT: Time = "at", PLACE: Text = "place", }
    /// Consents counted by window of time.
    consents_given [Expires] {}
    /// The entries of each conversation, beside its head.
    conversations [Expires] {}
    /// What lists show of a conversation: its row. Each list has a time, which a row has while it is in
    /// that list.
    desk [Expires Later] {
        AT: Time = "at",
        CHANGED_AT: Time = "changed_at",
        FAILED_AT: Time = "failed_at",
        OURS_AT: Time = "ours_at",
        RESULT_AT: Time = "result_at",
        WAITS_AT: Time = "waits_at",
    }
    /// Effects that must leave the system.
    effects [Expires] { CONVERSATION: Text = "conversation", DUE_AT: Time = "due_at", }
    /// Conversations that are over.
    ended [Expires] { PLACE: Text = "place", }
    /// Who was erased, and when.
    erasures [InLedger Later] { AT: Time = "at", }
    /// What is counted by day and by month, under the names of what it counts.
    figures [Expires Later] {}
    /// What a conversation is found by: keyed names of its number, name and brief.
    found [Expires Later] { TOKENS: Texts = "tokens", }
    /// Conversations under way, without their entries.
    heads [Expires FromTheFirst] { AT: Time = "at", DUE_AT: Time = "due_at", }
    /// The health of all routes.
    health [] {}
    /// What does not work, one for each cause, while it is open and afterwards.
    incidents [Expires Later] {
        AT: Time = "at",
        OPEN_AT: Time = "open_at",
        TELL_AT: Time = "tell_at",
    }
    /// Places for new people, by minute.
    minutes [Expires] { AT: Time = "at", }
    /// Notices for a person to look at.
    notices [Expires] { AT: Time = "at", }
    /// What operators want of a conversation, until a turn has carried it out.
    orders [Expires Later] { DUE_AT: Time = "due_at", PLACE: Text = "place", }
    /// The latest probe of each route.
    probes [] {}
    /// Calls that no parser understood.
    quarantine [Expires] { AT: Time = "at", SHAPE: Text = "shape", }
    /// Receipts as providers sent them. One that waits for its attempt is due when to look for it.
    receipts [Expires] { DUE_AT: Time = "due_at", MESSAGE: Text = "message", }
    /// When conversations usually begin.
    rhythm [] {}
    /// The stored history of each route.
    routes [] { PROVIDER: Text = "provider", }
    /// The words of texts and replies, to search in, where the store can.
    said [Expires Later] { PLACE: Text = "place", WORDS: Words = "words", }
    /// The forms of calls that no parser understood.
    shapes [Expires] {}
    /// People who have opted out.
    stops [InLedger FromTheFirst] { AT: Time = "at", }
    /// Texts that wait or were set aside.
    texts [Expires] {
        ASIDE: Text = "aside",
        DUE_AT: Time = "due_at",
        TRACE: Text = "trace",
        WAITING: Text = "waiting",
    }
    /// The steps of each turn.
    traces [Expires] {}
    /// Documents written only to test whether the store takes writes.
    tries [Expires] {}
}
