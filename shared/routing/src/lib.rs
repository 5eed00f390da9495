//! From attempts to the health of routes, and who is told about changes.
//!
//! Each attempt counts for or against its route ([`weigh`]), and so does a text between two of our
//! numbers ([`Probe`]). The health of all routes is one document, which every turn has read with its
//! conversation; incidents of other things are stored beside it ([`see`]). Documents that all
//! conversations share are written rarely.

#![warn(missing_docs)]

mod changes;
mod incidents;
mod probes;
mod routes;
mod samples;
mod shared;
mod watched;

pub use incidents::see;
pub use probes::{KnownProbe, Probe, begin_probe, open_probe, probe, probe_arrived, probe_missed};
pub use routes::{weigh, weigh_due, weigh_probe};
pub use watched::{note_begun, records, rhythm};
