//! OpenAI's chat completions.
//!
//! Held to the published schema: <https://platform.openai.com/docs/api-reference/chat/create>. What
//! a request may hold, and the words and shapes of the refusals, are the real ones.

#![expect(clippy::unwrap_used, reason = "a stand-in that breaks is a test that fails")]

mod mistral;
mod rule;

use std::collections::{BTreeSet, VecDeque};
use std::convert::Infallible;
use std::iter::repeat_n;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, Uri, header};
use axum::middleware::map_response_with_state;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use futures::{StreamExt, stream};
use jiff::Timestamp;
use jiff::fmt::rfc2822::DateTimePrinter;
use serde_json::{Map, Value, json};
use tokio::net::TcpListener;
use tokio::runtime::{Builder, Runtime};

pub use self::rule::Rule;

use self::rule::Refusal;
use crate::network::Watched;
use crate::{Mode, Switch};

/// What a request may hold.
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

/// What nobody in particular is told.
const NO_KEY: &str = "You didn't provide an API key.";

/// A local OpenAI. It stops when it is dropped, and cuts what is open.
///
/// It answers as it was told to, in that order, and after that repeats what the person said.
pub struct OpenAi {
    /// How it misbehaves.
    pub switch: Arc<Switch>,
    state: Arc<Brain>,
    address: SocketAddr,
    // A runtime of its own, so that nothing of it outlives it, an open connection neither.
    runtime: Option<Runtime>,
}

struct Brain {
    rule: Rule,
    /// What was given and has to come back.
    given: Mutex<BTreeSet<String>>,
    has_loaded: AtomicBool,
    switch: Arc<Switch>,
    script: Mutex<VecDeque<Scripted>>,
    requests: Watched<Vec<Value>>,
    retry_after: Mutex<Option<u64>>,
    clock: Mutex<Option<Timestamp>>,
    filtered: Mutex<Option<String>>,
    aloud: Mutex<Option<(usize, Duration)>>,
}

/// What it was told to answer.
enum Scripted {
    Message(Value),
    Whole { status: u16, headers: Vec<(String, String)>, body: String },
}

impl OpenAi {
    /// The key it accepts.
    pub const KEY: &str = "sk-proj-0123456789abcdefghijklmnopqrstuvwxyzABCD";

    /// Starts one on a free port.
    pub async fn start() -> Self {
        Self::start_as(Rule::OpenAi).await
    }

    /// Starts one that keeps another server's rule.
    pub async fn start_as(rule: Rule) -> Self {
        let switch = Arc::new(Switch::default());
        let state = Arc::new(Brain {
            rule,
            given: Mutex::default(),
            has_loaded: AtomicBool::new(false),
            switch: Arc::clone(&switch),
            script: Mutex::default(),
            requests: Watched::default(),
            retry_after: Mutex::default(),
            clock: Mutex::default(),
            filtered: Mutex::default(),
            aloud: Mutex::default(),
        });
        let router = Router::new()
            .route("/v1/chat/completions", post(complete))
            .route("/v1/models", get(async || refuse(401, NO_KEY, Value::Null)))
            .fallback(unknown)
            .method_not_allowed_fallback(unknown)
            .layer(map_response_with_state(Arc::clone(&state), dated))
            .with_state(Arc::clone(&state));
        let runtime = Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        listener.set_nonblocking(true).unwrap();
        let address = listener.local_addr().unwrap();
        runtime.spawn(async move {
            axum::serve(TcpListener::from_std(listener).unwrap(), router).await.unwrap();
        });
        Self { switch, state, address, runtime: Some(runtime) }
    }

    /// What `OPENAI_BASE_URL` is set to.
    pub fn url(&self) -> String {
        format!("http://{}/v1", self.address)
    }

    /// The next answer is this text.
    pub fn says(&self, text: &str) {
        self.answers(json!({ "role": "assistant", "content": text, "refusal": null }));
    }

    /// The next answer is a call of this tool. The arguments may be no JSON, as sometimes happens.
    pub fn calls(&self, name: &str, arguments: &str) {
        self.calls_many(&[(name, arguments)]);
    }

    /// The next answer is calls of these tools.
    pub fn calls_many(&self, calls: &[(&str, &str)]) {
        let calls: Vec<_> = calls
            .iter()
            .map(|(name, arguments)| {
                let id = format!("call_{}", uuid::Uuid::new_v4().simple());
                let function = json!({ "name": name, "arguments": arguments });
                json!({ "id": id, "type": "function", "function": function })
            })
            .collect();
        self.answers(json!({
            "role": "assistant", "content": null, "refusal": null, "tool_calls": calls,
        }));
    }

    /// The next answer is this message of a server that takes the protocol lightly.
    pub fn answers(&self, message: Value) {
        self.state.script.lock().unwrap().push_back(Scripted::Message(message));
    }

    /// The next answer is this, word for word. A body that is a string is no JSON.
    pub fn answers_with(&self, status: u16, headers: &[(&str, &str)], body: &Value) {
        let headers = headers.iter().map(|(name, value)| ((*name).into(), (*value).into()));
        let body = body.as_str().map_or_else(|| body.to_string(), str::to_owned);
        let whole = Scripted::Whole { status, headers: headers.collect(), body };
        self.state.script.lock().unwrap().push_back(whole);
    }

    /// Whoever is refused with 429 or 503 is asked to wait for so many seconds.
    pub fn asks_to_wait(&self, seconds: u64) {
        *self.state.retry_after.lock().unwrap() = Some(seconds);
    }

    /// From now on whoever shows it a text with this word is refused, as Azure's filter does.
    pub fn filters(&self, word: &str) {
        *self.state.filtered.lock().unwrap() = Some(word.into());
    }

    /// From now on every answer comes as events, unasked: so many of thoughts first, each after a pause.
    pub fn thinks_aloud(&self, thoughts: usize, pause: Duration) {
        *self.state.aloud.lock().unwrap() = Some((thoughts, pause));
    }

    /// From now on every answer says that it is this time.
    pub fn says_it_is(&self, time: Timestamp) {
        *self.state.clock.lock().unwrap() = Some(time);
    }

    /// Every request that came, whatever became of it.
    pub fn requests(&self) -> Vec<Value> {
        self.state.requests.read(Vec::clone)
    }

    /// Waits until this many requests have come in all.
    pub async fn wait_for_requests(&self, count: usize) {
        let enough = |requests: &Vec<Value>| requests.len() >= count;
        self.state.requests.until(&format!("{count} requests to come"), enough).await;
    }

    /// Too many requests for now.
    pub fn rate_limited() -> Mode {
        Mode::Fails(
            429,
            error_body(
                "Rate limit reached for gpt-4.1-mini on requests per min (RPM): Limit 3, Used 3.",
                "requests",
                "rate_limit_exceeded",
            ),
        )
    }

    /// The money is used up: the same status as too many requests.
    pub fn out_of_quota() -> Mode {
        Mode::Fails(
            429,
            error_body(
                "You exceeded your current quota, please check your plan and billing details.",
                "insufficient_quota",
                "insufficient_quota",
            ),
        )
    }

    /// The service has trouble of its own.
    pub fn overloaded() -> Mode {
        Mode::Fails(
            503,
            error_body(
                "The engine is currently overloaded.",
                "service_unavailable_error",
                Value::Null,
            ),
        )
    }
}

impl Drop for OpenAi {
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

async fn complete(State(brain): State<Arc<Brain>>, headers: HeaderMap, body: String) -> Response {
    let request: Value = serde_json::from_str(&body).unwrap_or_default();
    let answer = brain.switch.apply(async {
        brain.load().await;
        brain.answer(&headers, &request)
    });
    // Whoever sees it and turns the switch does so for the next one.
    brain.requests.change(|requests| requests.push(request.clone()));
    let mut response = answer.await;
    if matches!(response.status().as_u16(), 429 | 503)
        && let Some(seconds) = *brain.retry_after.lock().unwrap()
    {
        response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
    }
    response
}

async fn dated(State(brain): State<Arc<Brain>>, mut response: Response) -> Response {
    if let Some(time) = *brain.clock.lock().unwrap() {
        let date = DateTimePrinter::new().timestamp_to_rfc9110_string(&time).unwrap();
        response.headers_mut().insert(header::DATE, HeaderValue::from_str(&date).unwrap());
    }
    response
}

async fn unknown(method: Method, uri: Uri) -> Response {
    let message = format!("Invalid URL ({method} {})", uri.path());
    refuse(404, &message, Value::Null)
}

impl Brain {
    /// Loads the model, if it is to be loaded. Whoever goes before the end has waited for nothing.
    async fn load(&self) {
        if let Rule::Loads(time) = self.rule
            && !self.has_loaded.load(Ordering::Relaxed)
        {
            tokio::time::sleep(time).await;
            self.has_loaded.store(true, Ordering::Relaxed);
        }
    }

    fn answer(&self, headers: &HeaderMap, request: &Value) -> Response {
        let key =
            headers.get(header::AUTHORIZATION).map(|value| value.to_str().unwrap_or_default());
        match key {
            None => return refuse(401, NO_KEY, Value::Null),
            Some(key) if key.strip_prefix("Bearer ") != Some(OpenAi::KEY) => {
                // The real one quotes what it was given, but for its middle.
                let message = format!("Incorrect API key provided: {key}.");
                return refuse(401, &message, "invalid_api_key");
            }
            Some(_) => {}
        }
        let given = &mut *self.given.lock().unwrap();
        if let Err(Refusal { status, body }) = self.rule.check(request, given) {
            return (StatusCode::from_u16(status).unwrap(), Json(body)).into_response();
        }
        let filtered = self.filtered.lock().unwrap().clone();
        if filtered.is_some_and(|word| request["messages"].to_string().contains(&word)) {
            let message = "The response was filtered due to the prompt triggering the content \
                           management policy.";
            return refuse(400, message, "content_filter");
        }
        let model = request["model"].as_str().unwrap_or_default();
        if self.rule == Rule::OpenAi && !model.starts_with("gpt-") {
            let message = format!("The model `{model}` does not exist or you do not have access.");
            return refuse(404, &message, "model_not_found");
        }
        let scripted = {
            let mut script = self.script.lock().unwrap();
            // Who must not call tools does not, and says something else instead.
            let may_call = Rule::may_call(request);
            let playable = |next: &Scripted| match next {
                Scripted::Message(message) => may_call || message.get("tool_calls").is_none(),
                Scripted::Whole { .. } => true,
            };
            if script.front().is_some_and(playable) { script.pop_front() } else { None }
        };
        let mut message = match scripted {
            Some(Scripted::Whole { status, headers, body }) => {
                return whole(status, &headers, body);
            }
            Some(Scripted::Message(message)) => message,
            None if Rule::may_call(request) && is_told_to_hand_over(request) => handing_over(),
            None => json!({ "role": "assistant", "content": echo(request), "refusal": null }),
        };
        self.rule.dress(&mut message, request, given);
        let reason = if message.get("tool_calls").is_some() { "tool_calls" } else { "stop" };
        if let Some((thoughts, pause)) = *self.aloud.lock().unwrap() {
            return events(thoughts, pause, &message, reason);
        }
        let (input, output) = (tokens(&request["messages"]), tokens(&message));
        Json(json!({
            "id": format!("chatcmpl-{}", uuid::Uuid::new_v4().simple()),
            "object": "chat.completion",
            "created": jiff::Timestamp::now().as_second(),
            "model": model,
            "choices": [{ "index": 0, "message": message, "logprobs": null, "finish_reason": reason }],
            "usage": {
                "prompt_tokens": input,
                "completion_tokens": output,
                "total_tokens": input + output,
            },
            "service_tier": "default",
            "system_fingerprint": null,
        }))
        .into_response()
    }
}

fn whole(status: u16, headers: &[(String, String)], body: String) -> Response {
    let mut answer = Response::builder().status(status);
    if !headers.iter().any(|(name, _)| name.eq_ignore_ascii_case("content-type")) {
        answer = answer.header(header::CONTENT_TYPE, "application/json");
    }
    let answer = headers.iter().fold(answer, |answer, (name, value)| answer.header(name, value));
    answer.body(body.into()).unwrap()
}

/// Whether the person names the tool, which no model ignores that knows tools.
fn is_told_to_hand_over(request: &Value) -> bool {
    let last = request["messages"].as_array().and_then(|messages| messages.last());
    let said = last.filter(|last| last["role"] == "user").and_then(|last| last["content"].as_str());
    said.is_some_and(|said| said.contains("call hand_over"))
}

fn handing_over() -> Value {
    let function = json!({ "name": "hand_over", "arguments": "{\"reason\":\"asked to\"}" });
    let call = json!({ "id": "call_handover", "type": "function", "function": function });
    json!({ "role": "assistant", "content": null, "refusal": null, "tool_calls": [call] })
}

/// An answer piece by piece.
fn events(thoughts: usize, pause: Duration, message: &Value, reason: &str) -> Response {
    let event = |delta: Value, reason: Option<&str>| {
        let choice = json!({ "index": 0, "delta": delta, "finish_reason": reason });
        format!("data: {}\n\n", json!({ "id": "chatcmpl-1", "choices": [choice] }))
    };
    let thought = (pause, event(json!({ "reasoning_content": "Hm. " }), None));
    let said = (Duration::ZERO, event(message.clone(), Some(reason)) + "data: [DONE]\n\n");
    let pieces = stream::iter(repeat_n(thought, thoughts).chain([said]));
    let pieces = pieces.then(async |(pause, piece)| {
        tokio::time::sleep(pause).await;
        Ok::<_, Infallible>(piece)
    });
    ([(header::CONTENT_TYPE, "text/event-stream")], Body::from_stream(pieces)).into_response()
}

/// What was said since the last answer in words.
fn echo(request: &Value) -> String {
    let messages = request["messages"].as_array().map(Vec::as_slice).unwrap_or_default();
    let answered = |message: &Value| {
        let words = message["content"].as_str().is_some_and(|words| !words.is_empty());
        message["role"] == "assistant" && words
    };
    let after = messages.iter().rposition(answered).map_or(0, |last| last + 1);
    let said: Vec<_> = messages[after..]
        .iter()
        .filter(|message| message["role"] == "user")
        .filter_map(|message| message["content"].as_str())
        // Who takes no system message is told the prompt ahead of it, under headings.
        .map(|said| {
            said.rsplit_once("\n# What the person writes\n\n").map_or(said, |(_, said)| said)
        })
        .collect();
    format!("You said: {}", said.join(" | ").replace('\n', " | "))
}

/// About four bytes each.
fn tokens(text: &Value) -> usize {
    text.to_string().len().div_ceil(4)
}

fn refuse(status: u16, message: &str, code: impl Into<Value>) -> Response {
    let body = error_body(message, "invalid_request_error", code);
    let status = StatusCode::from_u16(status).unwrap();
    (status, [(header::CONTENT_TYPE, "application/json")], body).into_response()
}

fn error_body(message: &str, kind: &str, code: impl Into<Value>) -> String {
    let error = json!({ "message": message, "type": kind, "param": null, "code": code.into() });
    json!({ "error": error }).to_string()
}

/// Whether the real service would take the request.
fn check(request: &Value) -> Result<(), String> {
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

/// Whether a JSON schema is one, as far as tools need it.
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
    /// Calls that nobody has answered yet.
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

#[cfg(test)]
mod tests {
    use super::*;

    async fn ask(openai: &OpenAi, key: &str, request: Value) -> (u16, Value) {
        let url = format!("{}/chat/completions", openai.url());
        let request = reqwest::Client::new().post(url).bearer_auth(key).json(&request);
        let response = request.send().await.unwrap();
        (response.status().as_u16(), response.json().await.unwrap())
    }

    async fn refusal(request: Value) -> String {
        let (status, body) = ask(&OpenAi::start().await, OpenAi::KEY, request).await;
        assert_eq!((status, body["error"]["type"].as_str()), (400, Some("invalid_request_error")));
        body["error"]["message"].as_str().unwrap().into()
    }

    fn hi() -> Value {
        json!({ "model": "gpt-4.1-mini", "messages": [{ "role": "user", "content": "Hi" }] })
    }

    #[tokio::test]
    async fn answers_as_documented() {
        let openai = OpenAi::start().await;
        let (status, body) = ask(&openai, OpenAi::KEY, hi()).await;
        let choice = &body["choices"][0];
        assert_eq!((status, choice["message"]["content"].as_str()), (200, Some("You said: Hi")));
        assert_eq!(choice["finish_reason"], "stop");
        assert_eq!(body["object"], "chat.completion");
        assert_eq!(openai.requests(), [hi()]);
    }

    #[tokio::test]
    async fn lets_no_stranger_in() {
        let (status, body) = ask(&OpenAi::start().await, "sk-2", hi()).await;
        assert_eq!((status, body["error"]["code"].as_str()), (401, Some("invalid_api_key")));
    }

    #[tokio::test]
    async fn refuses_what_the_real_one_refuses() {
        let with = |name: &str, value: Value| {
            let mut request = hi();
            request[name] = value;
            refusal(request)
        };
        let call = json!({ "id": "call_1", "type": "function",
            "function": { "name": "finish", "arguments": "{}" } });
        let answer = json!({ "role": "tool", "tool_call_id": "call_1", "content": "ok" });
        let tool = |parameters: Value| {
            let function = json!({ "name": "finish", "parameters": parameters });
            json!([{ "type": "function", "function": function }])
        };
        for (told, expected) in [
            (with("colour", json!(1)).await, "Unrecognized request argument supplied: colour"),
            (with("model", json!(null)).await, "you must provide a model parameter"),
            (with("messages", json!([])).await, "Invalid 'messages': empty array."),
            (with("messages", json!([{ "role": "robot" }])).await, "Invalid value: 'robot'"),
            (
                with("messages", json!([answer])).await,
                "Invalid parameter: messages with role 'tool'",
            ),
            (
                with("messages", json!([{ "role": "assistant", "tool_calls": [call] }])).await,
                "An assistant message with 'tool_calls' must be followed by tool messages",
            ),
            (with("tool_choice", json!("none")).await, "'tool_choice' is only allowed when"),
            (with("tools", tool(json!({ "type": "string" }))).await, "Invalid schema for function"),
            (
                with("tools", tool(json!({ "type": "object", "required": ["a"] }))).await,
                "Invalid schema for function: required is not valid.",
            ),
        ] {
            assert!(told.starts_with(expected), "{told:?} is not {expected:?}");
        }
    }

    #[tokio::test]
    async fn answers_what_it_held_once_it_is_let() {
        let openai = OpenAi::start().await;
        openai.switch.set(Mode::Holds);
        let let_go = async {
            openai.wait_for_requests(1).await;
            openai.switch.set(Mode::Works);
        };
        let ((status, _), ()) = tokio::join!(ask(&openai, OpenAi::KEY, hi()), let_go);
        assert_eq!(status, 200);
    }

    #[tokio::test]
    async fn cuts_what_is_open_when_it_stops() {
        let openai = OpenAi::start().await;
        openai.switch.set(Mode::HangsAfter);
        let url = format!("{}/chat/completions", openai.url());
        let client = reqwest::Client::new();
        let request = client.post(&url).bearer_auth(OpenAi::KEY).json(&hi()).send();
        let stop = async {
            while openai.requests().is_empty() {
                tokio::task::yield_now().await;
            }
            drop(openai);
        };
        let (cut, ()) = tokio::join!(request, stop);
        assert!(cut.is_err());
        assert!(client.post(&url).send().await.is_err());
    }
}
