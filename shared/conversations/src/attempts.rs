//! Attempts. Each is stored before its request leaves and is checked until there is nothing more to
//! learn about it.

use documents::{Fields, Unavailable, Write, at, raw};
use evidence::Route;
use jiff::{SignedDuration, Timestamp};
use money::{Amount, Currency};
use serde::{Deserialize, Serialize};
use sms::{Charge, Number, Outgoing, Part, SendError, Status};
use telemetry::{Step, TraceId};
use uuid::Uuid;

use crate::budget::Period;
use crate::conversation::{LastReply, Reply};
use crate::id::ConversationId;
use crate::lifetimes::Lifetimes;
use crate::names::is_pretended;
use crate::store::Store;
use crate::tally::{Also, Tally};
use crate::traces::values;

/// How long after an attempt begins it is first checked, if nothing was heard.
const FIRST_LOOK: SignedDuration = SignedDuration::from_secs(60);

/// How long before the due time a process with a faster clock may already be checking the attempt.
const UNDER_WAY: SignedDuration = SignedDuration::from_secs(5);

/// One try to hand a reply to one provider. Stored before its request leaves.
#[derive(Clone, Serialize, Deserialize)]
pub struct Attempt {
    /// Its name: the trace, a dash, a number; or the name of a test send ([`crate::Names::test_send`]).
    pub id: String,
    /// The conversation that the reply belongs to.
    pub conversation: ConversationId,
    /// The trace of the turn.
    pub trace: TraceId,
    /// The provider.
    pub provider: String,
    /// Our number, sender name or pool that it goes out from.
    pub sender: String,
    /// The number, if it is not the provider's default.
    #[serde(default)]
    pub from: Option<String>,
    /// The recipient.
    pub to: Number,
    /// The reply as it was when this attempt was begun.
    pub reply: Reply,
    /// Whether the text belongs to no conversation: it was sent by hand or as a test send. Nothing
    /// follows from its failure.
    #[serde(default, rename = "apart")]
    pub detached: bool,
    /// Whether the owner's account pays for it: a test send or a probe.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub tried_out: bool,
    /// Whether it begins a conversation, as far as we know: the person texted for the first time, or
    /// their last conversation is over.
    #[serde(default)]
    pub opens: bool,
    /// Whether its route was healthy when the attempt began. If so, further evidence for the route can
    /// wait until the first check.
    #[serde(default)]
    pub proven: bool,
    /// How many segments the reply takes.
    pub segments: usize,
    /// What it costs: by the list of prices, until its provider has said what it charges.
    #[serde(default)]
    pub cost: Amount,
    /// When that was counted in the account. `None`: it was not, or was given back.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub booked: Option<Period>,
    /// The day on which it was begun, in the owner's time zone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub day: Option<i64>,
    /// What the model cost that was asked for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub thought: Option<Amount>,
    /// What it is counted as in the figures.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub counted: Option<Tally>,
    /// What else happened in its commit that is counted, by day: it is counted with it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub also: Vec<Also>,
    /// What its provider said that it charges.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub charge: Option<Charge>,
    /// Every status report, in order of arrival.
    #[serde(rename = "words")]
    pub reported: Vec<Reported>,
    /// Steps taken under its trace that were stored with it, including the receipts that reported on
    /// it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub steps: Vec<Step>,
    /// Whether the person texted back afterwards, which shows that it arrived.
    #[serde(default)]
    pub answered: bool,
    /// Whether its failure has been dealt with: by another attempt, or by telling the agent.
    #[serde(default)]
    pub settled: bool,
    /// The provider's name and its id for the message, once known.
    #[serde(default)]
    pub message: Option<String>,
    /// The provider's code, or ours, for what went wrong.
    #[serde(default)]
    pub code: Option<String>,
    /// When it was begun.
    #[serde(with = "jiff::fmt::serde::timestamp::millisecond::required")]
    pub at: Timestamp,
    /// When to check it next: something urgent was reported, or too little was. `None`: nothing more to
    /// check.
    #[serde(default, with = "jiff::fmt::serde::timestamp::millisecond::optional")]
    pub due_at: Option<Timestamp>,
}

/// A status that was reported for an attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Reported {
    /// For the message as a whole.
    Whole(Status),
    /// For one part, where the provider reports on parts.
    OfPart {
        /// Which part.
        part: Part,
        /// The status of that part.
        status: Status,
    },
}

/// A new status of an attempt, to be stored.
#[derive(Clone)]
pub struct StatusUpdate {
    /// The attempt.
    pub attempt: String,
    /// What was reported.
    pub reported: Reported,
    /// The provider and its id for the message, if it gave one.
    pub message: Option<(String, String)>,
    /// The code for what went wrong.
    pub code: Option<String>,
    /// What the provider charges for the message, if it says so.
    pub charge: Option<Charge>,
    /// Whether it costs nothing, and its price is given back.
    pub is_unpaid: bool,
    /// Whether to check the attempt now instead of at its due time.
    pub at_once: bool,
    /// When.
    pub at: Timestamp,
}

impl Attempt {
    /// An attempt to send `reply` from `sender` of this provider, begun now.
    pub fn begin(
        id: String,
        conversation: &ConversationId,
        (provider, sender, from): (&str, &str, Option<String>),
        to: &Number,
        reply: Reply,
        now: Timestamp,
    ) -> Self {
        Self {
            id,
            conversation: conversation.clone(),
            trace: reply.trace.clone(),
            provider: provider.to_owned(),
            sender: sender.to_owned(),
            from,
            to: to.clone(),
            detached: false,
            tried_out: reply.to_owner,
            opens: false,
            proven: false,
            segments: sms::segments(&reply.body).count,
            cost: Amount::ZERO,
            booked: None,
            day: None,
            thought: None,
            counted: None,
            also: vec![],
            charge: None,
            reply,
            reported: vec![Reported::Whole(Status::Sending)],
            steps: vec![],
            answered: false,
            settled: false,
            message: None,
            code: None,
            at: now,
            due_at: Some(now + FIRST_LOOK),
        }
    }

    /// A name for an attempt under this trace. The trace comes first, so that a receipt reveals it. The
    /// end is random, so that two processes working on the same conversation never mistake each other's
    /// attempt for their own.
    pub fn name(trace: &TraceId) -> String {
        format!("{trace}-{}", &Uuid::new_v4().simple().to_string()[..8])
    }

    /// The trace under which an attempt of this [name](Self::name) was made.
    pub fn trace_of(name: &str) -> Option<TraceId> {
        TraceId::parse(name.split('-').next()?)
    }

    /// The message as handed to its provider.
    pub fn outgoing(&self) -> Outgoing {
        Outgoing {
            attempt: self.id.clone(),
            from: self.from.clone(),
            to: self.to.clone(),
            body: self.reply.body.clone(),
        }
    }

    /// The most advanced status, whatever order the reports came in. Where a provider reports on parts,
    /// the message has the status of its worst part; a part without a report counts as accepted.
    pub fn status(&self) -> Status {
        let whole = self.highest(None);
        let parts = self.parts();
        if whole == Status::Delivered || parts.is_empty() {
            return whole;
        }
        let statuses: Vec<_> = parts.iter().map(|part| self.highest(Some(*part))).collect();
        let failed = statuses.iter().filter(|status| status.is_failure()).max();
        let known = statuses.len() >= parts[0].of as usize;
        let worst = statuses.iter().min().filter(|_| known);
        *failed.or(worst).unwrap_or(&Status::Accepted).max(&whole)
    }

    /// Whether it, or one of its parts, was reported both as delivered and as failed.
    pub fn is_conflicted(&self) -> bool {
        let failed = |reported: &Reported| reported.status().is_failure();
        let contradicts = |part| {
            let delivered = self.statuses_of(Some(part)).any(|status| status == Status::Delivered);
            delivered && self.statuses_of(Some(part)).any(Status::is_failure)
        };
        (self.status() == Status::Delivered && self.reported.iter().any(failed))
            || self.parts().into_iter().any(contradicts)
    }

    /// The provider's id for the message, once known.
    pub fn message_id(&self) -> Option<&str> {
        self.message.as_deref()?.split_once(':').map(|(_, id)| id)
    }

    /// Whether to check the attempt immediately after this status: it speaks against the route, the
    /// route was not yet proven, or no check comes soon.
    pub(crate) fn is_urgent(&self, status: Status, now: Timestamp) -> bool {
        speaks_against(status) || !self.proven || !is_soon(self.due_at, now)
    }

    fn statuses_of(&self, part: Option<Part>) -> impl Iterator<Item = Status> {
        self.reported.iter().filter_map(move |reported| match reported {
            Reported::Whole(status) => part.is_none().then_some(*status),
            Reported::OfPart { part: its, status } => (part == Some(*its)).then_some(*status),
        })
    }

    fn highest(&self, part: Option<Part>) -> Status {
        self.statuses_of(part).max().unwrap_or(Status::Sending)
    }

    fn parts(&self) -> Vec<Part> {
        let mut parts: Vec<_> = self
            .reported
            .iter()
            .filter_map(|reported| match reported {
                Reported::OfPart { part, .. } => Some(*part),
                Reported::Whole(_) => None,
            })
            .collect();
        parts.sort_unstable();
        parts.dedup();
        parts
    }

    /// The route it takes.
    pub fn route(&self) -> Route {
        Route::new(&self.provider, &self.sender, self.to.split().0)
    }

    /// A copy of the attempt with this update applied.
    pub fn updated(&self, update: &StatusUpdate) -> Self {
        let mut reported = self.reported.clone();
        reported.push(update.reported);
        let code = update.code.clone().or_else(|| self.code.clone());
        let message = update.message.as_ref().map(|(provider, id)| message_name(provider, id));
        let message = message.or_else(|| self.message.clone());
        let charge = update.charge.or(self.charge);
        Self { reported, code, message, charge, ..self.clone() }
    }

    /// What its provider charges, if that is not what was counted for it.
    pub fn charged(&self, currency: Currency) -> Option<Amount> {
        let charged = self.charge.filter(|charge| charge.currency == currency)?.amount;
        self.booked.filter(|_| charged != self.cost).map(|_| charged)
    }

    /// Whether no real provider was asked.
    pub fn is_pretended(&self) -> bool {
        self.to.is_for_tests() || is_pretended(&self.provider)
    }

    /// As part of a commit, records that the person texted back after an attempt; given `at_once`, the
    /// attempt is checked then.
    pub fn note_answer(attempt: &str, at_once: Option<Timestamp>) -> Write {
        let mut set = Fields::none().with("answered", true);
        if let Some(now) = at_once {
            set = set.with("due_at", now.as_millisecond());
        }
        Write::Merge { path: at("attempts", attempt), set, append: vec![] }
    }

    /// Stores it, as part of a commit.
    pub fn keep(&self, lifetimes: &Lifetimes) -> Write {
        let begun = self.at.as_millisecond();
        let place = format!("{}{begun:015}-{}", self.conversation.prefix(), self.id);
        let begun = Self { day: self.day.or(self.booked.map(|it| it.day)), ..self.clone() };
        let kept = Fields::of(&begun).expiring(self.at, lifetimes.records()).with("place", place);
        Write::Create(at("attempts", &self.id), kept)
    }
}

impl Reported {
    fn status(self) -> Status {
        match self {
            Self::Whole(status) | Self::OfPart { status, .. } => status,
        }
    }
}

impl std::fmt::Debug for Attempt {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("Attempt")
            .field("id", &self.id)
            .field("provider", &self.provider)
            .field("reported", &self.reported)
            .field("code", &self.code)
            .finish_non_exhaustive()
    }
}

impl Store {
    /// Stores a new status of an attempt, if there is such an attempt.
    pub async fn update_status(&self, update: &StatusUpdate) -> Result<(), Unavailable> {
        // One that was erased meanwhile stays erased.
        self.documents.if_unchanged(vec![update.write(&[]).if_there()]).await?;
        Ok(())
    }

    /// Looks up one attempt.
    pub async fn attempt(&self, id: &str) -> Result<Option<Attempt>, Unavailable> {
        // The name comes from a URL that anybody may have made up.
        let sound = (1..=64).contains(&id.len())
            && id.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
        match sound {
            true => self
                .documents
                .get_one(at("attempts", id))
                .await?
                .map(|found| found.fields.decode())
                .transpose(),
            false => Ok(None),
        }
    }
}

impl LastReply {
    /// When to check the attempt, given that the person answered it now. `None`: at its due time, which
    /// is soon.
    pub(crate) fn look_at(&self, now: Timestamp) -> Option<Timestamp> {
        let waits = self.proven && is_soon(Some(self.at + FIRST_LOOK), now);
        (!waits).then_some(now)
    }
}

impl StatusUpdate {
    /// A status of the message as a whole.
    pub fn new(attempt: impl Into<String>, status: Status, at: Timestamp) -> Self {
        let (reported, at_once) = (Reported::Whole(status), speaks_against(status));
        let (message, code, charge) = (None, None, None);
        let attempt = attempt.into();
        Self { attempt, reported, message, code, charge, is_unpaid: false, at_once, at }
    }

    /// The update that follows from the outcome of a dispatch.
    pub fn of_outcome(
        attempt: &Attempt,
        outcome: &Result<String, SendError>,
        at: Timestamp,
    ) -> Self {
        let (status, message, code) = match outcome {
            Ok(id) => (Status::Accepted, Some((attempt.provider.clone(), id.clone())), None),
            Err(error @ SendError::Unknown { .. }) => (Status::Unknown, None, Some(error.code())),
            Err(error) => (Status::Failed, None, Some(error.code())),
        };
        let (code, at_once) = (code.map(str::to_owned), attempt.is_urgent(status, at));
        Self { message, code, at_once, ..Self::new(&attempt.id, status, at) }
    }

    /// The provider, if it gave an id.
    pub(crate) fn provider(&self) -> &str {
        self.message.as_ref().map_or("", |(provider, _)| provider)
    }

    /// The write that adds this status to the attempt, with the steps that showed it.
    pub(crate) fn write(&self, shown: &[Step]) -> Write {
        let mut set = Fields::none();
        if self.at_once {
            set = set.with("due_at", self.at.as_millisecond());
        }
        if let Some((provider, id)) = &self.message {
            set = set.with("message", message_name(provider, id));
        }
        if let Some(code) = &self.code {
            set = set.with("code", code);
        }
        if let Some(charge) = &self.charge {
            set = set.with("charge", charge);
        }
        if self.is_unpaid {
            set = set.with("cost", Amount::ZERO).with("booked", None::<Period>);
        }
        let append = vec![("words", vec![raw(&self.reported)]), values(shown)];
        Write::Merge { path: at("attempts", &self.attempt), set, append }
    }
}

/// Whether a check that comes soon anyway will see what is written now. A check that may already be
/// running will not.
fn is_soon(look: Option<Timestamp>, now: Timestamp) -> bool {
    look.is_some_and(|look| now + UNDER_WAY < look && look <= now + FIRST_LOOK)
}

/// Whether this status should be acted on immediately.
fn speaks_against(status: Status) -> bool {
    status.is_failure() || status == Status::Unknown
}

/// Records that the failure of an attempt has been dealt with.
pub(crate) fn settled(attempt: &str) -> Write {
    let set = Fields::none().with("settled", true);
    Write::Merge { path: at("attempts", attempt), set, append: vec![] }
}

/// The name of a message to which its provider gave this id.
pub(crate) fn message_name(provider: &str, id: &str) -> String {
    format!("{provider}:{id}")
}
