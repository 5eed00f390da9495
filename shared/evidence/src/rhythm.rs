//! When texts usually come.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// When texts usually come, and whether their absence is unusual.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Rhythm {
    last: Option<i64>,
}

impl Rhythm {
    /// Notes that a person began a conversation. Later texts of it are not noted: they come
    /// together, and chance counts what comes alone.
    pub fn note(&mut self, at: Timestamp) {
        self.last = self.last.max(Some(at.as_second()));
    }

    /// That nobody has texted for longer than chance explains, if so, as a sentence.
    pub fn silence(&self, _now: Timestamp) -> Option<String> {
        None
    }
}
