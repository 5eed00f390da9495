//! Conversations, and everything that is remembered about them: what was claimed, what waits, what
//! was attempted, who has stopped, what a person must look at.
//!
//! A text that arrives becomes a document of its own ([`Waiting`]) beside the small head of its
//! conversation. Only an arriving text writes a head blindly, and only a turn writes a
//! [`Conversation`] as a whole, on condition that nobody else has since. Everything that follows from a turn goes into that same commit as a [`Change`],
//! so a process can die anywhere and what is stored is still true.
//!
//! The store is Firestore, or SQLite in a file of our own; both pass the same tests.

#![warn(missing_docs)]

mod admissions;
mod attempts;
mod clock;
mod consents;
mod conversation;
mod credentials;
mod documents;
mod federation;
#[cfg(feature = "sqlite")]
mod file;
mod firestore;
mod hands;
mod id;
mod incidents;
mod kept;
mod open;
mod probes;
mod quarantine;
mod receipts;
mod refusals;
mod routes;
mod shared;
mod shown;
#[cfg(feature = "sqlite")]
mod sqlite;
mod store;
mod texts;
mod trials;
mod tries;
mod values;
mod watched;

pub use admissions::Minute;
pub use attempts::{Attempt, DueAttempt, Learned, Word};
pub use consents::{Consent, Given};
pub use conversation::{Conversation, HandedOver, Over, Reply, Said, Sending};
pub use documents::Unavailable;
pub use id::ConversationId;
pub use kept::{Effect, Ended, Notice, Stop, StoredReceipt, Trace, Whom};
pub use open::{OpenError, Reserved};
pub use probes::{KnownProbe, Probe};
pub use quarantine::{Kept, Quarantined};
pub use receipts::Joined;
pub use store::{Change, Claim, CommitError, Loaded, Store};
pub use texts::{AT_ONCE, Arrival, SetAside, Taken, Waiting};
pub use trials::trial;
