//! What a saved test holds, and what counts as a loss.

#![expect(clippy::unwrap_used, reason = "whoever breaks fails a test")]

mod played;
mod saved;
mod totals;
