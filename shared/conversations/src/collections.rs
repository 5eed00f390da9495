//! What is kept, and what it is asked by: the one list of both.

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
    /// What was taken, so that a repeat of it is known.
    claims [Expires FromTheFirst] {}
    /// What the clock said last.
    clock [] {}
    /// Who agreed to be texted.
    consents [Expires InLedger] { THEIRS: Text = "theirs", }
    /// How many did, by window of time.
    consents_given [Expires] {}
    /// What was said, beside the head of its conversation.
    conversations [Expires] {}
    /// What must leave the system.
    effects [Expires] { CONVERSATION: Text = "conversation", DUE_AT: Time = "due_at", }
    /// Conversations that are over.
    ended [Expires] { PLACE: Text = "place", }
    /// Conversations under way, without what was said.
    heads [Expires FromTheFirst] { AT: Time = "at", DUE_AT: Time = "due_at", }
    /// What is thought of all routes.
    health [] {}
    /// How many new people were let in.
    minutes [Expires] { AT: Time = "at", }
    /// What a person should look at.
    notices [Expires] { AT: Time = "at", }
    /// The latest probe of each way.
    probes [] {}
    /// Calls that nobody understood.
    quarantine [Expires] { AT: Time = "at", SHAPE: Text = "shape", }
    /// What providers reported. One that waits for its attempt is due when to look for it.
    receipts [Expires] { DUE_AT: Time = "due_at", MESSAGE: Text = "message", }
    /// When conversations usually begin.
    rhythm [] {}
    /// What is remembered of each route.
    routes [] { PROVIDER: Text = "provider", }
    /// The forms of calls that nobody understood.
    shapes [Expires] {}
    /// Who has stopped.
    stops [InLedger FromTheFirst] { AT: Time = "at", }
    /// Texts that wait, or were set aside.
    texts [Expires] {
        ASIDE: Text = "aside",
        DUE_AT: Time = "due_at",
        TRACE: Text = "trace",
        WAITING: Text = "waiting",
    }
    /// What happened, turn by turn.
    traces [Expires] {}
    /// What was written to see whether anything can be.
    tries [Expires] {}
}
