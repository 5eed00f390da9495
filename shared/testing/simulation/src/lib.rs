//! Made-up traffic on routes that lose some of it, for measuring how soon a loss is found out and how
//! often a healthy route is suspected; and [`tables`] of both.

#![warn(missing_docs)]

pub mod tables;
mod traffic;

pub use traffic::*;
