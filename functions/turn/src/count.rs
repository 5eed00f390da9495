//! What is counted in the figures, in the commit in which it happens.

use agent::{ModelError, Turn as Entry};
use conversations::{Counting, Loaded};
use serde_json::{Value, json};

use crate::Wake;
use crate::edit::Draft;
use crate::gate::{TOO_DEAR, TOO_LONG, UNANSWERABLE};
use crate::transcript::entries;

impl Wake<'_> {
    /// Adds to a draft, which has everything else, what it adds to the figures.
    pub(crate) fn count_up(&self, loaded: &Loaded, draft: &mut Draft<'_>) {
        let page = &self.turn.agent.page;
        let required = page.fields.iter().filter(|field| field.required);
        let counting = Counting {
            zone: &page.time_zone,
            fields: required.map(|field| field.name.as_str()).collect(),
            thought: draft.thought,
            failed: draft.failed,
        };
        let (next, changes) = (&mut draft.next, &mut draft.changes);
        self.turn.store.count_up(loaded, next, changes, &counting, self.clock.now());
    }
}

/// Why the model gave no answer, in a word. `None`: it was not to cost as much, which is our doing.
pub(crate) fn failure(error: &ModelError) -> Option<&'static str> {
    match error {
        ModelError::Unavailable { .. } => Some("unavailable"),
        ModelError::Refused { .. } if error.is_over_budget() => None,
        ModelError::Refused { .. } => Some("refused"),
        ModelError::Misconfigured { .. } => Some("misconfigured"),
    }
}

/// The kind of reason for which a conversation with these entries is handed over, in a word: one of ours,
/// or what the agent has chosen from its list.
pub(crate) fn kind_of(reason: &str, turns: &[Value]) -> &'static str {
    match reason {
        TOO_LONG => return "too_long",
        TOO_DEAR => return "too_dear",
        UNANSWERABLE => return "no_answer",
        _ => {}
    }
    let calls = entries(turns).filter_map(|entry| match entry {
        Entry::Agent { tool_calls, .. } => Some(tool_calls),
        _ => None,
    });
    let last = calls.flatten().filter(|call| call.name == "hand_over").last();
    let arguments = last.and_then(|call| serde_json::from_str::<Value>(&call.arguments).ok());
    let kind = arguments.and_then(|arguments| arguments.get("kind").cloned());
    // Whatever else the model writes there is not from the list.
    let is_it = |known: &&&str| kind == Some(json!(known));
    agent::HAND_OVER_KINDS.iter().find(is_it).copied().unwrap_or("agent")
}
