//! The names of a trace's steps. They are stored, and the console, `smoke` and `doctor` read them, so
//! they must not change.

/// A provider's call brought a text.
pub const RECEIVED: &str = "received";
/// A text was read from a call in quarantine.
pub const REPLAYED: &str = "taken out of quarantine";
/// The wake-up of the turn is in the queue.
pub const QUEUED: &str = "queued";
/// A turn began to answer it.
pub const TOOK_UP: &str = "took up";
/// It is not answered, for the reason in `why`.
pub const NOT_ANSWERED: &str = "not answered";
/// It comes late, and waits for the hours in which the person may be texted. `until` is by their clock.
pub const WAITS: &str = "waits";
/// The model was asked. `outcome` is `answered`, or what went wrong.
pub const ASKED_THE_MODEL: &str = "asked the model";
/// Only the model recognised it as an opt-out.
pub const HEARD_A_STOP: &str = "heard a stop";
/// Another text came while the agent was thinking, so it starts again.
pub const THROWN_AWAY: &str = "thrown away";
/// The answer was made to fit a phone.
pub const FITTED: &str = "fitted";
/// The answer and the first attempt to send it are stored.
pub const COMMITTED: &str = "committed";
/// An attempt was dispatched to a provider. `outcome` is `accepted`, or the error.
pub const SENT: &str = "sent";
/// The provider was asked about an attempt whose outcome is unknown.
pub const LOOKED_UP: &str = "looked up";
/// An accepted text did not arrive.
pub const FAILED_LATE: &str = "failed late";
/// It is not tried again after all, for the reason in `why`.
pub const NOT_TRIED_AGAIN: &str = "not tried again";
/// A status update came, from a receipt or a poll.
pub const RECEIPT: &str = "receipt";
/// A test send was answered.
pub const ANSWERED: &str = "answered";

/// All of them, except those of tools: `ran` and the name of the tool.
pub const ALL: [&str; 17] = [
    RECEIVED,
    REPLAYED,
    QUEUED,
    TOOK_UP,
    NOT_ANSWERED,
    WAITS,
    ASKED_THE_MODEL,
    HEARD_A_STOP,
    THROWN_AWAY,
    FITTED,
    COMMITTED,
    SENT,
    LOOKED_UP,
    FAILED_LATE,
    NOT_TRIED_AGAIN,
    RECEIPT,
    ANSWERED,
];
