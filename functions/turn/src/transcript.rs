//! The entries of a conversation, and the agent's notes among them.

use agent::Turn as Entry;
use serde_json::Value;

/// An entry in the form in which the store keeps it.
pub(crate) fn entry(entry: &Entry) -> Value {
    serde_json::to_value(entry).expect("an entry is an object with string keys")
}

/// A note for the agent, in the form in which the store keeps it.
pub(crate) fn note(text: &str) -> Value {
    entry(&Entry::Note { text: text.to_owned() })
}

/// The entries so far. One that a later version wrote and this one cannot read is left out.
pub(crate) fn entries<'t>(
    turns: impl IntoIterator<Item = &'t Value>,
) -> impl Iterator<Item = Entry> {
    turns.into_iter().filter_map(|entry| serde_json::from_value(entry.clone()).ok())
}
