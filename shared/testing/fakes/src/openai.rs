//! OpenAI's chat completions.
//!
//! Follows the published schema: <https://platform.openai.com/docs/api-reference/chat/create>. The
//! fields of a request, and the messages and shapes of refusals, are the real ones.

#![expect(clippy::unwrap_used, reason = "a stand-in that breaks is a test that fails")]

mod brain;
mod mistral;
mod request;
mod rule;
mod schema;

use std::net::SocketAddr;
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::middleware::map_response_with_state;
use axum::routing::{get, post};
use jiff::Timestamp;
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::runtime::{Builder, Runtime};

pub use self::rule::Rule;

use self::brain::{Brain, NO_KEY, Scripted, complete, dated, error_body, refuse, unknown};
use crate::network::Watched;
use crate::{Mode, Switch};

/// A local OpenAI. Closes when dropped, with all connections.
///
/// It gives the scripted answers in order, and afterwards repeats the person's words.
pub struct OpenAi {
    /// The mode for requests.
    pub switch: Arc<Switch>,
    state: Arc<Brain>,
    address: SocketAddr,
    // A runtime of its own, so that nothing outlives it, including open connections.
    runtime: Option<Runtime>,
}

impl OpenAi {
    /// The key it accepts.
    pub const KEY: &str = "sk-proj-0123456789abcdefghijklmnopqrstuvwxyzABCD";

    /// Starts one on a free port.
    pub async fn start() -> Self {
        Self::start_as(Rule::OpenAi).await
    }

    /// Starts one with another server's rules.
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

    /// The value for `OPENAI_BASE_URL`.
    pub fn url(&self) -> String {
        format!("http://{}/v1", self.address)
    }

    /// The next answer is this text.
    pub fn says(&self, text: &str) {
        self.answers(json!({ "role": "assistant", "content": text, "refusal": null }));
    }

    /// The next answer is a call of this tool. The arguments may be invalid JSON, as sometimes happens.
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

    /// The next answer is this message, from a server that is lax about the protocol.
    pub fn answers(&self, message: Value) {
        self.state.script.lock().unwrap().push_back(Scripted::Message(message));
    }

    /// The next answer is exactly this. A body that is a string is not JSON.
    pub fn answers_with(&self, status: u16, headers: &[(&str, &str)], body: &Value) {
        let headers = headers.iter().map(|(name, value)| ((*name).into(), (*value).into()));
        let body = body.as_str().map_or_else(|| body.to_string(), str::to_owned);
        let whole = Scripted::Whole { status, headers: headers.collect(), body };
        self.state.script.lock().unwrap().push_back(whole);
    }

    /// Refusals with 429 or 503 ask the client to wait for this many seconds.
    pub fn asks_to_wait(&self, seconds: u64) {
        *self.state.retry_after.lock().unwrap() = Some(seconds);
    }

    /// From now on refuses requests that contain this word, as Azure's filter does.
    pub fn filters(&self, word: &str) {
        *self.state.filtered.lock().unwrap() = Some(word.into());
    }

    /// From now on every answer is an unrequested stream: first this many chunks of reasoning, each
    /// after a pause.
    pub fn thinks_aloud(&self, thoughts: usize, pause: Duration) {
        *self.state.aloud.lock().unwrap() = Some((thoughts, pause));
    }

    /// From now on every answer has this time.
    pub fn says_it_is(&self, time: Timestamp) {
        *self.state.clock.lock().unwrap() = Some(time);
    }

    /// All requests, whatever became of them.
    pub fn requests(&self) -> Vec<Value> {
        self.state.requests.read(Vec::clone)
    }

    /// Waits until this many requests have come in total.
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

    /// The quota is used up: the same status as for too many requests.
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

    /// The service has an internal problem.
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
    async fn answers_held_requests_once_released() {
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
