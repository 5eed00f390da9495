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
    /// Who agreed to be texted.
    consents [Expires InLedger] { THEIRS: Text = "theirs", }
    /// The consent ledger: who agreed to be texted, and who wanted no more.
    consent_events [Expires InLedger Later] { AT: Time = "at", PLACE: Text = "place", }
    /// Consents counted by window of time.
    consents_given [Expires] {}
    /// The entries of each conversation, beside its head.
    conversations [Expires] {}
    /// Effects that must leave the system.
    effects [Expires] { CONVERSATION: Text = "conversation", DUE_AT: Time = "due_at", }
    /// Conversations that are over.
    ended [Expires] { PLACE: Text = "place", }
    /// Who was erased, and when.
    erasures [InLedger Later] { AT: Time = "at", }
    /// Conversations under way, without their entries.
    heads [Expires FromTheFirst] { AT: Time = "at", DUE_AT: Time = "due_at", }
    /// The health of all routes.
    health [] {}
    /// Places for new people, by minute.
    minutes [Expires] { AT: Time = "at", }
    /// Notices for a person to look at.
    notices [Expires] { AT: Time = "at", }
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
