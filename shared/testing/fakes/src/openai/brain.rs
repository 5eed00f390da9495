//! The answers, and their form.

use std::collections::{BTreeSet, VecDeque};
use std::convert::Infallible;
use std::iter::repeat_n;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Json;
use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use futures::{StreamExt, stream};
use jiff::Timestamp;
use jiff::fmt::rfc2822::DateTimePrinter;
use serde_json::{Value, json};

use super::request::{ApiError, tokens};
use super::{OpenAi, Rule};
use crate::Switch;
use crate::network::Watched;

/// The default answer.
pub(super) const NO_KEY: &str = "You didn't provide an API key.";

pub(super) struct Brain {
    pub(super) rule: Rule,
    /// The extras that have to come back.
    pub(super) given: Mutex<BTreeSet<String>>,
    pub(super) has_loaded: AtomicBool,
    pub(super) switch: Arc<Switch>,
    pub(super) script: Mutex<VecDeque<Scripted>>,
    pub(super) requests: Watched<Vec<Value>>,
    pub(super) retry_after: Mutex<Option<u64>>,
    pub(super) clock: Mutex<Option<Timestamp>>,
    pub(super) filtered: Mutex<Option<String>>,
    pub(super) aloud: Mutex<Option<(usize, Duration)>>,
}

/// The scripted answers.
pub(super) enum Scripted {
    Message(Value),
    Whole { status: u16, headers: Vec<(String, String)>, body: String },
}

pub(super) async fn complete(
    State(brain): State<Arc<Brain>>,
    headers: HeaderMap,
    body: String,
) -> Response {
    let request: Value = serde_json::from_str(&body).unwrap_or_default();
    let answer = brain.switch.apply(async {
        brain.load().await;
        brain.answer(&headers, &request)
    });
    // Whoever sees the request and turns the switch does so for the next one.
    brain.requests.change(|requests| requests.push(request.clone()));
    let mut response = answer.await;
    if matches!(response.status().as_u16(), 429 | 503)
        && let Some(seconds) = *brain.retry_after.lock().unwrap()
    {
        response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
    }
    response
}

pub(super) async fn dated(State(brain): State<Arc<Brain>>, mut response: Response) -> Response {
    if let Some(time) = *brain.clock.lock().unwrap() {
        let date = DateTimePrinter::new().timestamp_to_rfc9110_string(&time).unwrap();
        response.headers_mut().insert(header::DATE, HeaderValue::from_str(&date).unwrap());
    }
    response
}

pub(super) async fn unknown(method: Method, uri: Uri) -> Response {
    let message = format!("Invalid URL ({method} {})", uri.path());
    refuse(404, &message, Value::Null)
}

impl Brain {
    /// Loads the model, if it has to be loaded. A client that disconnects earlier has waited for nothing.
    async fn load(&self) {
        if let Rule::Loads(time) = self.rule
            && !self.has_loaded.load(Ordering::Relaxed)
        {
            tokio::time::sleep(time).await;
            self.has_loaded.store(true, Ordering::Relaxed);
        }
    }

    fn answer(&self, headers: &HeaderMap, request: &Value) -> Response {
        if let Some(refusal) = stranger(headers) {
            return refusal;
        }
        let given = &mut *self.given.lock().unwrap();
        if let Err(ApiError { status, body }) = self.rule.check(request, given) {
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
            // If tools may not be called, it says something instead.
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

/// The refusal of a request without our key.
fn stranger(headers: &HeaderMap) -> Option<Response> {
    let key = headers.get(header::AUTHORIZATION).map(|value| value.to_str().unwrap_or_default());
    match key {
        None => Some(refuse(401, NO_KEY, Value::Null)),
        Some(key) if key.strip_prefix("Bearer ") != Some(OpenAi::KEY) => {
            // The real one quotes the key without its middle.
            let message = format!("Incorrect API key provided: {key}.");
            Some(refuse(401, &message, "invalid_api_key"))
        }
        Some(_) => None,
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

/// Whether the person names the tool, which no model with tools ignores.
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

/// A streamed answer.
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

/// The texts since the last answer in words.
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
        // A server without system messages gets the prompt before the text, under headings.
        .map(|said| {
            said.rsplit_once("\n# What the person writes\n\n").map_or(said, |(_, said)| said)
        })
        .collect();
    format!("You said: {}", said.join(" | ").replace('\n', " | "))
}

pub(super) fn refuse(status: u16, message: &str, code: impl Into<Value>) -> Response {
    let body = error_body(message, "invalid_request_error", code);
    let status = StatusCode::from_u16(status).unwrap();
    (status, [(header::CONTENT_TYPE, "application/json")], body).into_response()
}

pub(super) fn error_body(message: &str, kind: &str, code: impl Into<Value>) -> String {
    let error = json!({ "message": message, "type": kind, "param": null, "code": code.into() });
    json!({ "error": error }).to_string()
}
