//! The API through which Lambda runs a function:
//! <https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html>.

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::network::{Server, Watched};

/// The largest answer, in bytes.
const LARGEST_ANSWER: usize = 6 * 1024 * 1024;

/// The Lambda of one function, which is started with [`RuntimeApi::environment`] and then given one
/// event at a time. After a request that Lambda would refuse, the test that invokes it fails.
#[derive(Debug)]
pub struct RuntimeApi {
    server: Server,
    lambda: Arc<Watched<Lambda>>,
    /// Held by the sender of the current event.
    turn: tokio::sync::Mutex<()>,
}

#[derive(Debug, Default)]
struct Lambda {
    /// Whether the function has ever asked for an event, which ends its start.
    ready: bool,
    /// The event that has not been fetched yet.
    event: Option<(String, Value)>,
    /// The event being handled.
    given: Option<String>,
    /// The result of the last event: the function's answer, or its error.
    outcome: Option<(String, Result<Value, Value>)>,
    /// The function's violation of the protocol.
    mistake: Option<String>,
}

impl RuntimeApi {
    /// A Lambda that waits for its function.
    pub async fn start() -> Self {
        let lambda = Arc::<Watched<Lambda>>::default();
        let router = Router::new()
            .route("/2018-06-01/runtime/invocation/next", get(next))
            .route("/2018-06-01/runtime/invocation/{id}/response", post(response))
            .route("/2018-06-01/runtime/invocation/{id}/error", post(error))
            .route("/2018-06-01/runtime/init/error", post(init_error))
            .fallback(stray)
            .layer(DefaultBodyLimit::max(2 * LARGEST_ANSWER))
            .with_state(Arc::clone(&lambda));
        Self { server: Server::start(router), lambda, turn: tokio::sync::Mutex::default() }
    }

    /// The environment variables that Lambda itself sets.
    pub fn environment(&self, function: &str) -> Vec<(String, String)> {
        let address = self.server.url().replace("http://", "");
        [
            ("AWS_LAMBDA_RUNTIME_API", address.as_str()),
            ("AWS_LAMBDA_FUNCTION_NAME", function),
            ("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "256"),
            ("AWS_LAMBDA_FUNCTION_VERSION", "1"),
            ("AWS_LAMBDA_INITIALIZATION_TYPE", "on-demand"),
            ("LAMBDA_TASK_ROOT", "/var/task"),
            ("TZ", ":UTC"),
        ]
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .into()
    }

    /// Waits until the function has started and asks for its first event.
    pub async fn ready(&self) {
        self.until("the function to ask for an event", |lambda| lambda.ready).await;
    }

    /// The function's answer to an event.
    ///
    /// # Panics
    ///
    /// If it fails.
    pub async fn invoke(&self, event: &Value) -> Value {
        let outcome = self.try_invoke(event).await;
        outcome.unwrap_or_else(|error| panic!("the function failed: {error}"))
    }

    /// The function's answer to an event, or the `errorType` and `errorMessage` with which it fails.
    pub async fn try_invoke(&self, event: &Value) -> Result<Value, Value> {
        let _turn = self.turn.lock().await;
        let id = Uuid::new_v4().to_string();
        self.lambda.change(|lambda| lambda.event = Some((id.clone(), event.clone())));
        let done = |lambda: &Lambda| lambda.outcome.as_ref().is_some_and(|(of, _)| *of == id);
        self.until("the function to answer", done).await;
        self.lambda.change(|lambda| lambda.outcome.take().unwrap().1)
    }

    async fn until(&self, wanted: &str, so: impl Fn(&Lambda) -> bool) {
        self.lambda.until(wanted, |lambda| lambda.mistake.is_some() || so(lambda)).await;
        let mistake = self.lambda.read(|lambda| lambda.mistake.clone());
        assert!(mistake.is_none(), "{}", mistake.unwrap_or_default());
    }
}

type Shared = State<Arc<Watched<Lambda>>>;

/// Waits while there is nothing to do.
async fn next(State(lambda): Shared) -> Response {
    if lambda.read(|lambda| lambda.given.is_some()) {
        return mistake(&lambda, "the function asked for an event before it answered the last one");
    }
    lambda.change(|lambda| lambda.ready = true);
    let mut states = lambda.subscribe();
    let _ = states.wait_for(|lambda| lambda.event.is_some()).await;
    let taken = lambda.change(|lambda| {
        let taken = lambda.event.take();
        lambda.given = taken.as_ref().map(|(id, _)| id.clone()).or(lambda.given.take());
        taken
    });
    let Some((id, event)) = taken else {
        return mistake(&lambda, "the function asked for two events at once");
    };
    let deadline = jiff::Timestamp::now() + jiff::SignedDuration::from_secs(30);
    let headers = [
        ("lambda-runtime-aws-request-id", id),
        ("lambda-runtime-deadline-ms", deadline.as_millisecond().to_string()),
        (
            "lambda-runtime-invoked-function-arn",
            "arn:aws:lambda:us-east-1:123456789012:function:function:live".into(),
        ),
        (
            "lambda-runtime-trace-id",
            "Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=0".into(),
        ),
    ];
    (headers, Json(event)).into_response()
}

async fn response(State(lambda): Shared, Path(id): Path<String>, body: Bytes) -> Response {
    if body.len() > LARGEST_ANSWER {
        return mistake(&lambda, "the function answered more than Lambda carries");
    }
    let Ok(answer) = serde_json::from_slice(&body) else {
        return mistake(&lambda, "the function answered something that is not JSON");
    };
    settle(&lambda, &id, Ok(answer))
}

async fn error(
    State(lambda): Shared,
    Path(id): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    match described(&headers, &body) {
        Some(error) => settle(&lambda, &id, Err(error)),
        None => mistake(&lambda, "the function reported an error without saying which"),
    }
}

async fn init_error(State(lambda): Shared, headers: HeaderMap, body: Bytes) -> Response {
    match described(&headers, &body) {
        Some(error) => mistake(&lambda, &format!("the function did not start: {error}")),
        None => mistake(&lambda, "the function did not start, and did not say why"),
    }
}

fn described(headers: &HeaderMap, body: &[u8]) -> Option<Value> {
    headers.get("lambda-runtime-function-error-type")?;
    let error: Value = serde_json::from_slice(body).ok()?;
    (error["errorType"].is_string() && error["errorMessage"].is_string()).then_some(error)
}

fn settle(lambda: &Watched<Lambda>, id: &str, outcome: Result<Value, Value>) -> Response {
    if lambda.read(|lambda| lambda.given.as_deref() != Some(id)) {
        return mistake(lambda, "the function answered an event that it was not given");
    }
    let outcome = Some((id.to_owned(), outcome));
    lambda.change(|lambda| (lambda.given, lambda.outcome) = (None, outcome));
    (StatusCode::ACCEPTED, Json(json!({ "status": "OK" }))).into_response()
}

async fn stray(State(lambda): Shared, request: axum::extract::Request) -> Response {
    mistake(&lambda, &format!("Lambda has no {} {}", request.method(), request.uri()))
}

fn mistake(lambda: &Watched<Lambda>, what: &str) -> Response {
    lambda.change(|lambda| lambda.mistake = Some(what.to_owned()));
    let refusal = json!({ "errorType": "InvalidRequest", "errorMessage": what });
    (StatusCode::FORBIDDEN, Json(refusal)).into_response()
}
