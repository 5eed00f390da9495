//! The list of people: five views with their counts, search, and pages by time.

use askama::Template;
use axum::Json;
use axum::extract::Query;
use axum::http::StatusCode;
use axum::response::Response;
use conversations::{ConversationId, Row, Speaker, Standing, Store, Unavailable, View};
use futures::future::try_join_all;
use jiff::Timestamp;
use localization::{Html, Phrase};
use serde::Deserialize;
use serde_json::{Map, Value, json};
use url::form_urlencoded;

use crate::api::Answer;
use crate::delivery::Tone;
use crate::failure::Failure;
use crate::pages::place;
use crate::shown::Shown;
use crate::visit::{Frame, Part, Visit, file, page};
use crate::words::Words;
use crate::{Console, words};

/// How many rows a page has.
const ROWS: u32 = 50;

/// How far a list is counted: in Firestore a count costs a read for each thousand.
const COUNTED: u32 = 10_000;

/// The same in a file of this machine.
const COUNTED_HERE: u32 = 1_000_000;

/// The most rows in a file.
const EXPORTED: usize = 10_000;

/// The most rows that have changed of which a page is told at once.
pub(crate) const CHANGED: u32 = 100;

/// What is read of one person is shown, and the rest is cut off here.
const LONGEST_QUERY: usize = 100;

#[derive(Template)]
#[template(path = "inbox.html")]
struct InboxPage {
    frame: Frame,
    list: List,
}

/// What a reader has asked for of the list.
#[derive(Clone, Default, Deserialize)]
pub(crate) struct Listed {
    #[serde(default)]
    pub(crate) view: Option<String>,
    #[serde(default)]
    pub(crate) q: Option<String>,
    #[serde(default)]
    pub(crate) from: Option<String>,
}

/// The list, ready to be drawn.
pub(crate) struct List {
    pub(crate) title: String,
    pub(crate) views: Vec<ViewLink>,
    pub(crate) rows: Vec<Line>,
    pub(crate) query: String,
    pub(crate) searched: Option<&'static Phrase>,
    /// Whether a search has found more than is shown.
    pub(crate) is_cut: bool,
    pub(crate) empty: Option<String>,
    pub(crate) older: Option<String>,
    pub(crate) newest: Option<String>,
    pub(crate) export: String,
    /// Where a reader of one thread goes back to.
    pub(crate) back: String,
    /// What keeps the list in the address of a thread.
    pub(crate) kept: String,
}

/// A view, and how many are in it.
pub(crate) struct ViewLink {
    pub(crate) name: &'static Phrase,
    pub(crate) href: String,
    pub(crate) count: String,
    pub(crate) is_current: bool,
}

/// A row.
pub(crate) struct Line {
    pub(crate) href: String,
    pub(crate) who: String,
    /// The number, beside a name.
    pub(crate) number: Option<String>,
    /// Who of us said the last words, if we did.
    pub(crate) by: Option<&'static str>,
    pub(crate) last: String,
    pub(crate) age: Html,
    pub(crate) state: String,
    pub(crate) tone: Tone,
    pub(crate) is_current: bool,
}

impl Listed {
    fn view(&self) -> View {
        let named = |view: &View| Some(view.name()) == self.view.as_deref();
        View::ALL.into_iter().find(named).unwrap_or_default()
    }

    /// What is searched for, if anything.
    fn query(&self) -> Option<String> {
        let query: String = self.q.as_deref()?.trim().chars().take(LONGEST_QUERY).collect();
        Some(query).filter(|query| !query.is_empty())
    }

    /// The rows of a page.
    async fn rows(&self, store: &Store, now: Timestamp) -> Result<Rows, Unavailable> {
        if let Some(query) = self.query() {
            let found = store.search(&query).await?;
            let mut rows = store.rows_of(&Vec::from_iter(found.ids)).await?;
            rows.sort_by_key(|(_, row)| std::cmp::Reverse(row.at));
            let is_cut = found.more || rows.len() > ROWS as usize;
            rows.truncate(ROWS as usize);
            return Ok(Rows { rows, next: None, is_cut });
        }
        let from = self.from.as_deref().and_then(place::read);
        let page = store.rows(self.view(), now, from, ROWS).await?;
        let next = page.next.map(|next| place::written(&next));
        Ok(Rows { rows: page.found, next, is_cut: false })
    }
}

/// The rows of a page.
struct Rows {
    rows: Vec<(ConversationId, Row)>,
    /// The place after it, where there is a next one.
    next: Option<String>,
    /// Whether a search has found more than is shown.
    is_cut: bool,
}

/// `GET /console/inbox`.
pub(crate) async fn show(visit: Visit, Query(asked): Query<Listed>) -> Response {
    visit.answer(Part::Inbox, drawn(&visit, &asked).await)
}

async fn drawn(visit: &Visit, asked: &Listed) -> Result<Response, Failure> {
    let list = List::of(&visit.console, &visit.shown, asked, None).await?;
    Ok(page(StatusCode::OK, &InboxPage { frame: visit.frame(Part::Inbox), list }))
}

impl List {
    pub(crate) async fn of(
        console: &Console,
        shown: &Shown,
        asked: &Listed,
        open: Option<&ConversationId>,
    ) -> Result<Self, Unavailable> {
        let (store, now) = (&console.store, shown.now.timestamp());
        let w = &shown.words().inbox;
        let (view, query) = (asked.view(), asked.query());
        let most = counted_to(store);
        let (counts, found) = tokio::try_join!(counts(store, now), asked.rows(store, now))?;
        let Rows { rows, next, is_cut } = found;
        let link = |view: View, count: u64| ViewLink {
            name: name(view, w),
            href: address("/console/inbox", &[("view", Some(view.name()))]),
            count: counted(count, most, shown),
            is_current: query.is_none() && view == asked.view(),
        };
        let kept = [("view", Some(view.name())), ("q", query.as_deref())];
        let searched = match store.documents().are_embedded() {
            true => &w.searched_all,
            false => &w.searched_some,
        };
        let line = |(id, row): &(ConversationId, Row)| {
            let href = address(&format!("/console/inbox/{id}"), &kept);
            Line::of(id, row, href, open, shown)
        };
        let rows: Vec<_> = rows.iter().map(line).collect();
        let empty = rows.is_empty().then(|| match &query {
            Some(query) => w.found_nobody.plain(&[("query", query)]),
            None => nobody(view, w).as_str().to_owned(),
        });
        let from = asked.from.as_deref();
        let older = next.map(|next| address("/console/inbox", &[kept[0], ("from", Some(&next))]));
        Ok(Self {
            title: query.as_ref().map_or(name(view, w).as_str().to_owned(), |query| query.clone()),
            views: View::ALL
                .into_iter()
                .zip(counts)
                .map(|(view, count)| link(view, count))
                .collect(),
            rows,
            searched: query.is_some().then_some(searched),
            is_cut,
            empty,
            older,
            newest: from.map(|_| address("/console/inbox", &kept)),
            export: address("/console/inbox.csv", &kept),
            back: address("/console/inbox", &[kept[0], kept[1], ("from", from)]),
            kept: address("", &kept).replacen('?', "&", 1),
            query: query.unwrap_or_default(),
        })
    }
}

/// An address with these parts of a query.
fn address(path: &str, parts: &[(&str, Option<&str>)]) -> String {
    let mut query = form_urlencoded::Serializer::new(String::new());
    for (name, value) in parts {
        if let Some(value) = value {
            query.append_pair(name, value);
        }
    }
    format!("{path}?{}", query.finish())
}

fn name(view: View, words: &'static words::Inbox) -> &'static Phrase {
    match view {
        View::Waiting => &words.waiting,
        View::HandedOver => &words.handed_over,
        View::NewResults => &words.new_results,
        View::NotDelivered => &words.not_delivered,
        View::All => &words.all,
    }
}

/// That nobody is in a view.
fn nobody(view: View, words: &'static words::Inbox) -> &'static Phrase {
    match view {
        View::Waiting => &words.no_waiting,
        View::HandedOver => &words.no_handed_over,
        View::NewResults => &words.no_new_results,
        View::NotDelivered => &words.no_not_delivered,
        View::All => &words.no_all,
    }
}

/// How many there are, as far as they were counted.
fn counted(count: u64, most: u32, shown: &Shown) -> String {
    match count < u64::from(most) {
        true => shown.count(count),
        false => shown.words().inbox.more_than.plain(&[("count", &shown.count(count))]),
    }
}

/// `GET /console/api/desk`: the same list as data, or what has changed `since`.
pub(crate) async fn data(visit: Visit, Query(asked): Query<AskedForData>) -> Answer {
    let (store, now) = (&visit.console.store, visit.shown.now.timestamp());
    let since = asked.since.and_then(|since| Timestamp::from_millisecond(since).ok());
    if let Some(since) = since {
        let changed = store.rows_changed(since, CHANGED).await?;
        let rows: Vec<_> = changed.rows.iter().map(json).collect();
        return Ok(Json(json!({ "since": changed.until.as_millisecond(), "rows": rows })));
    }
    let Rows { rows, next, .. } = asked.listed.rows(store, now).await?;
    let counts = counts(store, now).await?.into_iter().zip(View::ALL);
    let counts: Map<_, _> =
        counts.map(|(count, view)| (view.name().to_owned(), count.into())).collect();
    let rows: Vec<_> = rows.iter().map(json).collect();
    Ok(Json(json!({ "since": now.as_millisecond(), "rows": rows, "counts": counts, "next": next })))
}

/// What a program asks for of the list.
#[derive(Deserialize)]
pub(crate) struct AskedForData {
    /// Only what has changed since this moment, in milliseconds.
    since: Option<i64>,
    #[serde(flatten)]
    listed: Listed,
}

fn json((id, row): &(ConversationId, Row)) -> Value {
    let mut shown = json!(row);
    shown["id"] = json!(id);
    shown
}

/// How many are in each view, as far as is counted.
async fn counts(store: &Store, now: Timestamp) -> Result<Vec<u64>, Unavailable> {
    let most = counted_to(store);
    try_join_all(View::ALL.map(|view| store.count_rows(view, now, most))).await
}

fn counted_to(store: &Store) -> u32 {
    if store.documents().are_embedded() { COUNTED_HERE } else { COUNTED }
}

impl Line {
    fn of(
        id: &ConversationId,
        row: &Row,
        href: String,
        open: Option<&ConversationId>,
        shown: &Shown,
    ) -> Self {
        let number = row.theirs.as_ref().map_or(String::new(), |theirs| theirs.display());
        let (state, tone) = standing(row, shown);
        let age = row.waits_at.filter(|_| row.state == Standing::Waiting).or(row.at);
        Self {
            href,
            who: row.name.clone().unwrap_or_else(|| number.clone()),
            number: row.name.is_some().then_some(number),
            by: by(row, shown.words()),
            last: row.last.clone(),
            age: age.map_or_else(Html::default, |age| shown.ago(age)),
            state,
            tone,
            is_current: open == Some(id),
        }
    }
}

/// Who of us said the last words.
fn by(row: &Row, words: &'static Words) -> Option<&'static str> {
    match row.who? {
        Speaker::Person => None,
        Speaker::Agent => Some(words.inbox.agent.as_str()),
        Speaker::Product => Some(words.thread.product.as_str()),
        Speaker::Business => Some(words.thread.by_hand.as_str()),
    }
}

/// Whose turn it is or how it ended, and what needs doing.
fn standing(row: &Row, shown: &Shown) -> (String, Tone) {
    let words = shown.words();
    let (w, now) = (&words.state, shown.now.timestamp());
    if row.failed_at.is_some() {
        return (words.inbox.not_delivered.as_str().to_owned(), Tone::Bad);
    }
    let is_past = row.until_at.is_some_and(|until| until <= now);
    let (state, tone) = match row.state {
        Standing::Thinking => (&w.thinking, Tone::Open),
        Standing::Waiting => (&w.waiting, Tone::Bad),
        Standing::Quiet => (&w.quiet, Tone::Open),
        Standing::Ours if !is_past => {
            let mut has = match &row.by {
                Some(who) => w.ours_by.plain(&[("who", who)]),
                None => w.ours.as_str().to_owned(),
            };
            if row.unread > 0 {
                let count = shown.count(row.unread.into());
                has = format!("{has} · {}", w.unread.plain(&[("count", &count)]));
            }
            return (has, Tone::Doubt);
        }
        Standing::Over => match &row.ending {
            Some(ending) => return (words.ending.of(ending).to_owned(), Tone::Open),
            None => (&w.over, Tone::Open),
        },
        Standing::Theirs | Standing::Ours => (&w.theirs, Tone::Open),
    };
    (state.as_str().to_owned(), tone)
}

/// `GET /console/inbox.csv`: what the list shows, as a table.
pub(crate) async fn export(visit: Visit, Query(asked): Query<Listed>) -> Response {
    let table = table(&visit, asked).await;
    visit.answer(Part::Inbox, table.map(|table| file("inbox.csv", table)))
}

async fn table(visit: &Visit, mut asked: Listed) -> Result<String, Failure> {
    let (store, now) = (&visit.console.store, visit.shown.now.timestamp());
    let columns = ["number", "name", "at", "state", "ending", "why", "last", "who", "ours"];
    let (mut table, mut rows) = (spreadsheet::row(columns), 0);
    loop {
        let Rows { rows: found, next, .. } = asked.rows(store, now).await?;
        table.extend(found.iter().map(|(_, row)| spreadsheet::row(fields(row))));
        rows += found.len();
        asked.from = next;
        if asked.from.is_none() || rows >= EXPORTED {
            return Ok(table);
        }
    }
}

fn fields(row: &Row) -> [String; 9] {
    let text = |text: &Option<String>| text.clone().unwrap_or_default();
    let word = |word: Value| word.as_str().unwrap_or_default().to_owned();
    [
        row.theirs.as_ref().map_or(String::new(), |theirs| theirs.as_str().to_owned()),
        text(&row.name),
        row.at.map_or(String::new(), |at| at.to_string()),
        word(json!(row.state)),
        text(&row.ending),
        text(&row.why),
        row.last.clone(),
        word(json!(row.who)),
        row.ours.clone(),
    ]
}
