//! What is kept beside the conversations, each in a document of its own.

use std::fmt;

use documents::{Fields, Write, at};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use sms::{Number, Part, Status};
use telemetry::{Step, TraceId};

use crate::ConversationId;
use crate::lifetimes::NOTICES_LIVE;

/// A provider's report, kept as it came.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct StoredReceipt {
    /// The provider's name.
    pub provider: String,
    /// The provider's name and its id of the message.
    pub message: String,
    /// The attempt that the report itself names.
    #[serde(default)]
    pub attempt: Option<String>,
    /// Which part of the message it is about, where the provider reports on parts.
    #[serde(default)]
    pub part: Option<Part>,
    /// What the word means.
    pub status: Status,
    /// The provider's own word.
    pub word: String,
    /// The provider's own code, for a failure.
    #[serde(default)]
    pub code: Option<String>,
    /// Whether it says that the person has stopped.
    #[serde(default)]
    pub opted_out: bool,
    /// When it came.
    #[serde(with = "jiff::fmt::serde::timestamp::millisecond::required")]
    pub at: Timestamp,
    /// When its attempt is looked for again. `None`: it is no attempt of ours.
    #[serde(default, with = "jiff::fmt::serde::timestamp::millisecond::optional")]
    pub due_at: Option<Timestamp>,
}

/// Something that must leave the system, at least once, after the commit that decided on it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Effect {
    /// Its name, by which the receiver can tell a repeat.
    pub id: String,
    /// What caused it.
    pub conversation: ConversationId,
    /// The trace of the turn.
    pub trace: TraceId,
    /// What kind it is: `conversation.finished`, `conversation.handed_over`,
    /// `conversation.updated`.
    pub kind: String,
    /// What is sent.
    pub payload: Value,
    /// How many times it was tried.
    #[serde(default)]
    pub tries: u32,
    /// When it was decided on.
    #[serde(with = "jiff::fmt::serde::timestamp::millisecond::required")]
    pub at: Timestamp,
    /// When to try next.
    #[serde(with = "jiff::fmt::serde::timestamp::millisecond::required")]
    pub due_at: Timestamp,
}

/// A conversation that is over.
#[derive(Clone, Serialize, Deserialize)]
pub struct Ended {
    /// The pair.
    pub conversation: ConversationId,
    /// Which of the pair's conversations it was.
    pub number: u64,
    /// The number or sender name of ours.
    pub ours: String,
    /// The person's number.
    pub theirs: Number,
    /// How it ended: `finished`, `handed_over`, `turn_limit`, `quiet`.
    pub ending: String,
    /// What was collected.
    pub brief: Map<String, Value>,
    /// What was said and done.
    pub turns: Vec<Value>,
    /// When it ended.
    #[serde(with = "jiff::fmt::serde::timestamp::millisecond::required")]
    pub at: Timestamp,
}

/// Something a person should look at.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Notice {
    /// Its name; one of the same name is not stored twice.
    pub id: String,
    /// What happened and what to do, in a sentence without a number or a word of what was said.
    pub sentence: String,
    /// The conversation it is about.
    #[serde(default)]
    pub conversation: Option<ConversationId>,
    /// The trace it is about.
    #[serde(default)]
    pub trace: Option<TraceId>,
    /// The person it is about, where somebody has to go on with them. Shown in the console, and
    /// nowhere else.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub whom: Option<Whom>,
    /// When it happened.
    #[serde(with = "jiff::fmt::serde::timestamp::millisecond::required")]
    pub at: Timestamp,
}

impl Notice {
    /// Keeps it, as part of a commit.
    pub fn keep(&self) -> Write {
        let kept = Fields::of(self).expiring(self.at, NOTICES_LIVE);
        Write::keep(at("notices", &self.id), kept)
    }
}

/// A person, for whoever has to go on with them. `Debug` prints nothing of it.
#[derive(Clone, Serialize, Deserialize)]
pub struct Whom {
    /// Their number.
    pub theirs: Number,
    /// Why somebody has to.
    pub why: String,
    /// What they said last.
    pub said: String,
}

impl fmt::Debug for Whom {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Whom")
    }
}

/// A person's word that they want no more texts, on any of our numbers, by any provider.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Stop {
    /// When they last said so.
    #[serde(with = "jiff::fmt::serde::timestamp::millisecond::required")]
    pub at: Timestamp,
    /// By which provider we know.
    pub provider: String,
    /// Whether they have been told that it is so. They are told once.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub confirmed: bool,
}

impl Stop {
    /// Changes nothing, on condition that the person of these conversations has not stopped.
    pub fn none(id: &ConversationId) -> Write {
        Write::Absent(at("stops", id.person()))
    }
}

/// Everything that happened in one turn.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Trace {
    /// Whose turn it was.
    #[serde(default)]
    pub conversation: Option<ConversationId>,
    /// The trace under which the text was answered, where it was taken up together with others.
    #[serde(default)]
    pub answered_in: Option<TraceId>,
    /// What happened, in order of time.
    #[serde(default)]
    pub steps: Vec<Step>,
}
