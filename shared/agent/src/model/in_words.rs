//! Tools in words, for a server that does not support them.
//!
//! The form is the one that most open models were trained with, so that calls in it are read like any
//! other call written as text.

use serde_json::{Value, json};

use super::schema::Described;

/// The description of its tools at the end of a model's prompt.
pub(super) fn description(tools: &Described, may_call: bool) -> String {
    let tools = tools.tools.iter().map(|tool| {
        let function = &tool["function"];
        let said = function["description"].as_str().unwrap_or_default();
        let name = function["name"].as_str().unwrap_or_default();
        format!("- {name}: {said} Its arguments, as a JSON schema: {}\n", function["parameters"])
    });
    let tools: String = tools.collect();
    let how = if may_call {
        "To use one, answer with nothing but a line such as this, or several of them:\n\n\
         <tool_call>{\"name\": \"the tool\", \"arguments\": {\"the argument\": \"its value\"}}\
         </tool_call>\n\n\
         What it answers is told to you between <tool_response> and </tool_response>; the person \
         sees neither. To say something to the person, answer with the words alone."
    } else {
        "Use none of them now. Answer the person, in words alone."
    };
    format!("\n\n# Your tools\n\n{tools}\n{how}\n")
}

/// A conversation with calls and tool answers as words.
pub(super) fn flattened(messages: Vec<Value>) -> Vec<Value> {
    let mut told: Vec<Value> = Vec::with_capacity(messages.len());
    for message in messages {
        let said = message["content"].as_str().unwrap_or_default();
        let (role, said) = match (message["role"].as_str(), message["tool_calls"].as_array()) {
            (Some("tool"), _) => ("user", format!("<tool_response>{said}</tool_response>")),
            (_, Some(calls)) => {
                let said = (!said.is_empty()).then(|| said.to_owned());
                let said: Vec<_> = said.into_iter().chain(calls.iter().map(call)).collect();
                ("assistant", said.join("\n"))
            }
            _ => {
                told.push(message);
                continue;
            }
        };
        match told.last_mut() {
            Some(last) if last["role"] == role && role == "user" => {
                let before = last["content"].as_str().unwrap_or_default();
                last["content"] = format!("{before}\n{said}").into();
            }
            _ => told.push(json!({ "role": role, "content": said })),
        }
    }
    told
}

fn call(call: &Value) -> String {
    let function = &call["function"];
    let arguments = function["arguments"].as_str().unwrap_or_default();
    let arguments: Value = serde_json::from_str(arguments).unwrap_or_default();
    // In the order in which they are asked for.
    let name = &function["name"];
    format!("<tool_call>{{\"name\": {name}, \"arguments\": {arguments}}}</tool_call>")
}
