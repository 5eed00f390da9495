//! Where the steps taken under a trace are stored.
//!
//! The steps of a text are stored with it while it waits, and move with it to whatever it becomes; the
//! steps of an attempt are stored with the attempt. So they add no writes. Steps without such a
//! document get one under the name of the trace. Readers put them together again.

use documents::{Fields, Path, Unavailable, Write, at};
use serde::Deserialize;
use telemetry::{Step, TraceId};

use crate::attempts::Attempt;
use crate::change::{Change, Loaded};
use crate::collections::{attempts, texts};
use crate::id::ConversationId;
use crate::lifetimes::Lifetimes;
use crate::receipts::is_receipt;
use crate::store::Store;
use crate::texts::Waiting;
use crate::traces::{Trace, add, values};

/// The changes of one commit that concern one trace.
struct TraceSteps {
    trace: TraceId,
    steps: Vec<Step>,
    /// The trace under which the text was answered, if it is a different one.
    answered_in: Option<TraceId>,
}

/// The writes that store the steps of these changes.
pub(crate) fn kept(loaded: &Loaded, changes: &[Change], lifetimes: &Lifetimes) -> Vec<Write> {
    let told = told(&loaded.waiting, changes).into_iter();
    let told = told.filter(|told| !told.steps.is_empty() || told.answered_in.is_some());
    told.map(|told| match home(loaded, changes, &told) {
        Some(home) => add(home, &told.steps),
        None => separate(loaded, told, lifetimes),
    })
    .collect()
}

/// Adds what was done to the texts that still wait.
pub(crate) fn note(waiting: &mut [Waiting], changes: &[Change]) {
    for TraceSteps { trace, steps, .. } in told(&[], changes) {
        if let Some(text) = waiting.iter_mut().find(|text| text.trace == trace) {
            text.steps.extend(steps);
        }
    }
}

/// Groups the steps by trace, including those of texts that no longer wait. Steps about a waiting text
/// may have been stored since it was loaded.
fn told(waiting: &[Waiting], changes: &[Change]) -> Vec<TraceSteps> {
    let mut all: Vec<TraceSteps> = Vec::new();
    let mut tell = |trace: &TraceId, steps: &[Step], other: Option<&TraceId>| {
        let place = all.iter().position(|told| told.trace == *trace).unwrap_or_else(|| {
            all.push(TraceSteps { trace: trace.clone(), steps: vec![], answered_in: None });
            all.len() - 1
        });
        let told = &mut all[place];
        for step in steps {
            if !told.steps.contains(step) {
                told.steps.push(step.clone());
            }
        }
        told.answered_in = other.cloned().or(told.answered_in.take());
    };
    // A text's earlier steps come before what is done about it now, even within one millisecond.
    for change in changes {
        if let Change::TakenUp(texts) = change {
            for text in texts {
                let latest = waiting.iter().find(|other| other.name == text.name).unwrap_or(text);
                tell(&text.trace, &latest.steps, None);
            }
        }
    }
    for change in changes {
        match change {
            Change::Steps(trace, steps) => tell(trace, steps, None),
            Change::AnsweredIn(trace, other) => tell(trace, &[], Some(other)),
            _ => {}
        }
    }
    all
}

/// The document for these steps that is written anyway, or has just been created.
fn home(
    loaded: &Loaded,
    changes: &[Change],
    TraceSteps { trace, answered_in, .. }: &TraceSteps,
) -> Option<Path> {
    if answered_in.is_some() {
        return None;
    }
    let made = changes.iter().find_map(|change| match change {
        Change::Attempt(made) | Change::AttemptDespiteStop(made) => {
            (made.trace == *trace).then_some(made.id.as_str())
        }
        _ => None,
    });
    let known = || {
        changes.iter().find_map(|change| match change {
            Change::Status(update) => (Attempt::trace_of(&update.attempt).as_ref() == Some(trace))
                .then_some(&*update.attempt),
            _ => None,
        })
    };
    if let Some(attempt) = made.or_else(known) {
        return Some(at("attempts", attempt));
    }
    let is_taken_up = |text: &Waiting| {
        let taken =
            |change: &Change| matches!(change, Change::TakenUp(texts) if texts.contains(text));
        changes.iter().any(taken)
    };
    let mut waiting = loaded.waiting.iter().filter(|text| text.trace == *trace);
    let text = waiting.find(|text| !is_taken_up(text))?;
    Some(at("texts", &text.name))
}

/// A trace with a document of its own.
fn separate(
    loaded: &Loaded,
    TraceSteps { trace, steps, answered_in }: TraceSteps,
    lifetimes: &Lifetimes,
) -> Write {
    let first = steps.iter().map(|step| step.at).min().unwrap_or(loaded.conversation.at);
    let mut set = Fields::none().with("conversation", &loaded.id);
    if let Some(other) = answered_in {
        set = set.with("answered_in", other);
    }
    let set = set.expiring(first, lifetimes.records());
    Write::Merge { path: at("traces", trace.as_str()), set, append: vec![values(&steps)] }
}

impl Store {
    /// The steps under a trace, in order of time.
    pub async fn trace(&self, id: &TraceId) -> Result<Option<Trace>, Unavailable> {
        let (separate, attempts, texts) = tokio::try_join!(
            self.documents.get_one(at("traces", id.as_str())),
            self.equal::<Attempt>(attempts::TRACE, id.as_str()),
            self.equal::<Traced>(texts::TRACE, id.as_str()),
        )?;
        if separate.is_none() && attempts.is_empty() && texts.is_empty() {
            return Ok(None);
        }
        let separate = separate.map(|found| found.fields.decode::<Trace>()).transpose()?;
        let mut trace =
            separate.unwrap_or(Trace { conversation: None, answered_in: None, steps: vec![] });
        let of_attempts = attempts.into_iter().map(|it| (Some(it.conversation), it.steps));
        let of_texts = texts.into_iter().map(|it| (it.conversation(), it.steps));
        for (conversation, steps) in of_attempts.chain(of_texts) {
            trace.conversation = trace.conversation.or(conversation);
            let new: Vec<_> = steps.into_iter().filter(|it| !trace.steps.contains(it)).collect();
            trace.steps.extend(new);
        }
        trace.steps.sort_by_key(|step| step.at);
        // Copies of a receipt that arrived at the same time differ only in their times.
        let mut told = Vec::new();
        trace.steps.retain(|step| {
            let is_copy = is_receipt(step) && told.contains(&step.details);
            told.push(step.details.clone());
            !is_copy
        });
        Ok(Some(trace))
    }
}

/// A text, as far as its trace is concerned.
#[derive(Deserialize)]
struct Traced {
    /// Its place among the waiting or set-aside texts of its conversation.
    waiting: Option<String>,
    aside: Option<String>,
    #[serde(default)]
    steps: Vec<Step>,
}

impl Traced {
    fn conversation(&self) -> Option<ConversationId> {
        let place = self.waiting.as_ref().or(self.aside.as_ref())?;
        ConversationId::parse(place.split_once('/')?.0)
    }
}
