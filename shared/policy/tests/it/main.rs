//! What a person can rely on, seen from outside.

#![expect(clippy::unwrap_used, reason = "a test ends where an assumption does")]

mod countries;
mod denials;
mod exchanges;
mod keywords;
mod languages;
mod limits;
mod reactions;
mod reply;
mod thanks;
