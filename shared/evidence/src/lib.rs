//! The rules by which textback knows whether a text arrives.
//!
//! A provider's "success" proves nothing. What proves that a [`Route`] works is a receipt or, more
//! than that, a person who texts back. A [`Record`] remembers what was heard of a route's texts,
//! judges it, and [`choose`] picks the way for a reply by the verdicts. All of it is arithmetic:
//! whoever calls brings the time and keeps the records.

#![warn(missing_docs)]

mod acceptance;
mod health;
mod incidents;
mod judge;
mod record;
mod rhythm;
mod route;
mod router;
pub mod rules;
mod sample;
mod standing;
mod together;
mod trend;
mod unproven;

pub use health::{Health, State, Verdict};
pub use incidents::{Incident, News, Seen};
pub use record::Record;
pub use rhythm::Rhythm;
pub use route::Route;
pub use router::{Choice, choose};
pub use sample::{Sample, Signal};
pub use standing::Standing;
