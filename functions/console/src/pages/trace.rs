//! What happened to a text, step by step.

use askama::Template;
use axum::extract::Path;
use axum::http::StatusCode;
use axum::response::Response;
use conversations::{Trace, Unavailable};
use jiff::Timestamp;
use serde_json::Value;
use telemetry::{Step, TraceId, steps};

use crate::Console;
use crate::api::deliveries;
use crate::delivery::{Delivery, Reached, Tone};
use crate::failure::Failure;
use crate::shown::Shown;
use crate::visit::{Frame, Part, Visit, page};
use crate::words::Words;

/// How many links from a trace to the one that answered it are followed.
const FOLLOWED: u32 = 3;

/// The length of the longest bar, in the units of the drawing.
const LENGTH: f64 = 100.0;

#[derive(Template)]
#[template(path = "trace.html")]
struct TracePage {
    frame: Frame,
    trace: Drawn,
}

/// A trace, ready to be drawn.
pub(crate) struct Drawn {
    pub(crate) words: &'static Words,
    pub(crate) id: TraceId,
    pub(crate) conversation: Option<String>,
    /// Whether the text was answered in this trace together with another.
    pub(crate) is_together: bool,
    pub(crate) figures: Vec<(String, &'static str)>,
    pub(crate) steps: Vec<Line>,
    pub(crate) attempts: Vec<Tried>,
    /// Whether something may still be added.
    pub(crate) is_open: bool,
}

/// A step.
pub(crate) struct Line {
    pub(crate) what: String,
    pub(crate) kind: &'static str,
    /// Where its bar begins and how long it is, in hundredths of the drawing.
    pub(crate) start: String,
    pub(crate) length: String,
    pub(crate) took: String,
    pub(crate) details: String,
}

/// An attempt.
pub(crate) struct Tried {
    pub(crate) provider: String,
    pub(crate) segments: String,
    pub(crate) reached: Reached,
}

/// `GET /console/traces/{id}`.
pub(crate) async fn show(visit: Visit, Path(id): Path<String>) -> Response {
    visit.answer(Part::Inbox, page_of(&visit, &id).await)
}

async fn page_of(visit: &Visit, id: &str) -> Result<Response, Failure> {
    let id = TraceId::parse(id).ok_or(Failure::Unknown)?;
    let trace = drawn(&visit.console, &visit.shown, &id).await?.ok_or(Failure::Unknown)?;
    let trace = TracePage { frame: visit.frame(Part::Inbox), trace };
    Ok(page(StatusCode::OK, &trace))
}

/// The trace under which a text was answered.
pub(crate) async fn drawn(
    console: &Console,
    shown: &Shown,
    asked: &TraceId,
) -> Result<Option<Drawn>, Unavailable> {
    let mut id = asked.clone();
    let Some(mut trace) = console.store.trace(&id).await? else { return Ok(None) };
    for _ in 0..FOLLOWED {
        let Some(next) = trace.answered_in.clone() else { break };
        let Some(found) = console.store.trace(&next).await? else { break };
        (id, trace) = (next, found);
    }
    let attempts = console.store.attempts_under(&id).await?;
    let attempts = deliveries(&console.providers, &attempts);
    let is_together = id != *asked;
    let currency = &console.about.currency;
    Ok(Some(Drawn { is_together, ..Drawn::of(id, &trace, &attempts, shown, currency) }))
}

impl Drawn {
    fn of(
        id: TraceId,
        trace: &Trace,
        attempts: &[Delivery],
        shown: &Shown,
        currency: &str,
    ) -> Self {
        let words = shown.words();
        let start = trace.steps.first().map_or(0, |step| step.at.as_millisecond());
        // A receipt may come hours later, and would make all other bars invisible.
        let own = trace.steps.iter().filter(|step| step.what != steps::RECEIPT);
        let end = own.map(end).max().unwrap_or_default().max(start + 1);
        let line = |step: &Step| Line::of(step, start, end, shown);
        let tried = |attempt: &Delivery| Tried {
            provider: attempt.provider.clone(),
            segments: shown.count(attempt.segments as u64),
            reached: Reached::of(attempt, words),
        };
        let last = trace.steps.last().map(|step| step.at);
        Self {
            words,
            id,
            conversation: trace.conversation.as_ref().map(|id| id.as_str().to_owned()),
            is_together: false,
            figures: figures(trace, attempts, start, shown, currency),
            steps: trace.steps.iter().map(line).collect(),
            attempts: attempts.iter().map(tried).collect(),
            is_open: last.is_some_and(|last| is_recent(last, shown)),
        }
    }
}

/// Whether more may still happen under a trace whose latest step this is.
fn is_recent(last: Timestamp, shown: &Shown) -> bool {
    shown.now.timestamp().duration_since(last).as_secs() < 15
}

fn end(step: &Step) -> i64 {
    step.at.as_millisecond() + took(step)
}

fn took(step: &Step) -> i64 {
    i64::try_from(step.took_ms.unwrap_or_default()).unwrap_or(i64::MAX)
}

/// What a reader wants to know first.
fn figures(
    trace: &Trace,
    attempts: &[Delivery],
    start: i64,
    shown: &Shown,
    currency: &str,
) -> Vec<(String, &'static str)> {
    let w = &shown.words().trace;
    let sum = |name: &str| -> u64 {
        trace.steps.iter().filter_map(|step| step.details.get(name)?.as_u64()).sum()
    };
    let sent = trace.steps.iter().rfind(|step| step.what == steps::SENT);
    let asked: Vec<_> =
        trace.steps.iter().filter(|step| step.what == steps::ASKED_THE_MODEL).collect();
    let cost: f64 = trace.steps.iter().filter_map(cost).sum();
    let mut figures = vec![];
    if let Some(sent) = sent {
        figures.push((duration(end(sent) - start), w.until_sent.as_str()));
    }
    if !asked.is_empty() {
        figures.push((duration(asked.iter().map(|step| took(step)).sum()), w.in_model.as_str()));
    }
    if sum("tokens_in") > 0 {
        let tokens = (shown.count(sum("tokens_in")), shown.count(sum("tokens_out")));
        figures.push((format!("{} + {}", tokens.0, tokens.1), w.tokens.as_str()));
    }
    if cost > 0.0 {
        figures.push((shown.decimal(&format!("{cost:.4}"), currency), w.cost.as_str()));
    }
    if let Some(last) = attempts.last() {
        figures.push((shown.count(last.segments as u64), w.segments.as_str()));
    }
    figures
}

fn cost(step: &Step) -> Option<f64> {
    let cost = step.details.get("cost")?;
    cost.as_f64().or_else(|| cost.as_str()?.parse().ok())
}

impl Line {
    fn of(step: &Step, start: i64, last: i64, shown: &Shown) -> Self {
        let span = (last - start) as f64;
        let offset = (step.at.as_millisecond() - start).clamp(0, last - start) as f64;
        let length = (took(step) as f64).min(span - offset);
        let share = |part: f64| format!("{:.2}", LENGTH * part / span);
        let since = step.at.as_millisecond() - start;
        let took = match step.took_ms {
            Some(_) => duration(took(step)),
            None if since < 1 => duration(0),
            None => format!("+{}", duration(since)),
        };
        Self {
            what: step.what.clone(),
            kind: kind(step),
            start: share(offset),
            length: share(length.max(span / 50.0)),
            took,
            details: details(step, shown),
        }
    }
}

/// The kind of a step, which decides its colour.
fn kind(step: &Step) -> &'static str {
    let outcome = step.details.get("outcome").and_then(Value::as_str);
    let is_fine = matches!(outcome, None | Some("answered" | "accepted" | "found" | "ok"));
    match step.what.as_str() {
        steps::RECEIPT if step.details.contains_key("code") => Tone::Bad.name(),
        steps::RECEIPT => "sent",
        _ if !is_fine => Tone::Bad.name(),
        steps::ASKED_THE_MODEL => "model",
        steps::SENT => "sent",
        what if what.starts_with("ran ") => "tool",
        _ => Tone::Open.name(),
    }
}

/// The details of a step. Success has no words: the colour shows it.
fn details(step: &Step, shown: &Shown) -> String {
    let mut parts = vec![];
    for (name, value) in &step.details {
        let words = name.replace('_', " ");
        match (name.as_str(), value) {
            ("attempt" | "tokens_in" | "tokens_out", _) | (_, Value::Bool(false)) => {}
            (_, Value::Number(count)) if count.as_f64() == Some(0.0) => {}
            ("outcome", _) if kind(step) != Tone::Bad.name() => {}
            (_, Value::Bool(true)) => parts.push(words),
            (_, Value::Number(count)) => match name.strip_suffix("_ms") {
                Some(name) => {
                    let took = duration(count.as_i64().unwrap_or_default());
                    parts.push(format!("{} {took}", name.replace('_', " ")));
                }
                None => parts.push(format!("{words} {count}")),
            },
            ("cost", Value::String(cost)) if cost.parse() == Ok(0.0) => {}
            (_, Value::String(text)) => parts.push(text.clone()),
            (_, other) => parts.push(other.to_string()),
        }
    }
    let tokens = |name: &str| step.details.get(name).and_then(Value::as_u64).unwrap_or_default();
    if tokens("tokens_in") > 0 {
        let (asked, answered) = (shown.count(tokens("tokens_in")), tokens("tokens_out"));
        parts.push(format!("{asked} + {} tokens", shown.count(answered)));
    }
    parts.join(" · ")
}

/// A duration in the units that are the same everywhere.
fn duration(ms: i64) -> String {
    match ms {
        ..1_000 => format!("{ms} ms"),
        1_000..10_000 => format!("{:.2} s", ms as f64 / 1_000.0),
        10_000..60_000 => format!("{:.1} s", ms as f64 / 1_000.0),
        60_000..3_600_000 => format!("{} min", ms / 60_000),
        _ => format!("{} h", ms / 3_600_000),
    }
}
