//! Conversations, and everything that is remembered about them: what was claimed, what waits, what
//! was attempted, who has stopped, what a person must look at.
//!
//! One document per pair of numbers ([`Conversation`]) holds what is going on between them. Only an
//! arriving text writes it blindly, and only a turn writes it as a whole, on condition that nobody
//! else has since. Everything that follows from a turn goes into that same commit as a [`Change`],
//! so a process can die anywhere and what is stored is still true.
//!
//! The store is Firestore, or SQLite in a file of our own; both pass the same tests.

#![warn(missing_docs)]

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
mod id;
mod kept;
mod open;
mod probes;
mod quarantine;
mod receipts;
mod routes;
mod shown;
#[cfg(feature = "sqlite")]
mod sqlite;
mod store;
mod trials;
mod values;
mod watched;

pub use attempts::{Attempt, DueAttempt, Learned, Word};
pub use consents::Consent;
pub use conversation::{Conversation, Reply, Said, Sending, Waiting};
pub use documents::Unavailable;
pub use id::ConversationId;
pub use kept::{Effect, Ended, Notice, Stop, StoredReceipt, Trace};
pub use open::OpenError;
pub use probes::{KnownProbe, Probe};
pub use quarantine::{Kept, Quarantined};
pub use receipts::Joined;
pub use store::{Arrival, Change, Claim, CommitError, Loaded, Store, Taken};
pub use trials::trial;
