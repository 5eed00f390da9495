//! An answer as it is meant.

use serde_json::{Map, Value};

use crate::turns::ToolCall;

/// How an answer ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum End {
    /// As the model meant it.
    Whole,
    /// Where it had no more room.
    Cut,
    /// Where somebody's filter stopped it.
    Filtered,
}

/// What the model answered to one request.
pub(crate) struct Answer {
    pub(crate) text: Option<String>,
    pub(crate) tool_calls: Vec<ToolCall>,
    /// What else the message held, to be sent back with it.
    pub(crate) extras: Map<String, Value>,
    pub(crate) end: End,
    /// Whether the words are the page's own, instead of the model's.
    pub(crate) is_ours: bool,
    pub(crate) tokens_in: u64,
    pub(crate) tokens_out: u64,
}

/// The longest text and the longest arguments that are kept of an answer, in characters, so that
/// no answer makes a conversation too large to store.
const KEPT_CHARACTERS: usize = 4_000;

/// The most calls that are kept of one answer.
const KEPT_CALLS: usize = 16;

/// Reads an answer as generously as it can be meant. `None` is one without any message.
pub(super) fn read(answer: &Value) -> Option<Answer> {
    let choice = answer["choices"].get(0)?;
    let message = choice.get("message")?;
    let calls = message["tool_calls"].as_array().map(Vec::as_slice).unwrap_or_default();
    Some(Answer {
        text: words(&message["content"]).or_else(|| words(&message["refusal"])),
        tool_calls: calls.iter().take(KEPT_CALLS).enumerate().map(wish).collect(),
        extras: Map::new(),
        end: match choice["finish_reason"].as_str() {
            Some("length") => End::Cut,
            Some("content_filter") => End::Filtered,
            _ => End::Whole,
        },
        is_ours: false,
        tokens_in: answer["usage"]["prompt_tokens"].as_u64().unwrap_or_default(),
        tokens_out: answer["usage"]["completion_tokens"].as_u64().unwrap_or_default(),
    })
}

/// The text of a message: a string, or a list of parts; without the thoughts that some servers
/// leave at its start.
fn words(content: &Value) -> Option<String> {
    let text = match content {
        Value::String(text) => text.clone(),
        Value::Array(parts) => parts.iter().filter_map(|part| part["text"].as_str()).collect(),
        _ => return None,
    };
    let said = text.rsplit_once("</think>").map_or(text.as_str(), |(_, said)| said).trim();
    (!said.is_empty()).then(|| kept(said))
}

fn wish((index, call): (usize, &Value)) -> ToolCall {
    let function = &call["function"];
    let id = call["id"].as_str().filter(|id| !id.is_empty());
    ToolCall {
        id: id.map_or_else(|| format!("call_{index}"), str::to_owned),
        name: kept(function["name"].as_str().unwrap_or_default()),
        arguments: match &function["arguments"] {
            Value::String(arguments) => kept(arguments),
            Value::Null => "{}".into(),
            arguments => kept(&arguments.to_string()),
        },
        extras: Map::new(),
    }
}

fn kept(text: &str) -> String {
    text.chars().take(KEPT_CHARACTERS).collect()
}
