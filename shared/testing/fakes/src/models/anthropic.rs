//! Anthropic's messages.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::{ApiError, Asked, Model, Scripted, digits, list, unknown};

pub(super) fn check(asked: &Asked) -> Result<(), ApiError> {
    let request = &asked.body;
    if asked.path != "/v1/messages" {
        return refuse(404, "not_found_error", "Not found");
    }
    if asked.header("x-api-key") != Model::KEY {
        return refuse(401, "authentication_error", "invalid x-api-key");
    }
    if asked.header("anthropic-version") != "2023-06-01" {
        return invalid("anthropic-version: header is required");
    }
    let known = "max_tokens messages metadata model stop_sequences stream system temperature \
                 thinking tool_choice tools top_k top_p";
    if let Some(name) = unknown(request, known) {
        return invalid(&format!("{name}: Extra inputs are not permitted"));
    }
    if request["max_tokens"].as_u64().is_none_or(|most| most == 0) {
        return invalid("max_tokens: Field required");
    }
    for tool in list(&request["tools"]) {
        if tool["input_schema"]["type"] != "object" {
            return invalid("tools.0.custom.input_schema.type: Field required");
        }
    }
    check_messages(list(&request["messages"]))
}

/// The roles alternate, the person begins, and each call is directly followed by its answer.
fn check_messages(messages: &[Value]) -> Result<(), ApiError> {
    if messages.is_empty() {
        return invalid("messages: at least one message is required");
    }
    let mut calls = Calls::default();
    for (index, message) in messages.iter().enumerate() {
        let role = if index % 2 == 0 { "user" } else { "assistant" };
        if message["role"] != role {
            return invalid(
                "messages: first message must use the \"user\" role, and roles must alternate \
                 between \"user\" and \"assistant\"",
            );
        }
        let blocks = match &message["content"] {
            Value::String(text) => vec![json!({ "type": "text", "text": text })],
            blocks => list(blocks).to_vec(),
        };
        if blocks.is_empty() {
            return invalid(&format!("messages.{index}: must have non-empty content"));
        }
        for block in &blocks {
            calls.check(block, role, index)?;
        }
        if role == "user" && !calls.open.is_empty() {
            return invalid(
                "messages: `tool_use` ids were found without `tool_result` blocks immediately \
                 after",
            );
        }
    }
    match messages.last().map(|message| &message["role"]) {
        Some(role) if role == "assistant" => {
            invalid("This model does not support assistant message prefill.")
        }
        _ => Ok(()),
    }
}

/// The calls of tools in a conversation, by their ids.
#[derive(Default)]
struct Calls {
    /// Those that have no result yet.
    open: BTreeSet<String>,
    ever: BTreeSet<String>,
}

impl Calls {
    /// Refuses what may not be in a message of this role, and notes calls and their results.
    fn check(&mut self, block: &Value, role: &str, index: usize) -> Result<(), ApiError> {
        let text = |name: &str| block[name].as_str().unwrap_or_default();
        match (text("type"), role) {
            ("text", _) if text("text").trim().is_empty() => {
                return invalid("messages: text content blocks must be non-empty");
            }
            ("text", _) => {}
            ("tool_use", "assistant") => {
                let id = text("id").to_owned();
                let is_usual = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-');
                if id.is_empty() || !id.bytes().all(is_usual) {
                    return invalid(&format!(
                        "messages.{index}.content.0.tool_use.id: String should match pattern \
                         '^[a-zA-Z0-9_-]+$'"
                    ));
                }
                if !block["input"].is_object() {
                    return invalid("tool_use.input: Input should be a valid dictionary");
                }
                if !self.ever.insert(id.clone()) {
                    return invalid("messages: `tool_use` ids must be unique");
                }
                self.open.insert(id);
            }
            ("tool_result", "user") if self.open.remove(text("tool_use_id")) => {}
            ("tool_result", "user") => {
                let id = text("tool_use_id");
                return invalid(&format!(
                    "messages.{index}.content.0: unexpected `tool_use_id` found in \
                     `tool_result` blocks: {id}. Each `tool_result` block must have a \
                     corresponding `tool_use` block in the previous message."
                ));
            }
            (other, _) => {
                return invalid(&format!("messages.{index}.content.0: Input tag '{other}'"));
            }
        }
        Ok(())
    }
}

/// It announces its call in words, as it usually does.
pub(super) fn write(said: &Scripted) -> Value {
    let (content, reason) = match said {
        Scripted::Words(words) => (json!([{ "type": "text", "text": words }]), "end_turn"),
        Scripted::Calls(name, arguments) => {
            let id = format!("toolu_01{}", digits(22));
            let call = json!({ "type": "tool_use", "id": id, "name": name, "input": arguments });
            (json!([{ "type": "text", "text": "Let me write that down." }, call]), "tool_use")
        }
    };
    json!({
        "id": format!("msg_01{}", digits(22)),
        "type": "message",
        "role": "assistant",
        "model": "claude-sonnet-4-5-20250929",
        "content": content,
        "stop_reason": reason,
        "stop_sequence": null,
        "usage": { "input_tokens": 500, "output_tokens": 40 },
    })
}

fn invalid(message: &str) -> Result<(), ApiError> {
    refuse(400, "invalid_request_error", message)
}

fn refuse(status: u16, kind: &str, message: &str) -> Result<(), ApiError> {
    Err((status, json!({ "type": "error", "error": { "type": kind, "message": message } })))
}
