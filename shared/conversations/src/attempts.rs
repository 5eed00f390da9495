//! Attempts, each with a life of its own: begun before its request leaves, and looked at until
//! nothing more is to be learned of it.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::json;
use sms::{Number, Outgoing, Part, SendError, Status};
use telemetry::TraceId;
use uuid::Uuid;

use crate::documents::{Document, Unavailable, Version, Write, WriteError};
use crate::store::{RECORDS_LIVE, at, expiring, fields, message_name, object, read};
use crate::{ConversationId, Reply, Store};

/// How long after an attempt was begun it is looked at for the first time, if nothing was heard.
const FIRST_LOOK: SignedDuration = SignedDuration::from_secs(60);

/// One try to hand a reply to one provider. Stored before its request leaves.
#[derive(Clone, Serialize, Deserialize)]
pub struct Attempt {
    /// Its name: the trace, a dash, a number; or that of a trial ([`crate::Names::trial`]).
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
    /// How many segments the reply takes.
    pub segments: usize,
    /// Everything that was learned of it, in the order of arrival.
    pub words: Vec<Word>,
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
    /// When it should be looked at: something was learned of it, or too little. `None`: its life is
    /// over.
    #[serde(default, with = "jiff::fmt::serde::timestamp::millisecond::optional")]
    pub due_at: Option<Timestamp>,
}

/// Something that was learned of an attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Word {
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
pub struct Learned {
    /// The attempt.
    pub attempt: String,
    /// What was learned.
    pub word: Word,
    /// The provider and its id of the message, where it gave one.
    pub message: Option<(String, String)>,
    /// The code for what went wrong.
    pub code: Option<String>,
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
            segments: sms::segments(&reply.body).count,
            reply,
            words: vec![Word::Whole(Status::Sending)],
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
        let failed = |word: &Word| word.status().is_failure();
        let contradicts = |part| {
            let delivered = self.words_of(Some(part)).any(|status| status == Status::Delivered);
            delivered && self.words_of(Some(part)).any(Status::is_failure)
        };
        (self.status() == Status::Delivered && self.words.iter().any(failed))
            || self.parts().into_iter().any(contradicts)
    }

    /// The provider's id of the message, once known.
    pub fn message_id(&self) -> Option<&str> {
        self.message.as_deref()?.split_once(':').map(|(_, id)| id)
    }

    fn words_of(&self, part: Option<Part>) -> impl Iterator<Item = Status> {
        self.words.iter().filter_map(move |word| match word {
            Word::Whole(status) => part.is_none().then_some(*status),
            Word::OfPart { part: its, status } => (part == Some(*its)).then_some(*status),
        })
    }

    fn highest(&self, part: Option<Part>) -> Status {
        self.words_of(part).max().unwrap_or(Status::Sending)
    }

    fn parts(&self) -> Vec<Part> {
        let mut parts: Vec<_> = self
            .words
            .iter()
            .filter_map(|word| match word {
                Word::OfPart { part, .. } => Some(*part),
                Word::Whole(_) => None,
            })
            .collect();
        parts.sort_unstable();
        parts.dedup();
        parts
    }
}

impl DueAttempt {
    pub(crate) fn read(document: Document) -> Result<Self, Unavailable> {
        Ok(Self { version: document.version, attempt: read(document)? })
    }
}

impl Word {
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
            .field("words", &self.words)
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
        match self.documents.commit(vec![allowed, keep_attempt(attempt)]).await {
            Ok(_) => Ok(true),
            Err(WriteError::Conflict) => Ok(false),
            Err(error) => Err(error.into()),
        }
    }

    /// Writes down what was learned of an attempt.
    pub async fn learn(&self, learned: &Learned) -> Result<(), Unavailable> {
        self.documents.commit(vec![learned.write()]).await?;
        Ok(())
    }

    /// One attempt.
    pub async fn attempt(&self, id: &str) -> Result<Option<Attempt>, Unavailable> {
        // The name comes from an address that anybody may have written.
        let sound = (1..=64).contains(&id.len())
            && id.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
        match sound {
            true => self.get_one(at("attempts", id)).await?.map(read).transpose(),
            false => Ok(None),
        }
    }

    /// Sets when an attempt is to be looked at next. Changes nothing if something has been learned
    /// of it since: then it is due already.
    pub async fn looked_at(
        &self,
        due: DueAttempt,
        next: Option<Timestamp>,
    ) -> Result<(), Unavailable> {
        let DueAttempt { attempt, version } = due;
        let attempt = Attempt { due_at: next, ..attempt };
        let fields = expiring(fields(&attempt), attempt.at, RECORDS_LIVE);
        let path = at("attempts", &attempt.id);
        match self.documents.commit(vec![Write::Replace(path, fields, version)]).await {
            Ok(_) | Err(WriteError::Conflict) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }
}

impl Learned {
    /// That a message as a whole has come to this.
    pub fn new(attempt: impl Into<String>, status: Status, at: Timestamp) -> Self {
        let word = Word::Whole(status);
        Self { attempt: attempt.into(), word, message: None, code: None, at }
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
        let code = code.map(str::to_owned);
        Self { message, code, ..Self::new(&attempt.id, status, at) }
    }

    pub(crate) fn write(&self) -> Write {
        let mut set = object(json!({ "due_at": self.at.as_millisecond() }));
        if let Some((provider, id)) = &self.message {
            set.insert("message".into(), message_name(provider, id).into());
        }
        if let Some(code) = &self.code {
            set.insert("code".into(), code.as_str().into());
        }
        let words = vec![serde_json::to_value(self.word).unwrap_or_default()];
        Write::Merge { path: at("attempts", &self.attempt), set, append: vec![("words", words)] }
    }
}

/// That the person texted back after an attempt.
pub(crate) fn answered(attempt: &str, now: Timestamp) -> Write {
    let set = object(json!({ "answered": true, "due_at": now.as_millisecond() }));
    Write::Merge { path: at("attempts", attempt), set, append: vec![] }
}

/// That the failing of an attempt has been dealt with.
pub(crate) fn settled(attempt: &str) -> Write {
    let set = object(json!({ "settled": true }));
    Write::Merge { path: at("attempts", attempt), set, append: vec![] }
}

pub(crate) fn keep_attempt(attempt: &Attempt) -> Write {
    let fields = expiring(fields(attempt), attempt.at, RECORDS_LIVE);
    Write::Create(at("attempts", &attempt.id), fields)
}
