//! The intended meaning of an answer.

mod calls;
mod extras;
mod harmony;
mod loose;
mod marks;
mod plain;
mod preface;
mod region;
mod speech;
mod spoken;
mod words;

use http::{HeaderMap, StatusCode};
use serde_json::{Map, Value, json};

use self::calls::named;
use self::spoken::Spoken;
use self::words::spoken;
use super::ModelError;
use super::refusal::{Refusal, refusal};
use crate::budget::{TOKEN_BYTES, Used};
use crate::turns::ToolCall;

/// How an answer ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum End {
    /// As intended by the model.
    Whole,
    /// Cut off for lack of room.
    Cut,
    /// Cut off by a filter.
    Filtered,
}

/// The model's answer to one request.
pub(crate) struct Completion {
    pub(crate) text: Option<String>,
    pub(crate) tool_calls: Vec<ToolCall>,
    /// The extras of the message, to be sent back with it.
    pub(crate) extras: Map<String, Value>,
    pub(crate) end: End,
    /// Whether the words are the page's own instead of the model's.
    pub(crate) is_ours: bool,
    pub(crate) used: Used,
}

impl Completion {
    /// About how many tokens its words and calls have.
    pub(super) fn tokens(&self) -> u64 {
        let words = self.text.as_ref().map_or(0, String::len);
        let calls: usize =
            self.tool_calls.iter().map(|call| call.name.len() + call.arguments.len()).sum();
        ((words + calls) / TOKEN_BYTES) as u64
    }
}

/// The longest text and arguments that are kept of an answer, in characters, so that no answer makes a
/// conversation too large to store.
const KEPT_CHARACTERS: usize = 4_000;

/// The most calls that are kept of one answer.
const KEPT_CALLS: usize = 16;

/// Reads an answer to a question with these tools as generously as possible.
pub(super) fn parse(answer: &Value, tools: &[&str]) -> Result<Completion, Refusal> {
    let choice = &answer["choices"][0];
    let message = [&choice["message"], &choice["delta"]].into_iter().find(|it| it.is_object());
    if let Some(error) = error(answer, message.is_some()) {
        return Err(error);
    }
    let end = end(answer)?;
    if message.is_none() && end != End::Filtered {
        return Err(ModelError::unavailable("nonsense").into());
    }
    let message = message.unwrap_or(&Value::Null);
    let Spoken { words, wishes } = words(&message["content"])
        .or_else(|| words(&message["refusal"]))
        .map_or_else(Spoken::default, |content| spoken(&content, tools));
    let mut tool_calls: Vec<_> = calls_of(message).map(|call| wish(call, tools)).collect();
    let written = wishes.into_iter().map(|wish| ToolCall {
        id: String::new(),
        name: wish.name,
        arguments: kept(&calls::arguments(&wish.arguments)),
        extras: Map::new(),
    });
    for call in written {
        // Some servers leave the parsed calls in the content.
        if !tool_calls.iter().any(|known| is_same(known, &call)) {
            tool_calls.push(call);
        }
    }
    tool_calls.truncate(KEPT_CALLS);
    let mut extras = extras::of_message(message);
    extras::bound(&mut extras, &mut tool_calls);
    Ok(Completion {
        text: (!words.is_empty()).then(|| kept(&words)),
        tool_calls,
        extras,
        end,
        is_ours: false,
        used: used(&answer["usage"]),
    })
}

/// The tokens of a request. Cached ones are counted by OpenAI within the details, and by DeepSeek
/// beside the sum.
fn used(usage: &Value) -> Used {
    let count = |value: &Value| value.as_u64().unwrap_or_default();
    let cached =
        [&usage["prompt_tokens_details"]["cached_tokens"], &usage["prompt_cache_hit_tokens"]];
    Used {
        input: count(&usage["prompt_tokens"]),
        cached: cached.into_iter().map(count).max().unwrap_or_default(),
        output: count(&usage["completion_tokens"]),
    }
}

/// The error in an answer with a successful status.
fn error(answer: &Value, has_message: bool) -> Option<Refusal> {
    let choice = &answer["choices"][0];
    let is_one = |error: &&Value| !error.is_null() && **error != false && **error != "";
    let of_all = Some(&answer["error"]).filter(|_| !has_message);
    let error = of_all.into_iter().chain([&choice["error"]]).find(is_one);
    let error = match error {
        Some(error) => error,
        // Without any wrapping.
        None if answer["object"] == "error" && !has_message => answer,
        None => return None,
    };
    let status =
        ["code", "status", "status_code"].into_iter().find_map(|name| match &error[name] {
            Value::String(code) => code.parse::<u16>().ok(),
            code => code.as_u64().and_then(|code| u16::try_from(code).ok()),
        });
    let status = status.filter(|status| (400..600).contains(status)).or_else(|| by_word(error));
    Some(match status.and_then(|status| StatusCode::from_u16(status).ok()) {
        Some(status) => {
            let body = json!({ "error": error }).to_string();
            refusal(status, &HeaderMap::new(), body.as_bytes())
        }
        None => ModelError::unavailable("error").into(),
    })
}

/// The status for the name of an error.
pub(super) fn by_word(error: &Value) -> Option<u16> {
    let words = ["code", "type"].into_iter().filter_map(|name| error[name].as_str());
    let words = words.collect::<Vec<_>>().join(" ").to_ascii_lowercase();
    let says = |words_of: &[&str]| words_of.iter().any(|word| words.contains(word));
    if says(&["rate_limit", "quota", "billing"]) {
        Some(429)
    } else if says(&["api_key", "authentication", "unauthorized"]) {
        Some(401)
    } else if says(&["content", "invalid_request", "bad_request", "badrequest", "policy"]) {
        Some(400)
    } else {
        None
    }
}

/// How the answer ended, by the server's own word.
fn end(answer: &Value) -> Result<End, ModelError> {
    let choice = &answer["choices"][0];
    let words = ["finish_reason", "native_finish_reason", "stop_reason"];
    for word in words.into_iter().filter_map(|name| choice[name].as_str()) {
        match word.to_ascii_lowercase().as_str() {
            "length" | "max_tokens" | "max_output_tokens" | "model_length" | "token_limit"
            | "max_length" => return Ok(End::Cut),
            "content_filter"
            | "content_filtered"
            | "safety"
            | "blocklist"
            | "prohibited_content"
            | "refusal"
            | "recitation"
            | "spii"
            | "sensitive"
            | "guardrail_intervened"
            | "image_safety" => return Ok(End::Filtered),
            // The server gave up: this is not an answer.
            "error" | "abort" | "network_error" | "insufficient_system_resource" => {
                return Err(ModelError::unavailable("cut"));
            }
            _ => {}
        }
    }
    let feedback = ["promptFeedback", "prompt_feedback"].map(|name| &answer[name]);
    let reasons = ["blockReason", "block_reason"];
    let is_blocked = feedback.iter().any(|it| reasons.iter().any(|name| it[name].is_string()));
    let is_filtered = |results: &Value| {
        let results = results["content_filter_results"].as_object();
        results.is_some_and(|results| results.values().any(|result| result["filtered"] == true))
    };
    let prompts = answer["prompt_filter_results"].as_array();
    let is_filtered = prompts.is_some_and(|prompts| prompts.iter().any(is_filtered));
    Ok(if is_blocked || is_filtered { End::Filtered } else { End::Whole })
}

/// The text of a message: a string, or a list of parts without those that are reasoning.
fn words(content: &Value) -> Option<String> {
    let text = match content {
        Value::String(text) => text.clone(),
        Value::Array(parts) => parts.iter().filter_map(part).collect(),
        part @ Value::Object(_) => self::part(part)?.to_owned(),
        _ => return None,
    };
    (!text.trim().is_empty()).then_some(text)
}

fn part(part: &Value) -> Option<&str> {
    let is_said = matches!(part["type"].as_str(), None | Some("text" | "output_text" | "refusal"))
        && part["thought"] != true;
    let text = [part, &part["text"], &part["text"]["value"], &part["refusal"]];
    text.into_iter().find_map(Value::as_str).filter(|_| is_said)
}

/// The calls of a message, in the current or the previous form.
fn calls_of(message: &Value) -> impl Iterator<Item = &Value> {
    let calls = message["tool_calls"].as_array().map(Vec::as_slice).unwrap_or_default();
    let old = Some(&message["function_call"]).filter(|call| calls.is_empty() && call.is_object());
    calls.iter().filter(|call| call.is_object()).chain(old).take(KEPT_CALLS)
}

fn wish(call: &Value, tools: &[&str]) -> ToolCall {
    let inner = ["function", "custom"].map(|name| &call[name]);
    let function = inner.into_iter().find(|it| it.is_object()).unwrap_or(call);
    let name = function["name"].as_str().unwrap_or_default();
    let names = ["arguments", "parameters", "input", "args"];
    let arguments = names.into_iter().find_map(|name| function.get(name));
    ToolCall {
        id: call["id"].as_str().unwrap_or_default().to_owned(),
        name: kept(named(name, tools).unwrap_or(name)),
        arguments: kept(&calls::arguments(arguments.unwrap_or(&Value::Null))),
        extras: extras::of_call(call),
    }
}

fn is_same(one: &ToolCall, other: &ToolCall) -> bool {
    let arguments = |call: &ToolCall| serde_json::from_str::<Value>(&call.arguments).ok();
    one.name == other.name && arguments(one) == arguments(other)
}

fn kept(text: &str) -> String {
    text.chars().take(KEPT_CHARACTERS).collect()
}
