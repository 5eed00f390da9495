//! What is known of a cost before it is spent.

#![expect(clippy::unwrap_used, reason = "a test ends where an assumption does")]

mod amount;
mod caps;
mod prices;
