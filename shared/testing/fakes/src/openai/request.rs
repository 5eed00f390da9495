//! The parts of a request, and refusals.

use serde_json::Value;

/// The refusal of a request.
#[derive(Debug)]
pub(super) struct ApiError {
    pub(super) status: u16,
    pub(super) body: Value,
}

/// The calls in an assistant's message, if any.
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

/// The request without message fields that OpenAI does not know: most servers ignore those.
pub(super) fn plain(request: &Value) -> Value {
    let only = |value: &Value, names: &[&str]| -> Value {
        let fields = value.as_object().into_iter().flatten();
        fields
            .filter(|(name, _)| names.contains(&name.as_str()))
            .map(|(name, value)| (name.clone(), value.clone()))
            .collect()
    };
    let mut request = request.clone();
    for message in request["messages"].as_array_mut().into_iter().flatten() {
        *message = only(message, &["role", "content", "tool_calls", "tool_call_id"]);
        let calls = message.get_mut("tool_calls").and_then(Value::as_array_mut);
        for call in calls.into_iter().flatten() {
            *call = only(call, &["id", "type", "function"]);
        }
    }
    request
}
