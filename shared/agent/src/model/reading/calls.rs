//! The tool calls of a model, in whatever form it writes them.

use serde::de::IgnoredAny;
use serde_json::{Map, Value};

use super::loose;

/// A tool call in an answer.
#[derive(Debug, PartialEq)]
pub(super) struct Wish {
    pub(super) name: String,
    pub(super) arguments: Value,
}

/// The keys for the tool's name, the most telling first.
const NAMES: [&str; 8] = [
    "name",
    "tool_name",
    "function_name",
    "tool",
    "function",
    "recipient_name",
    "action",
    "function_call",
];

/// The keys for its arguments.
const ARGUMENTS: [&str; 11] = [
    "arguments",
    "parameters",
    "args",
    "input",
    "params",
    "kwargs",
    "action_input",
    "tool_input",
    "tool_args",
    "tool_parameters",
    "function_args",
];

/// The keys for calls within a larger object.
const LISTS: [&str; 7] =
    ["tool_calls", "tool_call", "function_calls", "function_call", "calls", "tool_uses", "actions"];

/// The keys for the words in an answer that is JSON.
const WORDS: [&str; 14] = [
    "response",
    "reply",
    "message",
    "answer",
    "text",
    "content",
    "output",
    "final_answer",
    "final",
    "sms",
    "body",
    "say",
    "result",
    "assistant",
];

/// The tool for a name with any decoration: `functions.record:0`, `default_api:record`.
pub(super) fn named<'t>(name: &str, tools: &[&'t str]) -> Option<&'t str> {
    let bare = |name: &str| name.to_ascii_lowercase().replace(['_', '-'], "");
    let pieces = name.split(['.', ':', '/', '<', '|', '>', '(']).map(str::trim);
    let mut pieces: Vec<_> =
        pieces.flat_map(|it| [it, it.rsplit("__").next().unwrap_or(it)]).collect();
    pieces.reverse();
    pieces.into_iter().filter(|piece| !piece.is_empty()).find_map(|piece| {
        let piece = bare(piece);
        tools.iter().copied().find(|tool| bare(tool) == piece)
    })
}

/// The meaning of some JSON.
#[derive(Default)]
pub(super) struct Meant {
    /// Calls of our tools.
    pub(super) calls: Vec<Wish>,
    /// Words for the person, if it is clear which.
    pub(super) words: Option<String>,
}

/// The meaning of JSON within a text.
pub(super) fn meant(value: &Value, tools: &[&str]) -> Meant {
    let mut meant = Meant::default();
    parse(value, tools, 0, &mut meant);
    meant
}

fn parse(value: &Value, tools: &[&str], depth: usize, meant: &mut Meant) {
    match value {
        Value::Array(list) if depth < 4 => {
            list.iter().for_each(|value| parse(value, tools, depth + 1, meant));
            if let ([Value::Object(only)], 0) = (list.as_slice(), depth)
                && meant.calls.is_empty()
            {
                meant.words = words(only, 0);
            }
        }
        Value::Object(map) if depth < 4 => {
            if let Some(call) = call(map, tools) {
                meant.words = call.as_ref().and_then(|_| words(map, 0));
                meant.calls.extend(call);
                return;
            }
            let before = meant.calls.len();
            for list in LISTS.iter().filter_map(|name| map.get(*name)) {
                parse(list, tools, depth + 1, meant);
            }
            // `{"record": {…}}`
            for (name, arguments) in map {
                if let Some(name) = named(name, tools).filter(|_| arguments.is_object()) {
                    meant.calls.push(Wish { name: name.into(), arguments: arguments.clone() });
                }
            }
            if depth == 0 || meant.calls.len() > before {
                meant.words = words(map, 0);
            }
        }
        _ => {}
    }
}

/// The call in an object, if it has the form of one: none if the tool is not ours.
fn call(map: &Map<String, Value>, tools: &[&str]) -> Option<Option<Wish>> {
    if let Some(inner) = map.get("function").and_then(Value::as_object) {
        return call(inner, tools);
    }
    let names = || NAMES.iter().filter_map(|key| Some((*key, map.get(*key)?.as_str()?)));
    let known = names().find_map(|(key, name)| Some((key, named(name, tools)?)));
    names().next()?;
    let arguments = ARGUMENTS.iter().find_map(|key| map.get(*key));
    match (known, arguments) {
        (Some((_, name)), Some(arguments)) => {
            Some(Some(Wish { name: name.into(), arguments: arguments.clone() }))
        }
        // The arguments are beside the name.
        (Some((key, name)), None) => {
            let rest = map.iter().filter(|(it, _)| !["id", "type", key].contains(&it.as_str()));
            let rest: Map<_, _> = rest.map(|(name, value)| (name.clone(), value.clone())).collect();
            Some(Some(Wish { name: name.into(), arguments: rest.into() }))
        }
        (None, Some(_)) => Some(None),
        (None, None) => None,
    }
}

/// The only string under one of the usual keys.
fn words(map: &Map<String, Value>, depth: usize) -> Option<String> {
    let mut found = WORDS.iter().filter_map(|name| match map.get(*name)? {
        Value::String(words) if !words.trim().is_empty() => Some(words.clone()),
        Value::Object(inner) if depth < 2 => words(inner, depth + 1),
        _ => None,
    });
    let only = found.next()?;
    found.next().is_none().then_some(only)
}

/// The arguments of a call as one string of JSON, if they can be read as that.
pub(super) fn arguments(value: &Value) -> String {
    match value {
        Value::Null => "{}".into(),
        Value::String(written) => unwrapped(written, 0),
        Value::Array(list) if list.is_empty() => "{}".into(),
        value => value.to_string(),
    }
}

fn unwrapped(written: &str, depth: usize) -> String {
    let bare = unfenced(written.trim());
    if matches!(bare, "" | "None" | "null") {
        return "{}".into();
    }
    match serde_json::from_str(bare) {
        // Encoded twice, or plain text.
        Ok(Value::String(inner)) if depth < 3 => {
            let inner = unwrapped(&inner, depth + 1);
            let is_json = serde_json::from_str::<IgnoredAny>(&inner).is_ok();
            if is_json { inner } else { bare.into() }
        }
        Ok(_) => bare.into(),
        Err(_) if bare.starts_with('{') => match loose::value(bare) {
            Some((value, length)) if bare[length..].trim().is_empty() => value.to_string(),
            _ => written.into(),
        },
        Err(_) => written.into(),
    }
}

/// The content of a code fence, if the text is nothing else.
fn unfenced(text: &str) -> &str {
    let inside = text.strip_prefix("```").and_then(|text| text.strip_suffix("```"));
    inside
        .map_or(text, |inside| inside.trim_start_matches(|c: char| c.is_ascii_alphabetic()).trim())
}
