//! Held to numbers as they are typed in a few countries, and to what links it.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on says so by panicking")]

mod linked;
mod typed;
