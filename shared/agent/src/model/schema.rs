//! A tool in a form that every server accepts.

use async_openai::types::chat::{ChatCompletionTool, ChatCompletionTools, FunctionObject};
use serde_json::{Map, Value, json};

use super::request::bytes;
use crate::tools::{Definition, Tool};

/// The parts of a JSON schema that are understood everywhere.
const KEPT: [&str; 6] = ["type", "properties", "required", "enum", "items", "description"];

/// Tools as sent to a server: the same in each request.
#[derive(Clone, Debug)]
pub(crate) struct Described {
    /// Their names.
    pub(super) names: Vec<&'static str>,
    /// In the server's form.
    pub(super) tools: Vec<Value>,
    /// The size of that in a request, in bytes.
    pub(crate) size: usize,
}

impl Described {
    pub(crate) fn of(tools: &[Box<dyn Tool + '_>]) -> Self {
        let names = tools.iter().map(|tool| tool.name()).collect();
        let of_server = |tool| serde_json::to_value(described(tool)).expect("a tool is plain data");
        let tools: Vec<_> = tools.iter().map(|tool| of_server(tool.as_ref())).collect();
        Self { names, size: bytes(&tools), tools }
    }
}

/// A tool in the server's form.
fn described(tool: &dyn Tool) -> ChatCompletionTools {
    let Definition { description, parameters } = tool.definition();
    ChatCompletionTools::Function(ChatCompletionTool {
        function: FunctionObject {
            name: tool.name().into(),
            description: Some(description),
            parameters: Some(parameters_of(&parameters)),
            strict: None,
        },
    })
}

/// The arguments of a tool. Google accepts no object without properties, and Mistral no tool without
/// parameters: a tool without arguments gets an optional one.
fn parameters_of(schema: &Value) -> Value {
    let mut schema = plain(schema);
    if schema["properties"].as_object().is_none_or(Map::is_empty) {
        schema = json!({ "type": "object", "properties": { "note": {
            "type": "string", "description": "may be left out" } } });
    }
    schema
}

/// The same without anything that some servers do not know: one type for each, and nothing that the
/// tool's own answer would report anyway.
fn plain(schema: &Value) -> Value {
    let Value::Object(schema) = schema else { return schema.clone() };
    let kept = schema.iter().filter(|(name, _)| KEPT.contains(&name.as_str()));
    let kept = kept.map(|(name, value)| {
        let value = match (name.as_str(), value) {
            // A value of another type is written as a string, and parsed from it.
            ("type", Value::Array(types)) => match types.iter().find(|name| *name == "string") {
                Some(string) => string.clone(),
                None => types.first().cloned().unwrap_or_default(),
            },
            ("properties", Value::Object(properties)) => {
                properties.iter().map(|(name, schema)| (name.clone(), plain(schema))).collect()
            }
            ("items", items) => plain(items),
            (_, value) => value.clone(),
        };
        (name.clone(), value)
    });
    Value::Object(kept.collect())
}
