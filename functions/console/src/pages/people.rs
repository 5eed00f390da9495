//! Who agreed to be texted, who wanted no more, and who is blocked.

use std::sync::Arc;

use askama::Template;
use axum::extract::{Query, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};
use conversations::{ConsentEvent, ConsentKind, ConversationId, Unavailable};
use futures::future::try_join_all;
use jiff::Timestamp;
use localization::{Html, Phrase};
use serde::Deserialize;
use sms::{Number, PRETENDED};

use crate::Console;
use crate::api::MOST;
use crate::failure::Failure;
use crate::forms::Acted;
use crate::pages::place;
use crate::shown::Shown;
use crate::visit::{Frame, Part, Visit, page};
use crate::words::Words;

/// The most events that one file of the ledger has. The command line exports all.
const EXPORTED: usize = 10_000;

#[derive(Template)]
#[template(path = "people.html")]
struct PeoplePage {
    frame: Frame,
    kind: Kind,
    events: Vec<Event>,
    blocked: Vec<Blocked>,
    older: Option<String>,
    /// What was done, or why not.
    said: Option<(&'static Phrase, bool)>,
    typed: String,
}

/// Which people.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Kind {
    #[default]
    Consents,
    Blocked,
}

/// An event of the ledger.
struct Event {
    time: Html,
    what: &'static Phrase,
    number: String,
    thread: String,
    words: String,
    source: String,
}

/// Somebody whose number is blocked.
struct Blocked {
    time: Html,
    /// Their number, if anything of theirs is kept.
    number: Option<String>,
    thread: String,
}

/// What a reader has asked for.
#[derive(Default, Deserialize)]
pub(crate) struct Asked {
    #[serde(default)]
    kind: Kind,
    before: Option<String>,
    done: Option<String>,
}

/// What somebody wants of a number.
#[derive(Deserialize)]
pub(crate) struct Wanted {
    number: String,
    act: Act,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Act {
    Stop,
    Start,
    Block,
    Unblock,
}

/// `GET /console/people`.
pub(crate) async fn show(visit: Visit, Query(asked): Query<Asked>) -> Response {
    let w = &visit.words.people;
    let said = match asked.done.as_deref() {
        Some("done") => Some((&w.done, true)),
        Some("before") => Some((&w.nothing_to_do, true)),
        _ => None,
    };
    let drawn = drawn(&visit, &asked, said, String::new()).await;
    visit.answer(Part::People, drawn.map(|drawn| page(StatusCode::OK, &drawn)))
}

/// `POST /console/people`: what the command line does with `person`.
pub(crate) async fn act(
    visit: Visit,
    State(console): State<Arc<Console>>,
    Acted(wanted): Acted<Wanted>,
) -> Response {
    let Ok(number) = Number::parse(&wanted.number) else {
        let said = Some((&visit.words.people.no_number, false));
        let drawn = drawn(&visit, &Asked::default(), said, wanted.number).await;
        let drawn = drawn.map(|drawn| page(StatusCode::UNPROCESSABLE_ENTITY, &drawn));
        return visit.answer(Part::People, drawn);
    };
    let done = done(&console, &number, wanted.act).await.map_err(Failure::from);
    let kind = match wanted.act {
        Act::Stop | Act::Start => "consents",
        Act::Block | Act::Unblock => "blocked",
    };
    let there = |done| {
        let done = if done { "done" } else { "before" };
        Redirect::to(&format!("/console/people?kind={kind}&done={done}")).into_response()
    };
    visit.answer(Part::People, done.map(there))
}

/// Whether anything has changed.
async fn done(console: &Console, number: &Number, act: Act) -> Result<bool, Unavailable> {
    let (store, now) = (&console.store, Timestamp::now());
    match act {
        Act::Stop => store.stop_by_hand(number, now).await.map(|()| true),
        Act::Start => store.start_by_hand(number, now).await,
        Act::Block => store.block(number, now).await.map(|()| true),
        Act::Unblock => store.unblock(number).await,
    }
}

async fn drawn(
    visit: &Visit,
    asked: &Asked,
    said: Option<(&'static Phrase, bool)>,
    typed: String,
) -> Result<PeoplePage, Failure> {
    let (console, shown) = (&visit.console, &visit.shown);
    let before = asked.before.as_deref().and_then(place::read);
    let (mut events, mut blocked) = (vec![], vec![]);
    let next = match asked.kind {
        Kind::Consents => {
            let page = console.store.latest_consent_events(before, MOST).await?;
            events = page.found.iter().map(|event| Event::of(event, console, shown)).collect();
            page.next
        }
        Kind::Blocked => {
            let page = console.store.blocked(before, MOST).await?;
            blocked = all_blocked(console, page.found, shown).await?;
            page.next
        }
    };
    let older = next.map(|next| {
        format!("/console/people?kind={}&before={}", asked.kind.name(), place::written(&next))
    });
    let frame = visit.frame(Part::People);
    Ok(PeoplePage { frame, kind: asked.kind, events, blocked, older, said, typed })
}

impl Kind {
    fn name(self) -> &'static str {
        match self {
            Self::Consents => "consents",
            Self::Blocked => "blocked",
        }
    }
}

impl Event {
    fn of(event: &ConsentEvent, console: &Console, shown: &Shown) -> Self {
        let thread = console.store.names().conversation("", &event.theirs);
        Self {
            time: shown.time(event.at),
            what: what(event.kind, shown.words()),
            number: event.theirs.display(),
            thread: thread.as_str().to_owned(),
            words: event.words.clone(),
            source: event.source.clone(),
        }
    }
}

fn what(kind: ConsentKind, words: &'static Words) -> &'static Phrase {
    let w = &words.people;
    match kind {
        ConsentKind::Form => &w.form,
        ConsentKind::Keyword => &w.keyword,
        ConsentKind::Stop => &w.stop,
        ConsentKind::Start => &w.start,
        ConsentKind::Provider => &w.provider,
        ConsentKind::Imported => &w.imported,
    }
}

/// Those who are blocked, each once. A number of which nothing is kept is known by its name alone.
async fn all_blocked(
    console: &Console,
    found: Vec<(ConversationId, Timestamp)>,
    shown: &Shown,
) -> Result<Vec<Blocked>, Unavailable> {
    let now = shown.now.timestamp();
    let loaded = found.iter().map(|(id, _)| console.store.load(id, now));
    let loaded = try_join_all(loaded).await?;
    let mut blocked: Vec<(Timestamp, Blocked)> = vec![];
    for ((id, at), loaded) in found.into_iter().zip(loaded) {
        let number = loaded.map(|loaded| loaded.conversation.theirs.display());
        let thread = id.as_str().to_owned();
        let of = Blocked { time: shown.time(at), number, thread };
        match blocked.last_mut() {
            // The mock's person of the same number.
            Some((before, other))
                if *before == at && (other.number.is_none() || of.number.is_none()) =>
            {
                if other.number.is_none() {
                    *other = of;
                }
            }
            _ => blocked.push((at, of)),
        }
    }
    Ok(blocked.into_iter().map(|(_, blocked)| blocked).collect())
}

/// `GET /console/consents.csv`: the ledger, latest first.
pub(crate) async fn export(visit: Visit) -> Response {
    let file = table(&visit.console).await.map(|table| {
        let about = [
            (header::CONTENT_TYPE, "text/csv; charset=utf-8"),
            (header::CONTENT_DISPOSITION, "attachment; filename=\"consents.csv\""),
        ];
        (about, table).into_response()
    });
    visit.answer(Part::People, file)
}

async fn table(console: &Console) -> Result<String, Failure> {
    let (mut table, mut rows, mut before) = (String::new(), 0, None);
    loop {
        let page = console.store.latest_consent_events(before, 200).await?;
        for event in &page.found {
            let columns = event.columns();
            if table.is_empty() {
                table = spreadsheet::row(columns.each_ref().map(|(name, _)| *name));
            }
            table.push_str(&spreadsheet::row(columns.map(|(_, value)| value)));
        }
        rows += page.found.len();
        match page.next {
            Some(next) if rows < EXPORTED => before = Some(next),
            _ => return Ok(table),
        }
    }
}

/// `GET /console/with/{number}`: the thread with this number, however it is written.
pub(crate) async fn with(
    visit: Visit,
    axum::extract::Path(number): axum::extract::Path<String>,
) -> Response {
    visit.answer(Part::Inbox, thread_with(&visit, &number).await)
}

async fn thread_with(visit: &Visit, number: &str) -> Result<Response, Failure> {
    let console = &visit.console;
    let theirs = Number::parse(number).map_err(|_| Failure::Unknown)?;
    let ids = ["", PRETENDED].map(|provider| console.store.names().conversation(provider, &theirs));
    for id in &ids {
        if console.store.load(id, visit.shown.now.timestamp()).await?.is_some() {
            return Ok(Redirect::to(&format!("/console/inbox/{id}")).into_response());
        }
    }
    Err(Failure::Unknown)
}
