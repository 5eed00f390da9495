//! Mistral's rules: no unknown fields, ids of nine characters, its order of roles.
//!
//! <https://docs.mistral.ai/api/endpoint/chat>

use serde_json::{Value, json};

use super::request::{ApiError, calls, list};

/// A refusal in its words, with its code.
pub(super) const ORDER: (&str, &str) = ("invalid_request_message_order", "3230");
const NOTHING: (&str, &str) = ("invalid_request_assistant_message", "3240");
const ID: (&str, &str) = ("invalid_function_call", "3280");

/// The allowed fields of a request.
const PARAMETERS: [&str; 18] = [
    "frequency_penalty",
    "max_tokens",
    "messages",
    "model",
    "n",
    "parallel_tool_calls",
    "prediction",
    "presence_penalty",
    "prompt_mode",
    "random_seed",
    "response_format",
    "safe_prompt",
    "stop",
    "stream",
    "temperature",
    "tool_choice",
    "tools",
    "top_p",
];

/// Whether Mistral accepts the request.
pub(super) fn check(request: &Value) -> Result<(), ApiError> {
    let unknown = unknown(request);
    if !unknown.is_empty() {
        let body = json!({
            "object": "error", "message": { "detail": unknown }, "type": "invalid_request_error",
            "param": null, "code": null,
        });
        return Err(ApiError { status: 422, body });
    }
    let messages = list(request, "messages");
    check_ids(messages)?;
    check_order(messages)
}

/// The unknown fields of the request, in its words.
fn unknown(request: &Value) -> Vec<Value> {
    let mut unknown = Vec::new();
    let mut known = |value: &Value, names: &[&str], at: &[Value]| {
        for (name, input) in value.as_object().into_iter().flatten() {
            if !names.contains(&name.as_str()) {
                let at: Vec<_> = at.iter().cloned().chain([name.as_str().into()]).collect();
                unknown.push(json!({
                    "type": "extra_forbidden", "loc": at, "msg": "Extra inputs are not permitted",
                    "input": input,
                }));
            }
        }
    };
    known(request, &PARAMETERS, &["body".into()]);
    for (index, message) in list(request, "messages").iter().enumerate() {
        let at = ["body".into(), "messages".into(), json!(index), message["role"].clone()];
        let names: &[_] = match message["role"].as_str() {
            Some("assistant") => &["role", "content", "tool_calls", "prefix"],
            Some("tool") => &["role", "content", "tool_call_id", "name"],
            _ => &["role", "content"],
        };
        known(message, names, &at);
        for (number, call) in calls(message).into_iter().flatten().enumerate() {
            let at = [&at[..], &["tool_calls".into(), json!(number)]].concat();
            known(call, &["id", "type", "function", "index"], &at);
        }
    }
    unknown
}

fn check_ids(messages: &[Value]) -> Result<(), ApiError> {
    for id in messages.iter().filter_map(calls).flatten().map(|call| &call["id"]) {
        let id = id.as_str().unwrap_or_default();
        if id.len() != 9 || !id.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
            let problem =
                format!("Tool call id was {id} but must be a-z, A-Z, 0-9, with a length of 9.");
            return Err(refusal(&problem, ID));
        }
    }
    Ok(())
}

/// Whether the roles alternate correctly.
fn check_order(messages: &[Value]) -> Result<(), ApiError> {
    let mut last = "";
    for message in messages {
        let role = message["role"].as_str().unwrap_or_default();
        let fits = match last {
            "" => matches!(role, "system" | "user"),
            "system" | "assistant" => role == "user",
            "user" => role == "assistant",
            "calls" => role == "tool",
            _ => matches!(role, "tool" | "assistant"),
        };
        if !fits {
            let last = if last == "calls" { "assistant" } else { last };
            let problem = format!("Unexpected role '{role}' after role '{last}'");
            return Err(refusal(&problem, ORDER));
        }
        if role == "assistant"
            && calls(message).is_none()
            && message["content"].as_str().is_none_or(str::is_empty)
        {
            let problem = "Assistant message must have either content or tool_calls, but not none.";
            return Err(refusal(problem, NOTHING));
        }
        last = if calls(message).is_some() { "calls" } else { role };
    }
    if !matches!(last, "user" | "tool") {
        return Err(refusal(
            "Expected last role User or Tool (or Assistant with prefix True) for serving but got \
             assistant",
            ORDER,
        ));
    }
    Ok(())
}

/// A refusal in Mistral's form.
pub(super) fn refusal(problem: &str, (kind, code): (&str, &str)) -> ApiError {
    let body = json!({
        "object": "error", "message": problem, "type": kind, "param": null, "code": code,
    });
    ApiError { status: 400, body }
}
