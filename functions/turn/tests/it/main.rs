//! A whole product, and what a person hears from it: whatever comes twice, crashes, is down, or
//! says stop.

#![expect(clippy::unwrap_used, reason = "a panic fails the test")]

mod after;
mod agents;
mod alarms;
mod answers;
mod bounds;
mod caps;
mod crashes;
mod delivery;
mod desk;
mod endings;
mod erased;
mod figures;
mod folding;
mod hand_over;
mod hours;
mod incidents;
mod languages;
mod matrix;
mod models;
mod operations;
mod orders;
mod outages;
mod phones;
mod probes;
mod proxy;
mod receipts;
mod refused;
mod reports;
mod results;
mod servers;
mod silence;
mod stops;
mod stores;
mod sweeps;
mod test_numbers;
mod traces;
mod unwanted;
