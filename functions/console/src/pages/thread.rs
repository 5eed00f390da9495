//! One person's thread: what was said by whom, how far it got, what was collected, and what happened.

use std::fmt::Display;

use askama::Template;
use axum::extract::{Path, Query};
use axum::http::StatusCode;
use axum::response::Response;
use conversations::{Conversation, ConversationId, Ended, HandedOver, Loaded, Row, Unavailable};
use evidence::{Health, Route};
use futures::future::try_join_all;
use jiff::Timestamp;
use localization::Html;
use serde::Deserialize;
use sms::Status;
use telemetry::TraceId;

use crate::api::{SET_ASIDE, deliveries};
use crate::delivery::Reached;
use crate::failure::Failure;
use crate::pages::attention::state;
use crate::pages::brief::{Brief, ending};
use crate::pages::inbox::{List, Listed};
use crate::pages::trace::{self, Drawn};
use crate::shown::Shown;
use crate::thread::{Blocked, Message, Thread, Who};
use crate::visit::{Frame, Part, Visit, page};
use crate::words::Words;
use crate::{About, Console};

/// For how long a page with a reply under way is kept up to date by itself, in milliseconds.
const UNDER_WAY_MS: i64 = 2 * 60 * 1_000;

/// How many conversations that are over one page shows.
const EARLIER: u64 = 5;

#[derive(Template)]
#[template(path = "thread.html")]
struct ThreadPage {
    frame: Frame,
    list: List,
    thread: Drawing,
    brief: Brief,
    trace: Option<Drawn>,
    /// Whether the reader has chosen the message of that trace.
    trace_is_chosen: bool,
    /// A post with the same is a repeat.
    nonce: String,
    /// What the script says of the text in the box: `%1` segments, and `%2` left in the last.
    counter: String,
}

/// What a reader has asked for of a thread.
#[derive(Default, Deserialize)]
pub(crate) struct Asked {
    /// The trace of the chosen message.
    trace: Option<String>,
    /// Conversations before the one of this number.
    before: Option<u64>,
    /// The list beside it.
    #[serde(flatten)]
    listed: Listed,
}

/// A thread, ready to be drawn.
struct Drawing {
    id: String,
    who: String,
    /// The number for people, and in E.164.
    number: String,
    e164: String,
    ours: String,
    alerts: Vec<Html>,
    lines: Vec<Line>,
    /// The number of the earliest conversation on the page, if there may be earlier ones.
    earlier: Option<u64>,
    /// Whether the page ends before the latest conversation.
    is_earlier: bool,
    thinks: bool,
    /// Whether more is soon known about a reply.
    is_under_way: bool,
    evidence: Vec<Html>,
    is_blocked: bool,
    is_with_person: bool,
    /// Who has it, by name.
    holder: Option<String>,
    /// Whether the reader may take it: nobody has, or somebody else.
    may_take: bool,
    /// What the box to write in says, and what was wrong with it.
    draft: Draft,
}

/// Words that an operator has typed and that were not sent, and why.
#[derive(Default)]
pub(crate) struct Draft {
    pub(crate) words: String,
    pub(crate) problem: Option<String>,
}

/// One line of a thread.
struct Line {
    kind: &'static str,
    author: String,
    text: String,
    /// When, for a line that has a time of its own.
    time: Option<Html>,
    through: Option<String>,
    reached: Option<Reached>,
    not_sent: Option<String>,
    aside: Option<String>,
    trace: Option<TraceId>,
    is_chosen: bool,
}

/// `GET /console/inbox/{id}`.
pub(crate) async fn show(
    visit: Visit,
    Path(id): Path<String>,
    Query(asked): Query<Asked>,
) -> Response {
    visit.answer(Part::Inbox, drawn(&visit, &id, &asked, Draft::default()).await)
}

/// The page, with what somebody has typed.
pub(crate) async fn drawn(
    visit: &Visit,
    id: &str,
    asked: &Asked,
    draft: Draft,
) -> Result<Response, Failure> {
    let id = ConversationId::parse(id).ok_or(Failure::Unknown)?;
    let (console, shown) = (&visit.console, &visit.shown);
    let now = shown.now.timestamp();
    let loaded = console.store.load(&id, now).await?.ok_or(Failure::Unknown)?;
    let number = loaded.conversation.number;
    let before = asked.before.filter(|before| (2..=number).contains(before));
    let (ended, earlier) = ended(console, &id, before.unwrap_or(number)).await?;
    let (blocked, attempts, set_aside, health) = tokio::try_join!(
        Blocked::of(&console.store, &loaded),
        console.store.attempts_of(&id),
        console.store.set_aside(&id, SET_ASIDE),
        console.store.health(),
    )?;
    let attempts = deliveries(&console.providers, &attempts);
    let routed = attempts.last().map(|last| last.route.clone());
    let mut thread = Thread::of(&loaded, &ended, &set_aside, attempts, blocked, now);
    let shown_from = ended.first().map_or(number, |ended| ended.number);
    let shown_to = before.map_or(number, |before| before - 1);
    thread.messages.retain(|message| (shown_from..=shown_to).contains(&message.number));
    let chosen = asked.trace.as_deref().and_then(TraceId::parse);
    let latest = || thread.messages.iter().rev().find_map(|message| message.trace.clone());
    let trace = match chosen.clone().or_else(latest) {
        Some(trace) => trace::drawn(console, shown, &trace).await?,
        None => None,
    };
    let evidence = match before {
        Some(_) => vec![],
        None => known(&thread, &health, routed.as_ref(), shown),
    };
    let row = row(console, &id, before.is_none(), now).await?;
    let holder = loaded.conversation.taken_by(now).map(|by| by.name.clone());
    let list = List::of(console, shown, &asked.listed, Some(&id)).await?;
    let page_of = ThreadPage {
        list,
        brief: Brief::of(&thread, &console.about, shown),
        thread: Drawing {
            earlier,
            is_earlier: before.is_some(),
            may_take: holder.as_deref() != Some(visit.by().name.as_str()),
            holder,
            draft,
            evidence,
            ..Drawing::of(&thread, &loaded, &console.about, row, chosen.as_ref(), shown)
        },
        nonce: TraceId::fresh().to_string(),
        counter: visit.words.thread.counter.plain(&[("count", &"%1"), ("left", &"%2")]),
        trace_is_chosen: chosen.is_some(),
        trace,
        frame: visit.frame(Part::Inbox),
    };
    Ok(page(StatusCode::OK, &page_of))
}

/// What lists show of it. What is new in it has been seen by whoever sees the latest.
async fn row(
    console: &Console,
    id: &ConversationId,
    is_latest: bool,
    now: Timestamp,
) -> Result<Row, Unavailable> {
    let row = console.store.rows_of(std::slice::from_ref(id)).await?.pop();
    let row = row.map(|(_, row)| row).unwrap_or_default();
    if is_latest && (row.result_at.is_some() || row.failed_at.is_some()) {
        console.store.note_seen(id, now).await?;
    }
    Ok(row)
}

/// The last conversations before the one of this number that are still kept, earliest first, and the
/// number of the first of them if there may be earlier ones.
async fn ended(
    console: &Console,
    id: &ConversationId,
    before: u64,
) -> Result<(Vec<Ended>, Option<u64>), Unavailable> {
    let first = before.saturating_sub(EARLIER).max(1);
    let found = (first..before).map(|number| console.store.ended_as(id, number));
    let found: Vec<_> = try_join_all(found).await?.into_iter().flatten().collect();
    let is_first_kept = found.first().is_some_and(|ended| ended.number == first);
    Ok((found, (is_first_kept && first > 1).then_some(first)))
}

impl Drawing {
    fn of(
        thread: &Thread,
        loaded: &Loaded,
        about: &About,
        row: Row,
        chosen: Option<&TraceId>,
        shown: &Shown,
    ) -> Self {
        let words = shown.words();
        let conversation = &loaded.conversation;
        let is_with_person = thread.with_person_until.is_some();
        let number = thread.theirs.display();
        Self {
            id: thread.id.as_str().to_owned(),
            who: row.name.unwrap_or_else(|| number.clone()),
            e164: thread.theirs.as_str().to_owned(),
            ours: line_of(&thread.ours, words),
            alerts: alerts(thread, conversation, row.why.as_deref(), shown),
            lines: Line::all(thread, about, chosen, shown),
            earlier: None,
            is_earlier: false,
            thinks: thread.waiting > 0
                && thread.tries <= 1
                && !is_with_person
                && thread.waits_until.is_none()
                && !thread.stopped
                && thread.blocked.is_none(),
            is_under_way: is_under_way(thread, shown),
            evidence: vec![],
            is_blocked: thread.blocked.is_some(),
            is_with_person,
            holder: None,
            may_take: true,
            draft: Draft::default(),
            number,
        }
    }
}

/// Whether more is soon known about a reply, or a text is being answered.
fn is_under_way(thread: &Thread, shown: &Shown) -> bool {
    let is_open = |status| matches!(status, Status::Sending | Status::Accepted | Status::Sent);
    let now = shown.now.timestamp().as_millisecond();
    let is_recent = |at: i64| now - at < UNDER_WAY_MS;
    thread.attempts.last().is_some_and(|last| is_open(last.status) && is_recent(last.at))
}

/// Which of our numbers the person texts.
fn line_of(ours: &str, words: &Words) -> String {
    match ours {
        sms::PRETENDED => words.inbox.with_mock.as_str().to_owned(),
        ours => sms::Number::parse(ours).map_or(ours.to_owned(), |number| number.display()),
    }
}

/// What somebody has to know before they write.
fn alerts(
    thread: &Thread,
    conversation: &Conversation,
    why: Option<&str>,
    shown: &Shown,
) -> Vec<Html> {
    let w = &shown.words().thread;
    let mut alerts = vec![];
    if let (Some(_), Some(handed_over)) = (thread.with_person_until, &conversation.handed_over) {
        let (since, until) = (shown.moment(handed_over.at), shown.moment(handed_over.until));
        let who = handed_over.by.as_ref().map_or(w.a_person.as_str(), |by| by.name.as_str());
        let values: &[(&str, &dyn Display)] =
            &[("who", &who), ("since", &since), ("until", &until)];
        let is_for_good = handed_over.until >= HandedOver::NEVER;
        alerts.push(if is_for_good { &w.for_good } else { &w.with_person }.with(values));
        let why = why.filter(|why| !why.is_empty());
        alerts.extend(why.map(|why| w.reason.with(&[("why", &why)])));
    }
    if let Some(until) = conversation.waits_until(shown.now.timestamp()) {
        alerts.push(w.quiet.with(&[("until", &shown.moment(until))]));
    }
    if thread.stopped {
        alerts.push(w.opted_out.with(&[]));
    }
    if let Some(blocked) = &thread.blocked {
        alerts.push(w.blocked.with(&[("count", &shown.count(blocked.texts))]));
    }
    if thread.tries > 1 && thread.waiting > 0 {
        alerts.push(w.silent.with(&[]));
    }
    alerts
}

/// What is known about whether our texts reach this person.
fn known(thread: &Thread, health: &Health, routed: Option<&Route>, shown: &Shown) -> Vec<Html> {
    let words = shown.words();
    let w = &words.thread;
    let Some(last) = thread.attempts.last() else { return vec![w.nothing_sent.with(&[])] };
    let status = Reached::of(last, words).word;
    let mut facts = vec![w.last_text.with(&[("status", &status)])];
    if let Some(verdict) = routed.and_then(|route| health.verdict(route)) {
        let state = state(verdict.state, shown).0.as_str();
        let values: &[(&str, &dyn Display)] =
            &[("provider", &last.provider), ("state", &state), ("why", &verdict.why)];
        facts.push(w.route.with(values));
    }
    facts
}

impl Line {
    /// The messages, with a line at the end of each conversation.
    fn all(thread: &Thread, about: &About, chosen: Option<&TraceId>, shown: &Shown) -> Vec<Self> {
        let mut lines = vec![];
        let mut last = None;
        for message in &thread.messages {
            if let Some(number) = last.filter(|number| *number != message.number) {
                lines.extend(Self::over(thread, number, shown));
            }
            last = Some(message.number);
            lines.push(Self::of(message, about, chosen, shown));
        }
        lines.extend(last.and_then(|number| Self::over(thread, number, shown)));
        lines
    }

    fn over(thread: &Thread, number: u64, shown: &Shown) -> Option<Self> {
        let over = thread.ended.iter().find(|over| over.number == number)?;
        let text = ending(&shown.words().thread.over, over, shown);
        Some(Self { kind: "over", text, ..Self::bare() })
    }

    fn of(message: &Message, about: &About, chosen: Option<&TraceId>, shown: &Shown) -> Self {
        let words = shown.words();
        let w = &words.thread;
        let (kind, author) = match message.who {
            Who::Person => ("person", w.person.as_str()),
            Who::Agent => ("agent", about.agent.as_str()),
            Who::Product => ("product", w.product.as_str()),
            Who::Business => ("business", message.by.as_deref().unwrap_or(w.by_hand.as_str())),
            Who::Note => ("note", w.note.as_str()),
            Who::Corrected => ("note", message.by.as_deref().unwrap_or(w.by_hand.as_str())),
        };
        let delivery = message.delivery.as_ref();
        let provider = delivery.map(|delivery| &delivery.provider);
        let provider = provider.filter(|provider| *provider != sms::PRETENDED);
        Self {
            kind,
            author: author.to_owned(),
            text: message.text.clone(),
            time: moment(message.at).filter(|_| kind != "note").map(|at| shown.time(at)),
            through: provider.map(|provider| w.through.plain(&[("provider", provider)])),
            reached: delivery.map(|delivery| Reached::of(delivery, words)),
            not_sent: message.not_sent.as_ref().map(|why| w.not_sent.plain(&[("why", why)])),
            aside: message.aside.as_ref().map(|why| aside(why, words)),
            trace: message.trace.clone(),
            is_chosen: chosen.is_some() && message.trace.as_ref() == chosen,
        }
    }

    fn bare() -> Self {
        Self {
            kind: "",
            author: String::new(),
            text: String::new(),
            time: None,
            through: None,
            reached: None,
            not_sent: None,
            aside: None,
            trace: None,
            is_chosen: false,
        }
    }
}

fn moment(ms: i64) -> Option<Timestamp> {
    Timestamp::from_millisecond(ms).ok()
}

/// Why a text is not answered, in words.
fn aside(why: &str, words: &Words) -> String {
    let w = &words.aside;
    let known = match why {
        "stopped" => &w.stopped,
        "blocked" => &w.blocked,
        "country" => &w.country,
        "limit" => &w.limit,
        "loop" => &w.loop_,
        "too many" => &w.too_many,
        "with a person" => &w.with_a_person,
        "thanks" => &w.thanks,
        "reaction" => &w.reaction,
        "report" => &w.report,
        "quiet hours" => &w.quiet_hours,
        "restored" => &w.restored,
        other => return words.thread.aside.plain(&[("why", &other)]),
    };
    words.thread.aside.plain(&[("why", &known.as_str())])
}
