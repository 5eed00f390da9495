//! Conversations that are over, each a document of its own under its number.

use documents::{Fields, Path, Write, at};
use jiff::Timestamp;
use money::Amount;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use sms::Number;

use crate::id::ConversationId;
use crate::lifetimes::Lifetimes;

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
    /// The provider through which they texted last.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub via: String,
    /// The kind of reason for which it was handed over, if it was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub why: Option<String>,
    /// How it ended: `finished`, `handed_over`, `turn_limit`, `quiet`.
    pub ending: String,
    /// What was collected.
    pub brief: Map<String, Value>,
    /// What was said and done.
    pub turns: Vec<Value>,
    /// What it cost.
    #[serde(default)]
    pub cost: Amount,
    /// When it ended.
    #[serde(with = "jiff::fmt::serde::timestamp::millisecond::required")]
    pub at: Timestamp,
}

impl Ended {
    pub(crate) fn keep(&self, lifetimes: &Lifetimes) -> Write {
        let (id, number) = (&self.conversation, self.number);
        let place = format!("{}{number:020}", id.prefix());
        let kept = Fields::of(self).expiring(self.at, lifetimes.conversations());
        Write::keep(ended_at(id, number), kept.with("place", place))
    }
}

pub(crate) fn ended_at(id: &ConversationId, number: u64) -> Path {
    at("ended", &format!("{id}-{number}"))
}
