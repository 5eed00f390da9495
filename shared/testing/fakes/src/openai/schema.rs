//! The published schema of a request.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

/// The allowed fields of a request.
const PARAMETERS: [&str; 34] = [
    "audio",
    "frequency_penalty",
    "function_call",
    "functions",
    "logit_bias",
    "logprobs",
    "max_completion_tokens",
    "max_tokens",
    "messages",
    "metadata",
    "modalities",
    "model",
    "n",
    "parallel_tool_calls",
    "prediction",
    "presence_penalty",
    "prompt_cache_key",
    "reasoning_effort",
    "response_format",
    "safety_identifier",
    "seed",
    "service_tier",
    "stop",
    "store",
    "stream",
    "stream_options",
    "temperature",
    "tool_choice",
    "tools",
    "top_logprobs",
    "top_p",
    "user",
    "verbosity",
    "web_search_options",
];

/// Whether the real service would accept the request.
pub(super) fn check(request: &Value) -> Result<(), String> {
    let request = object(request, "the body")?;
    if let Some(name) = request.keys().find(|name| !PARAMETERS.contains(&name.as_str())) {
        return Err(format!("Unrecognized request argument supplied: {name}"));
    }
    if !request.get("model").is_some_and(Value::is_string) {
        return Err("you must provide a model parameter".into());
    }
    if request.get("stream").is_some_and(|stream| stream != false) {
        return Err("this stand-in does not stream".into());
    }
    match (request.get("max_tokens"), request.get("max_completion_tokens")) {
        (Some(_), Some(_)) => {
            return Err(
                "Setting 'max_tokens' and 'max_completion_tokens' at the same time is not \
                        supported."
                    .into(),
            );
        }
        (Some(most), None) | (None, Some(most)) if most.as_u64().is_none_or(|most| most == 0) => {
            return Err("Invalid type for 'max_completion_tokens': expected an integer.".into());
        }
        _ => {}
    }
    match request.get("tools") {
        None if request.contains_key("tool_choice") => {
            return Err("'tool_choice' is only allowed when 'tools' are specified.".into());
        }
        None => {}
        Some(tools) => check_tools(list(tools, "tools")?)?,
    }
    if let Some(choice) = request.get("tool_choice")
        && !matches!(choice.as_str(), Some("none" | "auto" | "required"))
        && !choice.is_object()
    {
        return Err("Invalid value for 'tool_choice'.".into());
    }
    check_messages(list(request.get("messages").unwrap_or(&Value::Null), "messages")?)
}

fn check_tools(tools: &[Value]) -> Result<(), String> {
    let mut names = BTreeSet::new();
    for tool in tools {
        let tool = object(tool, "tools[]")?;
        known(tool, &["type", "function"])?;
        if tool.get("type") != Some(&json!("function")) {
            return Err("Missing required parameter: 'tools[].type'.".into());
        }
        let function = object(tool.get("function").unwrap_or(&Value::Null), "tools[].function")?;
        known(function, &["name", "description", "parameters", "strict"])?;
        if !names.insert(name(function)?) {
            return Err("Function names must be unique.".into());
        }
        if let Some(parameters) = function.get("parameters") {
            if parameters["type"] != "object" {
                return Err("Invalid schema for function: schema must be of type 'object'.".into());
            }
            check_schema(parameters)?;
        }
    }
    Ok(())
}

/// Whether a JSON schema is valid, as far as tools need it.
fn check_schema(schema: &Value) -> Result<(), String> {
    const TYPES: [&str; 7] = ["string", "number", "integer", "boolean", "object", "array", "null"];
    let invalid = |what: &str| Err(format!("Invalid schema for function: {what} is not valid."));
    let schema = object(schema, "schema")?;
    let is_type = |value: &Value| value.as_str().is_some_and(|name| TYPES.contains(&name));
    match schema.get("type") {
        None => {}
        Some(Value::Array(types)) if !types.is_empty() && types.iter().all(is_type) => {}
        Some(name) if is_type(name) => {}
        Some(_) => return invalid("type"),
    }
    if schema.get("enum").is_some_and(|values| values.as_array().is_none_or(Vec::is_empty)) {
        return invalid("enum");
    }
    let empty = Map::new();
    let properties = match schema.get("properties") {
        None => &empty,
        Some(properties) => object(properties, "properties")?,
    };
    properties.values().try_for_each(check_schema)?;
    schema.get("items").map_or(Ok(()), check_schema)?;
    let required = schema.get("required").map_or(Ok(&[][..]), |names| list(names, "required"))?;
    if !required.iter().all(|name| name.as_str().is_some_and(|name| properties.contains_key(name)))
    {
        return invalid("required");
    }
    Ok(())
}

fn check_messages(messages: &[Value]) -> Result<(), String> {
    /// Calls without an answer so far.
    fn all_answered(open: &BTreeSet<String>) -> Result<(), String> {
        if open.is_empty() {
            return Ok(());
        }
        let open: Vec<_> = open.iter().map(String::as_str).collect();
        Err(format!(
            "An assistant message with 'tool_calls' must be followed by tool messages responding \
             to each 'tool_call_id'. The following tool_call_ids did not have response messages: \
             {}",
            open.join(", ")
        ))
    }

    if messages.is_empty() {
        return Err("Invalid 'messages': empty array.".into());
    }
    let mut open = BTreeSet::new();
    for message in messages {
        let message = object(message, "messages[]")?;
        let role = message.get("role").and_then(Value::as_str).unwrap_or_default();
        if role != "tool" {
            all_answered(&open)?;
        }
        match role {
            "system" | "developer" | "user" => {
                known(message, &["role", "content", "name"])?;
                content(message)?;
            }
            "assistant" => {
                known(message, &["role", "content", "name", "refusal", "audio", "tool_calls"])?;
                let calls = message.get("tool_calls").map(|calls| list(calls, "tool_calls"));
                match calls.transpose()? {
                    None => content(message)?,
                    Some([]) => return Err("Invalid 'tool_calls': empty array.".into()),
                    Some(calls) => {
                        for call in calls {
                            open.insert(check_call(call)?);
                        }
                    }
                }
            }
            "tool" => {
                known(message, &["role", "content", "tool_call_id"])?;
                content(message)?;
                let id = message.get("tool_call_id").and_then(Value::as_str).unwrap_or_default();
                if !open.remove(id) {
                    return Err("Invalid parameter: messages with role 'tool' must be a response \
                                to a preceeding message with 'tool_calls'."
                        .into());
                }
            }
            _ => return Err(format!("Invalid value: '{role}' for 'messages[].role'.")),
        }
    }
    all_answered(&open)
}

fn check_call(call: &Value) -> Result<String, String> {
    let call = object(call, "tool_calls[]")?;
    known(call, &["id", "type", "function"])?;
    let function = object(call.get("function").unwrap_or(&Value::Null), "function")?;
    known(function, &["name", "arguments"])?;
    name(function)?;
    if !function.get("arguments").is_some_and(Value::is_string) {
        return Err("Invalid type for 'tool_calls[].function.arguments': expected a string.".into());
    }
    match (call.get("type"), call.get("id").and_then(Value::as_str)) {
        (Some(kind), Some(id)) if kind == "function" && !id.is_empty() => Ok(id.into()),
        _ => Err("Missing required parameter: 'tool_calls[].id'.".into()),
    }
}

fn content(message: &Map<String, Value>) -> Result<(), String> {
    match message.get("content") {
        Some(Value::String(_)) => Ok(()),
        Some(Value::Array(parts)) if !parts.is_empty() => Ok(()),
        _ => Err("Invalid value for 'content': expected a string, got null.".into()),
    }
}

fn name(function: &Map<String, Value>) -> Result<&str, String> {
    let name = function.get("name").and_then(Value::as_str).unwrap_or_default();
    let valid = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-');
    if matches!(name.len(), 1..=64) && name.bytes().all(valid) {
        return Ok(name);
    }
    Err("Invalid 'function.name': string does not match pattern '^[a-zA-Z0-9_-]+$'.".into())
}

fn known(map: &Map<String, Value>, names: &[&str]) -> Result<(), String> {
    match map.keys().find(|name| !names.contains(&name.as_str())) {
        None => Ok(()),
        Some(name) => Err(format!("Unknown parameter: '{name}'.")),
    }
}

fn object<'a>(value: &'a Value, what: &str) -> Result<&'a Map<String, Value>, String> {
    value.as_object().ok_or_else(|| format!("Invalid type for '{what}': expected an object."))
}

fn list<'a>(value: &'a Value, what: &str) -> Result<&'a [Value], String> {
    let list = value.as_array().map(Vec::as_slice);
    list.ok_or_else(|| format!("Invalid type for '{what}': expected an array."))
}
