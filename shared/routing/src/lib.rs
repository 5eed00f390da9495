//! From attempts to what is thought of the routes by which texts go, and who is told.
//!
//! Each attempt counts for or against its way ([`weigh`]), and so does a text between two numbers of
//! ours ([`Probe`]). What is thought of all routes is one document, which every turn has read with its
//! conversation; what else we depend on lies beside it ([`see`]). Whatever all conversations share is
//! written seldom.

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
