//! Ollama's `/api/chat`.

use serde_json::{Value, json};

use super::{ApiError, Asked, Scripted, list, thought};

pub(super) fn check(asked: &Asked) -> Result<(), ApiError> {
    let request = &asked.body;
    if asked.path != "/api/chat" {
        return Err((404, json!("404 page not found")));
    }
    if request["stream"] != false {
        return refuse("this stand-in does not stream");
    }
    for message in list(&request["messages"]) {
        let role = message["role"].as_str().unwrap_or_default();
        if !matches!(role, "system" | "user" | "assistant" | "tool") {
            return refuse("invalid role");
        }
        if !message["content"].is_string() {
            return refuse("json: cannot unmarshal into Go struct field Message.content");
        }
        for call in list(&message["tool_calls"]) {
            if !call["function"]["arguments"].is_object() {
                return refuse(
                    "json: cannot unmarshal string into Go struct field \
                     ToolCallFunction.messages.tool_calls.function.arguments",
                );
            }
        }
    }
    Ok(())
}

/// Its calls have no id.
pub(super) fn write(said: &Scripted) -> Value {
    let mut message = json!({ "role": "assistant", "content": "", "thinking": thought(said) });
    match said {
        Scripted::Words(words) => message["content"] = words.as_str().into(),
        Scripted::Calls(name, arguments) => {
            message["tool_calls"] =
                json!([{ "function": { "name": name, "arguments": arguments } }]);
        }
    }
    json!({
        "model": "qwen3",
        "created_at": "2026-07-07T20:22:19.184789Z",
        "message": message,
        "done_reason": "stop",
        "done": true,
        "total_duration": 3_244_883_583_u64,
        "load_duration": 2_969_184_542_u64,
        "prompt_eval_count": 500,
        "prompt_eval_duration": 141_656_333,
        "eval_count": 40,
        "eval_duration": 132_606_250,
    })
}

fn refuse(message: &str) -> Result<(), ApiError> {
    Err((400, json!({ "error": message })))
}
