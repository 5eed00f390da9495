//! What was said, to search in: only where the store has an index of words.

use documents::{Fields, Write, at};
use jiff::Timestamp;

use crate::id::ConversationId;
use crate::lifetimes::Lifetimes;

/// One message, as it is searched in.
#[derive(Clone)]
pub struct Said {
    /// The name of what it is of: a text, or the reply of a turn. The same message is kept once.
    pub name: String,
    /// Its words.
    pub words: String,
    /// When it was said.
    pub at: Timestamp,
}

impl Said {
    pub(crate) fn keep(&self, id: &ConversationId, lifetimes: &Lifetimes) -> Write {
        let kept = Fields::none()
            .with("place", format!("{}{}", id.prefix(), self.name))
            .with("words", &self.words)
            .with("at", self.at.as_millisecond())
            .expiring(self.at, lifetimes.conversations());
        Write::keep(at("said", &self.name), kept)
    }
}
