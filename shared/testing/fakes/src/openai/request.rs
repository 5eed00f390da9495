//! What is in a request, and how it is refused.

use serde_json::Value;

/// A request that a server does not take.
#[derive(Debug)]
pub(super) struct Refusal {
    pub(super) status: u16,
    pub(super) body: Value,
}

/// The calls of an assistant's message, if it has any.
pub(super) fn calls(message: &Value) -> Option<&Vec<Value>> {
    message["tool_calls"].as_array().filter(|calls| !calls.is_empty())
}

pub(super) fn list<'a>(request: &'a Value, name: &str) -> &'a [Value] {
    request[name].as_array().map(Vec::as_slice).unwrap_or_default()
}

/// About four bytes each.
pub(super) fn tokens(text: &Value) -> usize {
    text.to_string().len().div_ceil(4)
}
