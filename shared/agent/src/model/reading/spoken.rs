//! The parsed content of an answer, and its limits.

use super::calls::Wish;

/// The longest text that is searched for calls, in bytes: many times what a phone displays. Reasoning
/// before it may be of any length.
pub(super) const LONGEST: usize = 32 * 1_024;

/// The placeholder for removed text.
pub(super) const GAP: char = '\0';

/// The words and the calls of an answer.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Spoken {
    pub(super) words: String,
    pub(super) wishes: Vec<Wish>,
}

/// The start of a text, as far as it is searched for calls.
pub(super) fn cut(text: &str) -> &str {
    &text[..text.floor_char_boundary(LONGEST)]
}
