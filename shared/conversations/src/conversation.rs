//! The document of one pair of numbers.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use sms::Number;
use telemetry::TraceId;

/// What is going on between one of our numbers and one of theirs.
///
/// The conversation that is under way has a number; when it ends it is moved to a document of its
/// own ([`crate::Ended`]) and the next one between the same pair gets the next number.
#[derive(Clone, Serialize, Deserialize)]
pub struct Conversation {
    /// The number or sender name of ours that is texted.
    pub ours: String,
    /// The person's number.
    pub theirs: Number,
    /// Texts that no turn has taken up yet, in the order they came.
    #[serde(default)]
    pub waiting: Vec<Waiting>,
    /// Which conversation of this pair is under way. The first is 1.
    #[serde(default = "first")]
    pub number: u64,
    /// What was said and done in it so far, in the agent's own words, which the store does not read.
    #[serde(default)]
    pub turns: Vec<Value>,
    /// The fields collected so far.
    #[serde(default)]
    pub brief: Map<String, Value>,
    /// How many of the agent's answers it has had.
    #[serde(default)]
    pub answers: u32,
    /// The latest attempt to say something, until the person has texted back.
    #[serde(default)]
    pub last: Option<Said>,
    /// Attempts of which a later word says that they failed, and which nobody has dealt with yet.
    #[serde(default)]
    pub failed: Vec<String>,
    /// A reply whose fate is open: it is settled before anything else is done.
    #[serde(default)]
    pub open: Option<Reply>,
    /// How many times in a row the model had nothing to say for what is waiting.
    #[serde(default)]
    pub failures: u32,
    /// Whether the person was told so. They are told once.
    #[serde(default)]
    pub apologised: bool,
    /// When a turn should look at it, if nobody wakes one before. `None`: nothing to do.
    #[serde(default, with = "jiff::fmt::serde::timestamp::millisecond::optional")]
    pub due_at: Option<Timestamp>,
    /// When the latest text came.
    #[serde(with = "jiff::fmt::serde::timestamp::millisecond::required")]
    pub at: Timestamp,
    /// When it may be forgotten. Moves with every text.
    #[serde(with = "jiff::fmt::serde::timestamp::millisecond::required")]
    pub expires_at: Timestamp,
}

fn first() -> u64 {
    1
}

/// A text that no turn has taken up yet.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Waiting {
    /// By which provider it came.
    pub provider: String,
    /// The provider's id of it, or ours where it gives none; so that two genuine "yes" stay two.
    pub message: String,
    /// What was said.
    pub body: String,
    /// How many pictures or files came along.
    #[serde(default)]
    pub media: u32,
    /// The trace that it began.
    pub trace: TraceId,
    /// When it arrived here.
    #[serde(with = "jiff::fmt::serde::timestamp::millisecond::required")]
    pub at: Timestamp,
}

/// An attempt to say something.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Said {
    /// The attempt.
    pub attempt: String,
    /// When it was begun.
    #[serde(with = "jiff::fmt::serde::timestamp::millisecond::required")]
    pub at: Timestamp,
}

/// A reply that was decided on and whose fate is open.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reply {
    /// What is said.
    pub body: String,
    /// By which provider the person texted.
    pub via: String,
    /// The trace of the turn.
    pub trace: TraceId,
    /// Whether it may go to a person who has stopped: only the one confirmation of a stop may.
    #[serde(default)]
    pub despite_stop: bool,
    /// When it was decided on. It lives ten minutes from here.
    #[serde(with = "jiff::fmt::serde::timestamp::millisecond::required")]
    pub at: Timestamp,
    /// The attempt that may be under way. `None`: certainly not sent so far, to be tried again.
    pub sending: Option<Sending>,
    /// Providers that refused it since all were last tried, or by which it failed.
    #[serde(default)]
    pub refused_by: Vec<String>,
    /// How many times all providers in turn refused it.
    #[serde(default)]
    pub rounds: u32,
}

impl Reply {
    /// A text that answers nobody's: sent by hand, or to find out whether it arrives.
    pub fn alone(body: &str, trace: &TraceId, now: Timestamp) -> Self {
        Self {
            body: body.to_owned(),
            via: String::new(),
            trace: trace.clone(),
            despite_stop: false,
            at: now,
            sending: None,
            refused_by: vec![],
            rounds: 0,
        }
    }
}

/// The attempt at a reply that may be under way.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sending {
    /// The attempt.
    pub attempt: String,
    /// The provider it is made by.
    pub provider: String,
    /// When it was begun.
    #[serde(with = "jiff::fmt::serde::timestamp::millisecond::required")]
    pub at: Timestamp,
    /// Until when whoever began it may still be at it. Nobody else touches it before.
    #[serde(with = "jiff::fmt::serde::timestamp::millisecond::required")]
    pub until: Timestamp,
}
