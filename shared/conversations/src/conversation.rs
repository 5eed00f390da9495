//! What is going on between the agent and one person.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use serde_json::{Map, Value};
use sms::Number;
use telemetry::TraceId;

/// What is going on between the agent and one person, whichever number of ours they text.
///
/// Kept as two documents: a small *head*, which an arriving text writes blindly and a turn as a
/// whole, and beside it what was said, which only a turn writes. Neither grows with what strangers
/// send: texts that wait are documents of their own ([`crate::Waiting`]). The conversation that is
/// under way has a number; when it ends it is moved to a document of its own ([`crate::Ended`]) and
/// the next one with the same person gets the next number.
#[derive(Clone, Serialize, Deserialize)]
pub struct Conversation {
    /// The number or sender name of ours that was texted last.
    pub ours: String,
    /// The person's number.
    pub theirs: Number,
    /// Which conversation with this person is under way. The first is 1.
    #[serde(default = "first")]
    pub number: u64,
    /// What was said and done in it so far, in the agent's own words, which the store does not read.
    #[serde(skip)]
    pub turns: Vec<Value>,
    /// The fields collected so far.
    #[serde(skip)]
    pub brief: Map<String, Value>,
    /// How many of the agent's answers it has had.
    #[serde(default)]
    pub answers: u32,
    /// The latest attempt to say something, until the person has texted back.
    #[serde(default)]
    pub last: Option<LastReply>,
    /// Attempts of which a later word says that they failed, and which nobody has dealt with yet.
    #[serde(default)]
    pub failed: Vec<String>,
    /// A reply whose fate is open: it is settled before anything else is done.
    #[serde(default)]
    pub open: Option<Reply>,
    /// How many times in a row the model was asked, or was about to be, about what is waiting.
    #[serde(default)]
    pub tries: u32,
    /// Whether the person was told that they have to wait. They are told once.
    #[serde(default)]
    pub apologised: bool,
    /// When the person was told so last.
    #[serde(
        default,
        skip_serializing_if = "Option::is_none",
        with = "jiff::fmt::serde::timestamp::millisecond::optional"
    )]
    pub sorry_at: Option<Timestamp>,
    /// How many texts the model is asked about one by one, since it refused them together.
    #[serde(default)]
    pub one_by_one: u32,
    /// What counts for and against answering this person, in the words of the turn, which the store
    /// does not read.
    #[serde(default = "nothing")]
    pub counted: Box<RawValue>,
    /// The name of the text that came last, and of the one that was the last when nothing waited.
    #[serde(default)]
    pub(crate) newest: Option<String>,
    #[serde(default)]
    pub(crate) done: Option<String>,
    /// The conversation before the one under way, as far as what follows depends on it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub over: Option<Over>,
    /// That a person of the business has taken over. The agent is silent meanwhile.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub handed_over: Option<HandedOver>,
    /// When it was given back to the agent, which [`crate::Store::give_back`] writes blindly.
    #[serde(
        default,
        skip_serializing_if = "Option::is_none",
        with = "jiff::fmt::serde::timestamp::millisecond::optional"
    )]
    pub given_back_at: Option<Timestamp>,
    /// When a turn should look at it, if nobody wakes one before. `None`: nothing to do.
    #[serde(default, with = "jiff::fmt::serde::timestamp::millisecond::optional")]
    pub due_at: Option<Timestamp>,
    /// When the model may be asked again, whatever wakes the turn before.
    #[serde(default, with = "jiff::fmt::serde::timestamp::millisecond::optional")]
    pub ask_after: Option<Timestamp>,
    /// When the person, being new, may be answered for the first time.
    #[serde(default, with = "jiff::fmt::serde::timestamp::millisecond::optional")]
    pub admitted_at: Option<Timestamp>,
    /// When the person last got an answer of the agent's.
    #[serde(default, with = "jiff::fmt::serde::timestamp::millisecond::optional")]
    pub answered_at: Option<Timestamp>,
    /// When the latest text came.
    #[serde(with = "jiff::fmt::serde::timestamp::millisecond::required")]
    pub at: Timestamp,
    /// When it may be forgotten. Moves with every text.
    #[serde(with = "jiff::fmt::serde::timestamp::millisecond::required")]
    pub expires_at: Timestamp,
}

impl Conversation {
    /// Whether a text waits for a turn.
    pub fn is_waiting(&self) -> bool {
        self.newest != self.done
    }
}

impl Conversation {
    /// Whether a person of the business has taken over, so that the agent says nothing.
    pub fn is_with_person(&self, now: Timestamp) -> bool {
        let handed_over = self.handed_over.as_ref();
        self.given_back_at.is_none() && handed_over.is_some_and(|it| now < it.until)
    }

    /// Whether the conversation under way was over, and goes on.
    pub fn goes_on(&self) -> bool {
        self.over.as_ref().is_some_and(|over| over.number == self.number)
    }
}

fn first() -> u64 {
    1
}

fn nothing() -> Box<RawValue> {
    RawValue::NULL.to_owned()
}

/// A conversation that is over, as far as what follows depends on it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Over {
    /// Which of the person's conversations it was.
    pub number: u64,
    /// How it ended.
    pub ending: String,
    /// Whether the last thing we said in it asks something.
    pub asks: bool,
    /// How many more answers it may have, should the person correct something.
    pub left: u32,
    /// How many results of it have been made.
    pub results: u32,
    /// When it ended.
    #[serde(with = "jiff::fmt::serde::timestamp::millisecond::required")]
    pub at: Timestamp,
}

/// That a person of the business answers, and not the agent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HandedOver {
    /// Since when.
    #[serde(with = "jiff::fmt::serde::timestamp::millisecond::required")]
    pub at: Timestamp,
    /// Until when, unless it is given back before.
    #[serde(with = "jiff::fmt::serde::timestamp::millisecond::required")]
    pub until: Timestamp,
    /// How many texts have been set aside since.
    #[serde(default)]
    pub held: u32,
}

/// An attempt to say something.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LastReply {
    /// The attempt.
    pub attempt: String,
    /// Whether its way was known to work then.
    #[serde(default)]
    pub proven: bool,
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
    /// The number or sender name of ours that they texted.
    #[serde(default)]
    pub ours: String,
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
    /// The attempt that failed for a reason that passes, if that is why it is tried once more.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after: Option<String>,
}

impl Reply {
    /// A text that answers nobody's: sent by hand, or to find out whether it arrives.
    pub fn alone(body: &str, trace: &TraceId, now: Timestamp) -> Self {
        Self {
            body: body.to_owned(),
            via: String::new(),
            ours: String::new(),
            trace: trace.clone(),
            despite_stop: false,
            at: now,
            sending: None,
            refused_by: vec![],
            rounds: 0,
            after: None,
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
