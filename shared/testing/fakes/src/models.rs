//! Models of companies with their own protocols, or with their own rules for OpenAI's: the targets of a
//! gateway such as LiteLLM.
//!
//! Each follows its published form as far as a conversation with tools needs it, refuses what the real
//! one refuses, and requires back what the real one requires back. Their answers are scripted in one
//! way, and each gives them in its own form.

mod anthropic;
mod deepseek;
mod gemini;
mod mistral;
mod ollama;

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};

use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use axum::{Json, Router};
use serde_json::{Map, Value};

use crate::network::Server;

/// The form of a [`Model`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// Messages: <https://docs.anthropic.com/en/api/messages>.
    Anthropic,
    /// Chat completions that think first and require their reasoning back:
    /// <https://api-docs.deepseek.com/guides/thinking_mode>.
    DeepSeek,
    /// `generateContent`, with thought signatures:
    /// <https://ai.google.dev/gemini-api/docs/thought-signatures>.
    Gemini,
    /// Chat completions that accept no unknown field: <https://docs.mistral.ai/api>.
    Mistral,
    /// `/api/chat`: <https://github.com/ollama/ollama/blob/main/docs/api.md>.
    Ollama,
}

/// A local model. It stops when it is dropped.
pub struct Model {
    state: Arc<Shared>,
    server: Server,
}

struct Shared {
    form: Form,
    script: Mutex<VecDeque<Scripted>>,
    refused: Mutex<Vec<String>>,
}

/// A scripted answer of a model.
#[derive(Clone, Debug)]
enum Scripted {
    Words(String),
    /// A call of this tool, with its arguments.
    Calls(String, Value),
}

/// The requests so far.
struct Asked {
    path: String,
    headers: HeaderMap,
    body: Value,
}

/// A status with the company's error message.
type ApiError = (u16, Value);

impl Model {
    /// The key it accepts, if it requires one.
    pub const KEY: &str = "key-0123456789abcdefghijklmnopqrstuv";

    /// Starts one on a free port.
    pub fn start(form: Form) -> Self {
        let state = Arc::new(Shared { form, script: Mutex::default(), refused: Mutex::default() });
        let router = Router::new().fallback(answer).with_state(Arc::clone(&state));
        Self { state, server: Server::start(router) }
    }

    /// Its address, without a path.
    pub fn url(&self) -> String {
        self.server.url()
    }

    /// The next answer is this text.
    pub fn says(&self, words: &str) {
        self.state.script.lock().unwrap().push_back(Scripted::Words(words.into()));
    }

    /// The next answer is a call of this tool.
    pub fn calls(&self, name: &str, arguments: Value) {
        self.state.script.lock().unwrap().push_back(Scripted::Calls(name.into(), arguments));
    }

    /// Its refusals, with their messages.
    pub fn refused(&self) -> Vec<String> {
        self.state.refused.lock().unwrap().clone()
    }

    /// How many scripted answers remain.
    pub fn left(&self) -> usize {
        self.state.script.lock().unwrap().len()
    }
}

async fn answer(
    State(shared): State<Arc<Shared>>,
    uri: Uri,
    headers: HeaderMap,
    body: String,
) -> Response {
    let body = serde_json::from_str(&body).unwrap_or_default();
    let asked = Asked { path: uri.path().into(), headers, body };
    let checked = match shared.form {
        Form::Anthropic => anthropic::check(&asked),
        Form::DeepSeek => deepseek::check(&asked),
        Form::Gemini => gemini::check(&asked),
        Form::Mistral => mistral::check(&asked),
        Form::Ollama => ollama::check(&asked),
    };
    if let Err((status, refusal)) = checked {
        shared.refused.lock().unwrap().push(refusal.to_string());
        return (StatusCode::from_u16(status).unwrap(), Json(refusal)).into_response();
    }
    let silent = || Scripted::Words("Nobody shared me what to say.".into());
    let said = shared.script.lock().unwrap().pop_front().unwrap_or_else(silent);
    Json(match shared.form {
        Form::Anthropic => anthropic::write(&said),
        Form::DeepSeek => deepseek::write(&said),
        Form::Gemini => gemini::write(&said),
        Form::Mistral => mistral::write(&said),
        Form::Ollama => ollama::write(&said),
    })
    .into_response()
}

impl Asked {
    fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }

    fn is_bearer(&self) -> bool {
        self.header("authorization").strip_prefix("Bearer ") == Some(Model::KEY)
    }
}

/// The members of a list; none if it is not a list.
fn list(value: &Value) -> &[Value] {
    value.as_array().map(Vec::as_slice).unwrap_or_default()
}

/// The first member that is not among these names.
fn unknown<'a>(value: &'a Value, names: &str) -> Option<&'a String> {
    let members = value.as_object().map(Map::keys).into_iter().flatten();
    members.into_iter().find(|member| !names.split(' ').any(|name| name == *member))
}

/// A model's reasoning before it calls a tool or answers. Deterministic.
fn thought(said: &Scripted) -> String {
    match said {
        Scripted::Words(words) => format!("I should answer with {} letters.", words.len()),
        Scripted::Calls(name, arguments) => format!("They said something for {name}: {arguments}."),
    }
}

fn digits(count: usize) -> String {
    let digits = uuid::Uuid::new_v4().simple().to_string();
    digits[..count].to_owned()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[tokio::test]
    async fn each_refuses_what_the_real_one_refuses() {
        let call = json!({ "id": "call_1", "type": "function",
            "function": { "name": "record", "arguments": "{}" } });
        let called = json!([
            { "role": "user", "content": "Hi" },
            { "role": "assistant", "content": "", "tool_calls": [call] },
            { "role": "tool", "tool_call_id": "call_1", "content": "ok" },
        ]);
        let content = |role, part| json!({ "role": role, "parts": [part] });
        let signed = json!({ "contents": [
            content("user", json!({ "text": "Hi" })),
            content("model", json!({ "functionCall": { "name": "record", "args": {} } })),
            content("user", json!({ "functionResponse": { "name": "record" } })),
        ] });
        let thinking = "/v1beta/models/gemini-3-pro-preview:generateContent";
        for (form, path, request, expected) in [
            (
                Form::Anthropic,
                "/v1/messages",
                json!({ "max_tokens": 9, "messages": [{ "role": "assistant", "content": "Hi" }] }),
                "roles must alternate",
            ),
            (
                Form::DeepSeek,
                "/chat/completions",
                json!({ "messages": called }),
                "`reasoning_content` in the thinking mode must be passed back",
            ),
            (Form::Gemini, thinking, signed, "is missing a `thought_signature`"),
            (
                Form::Mistral,
                "/v1/chat/completions",
                json!({ "max_completion_tokens": 9, "messages": called }),
                "extra_forbidden",
            ),
            (
                Form::Mistral,
                "/v1/chat/completions",
                json!({ "messages": called }),
                "must be a-z, A-Z, 0-9, with a length of 9.",
            ),
            (
                Form::Ollama,
                "/api/chat",
                json!({ "stream": false, "messages": called }),
                "cannot unmarshal string",
            ),
        ] {
            let model = Model::start(form);
            let answer = ask(&model, path, &request).await;
            assert!(answer.status().is_client_error(), "{form:?}");
            let told = answer.text().await.unwrap();
            assert!(told.contains(expected), "{form:?}: {told}");
            assert_eq!(model.refused().len(), 1);
        }
    }

    /// What a model answers whom it knows.
    async fn ask(model: &Model, path: &str, request: &Value) -> reqwest::Response {
        let call = reqwest::Client::new()
            .post(format!("{}{path}", model.url()))
            .bearer_auth(Model::KEY)
            .header("x-api-key", Model::KEY)
            .header("x-goog-api-key", Model::KEY)
            .header("anthropic-version", "2023-06-01")
            .json(request);
        call.send().await.unwrap()
    }
}
