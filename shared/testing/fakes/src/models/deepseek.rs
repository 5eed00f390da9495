//! DeepSeek's chat completions, for a reasoning model.

use serde_json::{Value, json};

use super::{ApiError, Asked, Scripted, digits, list, thought};

pub(super) fn check(asked: &Asked) -> Result<(), ApiError> {
    if !matches!(asked.path.as_str(), "/chat/completions" | "/v1/chat/completions") {
        return Err((404, json!({ "error_msg": "Not Found. Please check the configuration." })));
    }
    if !asked.is_bearer() {
        let message = "Authentication Fails, Your api key is invalid";
        return refuse(401, message, "authentication_error");
    }
    let mut open = Vec::new();
    for message in list(&asked.body["messages"]) {
        let role = message["role"].as_str().unwrap_or_default();
        if role != "tool" && !open.is_empty() {
            return invalid(
                "An assistant message with 'tool_calls' must be followed by tool messages \
                 responding to each 'tool_call_id'. (insufficient tool messages following \
                 tool_calls message)",
            );
        }
        match role {
            "system" | "user" if message["content"].is_string() => {}
            "assistant" if list(&message["tool_calls"]).is_empty() => {
                if !message["content"].is_string() {
                    return invalid("Invalid assistant message: content or tool_calls must be set");
                }
            }
            "assistant" => {
                let call = &message["tool_calls"][0];
                let name = call["function"]["name"].as_str().unwrap_or_default().to_owned();
                let arguments = call["function"]["arguments"].as_str().unwrap_or_default();
                let Ok(arguments) = serde_json::from_str(arguments) else {
                    return invalid("tool_calls[].function.arguments: not valid JSON");
                };
                if message["reasoning_content"] != thought(&Scripted::Calls(name, arguments)) {
                    return invalid(
                        "The `reasoning_content` in the thinking mode must be passed back to the \
                         API.",
                    );
                }
                open.extend(list(&message["tool_calls"]).iter().map(|call| call["id"].clone()));
            }
            "tool" if message["content"].is_string() => {
                let Some(at) = open.iter().position(|id| *id == message["tool_call_id"]) else {
                    return invalid(
                        "Messages with role 'tool' must be a response to a preceding message with \
                         'tool_calls'",
                    );
                };
                open.remove(at);
            }
            role => {
                return invalid(&format!("Failed to deserialize the JSON body: messages: {role}"));
            }
        }
    }
    Ok(())
}

pub(super) fn write(said: &Scripted) -> Value {
    let mut message =
        json!({ "role": "assistant", "content": "", "reasoning_content": thought(said) });
    let reason = match said {
        Scripted::Words(words) => {
            message["content"] = words.as_str().into();
            "stop"
        }
        Scripted::Calls(name, arguments) => {
            message["tool_calls"] = json!([{
                "index": 0,
                "id": format!("call_00_{}", digits(24)),
                "type": "function",
                "function": { "name": name, "arguments": arguments.to_string() },
            }]);
            "tool_calls"
        }
    };
    json!({
        "id": uuid::Uuid::new_v4().to_string(),
        "object": "chat.completion",
        "created": 1_764_000_000,
        "model": "deepseek-reasoner",
        "choices": [{ "index": 0, "message": message, "logprobs": null, "finish_reason": reason }],
        "usage": {
            "prompt_tokens": 500,
            "completion_tokens": 60,
            "total_tokens": 560,
            "completion_tokens_details": { "reasoning_tokens": 40 },
            "prompt_cache_hit_tokens": 0,
            "prompt_cache_miss_tokens": 500,
        },
        "system_fingerprint": "fp_eaab8d114b_prod0820_fp8_kvcache",
    })
}

fn invalid(message: &str) -> Result<(), ApiError> {
    refuse(400, message, "invalid_request_error")
}

fn refuse(status: u16, message: &str, kind: &str) -> Result<(), ApiError> {
    let error = json!({
        "message": message, "type": kind, "param": null, "code": "invalid_request_error",
    });
    Err((status, json!({ "error": error })))
}
