//! What a text asks for: by the provider's word, else by its own.

use sms::Handled;

use crate::{Keyword, keyword};

/// What a text asks for. What the provider took it for goes before what we make of its words: it has
/// acted on it, and said so to the person.
pub fn asked(handled: Option<Handled>, words: &str) -> Option<Keyword> {
    match handled {
        Some(Handled::Stop) => Some(Keyword::Stop),
        Some(Handled::Start) => Some(Keyword::Start),
        Some(Handled::Help) => Some(Keyword::Help),
        None => keyword(words),
    }
}
