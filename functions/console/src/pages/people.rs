//! Who agreed to be texted, who wanted no more, and who is blocked.

use std::sync::Arc;

use askama::Template;
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use conversations::{Act as Done, By, ConsentEvent, ConsentKind, ConversationId, Unavailable};
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
use crate::visit::{Frame, Part, Visit, file, page};
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

impl Act {
    fn word(self) -> &'static str {
        match self {
            Self::Stop => "stop",
            Self::Start => "start",
            Self::Block => "block",
            Self::Unblock => "unblock",
        }
    }
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
    let done = done(&console, &number, wanted.act, visit.by()).await.map_err(Failure::from);
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

/// Whether anything has changed. Who did it is written down first.
async fn done(console: &Console, number: &Number, act: Act, by: By) -> Result<bool, Unavailable> {
    let (store, now) = (&console.store, Timestamp::now());
    let about = store.names().conversation("", number);
    store.write_down(&Done::new(by, act.word(), Some(about), now)).await?;
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
        // The mock's people are kept apart from the real owners of their numbers.
        let thread = console.store.names().conversation(&event.source, &event.theirs);
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
    let ids: Vec<_> = found.iter().map(|(id, _)| id.clone()).collect();
    let numbers = console.store.numbers_of(&ids).await?;
    let mut blocked: Vec<(Timestamp, Blocked)> = vec![];
    for ((id, at), number) in found.into_iter().zip(numbers) {
        let number = number.map(|number| number.display());
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
    let table = table(&visit.console).await;
    visit.answer(Part::People, table.map(|table| file("consents.csv", table)))
}

async fn table(console: &Console) -> Result<String, Failure> {
    let (mut table, mut rows, mut before) = (spreadsheet::row(ConsentEvent::COLUMNS), 0, None);
    loop {
        let page = console.store.latest_consent_events(before, 200).await?;
        table.extend(page.found.iter().map(|event| spreadsheet::row(event.columns())));
        rows += page.found.len();
        match page.next {
            Some(next) if rows < EXPORTED => before = Some(next),
            _ => return Ok(table),
        }
    }
}

/// `GET /console/with/{number}`: the thread with this number, however it is written.
pub(crate) async fn with(visit: Visit, Path(number): Path<String>) -> Response {
    visit.answer(Part::Inbox, thread_with(&visit, &number).await)
}

async fn thread_with(visit: &Visit, number: &str) -> Result<Response, Failure> {
    let console = &visit.console;
    let theirs = Number::parse(number).map_err(|_| Failure::Unknown)?;
    let ids = ["", PRETENDED].map(|provider| console.store.names().conversation(provider, &theirs));
    let numbers = console.store.numbers_of(&ids).await?;
    let known = ids.iter().zip(numbers).find(|(_, number)| number.is_some());
    let (id, _) = known.ok_or(Failure::Unknown)?;
    Ok(Redirect::to(&format!("/console/inbox/{id}")).into_response())
}
