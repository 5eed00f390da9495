//! Gemini's `generateContent`.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use super::{ApiError, Asked, Model, Scripted, digits, list, thought, unknown};

pub(super) fn check(asked: &Asked) -> Result<(), ApiError> {
    let request = &asked.body;
    let named = asked.path.strip_prefix("/v1beta/models/");
    if named.and_then(|named| named.strip_suffix(":generateContent")).is_none() {
        return refuse(404, "NOT_FOUND", "The requested URL was not found on this server.");
    }
    if asked.header("x-goog-api-key") != Model::KEY {
        return refuse(400, "INVALID_ARGUMENT", "API key not valid. Please pass a valid API key.");
    }
    // Protocol buffers' JSON: each name in two spellings.
    let known = "contents systemInstruction system_instruction tools toolConfig tool_config \
                 generationConfig generation_config safetySettings safety_settings cachedContent";
    if let Some(name) = unknown(request, known) {
        return invalid(&format!(
            "Invalid JSON payload received. Unknown name \"{name}\": Cannot find field."
        ));
    }
    for tool in list(&request["tools"]) {
        for function in list(either(tool, "functionDeclarations", "function_declarations")) {
            check_schema(&function["parameters"])?;
        }
    }
    check_contents(list(&request["contents"]))
}

/// A part of a JSON schema: no unions, and an object either has properties or names none.
fn check_schema(schema: &Value) -> Result<(), ApiError> {
    if let Some(name) = unknown(
        schema,
        "type format title description nullable enum maxItems minItems properties required \
         minProperties maxProperties minLength maxLength pattern example anyOf propertyOrdering \
         default items minimum maximum",
    ) {
        return invalid(&format!(
            "Invalid JSON payload received. Unknown name \"{name}\" at \
             'tools[0].function_declarations[0].parameters': Cannot find field."
        ));
    }
    if !schema.is_null() && !schema["type"].is_string() {
        return invalid("Proto field is not repeating, cannot start list.");
    }
    let properties = schema["properties"].as_object();
    if properties.is_some_and(|properties| properties.is_empty()) {
        return invalid(
            "* GenerateContentRequest.tools[0].function_declarations[0].parameters.properties: \
             should be non-empty for OBJECT type",
        );
    }
    properties.into_iter().flatten().try_for_each(|(_, schema)| check_schema(schema))
}

/// The person begins, calls are directly followed by their answers, and reasoning is signed.
fn check_contents(contents: &[Value]) -> Result<(), ApiError> {
    if contents.is_empty() {
        return invalid("* GenerateContentRequest.contents: contents is not specified");
    }
    let (mut calls, mut before) = (0, "model");
    for (index, content) in contents.iter().enumerate() {
        let role = content["role"].as_str().unwrap_or("user");
        let parts = list(&content["parts"]);
        if parts.is_empty() {
            return invalid(&format!(
                "* GenerateContentRequest.contents[{index}].parts: contents.parts must not be empty."
            ));
        }
        if role == before && role == "model" {
            return invalid("Please ensure that multiturn requests alternate between roles.");
        }
        before = role;
        let answers = parts
            .iter()
            .filter(|part| either(part, "functionResponse", "function_response").is_object());
        if answers.count() != calls {
            return invalid(
                "Please ensure that the number of function response parts is equal to the number \
                 of function call parts of the function call turn.",
            );
        }
        let called: Vec<_> = parts
            .iter()
            .filter(|part| either(part, "functionCall", "function_call").is_object())
            .collect();
        calls = called.len();
        // The first call of a step carries the signature of the reasoning before it.
        if let Some(part) = called.first() {
            let call = either(part, "functionCall", "function_call");
            let name = call["name"].as_str().unwrap_or_default();
            let signature = either(part, "thoughtSignature", "thought_signature");
            if *signature != sign(name, &call["args"]) {
                return invalid(&format!(
                    "Function call `default_api:{name}` in the {index}. content block is missing a \
                     `thought_signature`."
                ));
            }
        }
    }
    if before == "model" {
        return invalid("Please ensure that single turn requests end with a user role.");
    }
    Ok(())
}

pub(super) fn write(said: &Scripted) -> Value {
    let thought = json!({ "text": thought(said), "thought": true });
    let answer = match said {
        Scripted::Words(words) => json!({ "text": words }),
        Scripted::Calls(name, arguments) => json!({
            "functionCall": { "name": name, "args": arguments },
            "thoughtSignature": sign(name, arguments),
        }),
    };
    json!({
        "candidates": [{
            "content": { "role": "model", "parts": [thought, answer] },
            "finishReason": "STOP",
            "index": 0,
        }],
        "usageMetadata": {
            "promptTokenCount": 500,
            "candidatesTokenCount": 20,
            "thoughtsTokenCount": 40,
            "totalTokenCount": 560,
        },
        "modelVersion": "gemini-3-pro-preview",
        "responseId": digits(22),
    })
}

/// At least as long as real ones, and in their alphabet.
fn sign(name: &str, arguments: &Value) -> String {
    STANDARD.encode(format!("{name}{arguments}???>>>").repeat(20))
}

/// A member in either spelling.
fn either<'a>(value: &'a Value, camel: &str, snake: &str) -> &'a Value {
    value.get(camel).unwrap_or(&value[snake])
}

fn invalid(message: &str) -> Result<(), ApiError> {
    refuse(400, "INVALID_ARGUMENT", message)
}

fn refuse(status: u16, word: &str, message: &str) -> Result<(), ApiError> {
    let error = json!({ "code": status, "message": message, "status": word });
    Err((status, json!({ "error": error })))
}
