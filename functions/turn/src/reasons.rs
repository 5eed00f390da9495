//! Why a conversation is handed over: our own reasons, and the kinds of the agent's.

use agent::Turn as Entry;
use serde_json::{Value, json};

use crate::transcript::entries;

/// The reason for handing over a conversation that has become too large.
pub(crate) const TOO_LONG: &str = "the conversation is too long for the agent";

/// Why a conversation is handed over about which the model was asked too often.
pub(crate) const UNANSWERABLE: &str = "the agent could not answer";

/// Why a conversation is handed over whose turn has used up what one may cost.
pub(crate) const TOO_DEAR: &str = "the agent could not answer for what one turn may cost";

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
