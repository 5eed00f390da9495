//! A tool as every server takes it.

use async_openai::types::chat::{ChatCompletionTool, ChatCompletionTools, FunctionObject};
use serde_json::{Map, Value, json};

use crate::tools::{Definition, Tool};

/// What of a JSON schema is understood everywhere.
const KEPT: [&str; 6] = ["type", "properties", "required", "enum", "items", "description"];

/// A tool in the server's form.
pub(super) fn described(tool: &dyn Tool) -> ChatCompletionTools {
    let Definition { name, description, parameters } = tool.definition();
    ChatCompletionTools::Function(ChatCompletionTool {
        function: FunctionObject {
            name: name.into(),
            description: Some(description),
            parameters: Some(parameters_of(&parameters)),
            strict: None,
        },
    })
}

/// The arguments of a tool. Google takes no object without properties, Mistral no tool without
/// parameters: one that needs nothing may be told something.
fn parameters_of(schema: &Value) -> Value {
    let mut schema = plain(schema);
    if schema["properties"].as_object().is_none_or(Map::is_empty) {
        schema = json!({ "type": "object", "properties": { "note": {
            "type": "string", "description": "may be left out" } } });
    }
    schema
}

/// The same with nothing in it that some server does not know: one type each, and no more than what
/// the tool's own answer does not say again.
fn plain(schema: &Value) -> Value {
    let Value::Object(schema) = schema else { return schema.clone() };
    let kept = schema.iter().filter(|(name, _)| KEPT.contains(&name.as_str()));
    let kept = kept.map(|(name, value)| {
        let value = match (name.as_str(), value) {
            // What is not of this type is written as a string, and read so.
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
