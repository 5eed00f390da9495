//! Verified calls that no parser understood, kept whole until one does.
//!
//! They contain what people wrote. Firestore encrypts them at rest, like everything else. SQLite does
//! not: its file is in a folder that only the user who runs the process may open.

use documents::{Document, Fields, Path, RARELY, Unavailable, Write, WriteError, at, hash};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};
use sms::UNANSWERABLE;
use telemetry::TraceId;

use crate::collections::quarantine;
use crate::names::Names;
use crate::notices::Notice;
use crate::store::Store;
use crate::uncounted::Count;

/// How often storing is retried because somebody else counted the first call of a form, or of a day.
const ATTEMPTS: u32 = 5;

/// A verified webhook call that was not understood, kept whole except for its credentials.
#[derive(Clone, Serialize, Deserialize)]
pub struct Quarantined {
    /// The provider it came from.
    pub provider: String,
    /// Why it was not understood.
    pub reason: String,
    /// The names of its fields, sorted, each once. None of their values.
    pub fields: Vec<String>,
    /// Its method.
    pub method: String,
    /// The path that was called.
    pub path: String,
    /// The query string, without secrets. May be empty.
    pub query: String,
    /// Its content type. May be empty.
    pub content_type: String,
    /// Its body: text, or Base64 if it was not UTF-8.
    pub body: String,
    /// Whether `body` is Base64.
    pub base64: bool,
    /// How often this exact call came.
    pub seen: u64,
    /// The trace it began.
    pub trace: TraceId,
    /// When it first came.
    #[serde(with = "jiff::fmt::serde::timestamp::millisecond::required")]
    pub at: Timestamp,
}

impl Quarantined {
    /// The name of its form: the same for all calls of a provider that have the same fields and fail
    /// for the same reason.
    pub fn shape(&self) -> String {
        let parts = [self.provider.as_str(), &self.reason].into_iter();
        hash(&parts.chain(self.fields.iter().map(String::as_str)).collect::<Vec<_>>())
    }
}

/// What became of a call that was not understood.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kept {
    /// It is the first of its form: somebody should be told.
    First,
    /// It is kept, like others of its form.
    Another,
    /// It was kept already, and is counted.
    Repeat,
    /// So many of its form were kept today that it is only counted.
    Counted,
}

/// All calls of one form.
#[derive(Serialize, Deserialize)]
struct Shape {
    /// How many came.
    seen: u64,
    /// The latest day on which one came, in UTC.
    day: String,
    /// How many of that day's calls are kept.
    kept: u64,
    #[serde(with = "jiff::fmt::serde::timestamp::millisecond::required")]
    at: Timestamp,
}

impl Names {
    /// The name of a call that no parser understood: the same for the same call.
    pub fn quarantined(&self, call: &Quarantined) -> String {
        self.key.name(&["quarantined", &call.provider, &call.path, &call.query, &call.body])
    }
}

impl Store {
    /// Keeps a call for seven days, counts it, and notifies the operator of the first of its form.
    ///
    /// Given `most`, at most that many of one form are kept in a day; the others are only counted.
    pub async fn quarantine(
        &self,
        call: &Quarantined,
        most: Option<u64>,
    ) -> Result<Kept, Unavailable> {
        for _ in 0..ATTEMPTS {
            match self.quarantine_once(call, most).await {
                Err(WriteError::Conflict) => self.documents.step_aside().await,
                answer => return Ok(answer?),
            }
        }
        Err(Unavailable::new("too many calls of one form arrived at the same time"))
    }

    async fn quarantine_once(
        &self,
        call: &Quarantined,
        most: Option<u64>,
    ) -> Result<Kept, WriteError> {
        let (path, shape) = (kept(&self.names.quarantined(call)), at("shapes", &call.shape()));
        let mut found = self.documents.get(&[path.clone(), shape.clone()]).await?.into_iter();
        let (before, known) = (found.next().flatten(), found.next().flatten());

        let day = call.at.to_zoned(TimeZone::UTC).date().to_string();
        let read = |it: Document| Ok::<_, Unavailable>((it.version, it.fields.decode::<Shape>()?));
        let known = known.map(read).transpose()?;
        let uncounted = self.uncounted.of(&call.shape());
        let today = known.as_ref().filter(|(_, shape)| shape.day == day).map(|(_, shape)| shape);
        let kept_today = today.map_or(0, |shape| shape.kept + uncounted.kept);
        let (outcome, write) = match before {
            Some(_) => {
                let add = vec!["seen"];
                (Kept::Repeat, Some(Write::Count { path, set: Fields::none(), add }))
            }
            None if most.is_some_and(|most| kept_today >= most) => (Kept::Counted, None),
            None => {
                let whole = Fields::of(call).expiring(call.at, self.lifetimes.quarantine());
                let whole = whole.with("shape", call.shape());
                let first = if known.is_some() { Kept::Another } else { Kept::First };
                (first, Some(Write::Create(path, whole)))
            }
        };
        let this =
            Count { seen: 1, kept: u64::from(matches!(outcome, Kept::First | Kept::Another)) };
        let mut writes = Vec::from_iter(write);
        // All calls of a form are counted in one document.
        if today.is_some_and(|shape| call.at.duration_since(shape.at).abs() < RARELY)
            && self.uncounted.takes(&call.shape())
        {
            if !writes.is_empty() {
                self.documents.commit(writes).await?;
            }
            self.uncounted.add(&call.shape(), this);
            return Ok(outcome);
        }
        let count = |seen, kept| {
            let next = Shape { seen, day: day.clone(), kept, at: call.at };
            Fields::of(&next).expiring(call.at, self.lifetimes.quarantine())
        };
        writes.push(match &known {
            None => Write::Create(shape, count(1, this.kept)),
            Some((version, known)) => {
                let seen = known.seen + uncounted.seen + 1;
                Write::Replace(shape, count(seen, kept_today + this.kept), *version)
            }
        });
        // The operator can do nothing about a call that nobody can answer.
        if outcome == Kept::First && call.reason != UNANSWERABLE {
            writes.push(notice(call).keep(&self.lifetimes));
        }
        self.documents.commit(writes).await?;
        self.uncounted.forget(&call.shape(), uncounted);
        Ok(outcome)
    }

    /// Calls that were not understood, the latest first.
    pub async fn quarantined(&self, limit: u32) -> Result<Vec<Quarantined>, Unavailable> {
        self.documents.list(quarantine::AT.latest(limit)).await
    }

    /// Calls that were not understood and did not come before this time, the earliest first.
    pub async fn quarantined_since(
        &self,
        since: Timestamp,
        limit: u32,
    ) -> Result<Vec<Quarantined>, Unavailable> {
        self.documents.list(quarantine::AT.not_before(since, limit)).await
    }

    /// How many calls of this form came, including those that were only counted.
    pub async fn seen(&self, shape: &str) -> Result<u64, Unavailable> {
        let found: Option<Document> = self.documents.get_one(at("shapes", shape)).await?;
        let seen = found
            .map(|found| found.fields.decode::<Shape>())
            .transpose()?
            .map_or(0, |shape| shape.seen);
        Ok(seen + self.uncounted.of(shape).seen)
    }

    /// Deletes a call that is understood after all.
    pub async fn release(&self, call: &Quarantined) -> Result<(), Unavailable> {
        self.documents
            .commit(vec![Write::Delete(kept(&self.names.quarantined(call)), None)])
            .await?;
        Ok(())
    }

    /// Deletes a form of which no call is kept any more, together with its notice: the next such call
    /// counts as the first again. False if a call is still kept.
    pub async fn release_shape(&self, shape: &str) -> Result<bool, Unavailable> {
        if !self.documents.find(quarantine::SHAPE.equal(shape, 1)).await?.is_empty() {
            return Ok(false);
        }
        let notice = at("notices", &notice_of(shape));
        let forget = [at("shapes", shape), notice].map(|path| Write::Delete(path, None));
        self.documents.commit(forget.into()).await?;
        Ok(true)
    }
}

fn kept(id: &str) -> Path {
    at("quarantine", id)
}

fn notice_of(shape: &str) -> String {
    format!("quarantined-{shape}")
}

fn notice(call: &Quarantined) -> Notice {
    Notice {
        id: notice_of(&call.shape()),
        sentence: format!(
            "A verified call from {} was not understood ({}). It and all others like it are kept \
             for seven days: `quarantine` lists them, and `quarantine replay` sends them on once \
             the settings say how to read them.",
            call.provider, call.reason
        ),
        conversation: None,
        trace: Some(call.trace.clone()),
        follow_up: None,
        at: call.at,
    }
}
