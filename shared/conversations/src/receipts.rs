//! Receipts, which arrive before their attempts, after them, or twice.
//!
//! If the attempt is known, the receipt is applied to it in one commit. Otherwise it is kept until the
//! attempt is found, by whoever stores its message id or by the sweep.

use documents::{Document, Fields, Unavailable, Version, Write, WriteError, at, hash, raw};
use futures::{StreamExt, stream};
use jiff::{SignedDuration, Timestamp};
use money::Amount;
use serde::{Deserialize, Serialize};
use sms::{Charge, Part, Receipt, Status};
use telemetry::{Step, TraceId, steps};

use crate::attempts::{Attempt, Reported, StatusUpdate, message_name};
use crate::collections::{attempts, receipts};
use crate::consent_events::ConsentEvent;
use crate::id::ConversationId;
use crate::lifetimes::Lifetimes;
use crate::stops::stop_of;
use crate::store::Store;
use crate::tally::word;

/// How long after its arrival the attempt of a receipt is looked for: soon, because the process that
/// was about to store the message id may have died; and for up to three days, after which no message id
/// is learned any more.
const LOOKS: [SignedDuration; 5] = [
    SignedDuration::from_mins(1),
    SignedDuration::from_mins(10),
    SignedDuration::from_hours(1),
    SignedDuration::from_hours(8),
    SignedDuration::from_hours(73),
];

/// How many receipts look for their attempts concurrently.
const CONCURRENCY: usize = 8;

/// How many receipts of one attempt a trace lists, and how many statuses an attempt takes. A reply has
/// two dozen parts at most; anything beyond that comes from a provider that repeats itself.
const MOST_STEPS: usize = 100;
const MOST_WORDS: usize = 250;

/// A provider's report, kept as it came.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct StoredReceipt {
    /// The provider's name.
    pub provider: String,
    /// The provider's name and its id for the message.
    pub message: String,
    /// The attempt that the report itself names.
    #[serde(default)]
    pub attempt: Option<String>,
    /// Which part of the message it is about, where the provider reports on parts.
    #[serde(default)]
    pub part: Option<Part>,
    /// What the raw status means.
    pub status: Status,
    /// The provider's own word for it.
    #[serde(rename = "word")]
    pub raw_status: String,
    /// The provider's own code, for a failure.
    #[serde(default)]
    pub code: Option<String>,
    /// Whether it reports that the person has opted out.
    #[serde(default)]
    pub opted_out: bool,
    /// What the provider charges for the message, if it says so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub charge: Option<Charge>,
    /// When it came.
    #[serde(with = "jiff::fmt::serde::timestamp::millisecond::required")]
    pub at: Timestamp,
    /// When its attempt is looked for again. `None`: it belongs to no attempt of ours.
    #[serde(default, with = "jiff::fmt::serde::timestamp::millisecond::optional")]
    pub due_at: Option<Timestamp>,
}

/// What became of a receipt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Joined {
    /// Its attempt has the status, perhaps already had it.
    Attempt {
        /// The attempt's trace.
        trace: TraceId,
        /// The conversation whose reply did not arrive, which is therefore due.
        failed: Option<ConversationId>,
    },
    /// No attempt with that message is known yet. The receipt is kept until there is one.
    NotYet,
}

/// A receipt whose attempt should be looked for again.
pub struct DueReceipt {
    name: String,
    receipt: StoredReceipt,
    version: Version,
}

/// A receipt together with the attempt it reports on.
#[derive(Clone)]
pub struct MatchedReceipt {
    pub(crate) update: StatusUpdate,
    step: Step,
    /// Whether the attempt has this receipt already.
    is_known: bool,
    /// Whether the attempt may take this status, or has taken so many that it is full.
    takes_more: bool,
    /// Whether the reply did not arrive and nobody has dealt with that yet.
    pub(crate) fails: bool,
    /// The person's conversation, in which a reported opt-out is recorded.
    conversation: ConversationId,
    opted_out: Option<ConsentEvent>,
    /// The name under which the receipt is stored, if it is.
    kept: Option<String>,
}

impl Store {
    /// Applies a receipt to its attempt, or keeps it until there is one. A repeat stores nothing.
    pub async fn receive(
        &self,
        provider: &str,
        receipt: &Receipt,
        now: Timestamp,
    ) -> Result<Joined, Unavailable> {
        let receipt = StoredReceipt::of(provider, receipt, now);
        if let Some(attempt) = self.attempt_of(&receipt).await? {
            return self.tell(&attempt, &receipt, None).await;
        }
        let name = receipt.name();
        let kept = Fields::of(&receipt).expiring(now, self.lifetimes.receipts());
        match self.documents.commit(vec![Write::Create(at("receipts", &name), kept)]).await {
            Ok(_) | Err(WriteError::Conflict) => {}
            Err(error) => return Err(error.into()),
        }
        // Both sides write first, then look for the other.
        match self.attempt_of(&receipt).await? {
            Some(attempt) => self.tell(&attempt, &receipt, Some(name)).await,
            None => Ok(Joined::NotYet),
        }
    }

    /// The attempt that a receipt is about, if known.
    async fn attempt_of(&self, receipt: &StoredReceipt) -> Result<Option<Attempt>, Unavailable> {
        let named = match &receipt.attempt {
            Some(attempt) => self.attempt(attempt).await?,
            None => None,
        };
        // A name that belongs to another provider's attempt proves nothing.
        match named.filter(|attempt| attempt.provider == receipt.provider) {
            Some(attempt) => Ok(Some(attempt)),
            None => Ok(self.equal::<Attempt>(attempts::MESSAGE, &receipt.message).await?.pop()),
        }
    }

    /// Applies a receipt to an attempt, unless it has it already.
    async fn tell(
        &self,
        attempt: &Attempt,
        receipt: &StoredReceipt,
        kept: Option<String>,
    ) -> Result<Joined, Unavailable> {
        let told = MatchedReceipt::of(attempt, receipt, kept);
        let writes: Vec<_> = told.writes(&self.lifetimes).into_iter().map(unless_erased).collect();
        let mut with_head = writes.clone();
        with_head.extend(told.reported_failure());
        let is_stored = with_head.is_empty()
            || self.documents.if_unchanged(with_head).await?
            // The conversation may be gone before its attempts.
            || self.documents.if_unchanged(writes).await?;
        if !is_stored {
            // The person was erased meanwhile. What they said to their provider counts all the same.
            if told.opted_out.is_some() {
                self.documents.commit(vec![told.stop()]).await?;
            }
            return Ok(Joined::NotYet);
        }
        // The process that applied it before may have died before it woke anybody.
        let failed = told.fails.then(|| attempt.conversation.clone());
        Ok(Joined::Attempt { trace: attempt.trace.clone(), failed })
    }

    /// Receipts that arrived before the attempt could be found by its message id, to be stored together
    /// with that id.
    pub async fn told_before(&self, attempt: &Attempt) -> Result<Vec<MatchedReceipt>, Unavailable> {
        let Some(message) = &attempt.message else { return Ok(vec![]) };
        let found = self.documents.find(receipts::MESSAGE.equal(message, 20)).await?.into_iter();
        found
            .map(|document| {
                let name = document.id.clone();
                Ok(MatchedReceipt::of(attempt, &document.fields.decode()?, Some(name)))
            })
            .collect()
    }

    /// Looks for the attempts of these receipts and applies them. Receipts that find none, or cannot be
    /// applied, are tried again at growing intervals. Returns what became of the others.
    pub async fn join_due(
        &self,
        due: Vec<DueReceipt>,
        now: Timestamp,
    ) -> Result<Vec<Joined>, Unavailable> {
        let join = async |due: DueReceipt| match self.join(&due).await {
            Ok(Joined::NotYet) => Err(due.put_off(due.next_look(now))),
            Ok(joined) => Ok(joined),
            Err(error) => {
                // A failure must neither block nor delay the others.
                tracing::warn!(%error, "skipped a receipt that could not be applied: {error}");
                Err(due.put_off(Some(now + LOOKS[0])))
            }
        };
        let joins: Vec<_> = due.into_iter().map(join).collect();
        let all: Vec<_> = stream::iter(joins).buffered(CONCURRENCY).collect().await;
        let (mut joined, mut put_off) = (Vec::new(), Vec::new());
        for outcome in all {
            match outcome {
                Ok(told) => joined.push(told),
                Err(later) => put_off.push(later),
            }
        }
        self.documents.each(put_off).await?;
        Ok(joined)
    }

    async fn join(&self, due: &DueReceipt) -> Result<Joined, Unavailable> {
        match self.attempt_of(&due.receipt).await? {
            Some(attempt) => self.tell(&attempt, &due.receipt, Some(due.name.clone())).await,
            None => Ok(Joined::NotYet),
        }
    }
}

impl StoredReceipt {
    fn of(provider: &str, receipt: &Receipt, now: Timestamp) -> Self {
        Self {
            provider: provider.to_owned(),
            message: message_name(provider, &receipt.message),
            attempt: receipt.attempt.clone(),
            part: receipt.part,
            status: receipt.status,
            raw_status: receipt.raw_status.clone(),
            code: receipt.code.clone(),
            opted_out: receipt.opted_out,
            charge: receipt.charge,
            at: now,
            due_at: Some(now + LOOKS[0]),
        }
    }

    /// The same for a repeat.
    fn name(&self) -> String {
        let part = self.part.map(|part| part.number.to_string()).unwrap_or_default();
        hash(&[&self.message, &self.raw_status, &part, self.code.as_deref().unwrap_or_default()])
    }

    /// The opt-out that it reports.
    fn shows(&self, attempt: &Attempt) -> ConsentEvent {
        let code = self.code.as_deref().unwrap_or(&self.raw_status);
        let message = self.message.split_once(':').map_or("", |(_, id)| id).to_owned();
        ConsentEvent { message, ..ConsentEvent::returned(attempt, code, self.at) }
    }

    /// The step that shows it in the attempt's trace.
    fn step(&self, attempt: &Attempt) -> Step {
        let step = Step::new(steps::RECEIPT, self.at)
            .with("provider", self.provider.clone())
            .with("word", self.raw_status.clone())
            .with("status", word(self.status))
            .with("attempt", attempt.id.clone());
        let step = match &self.code {
            Some(code) => step.with("code", code.clone()),
            None => step,
        };
        match self.part {
            Some(part) => step.with("part", part.number),
            None => step,
        }
    }
}

impl MatchedReceipt {
    fn of(attempt: &Attempt, receipt: &StoredReceipt, kept: Option<String>) -> Self {
        let message = receipt.message.split_once(':');
        let reported = match receipt.part {
            None => Reported::Whole(receipt.status),
            Some(part) => Reported::OfPart { part, status: receipt.status },
        };
        let update = StatusUpdate {
            attempt: attempt.id.clone(),
            reported,
            message: message.map(|(provider, id)| (provider.to_owned(), id.to_owned())),
            code: receipt.code.clone(),
            charge: receipt.charge.filter(|charge| is_final(receipt.status, charge)),
            is_unpaid: false,
            at_once: attempt.is_urgent(receipt.status, receipt.at),
            at: receipt.at,
        };
        let step = receipt.step(attempt);
        let fails = attempt.updated(&update).status().is_failure();
        Self {
            is_known: attempt.receipts().any(|known| known.details == step.details),
            takes_more: attempt.takes(&update.reported),
            fails: fails && !attempt.detached && !attempt.settled,
            update,
            step,
            conversation: attempt.conversation.clone(),
            opted_out: receipt.opted_out.then(|| receipt.shows(attempt)),
            kept,
        }
    }

    /// Its writes, except the head of the conversation whose reply did not arrive.
    pub(crate) fn writes(&self, lifetimes: &Lifetimes) -> Vec<Write> {
        let kept = self.kept.iter().map(|name| Write::Delete(at("receipts", name), None));
        let mut writes: Vec<_> = kept.collect();
        let Self { update, step, .. } = self;
        if self.is_new() {
            writes.push(update.write(std::slice::from_ref(step)));
        }
        if let Some(event) = self.opted_out.as_ref().filter(|_| !self.is_known) {
            writes.push(self.stop());
            writes.push(event.enter(self.conversation.person(), lifetimes));
        }
        writes
    }

    /// The opt-out that it reports.
    fn stop(&self) -> Write {
        stop_of(&self.conversation, self.update.provider(), self.update.at)
    }

    /// The same if it reports one.
    pub(crate) fn reported_stop(&self) -> Option<Write> {
        self.opted_out.as_ref().map(|_| self.stop())
    }

    /// Tells the conversation, if it is still there, that the reply did not arrive.
    pub(crate) fn reported_failure(&self) -> Option<Write> {
        let Self { conversation, update, .. } = self;
        let is_news = self.fails && self.is_new();
        is_news.then(|| unless_erased(failed(conversation, &update.attempt, update.at)))
    }

    /// Whether the attempt learns something new from it.
    fn is_new(&self) -> bool {
        !self.is_known && self.takes_more
    }
}

impl Attempt {
    /// The receipts applied to the attempt so far.
    fn receipts(&self) -> impl Iterator<Item = &Step> {
        self.steps.iter().filter(|step| is_receipt(step))
    }

    /// When a receipt was last applied to the attempt.
    pub fn told_at(&self) -> Option<Timestamp> {
        self.receipts().map(|step| step.at).max()
    }

    /// Whether the attempt may take this status once more.
    fn takes(&self, reported: &Reported) -> bool {
        match reported {
            _ if self.reported.contains(reported) => self.receipts().count() < MOST_STEPS,
            // There are only a few different ones.
            Reported::Whole(_) => true,
            Reported::OfPart { .. } => self.reported.len() < MOST_WORDS,
        }
    }
}

/// Whether a step is a receipt.
pub(crate) fn is_receipt(step: &Step) -> bool {
    step.what == steps::RECEIPT
}

impl DueReceipt {
    pub(crate) fn decode(document: Document) -> Result<Self, Unavailable> {
        let (name, version) = (document.id.clone(), document.version);
        Ok(Self { name, version, receipt: document.fields.decode()? })
    }

    /// When its attempt is looked for again.
    fn next_look(&self, now: Timestamp) -> Option<Timestamp> {
        LOOKS.iter().map(|after| self.receipt.at + *after).find(|look| *look > now)
    }

    /// Schedules the next search for its attempt, unless it was found meanwhile.
    fn put_off(&self, until: Option<Timestamp>) -> Write {
        let due = Fields::none().with("due_at", until.map(Timestamp::as_millisecond));
        Write::Amend(at("receipts", &self.name), due, self.version)
    }
}

/// Whether a charge that comes with this status is what the message costs. Before it was passed on, none
/// may have been worked out yet.
fn is_final(status: Status, charge: &Charge) -> bool {
    status.is_failure() || (status > Status::Accepted && charge.amount > Amount::ZERO)
}

/// The same write, which brings no attempt and no head back that was erased meanwhile.
pub(crate) fn unless_erased(write: Write) -> Write {
    match &write {
        Write::Merge { path, .. } if ["attempts", "heads"].contains(&path.collection) => {
            write.if_there()
        }
        _ => write,
    }
}

/// Tells a conversation that one of its replies did not arrive, and makes it due.
///
/// Written blindly, like an arriving text: whoever works on the conversation meanwhile has to look
/// again.
fn failed(conversation: &ConversationId, attempt: &str, now: Timestamp) -> Write {
    let set = Fields::none().with("due_at", now.as_millisecond());
    let path = at("heads", conversation.as_str());
    Write::Merge { path, set, append: vec![("failed", vec![raw(&attempt)])] }
}
