//! The request in a text: by the provider's reading, else by its own words.

use sms::Handled;

use crate::{Keyword, keyword};

/// The request in a text. The provider's reading comes before ours: it has already acted on it, and
/// told the person so.
pub fn asked(handled: Option<Handled>, words: &str) -> Option<Keyword> {
    match handled {
        Some(Handled::Stop) => Some(Keyword::Stop),
        Some(Handled::Start) => Some(Keyword::Start),
        Some(Handled::Help) => Some(Keyword::Help),
        None => keyword(words),
    }
}
