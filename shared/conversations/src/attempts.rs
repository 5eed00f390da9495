//! Attempts, each with a life of its own: begun before its request leaves, and looked at until
//! nothing more is to be learned of it.

use documents::{Document, Fields, Unavailable, Version, Write, WriteError, at, raw};
use evidence::Route;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use sms::{Number, Outgoing, Part, SendError, Status};
use telemetry::{Step, TraceId};
use uuid::Uuid;

use crate::conversation::{LastReply, Reply};
use crate::id::ConversationId;
use crate::lifetimes::RECORDS_LIVE;
use crate::names::is_pretended;
use crate::store::Store;
use crate::traces::values;

/// How long after an attempt was begun it is looked at for the first time, if nothing was heard.
const FIRST_LOOK: SignedDuration = SignedDuration::from_secs(60);

/// How long before it is due somebody may look at it whose clock is ahead of ours.
const UNDER_WAY: SignedDuration = SignedDuration::from_secs(5);

/// One try to hand a reply to one provider. Stored before its request leaves.
#[derive(Clone, Serialize, Deserialize)]
pub struct Attempt {
    /// Its name: the trace, a dash, a number; or that of a test send ([`crate::Names::test_send`]).
    pub id: String,
    /// Whose reply it is.
    pub conversation: ConversationId,
    /// The trace of the turn.
    pub trace: TraceId,
    /// The provider.
    pub provider: String,
    /// The number, name or pool of ours that it goes out from.
    pub sender: String,
    /// That number, where it is another than the provider's own choice.
    #[serde(default)]
    pub from: Option<String>,
    /// Who is texted.
    pub to: Number,
    /// The reply as it was when this attempt was begun.
    pub reply: Reply,
    /// Whether it is a text of ours outside of any conversation: sent by hand, or to find out
    /// whether it arrives. Nothing follows from its failing.
    #[serde(default)]
    pub apart: bool,
    /// Whether it begins a conversation, as far as we know: a person texted who had not before, or
    /// whose last conversation is over.
    #[serde(default)]
    pub opens: bool,
    /// Whether its way was known to work when it was begun. Then what speaks for that way once more
    /// has time until the first look.
    #[serde(default)]
    pub proven: bool,
    /// How many segments the reply takes.
    pub segments: usize,
    /// Everything that was learned of it, in the order of arrival.
    #[serde(rename = "words")]
    pub reported: Vec<Reported>,
    /// What was done under its trace, as far as it was written down together with it: also by which
    /// receipts it was learned.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub steps: Vec<Step>,
    /// Whether the person texted back after it, which proves that it arrived.
    #[serde(default)]
    pub answered: bool,
    /// Whether its failing has been dealt with: by another attempt, or by telling the agent.
    #[serde(default)]
    pub settled: bool,
    /// The provider's name and its id of the message, once known.
    #[serde(default)]
    pub message: Option<String>,
    /// The provider's code, or ours, for what went wrong.
    #[serde(default)]
    pub code: Option<String>,
    /// When it was begun.
    #[serde(with = "jiff::fmt::serde::timestamp::millisecond::required")]
    pub at: Timestamp,
    /// When it should be looked at: what was learned of it cannot wait, or too little was. `None`:
    /// its life is over.
    #[serde(default, with = "jiff::fmt::serde::timestamp::millisecond::optional")]
    pub due_at: Option<Timestamp>,
}

/// Something that was learned of an attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Reported {
    /// Of the message as a whole.
    Whole(Status),
    /// Of a part of it, where the provider reports on parts.
    OfPart {
        /// Which part.
        part: Part,
        /// What was learned of it.
        status: Status,
    },
}

/// Something new about an attempt, to be stored.
#[derive(Clone)]
pub struct StatusUpdate {
    /// The attempt.
    pub attempt: String,
    /// What was learned.
    pub reported: Reported,
    /// The provider and its id of the message, where it gave one.
    pub message: Option<(String, String)>,
    /// The code for what went wrong.
    pub code: Option<String>,
    /// Whether the attempt should be looked at now, and not when it is due.
    pub at_once: bool,
    /// When.
    pub at: Timestamp,
}

/// An attempt that is due to be looked at.
pub struct DueAttempt {
    /// The attempt.
    pub attempt: Attempt,
    version: Version,
}

impl Attempt {
    /// A try to hand over `reply` from `sender` of this provider, begun now.
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
            apart: false,
            opens: false,
            proven: false,
            segments: sms::segments(&reply.body).count,
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

    /// A name for an attempt under this trace, which comes first, so that a receipt tells it. The end
    /// is random, so that two who think about the same conversation never take the other's attempt
    /// for their own.
    pub fn name(trace: &TraceId) -> String {
        format!("{trace}-{}", &Uuid::new_v4().simple().to_string()[..8])
    }

    /// The trace under which an attempt of this [name](Self::name) was made.
    pub fn trace_of(name: &str) -> Option<TraceId> {
        TraceId::parse(name.split('-').next()?)
    }

    /// The message as its provider is handed it.
    pub fn outgoing(&self) -> Outgoing {
        Outgoing {
            attempt: self.id.clone(),
            from: self.from.clone(),
            to: self.to.clone(),
            body: self.reply.body.clone(),
        }
    }

    /// The highest word seen, whatever order they came in. Where a provider reports on parts, the
    /// message is as good as its worst part, and a part of which nothing is known is accepted.
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

    /// The provider's id of the message, once known.
    pub fn message_id(&self) -> Option<&str> {
        self.message.as_deref()?.split_once(':').map(|(_, id)| id)
    }

    /// Whether to look at it now that it has come to this: at once if that speaks against its route, if
    /// nothing was known to speak for it, or if nobody would look for a while.
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
}

impl Attempt {
    /// The route that it went.
    pub fn route(&self) -> Route {
        Route::new(&self.provider, &self.sender, self.to.split().0)
    }

    /// The same attempt, with something more that was learned of it.
    pub fn updated(&self, update: &StatusUpdate) -> Self {
        let mut reported = self.reported.clone();
        reported.push(update.reported);
        let code = update.code.clone().or_else(|| self.code.clone());
        let message = update.message.as_ref().map(|(provider, id)| message_name(provider, id));
        let message = message.or_else(|| self.message.clone());
        Self { reported, code, message, ..self.clone() }
    }

    /// Whether no provider was asked, or a pretended one.
    pub fn is_pretended(&self) -> bool {
        self.to.is_for_tests() || is_pretended(&self.provider)
    }

    /// Notes, as part of a commit, that the person texted back after an attempt, which is looked at now, if at once.
    pub fn note_answer(attempt: &str, at_once: Option<Timestamp>) -> Write {
        let mut set = Fields::none().with("answered", true);
        if let Some(now) = at_once {
            set = set.with("due_at", now.as_millisecond());
        }
        Write::Merge { path: at("attempts", attempt), set, append: vec![] }
    }

    /// Keeps it, as part of a commit.
    pub fn keep(&self) -> Write {
        let begun = self.at.as_millisecond();
        let place = format!("{}{begun:015}-{}", self.conversation.prefix(), self.id);
        let kept = Fields::of(self).expiring(self.at, RECORDS_LIVE).with("place", place);
        Write::Create(at("attempts", &self.id), kept)
    }
}

impl DueAttempt {
    pub(crate) fn decode(document: Document) -> Result<Self, Unavailable> {
        Ok(Self { version: document.version, attempt: document.fields.decode()? })
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
    /// Keeps an attempt that belongs to no conversation, on condition that the person has not
    /// stopped. False if they have: nothing was stored, and nothing may be sent.
    pub async fn begin(&self, attempt: &Attempt) -> Result<bool, Unavailable> {
        let allowed =
            Write::Absent(at("stops", &self.names.person(&attempt.provider, &attempt.to)));
        match self.documents.commit(vec![allowed, attempt.keep()]).await {
            Ok(_) => Ok(true),
            Err(WriteError::Conflict) => Ok(false),
            Err(error) => Err(error.into()),
        }
    }

    /// Writes down what was learned of an attempt.
    pub async fn update_status(&self, update: &StatusUpdate) -> Result<(), Unavailable> {
        self.documents.commit(vec![update.write(&[])]).await?;
        Ok(())
    }

    /// One attempt.
    pub async fn attempt(&self, id: &str) -> Result<Option<Attempt>, Unavailable> {
        // The name comes from an address that anybody may have written.
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

    /// Sets when these attempts are to be looked at next, each unless something has been learned of
    /// it since: it stays due then, so that somebody sees that.
    pub async fn looked_at(
        &self,
        looked: Vec<(DueAttempt, Option<Timestamp>)>,
    ) -> Result<(), Unavailable> {
        let next = looked.into_iter().map(|(DueAttempt { attempt, version }, next)| {
            let due = Fields::none().with("due_at", next.map(Timestamp::as_millisecond));
            Write::Amend(at("attempts", &attempt.id), due, version)
        });
        self.documents.each(next.collect()).await
    }
}

impl LastReply {
    /// When the attempt is to be looked at since the person has answered it now. `None`: when it is
    /// due, which is soon.
    pub(crate) fn look_at(&self, now: Timestamp) -> Option<Timestamp> {
        let waits = self.proven && is_soon(Some(self.at + FIRST_LOOK), now);
        (!waits).then_some(now)
    }
}

impl StatusUpdate {
    /// That a message as a whole has come to this.
    pub fn new(attempt: impl Into<String>, status: Status, at: Timestamp) -> Self {
        let (reported, at_once) = (Reported::Whole(status), speaks_against(status));
        Self { attempt: attempt.into(), reported, message: None, code: None, at_once, at }
    }

    /// What came of handing an attempt over.
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

    /// The provider, where it gave an id.
    pub(crate) fn provider(&self) -> &str {
        self.message.as_ref().map_or("", |(provider, _)| provider)
    }

    /// The write by which the attempt knows, with the steps that showed it.
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
        let append = vec![("words", vec![raw(&self.reported)]), values(shown)];
        Write::Merge { path: at("attempts", &self.attempt), set, append }
    }
}

/// Whether what is written now is seen by a look that comes soon in any case. One that may be under
/// way already does not see it.
fn is_soon(look: Option<Timestamp>, now: Timestamp) -> bool {
    look.is_some_and(|look| now + UNDER_WAY < look && look <= now + FIRST_LOOK)
}

/// Whether somebody should see at once that an attempt has come to this.
fn speaks_against(status: Status) -> bool {
    status.is_failure() || status == Status::Unknown
}

/// That the failing of an attempt has been dealt with.
pub(crate) fn settled(attempt: &str) -> Write {
    let set = Fields::none().with("settled", true);
    Write::Merge { path: at("attempts", attempt), set, append: vec![] }
}

/// What a message is called, which its provider gave this id.
pub(crate) fn message_name(provider: &str, id: &str) -> String {
    format!("{provider}:{id}")
}
