//! Extras that a server adds and wants returned: reasoning, signatures, or whatever comes next.

use serde_json::{Map, Value};

use crate::turns::ToolCall;

/// The most that is kept of one message, in bytes of JSON.
const KEPT: usize = 64 * 1_024;

/// The extras of a message.
pub(super) fn of_message(message: &Value) -> Map<String, Value> {
    let read = [
        "role",
        "content",
        "refusal",
        "tool_calls",
        "function_call",
        "index",
        "audio",
        "annotations",
    ];
    rest(message, &read)
}

/// The extras of a call.
pub(super) fn of_call(call: &Value) -> Map<String, Value> {
    let read = ["id", "type", "index", "function", "custom"];
    match call["function"].is_object() || call["custom"].is_object() {
        true => rest(call, &read),
        false => {
            let bare = ["name", "arguments", "parameters", "input", "args"];
            rest(call, &[&read[..], &bare].concat())
        }
    }
}

fn rest(of: &Value, read: &[&str]) -> Map<String, Value> {
    let is_empty = |value: &Value| match value {
        // An empty text is wanted back just like a long one.
        Value::Null => true,
        Value::Array(list) => list.is_empty(),
        Value::Object(map) => map.is_empty(),
        _ => false,
    };
    let rest = of.as_object().into_iter().flatten();
    let rest = rest.filter(|(name, value)| !read.contains(&name.as_str()) && !is_empty(value));
    rest.map(|(name, value)| (name.clone(), value.clone())).collect()
}

/// Drops the largest until the rest is small enough. Half of one is useless.
pub(super) fn bound(message: &mut Map<String, Value>, calls: &mut [ToolCall]) {
    let mut all: Vec<_> =
        std::iter::once(message).chain(calls.iter_mut().map(|call| &mut call.extras)).collect();
    let mut sizes: Vec<(usize, usize, String)> = Vec::new();
    for (of, map) in all.iter().enumerate() {
        let size = |value: &Value, name: &str| value.to_string().len() + name.len();
        sizes.extend(map.iter().map(|(name, value)| (size(value, name), of, name.clone())));
    }
    sizes.sort_unstable();
    let mut size: usize = sizes.iter().map(|(size, ..)| size).sum();
    while size > KEPT
        && let Some((largest, of, name)) = sizes.pop()
    {
        all[of].remove(&name);
        size -= largest;
    }
}
