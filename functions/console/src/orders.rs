//! What an operator wants of a conversation: orders that a turn carries out, and what is written down of
//! other acts.

use std::sync::Arc;

use access::Operator;
use axum::Json;
use axum::body::{Bytes, to_bytes};
use axum::extract::{FromRequest, FromRequestParts, Path, Request, State};
use axum::http::request::Parts;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};
use conversations::{By, ConversationId, Loaded, Order, OrderKind, Ordered};
use jiff::Timestamp;
use queue::{KEYWORDS, WakeUp};
use serde::Deserialize;
use serde_json::{Map, Value, json};
use telemetry::TraceId;

use crate::Console;
use crate::failure::Failure;
use crate::forms::{LARGEST, shows_token};
use crate::guard::{Acting, NOT_FROM_A_PAGE, by};

/// The longest text that an operator sends, in characters: ten segments of any script.
const LONGEST: usize = 670;

/// The longest word about how a conversation ended, and the longest name of a field, in characters.
const SHORT: usize = 200;

type Answer = Result<Json<Value>, Failure>;

/// What comes with a post, as JSON or as a form.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(crate) struct Wanted {
    /// A value of the page: a post that comes twice with the same is one.
    nonce: Option<String>,
    /// Who has the conversation, as far as the page knows.
    expects: Option<String>,
    /// What is said.
    words: String,
    /// Whether also at night.
    at_night: bool,
    /// How it ended.
    word: Option<String>,
    /// The conversation whose brief is corrected, the field, and its value.
    number: u64,
    field: String,
    value: Value,
    /// The page to show then, in place of an answer in JSON.
    next: Option<String>,
}

/// A post of somebody who may act.
pub(crate) struct Posted {
    by: By,
    wanted: Wanted,
}

impl Posted {
    /// What is said.
    pub(crate) fn words(&self) -> &str {
        self.wanted.words.trim()
    }
}

impl<S: Send + Sync> FromRequest<S> for Posted {
    type Rejection = (StatusCode, &'static str);

    async fn from_request(call: Request, state: &S) -> Result<Self, Self::Rejection> {
        let (mut head, body) = call.into_parts();
        let may = Acting::from_request_parts(&mut head, state).await;
        let operator = head.extensions.get::<Operator>().cloned();
        let operator = operator.ok_or((StatusCode::FORBIDDEN, NOT_FROM_A_PAGE))?;
        let body = to_bytes(body, LARGEST).await;
        let body = body.map_err(|_| (StatusCode::PAYLOAD_TOO_LARGE, "This is too long.\n"))?;
        let is_form = is_form(&head);
        if may.is_err() && !(is_form && shows_token(&head, &body)) {
            return Err((StatusCode::FORBIDDEN, NOT_FROM_A_PAGE));
        }
        let unfit = (StatusCode::UNPROCESSABLE_ENTITY, "Write JSON, or a form.\n");
        let wanted = match is_form {
            true => from_form(&body),
            false if body.is_empty() => json!({}),
            false => serde_json::from_slice(&body).map_err(|_| unfit)?,
        };
        let wanted = serde_json::from_value(wanted).map_err(|_| unfit)?;
        Ok(Self { by: by(&operator), wanted })
    }
}

fn is_form(head: &Parts) -> bool {
    let kind = head.headers.get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok());
    kind.is_some_and(|kind| kind.starts_with("application/x-www-form-urlencoded"))
}

/// The fields of a form in the form of JSON. An empty field is none.
fn from_form(body: &Bytes) -> Value {
    let fields = url::form_urlencoded::parse(body).filter(|(_, value)| !value.is_empty());
    let field = |(name, value): (std::borrow::Cow<'_, str>, std::borrow::Cow<'_, str>)| {
        let value = match name.as_ref() {
            "at_night" => json!(["on", "true", "1", "yes"].contains(&value.as_ref())),
            "number" => json!(value.parse::<u64>().unwrap_or_default()),
            _ => json!(value),
        };
        (name.into_owned(), value)
    };
    Value::Object(fields.map(field).collect::<Map<_, _>>())
}

pub(crate) async fn take(
    State(console): State<Arc<Console>>,
    Path(id): Path<String>,
    posted: Posted,
) -> Response {
    done(posted, async |posted| order(&console, &id, OrderKind::Take, posted).await).await
}

pub(crate) async fn say(
    State(console): State<Arc<Console>>,
    Path(id): Path<String>,
    posted: Posted,
) -> Response {
    done(posted, async |posted| text(&console, &id, posted).await).await
}

/// Texts what was written.
pub(crate) async fn text(console: &Console, id: &str, posted: &Posted) -> Answer {
    let words = posted.words().to_owned();
    if words.is_empty() {
        return Err(Failure::Unfit("nothing is said".into()));
    }
    if words.chars().count() > LONGEST {
        return Err(Failure::Unfit("this is too long for one text".into()));
    }
    let at_night = posted.wanted.at_night;
    order(console, id, OrderKind::Say { words, at_night }, posted).await
}

pub(crate) async fn give_back(
    State(console): State<Arc<Console>>,
    Path(id): Path<String>,
    posted: Posted,
) -> Response {
    done(posted, async |posted| {
        let given = order(&console, &id, OrderKind::GiveBack, posted).await;
        given.map(|_| Json(json!({ "given_back": true })))
    })
    .await
}

pub(crate) async fn done_with(
    State(console): State<Arc<Console>>,
    Path(id): Path<String>,
    posted: Posted,
) -> Response {
    done(posted, async |posted| close(&console, &id, posted).await).await
}

/// Deals with a conversation.
pub(crate) async fn close(console: &Console, id: &str, posted: &Posted) -> Answer {
    let word = posted.wanted.word.clone();
    if word.as_ref().is_some_and(|word| word.chars().count() > SHORT) {
        return Err(Failure::Unfit("this is too long for a word".into()));
    }
    order(console, id, OrderKind::Done { word }, posted).await
}

pub(crate) async fn correct(
    State(console): State<Arc<Console>>,
    Path(id): Path<String>,
    posted: Posted,
) -> Response {
    done(posted, async |posted| mend(&console, &id, posted).await).await
}

/// Corrects what was collected.
pub(crate) async fn mend(console: &Console, id: &str, posted: &Posted) -> Answer {
    let Wanted { number, field, value, .. } = &posted.wanted;
    let known = console.about.fields.iter().find(|known| known.name == *field);
    let known = known.ok_or_else(|| Failure::Unfit("the agent does not collect this".into()))?;
    if !value.is_null() {
        known.typed(value).map_err(Failure::Unfit)?;
    }
    let (number, field, value) = (*number, field.clone(), value.clone());
    order(console, id, OrderKind::Correct { number, field, value }, posted).await
}

/// Answers a post: with the page that it names, or in JSON.
async fn done(posted: Posted, act: impl AsyncFnOnce(&Posted) -> Answer) -> Response {
    let next = posted.wanted.next.clone().filter(|next| is_ours(next));
    match (act(&posted).await, next) {
        (Ok(_), Some(next)) => Redirect::to(&next).into_response(),
        (answer, _) => answer.into_response(),
    }
}

/// Whether this is the path of a page of ours.
fn is_ours(next: &str) -> bool {
    let is_below = next == "/console" || next.starts_with("/console/");
    is_below && next.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'\\')
}

/// Gives an order, unless somebody else has the conversation of whom the operator does not know.
pub(crate) async fn order(console: &Console, id: &str, kind: OrderKind, posted: &Posted) -> Answer {
    let id = ConversationId::parse(id).ok_or(Failure::Unknown)?;
    let now = Timestamp::now();
    let loaded = console.store.load(&id, now).await?.ok_or(Failure::Unknown)?;
    let Posted { by, wanted } = posted;
    let (nonce, trace) = (wanted.nonce.as_deref(), TraceId::fresh());
    let nonce = nonce.unwrap_or(trace.as_str());
    let nonce = format!("{id} {} {} {nonce}", by.name, kind.word());
    let claim = console.store.names().order(&nonce);
    if !console.store.is_claimed(&claim).await? {
        may(&loaded, &kind, posted, now)?;
    }
    let (by, expects) = (by.clone(), wanted.expects.clone());
    let order = Order { id: String::new(), kind, by, expects, trace, at: now };
    let word = match console.store.order(&claim, &id, &order).await? {
        Ordered::New => {
            wake(console, &id, order.trace).await;
            "new"
        }
        Ordered::Repeat => "repeat",
        Ordered::NoConversation => return Err(Failure::Unknown),
    };
    Ok(Json(json!({ "ordered": word })))
}

/// Wakes a turn beside one that waits for a model. If the queue fails, the sweep finds the order.
async fn wake(console: &Console, id: &ConversationId, trace: TraceId) {
    let Some(queue) = &console.queue else { return };
    let (conversation, once) = (format!("{id}{KEYWORDS}"), trace.to_string());
    if let Err(error) = queue.send(&WakeUp { conversation, trace }, &once).await {
        tracing::warn!(%error, "left a wake-up to the sweep: {error}");
    }
}

/// Says at once what a turn would refuse.
fn may(
    loaded: &Loaded,
    kind: &OrderKind,
    Posted { by, wanted }: &Posted,
    now: Timestamp,
) -> Result<(), Failure> {
    let conversation = &loaded.conversation;
    if matches!(kind, OrderKind::GiveBack) && !conversation.is_with_person(now) {
        return Err(Failure::NotHandedOver);
    }
    if let Some(theirs) = conversation.taken_by(now)
        && theirs.name != by.name
        && wanted.expects.as_ref() != Some(&theirs.name)
        && !matches!(kind, OrderKind::Correct { .. })
    {
        return Err(Failure::Taken(theirs.name.clone()));
    }
    match kind {
        OrderKind::Say { .. } if loaded.stop.is_some() => Err(Failure::Stopped),
        _ => Ok(()),
    }
}
