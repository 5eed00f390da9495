//! Simulated traffic on lossy routes, for measuring how soon a loss is detected and how often a healthy
//! route is suspected; and [`tables`] of both.

#![warn(missing_docs)]

pub mod tables;
mod traffic;

pub use traffic::*;
