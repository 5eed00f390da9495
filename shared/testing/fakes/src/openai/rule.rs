//! Servers' requirements beyond the protocol, and the messages of their refusals.
//!
//! Each rule and each message is a real server's, from its documentation or from people's reports.

use std::collections::BTreeSet;
use std::time::Duration;

use serde_json::{Map, Value, json};

use super::mistral;
use super::request::{ApiError, calls, list, plain, tokens};
use super::schema::check;

/// The context of the smaller models, in tokens.
const CONTEXT: usize = 4_096;

/// The rules of a stand-in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rule {
    /// OpenAI's, exactly.
    OpenAi,
    /// OpenAI's for reasoning models.
    Thinking,
    /// Mistral's: no unknown fields, its own ids, its own order.
    Mistral,
    /// DeepSeek's: within a turn, its reasoning has to come back.
    DeepSeek,
    /// Kimi's: its reasoning has to come back, and so do its ids.
    Kimi,
    /// Gemini's compatible address: its signature has to come back; plain schemas.
    Gemini,
    /// Anthropic's compatible address: a limit, the person begins, and no empty texts.
    Anthropic,
    /// Ollama's: arguments that are JSON. It ignores unknown fields.
    Ollama,
    /// Ollama's for a model without tools. If the calls are described in words, it makes them in words.
    NoTools,
    /// Mistral's template: the roles alternate, except for calls and tool answers.
    Alternating,
    /// Gemma's template: only a person and a model, alternating.
    NoSystem,
    /// Every message needs content.
    Content,
    /// Ids must be unique in a request, from a server that always gives the same one.
    UniqueIds,
    /// vLLM's: a small context that includes the answer.
    Vllm,
    /// llama.cpp's: a small context.
    LlamaCpp,
    /// A model that takes this long to load, and starts over if the client disconnects.
    Loads(Duration),
}

impl Rule {
    /// All rules. `loading` is how long a model takes to load.
    pub fn all(loading: Duration) -> [Self; 16] {
        [
            Self::OpenAi,
            Self::Thinking,
            Self::Mistral,
            Self::DeepSeek,
            Self::Kimi,
            Self::Gemini,
            Self::Anthropic,
            Self::Ollama,
            Self::NoTools,
            Self::Alternating,
            Self::NoSystem,
            Self::Content,
            Self::UniqueIds,
            Self::Vllm,
            Self::LlamaCpp,
            Self::Loads(loading),
        ]
    }

    /// The server, and its requirements in a few words each.
    pub fn described(self) -> (&'static str, &'static str) {
        match self {
            Self::OpenAi => ("OpenAI", "the published schema"),
            Self::Thinking => ("OpenAI, thinking", "max_completion_tokens, never max_tokens"),
            Self::Mistral => ("Mistral", "known fields only, ids of nine, roles in order"),
            Self::DeepSeek => ("DeepSeek", "reasoning_content back within a turn"),
            Self::Kimi => ("Kimi", "reasoning_content back with each call, ids as given"),
            Self::Gemini => ("Gemini", "thought_signature back, plain schemas"),
            Self::Anthropic => ("Anthropic", "a limit, the person first, no empty words"),
            Self::Ollama => ("Ollama", "arguments that are JSON"),
            Self::NoTools => ("Ollama, gemma:2b", "no tools"),
            Self::Alternating => ("vLLM, Mistral's template", "user and assistant take turns"),
            Self::NoSystem => ("llama.cpp, Gemma's template", "neither system nor tool messages"),
            Self::Content => ("a strict schema", "content in each message, never null"),
            Self::UniqueIds => ("an id twice", "no tool_call_id twice in a request"),
            Self::Vllm => ("vLLM", "context 4096, the answer included"),
            Self::LlamaCpp => ("llama.cpp", "context 4096"),
            Self::Loads(_) => ("a cold model", "loads first, anew when the client goes"),
        }
    }

    /// Whether this server accepts the request. `given` are the extras it gave, which have to come
    /// back.
    pub(super) fn check(self, request: &Value, given: &BTreeSet<String>) -> Result<(), ApiError> {
        let messages = list(request, "messages");
        match self {
            Self::OpenAi | Self::Loads(_) => {
                return check(request).map_err(|problem| self.refusal(&problem));
            }
            Self::Thinking => {
                if request.get("max_tokens").is_some() {
                    let problem = "Unsupported parameter: 'max_tokens' is not supported with this \
                                   model. Use 'max_completion_tokens' instead.";
                    return Err(self.coded(problem, "unsupported_parameter"));
                }
                return check(request).map_err(|problem| self.refusal(&problem));
            }
            Self::Mistral => mistral::check(request)?,
            Self::DeepSeek => self.deepseek(messages, given)?,
            Self::Kimi => self.kimi(messages, given)?,
            Self::Gemini => self.gemini(request, given)?,
            Self::Anthropic => self.anthropic(request)?,
            Self::Ollama => self.ollama(messages)?,
            Self::NoTools => {
                if request.get("tools").is_some() {
                    let model = "registry.ollama.ai/library/gemma:2b";
                    return Err(self.refusal(&format!("{model} does not support tools")));
                }
            }
            Self::Alternating => {
                let is_system = |message: &&Value| message["role"] == "system";
                let system = usize::from(messages.first().filter(is_system).is_some());
                let is_said = |m: &&Value| m["role"] != "tool" && calls(m).is_none();
                self.alternate(messages[system..].iter().filter(is_said))?;
            }
            Self::NoSystem => {
                if messages.first().is_some_and(|message| message["role"] == "system") {
                    return Err(self.refusal("System role not supported"));
                }
                self.alternate(messages.iter())?;
            }
            Self::Content => {
                for (index, message) in messages.iter().enumerate() {
                    if !message["content"].is_string() {
                        let problem = format!("messages.{index}.content: field required");
                        return Err(self.refusal(&problem));
                    }
                }
            }
            Self::UniqueIds => self.unique_ids(messages)?,
            Self::Vllm | Self::LlamaCpp => self.context(request)?,
        }
        check(&plain(request)).map_err(|problem| self.refusal(&problem))
    }

    /// An answer in this server's form.
    pub(super) fn dress(self, message: &mut Value, request: &Value, given: &mut BTreeSet<String>) {
        let thought = format!("First I think of {}.", uuid::Uuid::new_v4().simple());
        // Sometimes the reasoning is empty, and has to come back as well.
        let has_thought = self != Self::DeepSeek || given.len() != 1;
        let thought = if has_thought { thought } else { String::new() };
        let before = list(request, "messages").iter().filter_map(calls).flatten().count();
        let calls = message.get_mut("tool_calls").and_then(Value::as_array_mut);
        let calls = calls.map_or(&mut [][..], Vec::as_mut_slice);
        for (index, call) in calls.iter_mut().enumerate() {
            let name = call["function"]["name"].as_str().unwrap_or_default();
            let id = match self {
                Self::Mistral => uuid::Uuid::new_v4().simple().to_string()[..9].into(),
                Self::Kimi => format!("functions.{name}:{}", before + index),
                Self::UniqueIds => "call_0".into(),
                Self::Gemini => String::new(),
                Self::Anthropic => format!("toolu_{}", uuid::Uuid::new_v4().simple()),
                _ => continue,
            };
            given.insert(id.clone());
            call["id"] = id.into();
        }
        match self {
            _ if request.get("tools").is_none() && !calls.is_empty() => {
                let written = calls.iter().map(|call| {
                    let function = &call["function"];
                    let arguments = function["arguments"].as_str().unwrap_or_default();
                    let name = &function["name"];
                    format!("<tool_call>{{\"name\":{name},\"arguments\":{arguments}}}</tool_call>")
                });
                let written = written.collect::<Vec<_>>().join("\n");
                *message = json!({ "role": "assistant", "content": written });
            }
            Self::DeepSeek | Self::Kimi => {
                given.insert(thought.clone());
                message["reasoning_content"] = thought.into();
            }
            Self::Gemini => {
                if let Some(first) = calls.first_mut() {
                    given.insert(thought.clone());
                    first["extra_content"] = json!({ "google": { "thought_signature": thought } });
                }
            }
            _ => {}
        }
    }

    /// Whether a model could make calls, given this request.
    pub(super) fn may_call(request: &Value) -> bool {
        match request.get("tools") {
            Some(_) => request["tool_choice"] != "none",
            // It is told in words how to, and does it that way.
            None => request["messages"].to_string().contains("<tool_call>"),
        }
    }

    fn deepseek(self, messages: &[Value], given: &BTreeSet<String>) -> Result<(), ApiError> {
        let turn = messages.iter().rposition(|message| message["role"] == "user");
        let back = |m: &Value| is_given(&m["reasoning_content"], given);
        for (index, message) in messages.iter().enumerate().skip(turn.unwrap_or(0)) {
            if calls(message).is_some() && !back(message) {
                return Err(self.refusal(&format!(
                    "Missing `reasoning_content` field in the assistant message at message \
                     index {index}. For more information, please refer to \
                     https://api-docs.deepseek.com/guides/thinking_mode#tool-calls"
                )));
            }
        }
        Ok(())
    }

    fn kimi(self, messages: &[Value], given: &BTreeSet<String>) -> Result<(), ApiError> {
        for (index, message) in messages.iter().enumerate() {
            let Some(calls) = calls(message) else { continue };
            if !is_given(&message["reasoning_content"], given) {
                return Err(self.refusal(&format!(
                    "thinking is enabled but reasoning_content is missing in assistant \
                     tool call message at index {index}"
                )));
            }
            if let Some(call) = calls.iter().find(|call| !is_given(&call["id"], given)) {
                let id = call["id"].as_str().unwrap_or_default();
                let problem = format!("Invalid request: tool_call_id {id} is not found");
                return Err(self.refusal(&problem));
            }
        }
        Ok(())
    }

    fn unique_ids(self, messages: &[Value]) -> Result<(), ApiError> {
        let answers = messages.iter().enumerate().filter(|(_, m)| m["role"] == "tool");
        let mut seen: Vec<(usize, &Value)> = Vec::new();
        for (index, message) in answers {
            let id = &message["tool_call_id"];
            if let Some((first, _)) = seen.iter().find(|(_, seen)| *seen == id) {
                let id = id.as_str().unwrap_or_default();
                return Err(self.refusal(&format!(
                    "Invalid parameter: Duplicate value for 'tool_call_id' of '{id}', in \
                     messages[{first}] and messages[{index}]."
                )));
            }
            seen.push((index, id));
        }
        Ok(())
    }

    fn ollama(self, messages: &[Value]) -> Result<(), ApiError> {
        for call in messages.iter().filter_map(calls).flatten() {
            let arguments = call["function"]["arguments"].as_str().unwrap_or_default();
            if serde_json::from_str::<Map<String, Value>>(arguments).is_err() {
                return Err(self.refusal("invalid tool call arguments"));
            }
        }
        Ok(())
    }

    fn alternate<'a>(self, messages: impl Iterator<Item = &'a Value>) -> Result<(), ApiError> {
        for (index, message) in messages.enumerate() {
            if message["role"] != if index % 2 == 0 { "user" } else { "assistant" } {
                return Err(self.refusal(
                    "Conversation roles must alternate user/assistant/user/assistant/...",
                ));
            }
        }
        Ok(())
    }

    fn gemini(self, request: &Value, given: &BTreeSet<String>) -> Result<(), ApiError> {
        for (index, tool) in list(request, "tools").iter().enumerate() {
            let at = format!("tools[0].function_declarations[{index}].parameters");
            plain_schema(&tool["function"]["parameters"], &at)
                .map_err(|problem| self.refusal(&problem))?;
        }
        for (index, message) in list(request, "messages").iter().enumerate() {
            let Some([first, ..]) = calls(message).map(Vec::as_slice) else { continue };
            if !is_given(&first["extra_content"]["google"]["thought_signature"], given) {
                let name = first["function"]["name"].as_str().unwrap_or_default();
                return Err(self.refusal(&format!(
                    "Function call is missing a thought_signature in functionCall parts. This is \
                     required for tools to work correctly, and missing thought_signature may lead \
                     to degraded model performance. Additional data, function call \
                     `default_api:{name}` , position {index}. Please refer to \
                     https://ai.google.dev/gemini-api/docs/thought-signatures for more details."
                )));
            }
        }
        Ok(())
    }

    fn anthropic(self, request: &Value) -> Result<(), ApiError> {
        if request.get("max_tokens").or(request.get("max_completion_tokens")).is_none() {
            return Err(self.refusal("max_tokens: Field required"));
        }
        let messages = list(request, "messages");
        let mut said = messages.iter().filter(|message| message["role"] != "system");
        if said.next().is_none_or(|message| message["role"] != "user") {
            return Err(self.refusal("messages: first message must use the \"user\" role"));
        }
        let is_empty = |text: &Value| text.as_str().is_some_and(|text| text.trim().is_empty());
        if messages.iter().any(|m| is_empty(&m["content"]) && calls(m).is_none()) {
            return Err(self.refusal("messages: text content blocks must be non-empty"));
        }
        let mut ids = BTreeSet::new();
        for call in messages.iter().filter_map(calls).flatten() {
            let id = call["id"].as_str().unwrap_or_default();
            let is_usual = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-');
            if id.is_empty() || !id.bytes().all(is_usual) {
                return Err(self.refusal("tool_use.id: String should match '^[a-zA-Z0-9_-]+$'"));
            }
            if !ids.insert(id) {
                return Err(self.refusal("messages: `tool_use` ids must be unique"));
            }
        }
        Ok(())
    }

    fn context(self, request: &Value) -> Result<(), ApiError> {
        let most = request.get("max_tokens").or(request.get("max_completion_tokens"));
        let most = most.and_then(Value::as_u64).and_then(|most| usize::try_from(most).ok());
        let prompt = tokens(&request["messages"]) + tokens(&request["tools"]);
        let problem = match (self, most) {
            (Self::LlamaCpp, _) if prompt > CONTEXT => {
                return Err(ApiError {
                    status: 400,
                    body: json!({ "error": {
                        "code": 400,
                        "message": "the request exceeds the available context size. try increasing \
                                    the context size or enable context shift",
                        "type": "exceed_context_size_error",
                        "n_prompt_tokens": prompt,
                        "n_ctx": CONTEXT,
                    } }),
                });
            }
            (Self::Vllm, Some(most)) if prompt + most > CONTEXT => format!(
                "However, you requested {} tokens ({prompt} in the messages, {most} in the \
                 completion). Please reduce the length of the messages or completion.",
                prompt + most
            ),
            (Self::Vllm, None) if prompt > CONTEXT => format!(
                "However, your messages resulted in {prompt} tokens. Please reduce the length of \
                 the messages."
            ),
            _ => return Ok(()),
        };
        let problem = format!("This model's maximum context length is {CONTEXT} tokens. {problem}");
        Err(self.refusal(&problem))
    }

    /// A refusal in this server's form.
    fn refusal(self, problem: &str) -> ApiError {
        let body = match self {
            Self::Gemini => {
                json!([{ "error": { "code": 400, "message": problem, "status": "INVALID_ARGUMENT" } }])
            }
            Self::Mistral => {
                return mistral::refusal(problem, mistral::ORDER);
            }
            Self::NoSystem => {
                let problem = format!(
                    "\n------------\nWhile executing CallExpression at line 1, column 69 in \
                     source:\n...\nError: Jinja Exception: {problem}"
                );
                let error = json!({ "code": 500, "message": problem, "type": "server_error" });
                return ApiError { status: 500, body: json!({ "error": error }) };
            }
            Self::Alternating | Self::Vllm => json!({
                "object": "error", "message": problem, "type": "BadRequestError", "param": null,
                "code": 400,
            }),
            Self::LlamaCpp => {
                json!({ "error": { "code": 400, "message": problem, "type": "invalid_request_error" } })
            }
            Self::Ollama | Self::NoTools => json!({ "error": {
                "message": problem, "type": "api_error", "param": null, "code": null,
            } }),
            Self::DeepSeek => return self.coded(problem, "invalid_request_error"),
            Self::Kimi => {
                json!({ "error": { "message": problem, "type": "invalid_request_error" } })
            }
            _ => return self.coded(problem, Value::Null),
        };
        ApiError { status: 400, body }
    }

    /// The same in the form of OpenAI and most others.
    fn coded(self, problem: &str, code: impl Into<Value>) -> ApiError {
        ApiError {
            status: 400,
            body: json!({ "error": {
                "message": problem, "type": "invalid_request_error", "param": null,
                "code": code.into(),
            } }),
        }
    }
}

/// Whether a schema is as plain as Gemini requires.
fn plain_schema(schema: &Value, at: &str) -> Result<(), String> {
    if schema["type"].is_array() {
        return Err(format!(
            "Invalid JSON payload received. Unknown name \"type\" at '{at}': Proto field is not \
             repeating, cannot start list."
        ));
    }
    let Some(properties) = schema.get("properties").and_then(Value::as_object) else {
        return Ok(());
    };
    if properties.is_empty() {
        return Err(format!(
            "* GenerateContentRequest.{at}.properties: should be non-empty for OBJECT type\n"
        ));
    }
    let mut properties = properties.values().enumerate();
    properties
        .try_for_each(|(i, schema)| plain_schema(schema, &format!("{at}.properties[{i}].value")))
}

fn is_given(value: &Value, given: &BTreeSet<String>) -> bool {
    value.as_str().is_some_and(|value| given.contains(value))
}
