//! Numbers as they are typed in a few countries, and which crates may link this one.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on says so by panicking")]

mod linked;
mod typed;
