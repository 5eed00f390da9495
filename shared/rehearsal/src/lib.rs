//! Plays recorded conversations to another page or model, and says what differs.
//!
//! A [`Recorded`] conversation is read from the store or from a file. [`Play`] puts the person's texts to
//! an agent in turns, as they came and with their times, and nothing that the agent does leaves: its tools
//! only fill in a brief. [`Difference`] is what differs in one conversation, and [`Totals`] in all of
//! them, which [`Totals::losses`] holds against what a page expects.

#![warn(missing_docs)]

mod compare;
mod masked;
mod outcome;
mod play;
mod recorded;
mod steps;
mod totals;

pub use compare::Difference;
pub use outcome::{Outcome, Said};
pub use play::Play;
pub use recorded::{FileError, Recorded};
pub use totals::{Loss, Totals};
