//! Mistral's chat completions.

use serde_json::{Value, json};

use super::{ApiError, Asked, Scripted, digits, list, unknown};

pub(super) fn check(asked: &Asked) -> Result<(), ApiError> {
    let request = &asked.body;
    if asked.path != "/v1/chat/completions" {
        return Err((404, json!({ "message": "no Route matched with those values" })));
    }
    if !asked.is_bearer() {
        return Err((401, json!({ "message": "Unauthorized" })));
    }
    let known = "model temperature top_p max_tokens stream stop random_seed metadata messages \
                 response_format tools tool_choice presence_penalty frequency_penalty n prediction \
                 parallel_tool_calls prompt_mode reasoning_effort guardrails safe_prompt";
    extra(request, known, &[])?;
    for (index, tool) in list(&request["tools"]).iter().enumerate() {
        extra(tool, "type function", &["tools", &index.to_string()])?;
        extra(
            &tool["function"],
            "name description strict parameters",
            &["tools", &index.to_string(), "function"],
        )?;
    }
    check_messages(list(&request["messages"]))
}

/// The order of roles, and the content each may have.
fn check_messages(messages: &[Value]) -> Result<(), ApiError> {
    let (mut open, mut before) = (Vec::new(), "system");
    for (index, message) in messages.iter().enumerate() {
        let role = message["role"].as_str().unwrap_or_default();
        let (fields, follows): (&str, &[&str]) = match role {
            "system" => ("role content", &["system"]),
            "user" => ("role content", &["system", "assistant"]),
            "assistant" => ("role content tool_calls prefix", &["user", "tool"]),
            "tool" => ("role content tool_call_id name", &["assistant", "tool"]),
            role => {
                return refuse(&format!("Unknown role: {role}"), "invalid_request_error", "3051");
            }
        };
        extra(message, fields, &["messages", &index.to_string(), role])?;
        if !follows.contains(&before) {
            let words = format!("Unexpected role '{role}' after role '{before}'");
            return refuse(&words, "invalid_request_message_order", "3230");
        }
        before = role;
        if role != "tool" && !open.is_empty() {
            let words = "Not the same number of function calls and responses";
            return refuse(words, "invalid_request_message_order", "3230");
        }
        let calls = list(&message["tool_calls"]);
        let says = message["content"].as_str().is_some_and(|words| !words.is_empty());
        if role == "assistant" && says != calls.is_empty() {
            let words = "Assistant message must have either content or tool_calls, but not both.";
            return refuse(words, "invalid_request_assistant_message", "3240");
        }
        for call in calls {
            let id = call["id"].as_str().unwrap_or_default();
            if id.len() != 9 || !id.bytes().all(|b| b.is_ascii_alphanumeric()) {
                let words =
                    format!("Tool call id was {id} but must be a-z, A-Z, 0-9, with a length of 9.");
                return refuse(&words, "invalid_function_call", "3280");
            }
            open.push(id);
        }
        if role == "tool" {
            let id = message["tool_call_id"].as_str().unwrap_or_default();
            let Some(at) = open.iter().position(|open| *open == id) else {
                let words = "Unexpected tool call id in tool results";
                return refuse(words, "invalid_request_message_order", "3230");
            };
            open.remove(at);
        }
    }
    match before {
        "user" | "tool" => Ok(()),
        role => refuse(
            &format!(
                "Expected last role User or Tool (or Assistant with prefix True) for serving but \
                 got {role}"
            ),
            "invalid_request_message_order",
            "3230",
        ),
    }
}

pub(super) fn write(said: &Scripted) -> Value {
    let (message, reason) = match said {
        Scripted::Words(words) => {
            (json!({ "role": "assistant", "tool_calls": null, "content": words }), "stop")
        }
        Scripted::Calls(name, arguments) => {
            let function = json!({ "name": name, "arguments": arguments.to_string() });
            let call = json!({ "id": digits(9), "function": function, "index": 0 });
            (json!({ "role": "assistant", "tool_calls": [call], "content": "" }), "tool_calls")
        }
    };
    json!({
        "id": digits(32),
        "object": "chat.completion",
        "created": 1_764_000_000,
        "model": "mistral-small-latest",
        "choices": [{ "index": 0, "finish_reason": reason, "message": message }],
        "usage": { "prompt_tokens": 500, "completion_tokens": 20, "total_tokens": 520 },
    })
}

/// An unknown field is refused anywhere.
fn extra(value: &Value, names: &str, place: &[&str]) -> Result<(), ApiError> {
    let Some(name) = unknown(value, names) else { return Ok(()) };
    let place: Vec<_> = ["body"].iter().chain(place).copied().chain([name.as_str()]).collect();
    let detail = json!([{
        "type": "extra_forbidden",
        "loc": place,
        "msg": "Extra inputs are not permitted",
        "input": value[name],
    }]);
    Err((
        422,
        json!({
            "object": "error",
            "message": { "detail": detail },
            "type": "invalid_request_error",
            "param": null,
            "code": null,
        }),
    ))
}

fn refuse(message: &str, kind: &str, code: &str) -> Result<(), ApiError> {
    Err((
        400,
        json!({
            "object": "error", "message": message, "type": kind, "param": null, "code": code,
        }),
    ))
}
