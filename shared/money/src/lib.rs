//! What an installation spends: amounts.

#![warn(missing_docs)]

mod amount;

pub use amount::{Amount, AmountError};
