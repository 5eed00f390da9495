//! Whether a reply may be said, by rules that need no second model.

use serde_json::{Map, Value};

use crate::page::Page;
use crate::turns::Turn;

/// What a reply breaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Rule {
    /// In a word, for the trace.
    pub(crate) word: &'static str,
    /// What the model is told to do instead.
    pub(crate) instead: &'static str,
}

/// The first rule of the page that a reply breaks. `prompt` is what the model was told; what `turns`
/// and `brief` hold was given by somebody.
pub(crate) fn broken(
    _reply: &str,
    _page: &Page,
    _prompt: &str,
    _turns: &[Turn],
    _brief: &Map<String, Value>,
) -> Option<Rule> {
    None
}
