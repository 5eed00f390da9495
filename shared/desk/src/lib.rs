//! What people see of conversations in lists: the row of each, and what it is found by.
//!
//! A turn adds both to the commit of what they show, so they cost no commit and no read, and are as true
//! as the rest. Conversations from before there were rows are added later, a few at a time ([`fill`]).

#![warn(missing_docs)]

mod fill;
mod show;

pub use fill::fill;
pub use show::{Becomes, show};
