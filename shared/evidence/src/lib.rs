//! The rules for telling whether texts arrive.
//!
//! A provider's "success" proves nothing. A [`Route`] is proven by a receipt or, better, by a person
//! who texts back. A [`Record`] keeps the signals of a route's texts and judges it; [`choose`] picks
//! the route for a reply by the verdicts. All of it is arithmetic: the caller supplies the time and
//! stores the records.

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
