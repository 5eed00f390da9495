//! A product, whole, and what a person who texts it gets to hear: whatever comes twice, dies, is
//! down, or says stop.

#![expect(clippy::unwrap_used, reason = "whoever breaks fails a test")]

mod after;
mod alarms;
mod answers;
mod bounds;
mod crashes;
mod delivery;
mod endings;
mod folding;
mod hand_over;
mod incidents;
mod matrix;
mod models;
mod operations;
mod outages;
mod probes;
mod proxy;
mod receipts;
mod refused;
mod reports;
mod results;
mod servers;
mod stops;
mod stores;
mod sweeps;
mod test_numbers;
mod traces;
