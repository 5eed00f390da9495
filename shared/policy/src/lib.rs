//! What is owed to the person at the other end, whatever the agent would like to say: their stop is
//! understood, and a reply reads well on a phone and costs no more than was agreed.

#![warn(missing_docs)]

mod keywords;
mod markdown;
mod nudge;
mod reply;
mod typography;

pub use keywords::{Keyword, keyword, words};
pub use nudge::is_nudge;
pub use reply::{Fitted, fit};
