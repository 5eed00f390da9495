//! Conversations and everything stored about them: claims, waiting texts, attempts, opt-outs and
//! notices.
//!
//! A text that arrives becomes a document of its own ([`Waiting`]) beside the small head of its
//! conversation. Only an arriving text writes a head blindly. Only a turn writes a [`Conversation`] as
//! a whole, on condition that nobody else has since. Everything that follows from a turn goes into that
//! same commit as a [`Change`], so a process can die at any point and what is stored is still true.
//!
//! The store is Firestore, or SQLite in a local file; both pass the same tests.

#![warn(missing_docs)]

mod account;
mod admissions;
mod apart;
mod attempts;
mod audit;
#[cfg(feature = "sqlite")]
mod backups;
mod blocks;
pub mod budget;
mod by;
mod change;
mod claims;
mod clock;
mod codes;
pub mod collections;
mod consent_events;
mod consent_ledger;
mod consents;
mod conversation;
mod counted;
mod desk;
mod detached;
mod due;
mod effects;
mod ended;
mod erase;
mod figures;
mod finds;
mod found;
mod hands;
mod health;
mod id;
mod kept_calls;
mod lifetimes;
mod listed;
mod looks;
mod names;
mod notices;
mod open;
mod orders;
mod person;
mod quarantine;
mod receipts;
mod reopened;
mod report;
mod roll_up;
mod round;
mod rows;
mod said;
mod silence;
mod steps;
mod stops;
mod store;
mod tally;
mod test_sends;
mod texts;
mod traces;
mod trial;
mod tries;
mod turns;
mod uncounted;

#[cfg(feature = "sqlite")]
pub use backups::{Held, Restore, Restored, back_up};
#[cfg(feature = "sqlite")]
pub use documents::Since;
pub use documents::{Left, OpenError, Place, Reserved, Unavailable, reserve};

pub use crate::figures::DayCounts;
pub use ::figures::Filter;
pub use admissions::{Admission, minute_of};
pub use attempts::{Attempt, Reported, StatusUpdate};
pub use audit::Act;
pub use by::{By, Via};
pub use change::{Change, CommitError, Loaded};
pub use codes::{Code, Coded};
pub use consent_events::{ConsentEvent, ConsentKind, Proof};
pub use consents::{Consent, Given};
pub use conversation::{Conversation, HandedOver, LastReply, Previous, Reply, Sending};
pub use counted::Counting;
pub use desk::{Mark, Row, RowWrite, Speaker, Standing, View};
pub use due::Batch;
pub use effects::Effect;
pub use ended::Ended;
pub use erase::Erased;
pub use found::{Found, name_in};
pub use health::opened;
pub use id::ConversationId;
pub use lifetimes::Lifetimes;
pub use looks::{Charged, DueAttempt};
pub use names::{Claim, Names};
pub use notices::{FollowUp, Notice};
pub use orders::{GivenOrder, Order, OrderKind, Ordered};
pub use person::Person;
pub use quarantine::{Kept, Quarantined};
pub use receipts::{DueReceipt, Joined, MatchedReceipt, StoredReceipt};
pub use reopened::Aside;
pub use report::{Asked, Figures, LeftAt, Per, PeriodFigures, Times};
pub use rows::{Changed, NotShown};
pub use said::Said;
pub use stops::Stop;
pub use store::Store;

pub use tally::{Also, CountedEnd, Met, Tally};
pub use texts::{Arrival, Headless, SetAside, TEXTS_IN_ONE_TURN, Taken, Waiting};
pub use traces::Trace;
