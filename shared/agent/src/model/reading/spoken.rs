//! What is made of the content of an answer, and how far that goes.

use super::calls::Wish;

/// The longest text that calls are looked for in, in bytes: many times what a phone takes. Thoughts
/// ahead of it may be of any length.
pub(super) const LONGEST: usize = 32 * 1_024;

/// What stands where something was taken out.
pub(super) const GAP: char = '\0';

/// What an answer says and wants.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Spoken {
    pub(super) words: String,
    pub(super) wishes: Vec<Wish>,
}

/// The start of a text, as far as calls are looked for.
pub(super) fn cut(text: &str) -> &str {
    &text[..text.floor_char_boundary(LONGEST)]
}
