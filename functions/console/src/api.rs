//! What the page asks for, as JSON. Times are milliseconds since 1970.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use conversations::{Attempt, Conversation, ConversationId, Unavailable};
use serde::Serialize;
use serde_json::{Value, json};
use sms::{Number, Status};
use telemetry::TraceId;

use crate::Console;
use crate::thread::Thread;

/// The number of ours that the page's phones text, as the mock provider has it.
const OURS: &str = "mock";

/// How many of each kind a list shows.
const AT_ONCE: u32 = 50;

type Answer = Result<Json<Value>, Failure>;

/// Why there is no answer.
pub(crate) enum Failure {
    /// There is no such thing.
    Unknown,
    /// The store does not answer: ask again.
    Unavailable(Unavailable),
}

impl From<Unavailable> for Failure {
    fn from(error: Unavailable) -> Self {
        Self::Unavailable(error)
    }
}

impl IntoResponse for Failure {
    fn into_response(self) -> Response {
        let (status, problem) = match self {
            Self::Unknown => (StatusCode::NOT_FOUND, "there is no such thing"),
            Self::Unavailable(error) => {
                tracing::error!(%error, "showed nothing: {error}");
                (StatusCode::SERVICE_UNAVAILABLE, "the store does not answer")
            }
        };
        (status, Json(json!({ "error": problem }))).into_response()
    }
}

/// What is known of an attempt.
#[derive(Clone, Serialize)]
pub(crate) struct Delivery {
    pub(crate) attempt: String,
    pub(crate) trace: TraceId,
    pub(crate) provider: String,
    /// The provider's id of the message.
    pub(crate) message: Option<String>,
    pub(crate) segments: usize,
    pub(crate) status: Status,
    pub(crate) conflicted: bool,
    pub(crate) code: Option<String>,
    pub(crate) at: i64,
}

impl From<&Attempt> for Delivery {
    fn from(attempt: &Attempt) -> Self {
        let message = attempt.message.as_deref().and_then(|message| message.split_once(':'));
        Self {
            attempt: attempt.id.clone(),
            trace: attempt.trace.clone(),
            provider: attempt.provider.clone(),
            message: message.map(|(_, id)| id.to_owned()),
            segments: attempt.segments,
            status: attempt.status(),
            conflicted: attempt.is_conflicted(),
            code: attempt.code.clone(),
            at: attempt.at.as_millisecond(),
        }
    }
}

pub(crate) async fn about(State(console): State<Arc<Console>>) -> Answer {
    let mut about = json!(console.about);
    about["mock"] = console.about.providers.contains(&OURS).into();
    Ok(Json(about))
}

/// What is on a phone: nothing, on one that was never used.
pub(crate) async fn phone(
    State(console): State<Arc<Console>>,
    Path(number): Path<String>,
) -> Answer {
    let theirs = Number::parse(&number).map_err(|_| Failure::Unknown)?;
    let id = ConversationId::of(OURS, &theirs);
    let thread = thread(&console, &id).await?;
    Ok(Json(json!(thread.unwrap_or_else(|| Thread::unused(&id, OURS, &theirs)))))
}

pub(crate) async fn conversation(
    State(console): State<Arc<Console>>,
    Path(id): Path<String>,
) -> Answer {
    let id = ConversationId::parse(&id).ok_or(Failure::Unknown)?;
    Ok(Json(json!(thread(&console, &id).await?.ok_or(Failure::Unknown)?)))
}

async fn thread(console: &Console, id: &ConversationId) -> Result<Option<Thread>, Unavailable> {
    let Some(loaded) = console.store.load(id).await? else { return Ok(None) };
    let ended = console.store.ended(id).await?;
    let attempts = console.store.attempts_of(id).await?;
    Ok(Some(Thread::of(&loaded, &ended, &attempts)))
}

pub(crate) async fn conversations(State(console): State<Arc<Console>>) -> Answer {
    let latest = console.store.latest(AT_ONCE).await?;
    let listed = latest.iter().map(|(id, conversation)| {
        json!({
            "id": id,
            "ours": conversation.ours,
            "theirs": conversation.theirs,
            "number": conversation.number,
            "answers": conversation.answers,
            "waiting": conversation.waiting.len(),
            "state": state(conversation),
            "at": conversation.at.as_millisecond(),
        })
    });
    Ok(Json(listed.collect()))
}

/// Whose turn it is.
fn state(conversation: &Conversation) -> &'static str {
    if conversation.open.is_some() {
        "sending"
    } else if !conversation.waiting.is_empty() {
        if conversation.failures > 0 { "stuck" } else { "thinking" }
    } else if conversation.turns.is_empty() {
        "over"
    } else {
        "theirs"
    }
}

pub(crate) async fn trace(State(console): State<Arc<Console>>, Path(id): Path<String>) -> Answer {
    let id = TraceId::parse(&id).ok_or(Failure::Unknown)?;
    let trace = console.store.trace(&id).await?.ok_or(Failure::Unknown)?;
    let attempts = match &trace.conversation {
        Some(conversation) => console.store.attempts_of(conversation).await?,
        None => vec![],
    };
    let attempts = attempts.iter().filter(|attempt| attempt.trace == id).map(Delivery::from);
    Ok(Json(json!({
        "id": id,
        "conversation": trace.conversation,
        "answered_in": trace.answered_in,
        "steps": trace.steps,
        "attempts": attempts.collect::<Vec<_>>(),
    })))
}

pub(crate) async fn notices(State(console): State<Arc<Console>>) -> Answer {
    let notices = console.store.notices(AT_ONCE).await?;
    let quarantined = console.store.quarantined(AT_ONCE).await?;
    Ok(Json(json!({ "notices": notices, "quarantined": quarantined })))
}
