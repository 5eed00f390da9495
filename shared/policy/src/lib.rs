//! What we owe the person at the other end, whatever the agent would like to say: their opt-out is
//! understood, and a reply reads well on a phone and costs no more than agreed.
//!
//! And what we owe the one who pays: nobody gets more replies than agreed, a conversation with a
//! machine ends soon, and nothing is sent to where texts cost a fortune. All of it is pure: the time
//! and the state are arguments.

#![warn(missing_docs)]

mod asked;
mod characters;
mod countries;
mod exchanges;
mod forms;
mod html;
mod kept;
mod keywords;
mod languages;
mod limits;
mod markdown;
mod nudge;
mod print;
mod reactions;
mod reply;
mod thanks;
mod typography;

use std::borrow::Cow;

pub use asked::asked;
pub use countries::{Countries, Country, CountryRefusal};
pub use exchanges::{Exchanges, Symptom, Verdict};
pub use kept::links;
pub use keywords::{Keyword, denies_machine, is_reserved, keyword, words};
pub use languages::{Language, language, language_of_keyword, languages};
pub use limits::{Allowed, Limits, Replied, ReplyKind};
pub use nudge::is_nudge;
pub use reactions::{Reaction, reaction};
pub use reply::{Fitted, fit, fit_behind};
pub use thanks::{asks, is_thanks};

/// A text with all occurrences of `from` replaced; borrowed if there are none.
fn replaced<'t>(text: &'t str, from: &str, to: &str) -> Cow<'t, str> {
    if text.contains(from) { text.replace(from, to).into() } else { text.into() }
}
