//! The entries of a conversation: what was said, and what the agent is told of it.

use agent::Turn as Entry;
use serde_json::Value;

/// An entry of the agent's, as the store keeps it.
pub(crate) fn entry(entry: &Entry) -> Value {
    serde_json::to_value(entry).expect("an entry is an object with string keys")
}

/// A note for the agent, as the store keeps it.
pub(crate) fn note(text: &str) -> Value {
    entry(&Entry::Note { text: text.to_owned() })
}

/// What was said so far. An entry that a later version wrote and this one cannot read is left out,
/// not fatal.
pub(crate) fn entries<'t>(
    turns: impl IntoIterator<Item = &'t Value>,
) -> impl Iterator<Item = Entry> {
    turns.into_iter().filter_map(|entry| serde_json::from_value(entry.clone()).ok())
}
