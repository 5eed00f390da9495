//! The data of the page, as JSON. Times are milliseconds since 1970.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, State};
use conversations::budget::Period;
use conversations::{Act, Attempt, Conversation, ConversationId, FollowUp, Notice, Unavailable};
use evidence::{Health, Route, Verdict};
use jiff::Timestamp;
use serde_json::{Value, json};
use sms::{Number, PRETENDED, Providers};
use telemetry::TraceId;

use crate::Console;
use crate::delivery::Delivery;
use crate::delivery::Reached;
use crate::failure::Failure;
use crate::guard::Acting;
use crate::thread::{Blocked, Thread};
use crate::visit::Visit;
use crate::words::Words;

/// The longest list of each kind.
pub(crate) const MOST: u32 = 50;

/// How many of a person's unanswered texts are shown: the latest.
pub(crate) const SET_ASIDE: u32 = 200;

pub(crate) type Answer = Result<Json<Value>, Failure>;

/// The limits, how much of them is used, and what the last days have cost.
pub(crate) async fn limits(State(console): State<Arc<Console>>) -> Answer {
    let period = Period::of(Timestamp::now(), &console.time_zone);
    Ok(Json(json!(console.limits.table(Some(&console.store), period).await?)))
}

pub(crate) async fn about(State(console): State<Arc<Console>>) -> Answer {
    let mut about = json!(console.about);
    about["mock"] = console.about.providers.contains(&PRETENDED).into();
    Ok(Json(about))
}

/// The contents of a phone: empty if it was never used.
pub(crate) async fn phone(visit: Visit, Path(number): Path<String>) -> Answer {
    let Visit { console, words, .. } = &visit;
    let theirs = Number::parse(&number).map_err(|_| Failure::Unknown)?;
    let id = console.store.names().conversation(PRETENDED, &theirs);
    let thread = thread(console, words, &id).await?;
    Ok(Json(json!(thread.unwrap_or_else(|| Thread::unused(&id, PRETENDED, &theirs)))))
}

pub(crate) async fn conversation(visit: Visit, Path(id): Path<String>) -> Answer {
    let id = ConversationId::parse(&id).ok_or(Failure::Unknown)?;
    let thread = thread(&visit.console, visit.words, &id).await?;
    Ok(Json(json!(thread.ok_or(Failure::Unknown)?)))
}

/// Blocks the number of the person, with whichever provider they text.
pub(crate) async fn block(
    Acting(by): Acting,
    State(console): State<Arc<Console>>,
    Path(id): Path<String>,
) -> Answer {
    let (id, theirs) = theirs(&console, &id).await?;
    console.store.write_down(&Act::new(by, "block", Some(id), Timestamp::now())).await?;
    console.store.block(&theirs, Timestamp::now()).await?;
    Ok(Json(json!({ "blocked": true })))
}

/// Lifts the block.
pub(crate) async fn unblock(
    Acting(by): Acting,
    State(console): State<Arc<Console>>,
    Path(id): Path<String>,
) -> Answer {
    let (id, theirs) = theirs(&console, &id).await?;
    console.store.write_down(&Act::new(by, "unblock", Some(id), Timestamp::now())).await?;
    match console.store.unblock(&theirs).await? {
        true => Ok(Json(json!({ "unblocked": true }))),
        false => Err(Failure::NotBlocked),
    }
}

/// A conversation, and the number of its person.
async fn theirs(console: &Console, id: &str) -> Result<(ConversationId, Number), Failure> {
    let id = ConversationId::parse(id).ok_or(Failure::Unknown)?;
    let loaded = console.store.load(&id, Timestamp::now()).await?.ok_or(Failure::Unknown)?;
    Ok((id, loaded.conversation.theirs))
}

async fn thread(
    console: &Console,
    words: &Words,
    id: &ConversationId,
) -> Result<Option<Thread>, Unavailable> {
    let now = Timestamp::now();
    let Some(loaded) = console.store.load(id, now).await? else { return Ok(None) };
    let blocked = Blocked::of(&console.store, &loaded).await?;
    let ended = console.store.ended(id).await?;
    let attempts = console.store.attempts_of(id).await?;
    let set_aside = console.store.set_aside(id, SET_ASIDE).await?;
    let deliveries = deliveries(&console.providers, &attempts);
    let mut thread = Thread::of(&loaded, &ended, &set_aside, deliveries, blocked, now);
    for delivery in thread.messages.iter_mut().filter_map(|message| message.delivery.as_mut()) {
        delivery.reached = Some(Reached::of(delivery, words));
    }
    Ok(Some(thread))
}

pub(crate) fn deliveries(providers: &Providers, attempts: &[Attempt]) -> Vec<Delivery> {
    attempts.iter().map(|attempt| Delivery::of(attempt, providers)).collect()
}

pub(crate) async fn conversations(State(console): State<Arc<Console>>) -> Answer {
    let latest = console.store.latest(MOST).await?;
    let listed = latest.iter().map(|(id, conversation)| {
        json!({
            "id": id,
            "ours": conversation.ours,
            "theirs": conversation.theirs,
            "number": conversation.number,
            "answers": conversation.answers,
            "waiting": conversation.is_waiting(),
            "state": state(conversation),
            "at": conversation.at.as_millisecond(),
        })
    });
    Ok(Json(listed.collect()))
}

/// Who or what the conversation waits for.
fn state(conversation: &Conversation) -> &'static str {
    if conversation.is_with_person(Timestamp::now()) {
        "handed_over"
    } else if conversation.waits_until(Timestamp::now()).is_some() {
        "quiet"
    } else if conversation.open.is_some() {
        "sending"
    } else if conversation.is_waiting() {
        if conversation.apologised { "stuck" } else { "thinking" }
    } else if conversation.answers == 0 {
        "over"
    } else {
        "theirs"
    }
}

pub(crate) async fn trace(State(console): State<Arc<Console>>, Path(id): Path<String>) -> Answer {
    let id = TraceId::parse(&id).ok_or(Failure::Unknown)?;
    let trace = console.store.trace(&id).await?.ok_or(Failure::Unknown)?;
    let attempts = console.store.attempts_under(&id).await?;
    Ok(Json(json!({
        "id": id,
        "conversation": trace.conversation,
        "answered_in": trace.answered_in,
        "steps": trace.steps,
        "attempts": deliveries(&console.providers, &attempts),
    })))
}

pub(crate) async fn notices(State(console): State<Arc<Console>>) -> Answer {
    let store = &console.store;
    let (notices, quarantined, health) =
        tokio::try_join!(store.notices(MOST), store.quarantined(MOST), store.health())?;
    let notices: Vec<_> = notices.iter().map(notice).collect();
    Ok(Json(json!({
        "notices": notices,
        "quarantined": quarantined,
        "routes": routes(&console.providers, &health),
    })))
}

/// A notice, with the words about the person that only the console displays.
fn notice(notice: &Notice) -> Value {
    let mut shown = json!(notice);
    if let Some(FollowUp { theirs, why, said }) = &notice.follow_up {
        let theirs = theirs.as_str();
        let sentence = &notice.sentence;
        let why = why.trim_end_matches('.');
        shown["sentence"] =
            format!("{sentence} It is {theirs}. Why: {why}. They last said: “{said}”.").into();
    }
    shown
}

/// The routes of the configured providers, the worst first.
fn routes(providers: &Providers, health: &Health) -> Vec<Value> {
    let routes = health.routes().into_iter();
    let ours = routes.filter(|(route, _)| providers.named(&route.provider).is_some());
    let shown = |(route, verdict): (Route, &Verdict)| {
        let Verdict { state, why, code, since, .. } = verdict;
        let code = code.as_deref().and_then(|code| providers.explain(&route.provider, code));
        json!({
            "provider": route.provider,
            "sender": route.sender,
            "country": route.country,
            "state": state,
            "why": why,
            "fix": code.map(|code| code.fix).filter(|fix| !fix.is_empty()),
            "since": since.as_millisecond(),
        })
    };
    ours.map(shown).collect()
}

/// What operators did, the latest first.
pub(crate) async fn audit(State(console): State<Arc<Console>>) -> Answer {
    let acts = console.store.acts(None, MOST).await?;
    Ok(Json(json!(acts.found)))
}
