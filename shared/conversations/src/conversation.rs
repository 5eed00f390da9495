//! The state of a conversation between the agent and one person.

use jiff::Timestamp;
use money::Amount;
use policy::Language;
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::value::RawValue;
use serde_json::{Map, Value};
use sms::Number;
use telemetry::TraceId;

use crate::account::Account;
use crate::budget::Reservation;
use crate::by::By;
use crate::codes::{Code, Coded};
use crate::found::name_in;
use crate::tally::{CountedEnd, Met};

/// The state of a conversation between the agent and one person, whichever of our numbers they text.
///
/// Stored as two documents: a small *head*, which an arriving text writes blindly and a turn writes as
/// a whole, and the entries beside it, which only a turn writes. Neither grows with what strangers
/// send: waiting texts are documents of their own ([`crate::Waiting`]). The conversation under way has
/// a number. When it ends, it moves to a document of its own ([`crate::Ended`]), and the next one with
/// the same person gets the next number.
#[derive(Clone, Serialize, Deserialize)]
pub struct Conversation {
    /// Our number or sender name that was texted last.
    pub ours: String,
    /// The person's number.
    pub theirs: Number,
    /// The number of the conversation under way. The first is 1.
    #[serde(default = "first")]
    pub number: u64,
    /// What was said and done so far, in the agent's format, which the store does not read.
    #[serde(skip)]
    pub turns: Vec<Value>,
    /// The fields collected so far.
    #[serde(skip)]
    pub brief: Map<String, Value>,
    /// The person's language, as far as it is known.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "known")]
    pub language: Option<Language>,
    /// How many answers the agent has given.
    #[serde(default)]
    pub answers: u32,
    /// Our latest attempt, until the person has texted back.
    #[serde(default)]
    pub last: Option<LastReply>,
    /// Attempts that were later reported as failed, and whose failure nobody has dealt with yet.
    #[serde(default)]
    pub failed: Vec<String>,
    /// A reply whose outcome is open: it is settled before anything else is done.
    #[serde(default)]
    pub open: Option<Reply>,
    /// How many times in a row the model was asked, or about to be asked, about the waiting texts.
    #[serde(default)]
    pub tries: u32,
    /// Whether the person was told that they have to wait. They are told once.
    #[serde(default)]
    pub apologised: bool,
    /// When the person was last told to wait.
    #[serde(
        default,
        skip_serializing_if = "Option::is_none",
        with = "jiff::fmt::serde::timestamp::millisecond::optional"
    )]
    pub sorry_at: Option<Timestamp>,
    /// How many texts to put to the model one at a time, because it refused them together.
    #[serde(default)]
    pub one_by_one: u32,
    /// What counts for and against answering this person, in the turn's format, which the store does
    /// not read.
    #[serde(default = "nothing")]
    pub counted: Box<RawValue>,
    /// What the person has cost.
    #[serde(default)]
    pub account: Account,
    /// The name of the latest text, and of the text that was the latest when nothing waited.
    #[serde(default)]
    pub(crate) newest: Option<String>,
    #[serde(default)]
    pub(crate) done: Option<String>,
    /// When the person was last counted in the figures.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub met: Option<Met>,
    /// Whether their opt-out was counted there.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub opted_out: bool,
    /// The previous conversation, as far as later turns depend on it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub over: Option<Previous>,
    /// Set while a person of the business has taken over and the agent is silent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub handed_over: Option<HandedOver>,
    /// When it was given back to the agent. An [order](crate::Order) writes it blindly.
    #[serde(
        default,
        skip_serializing_if = "Option::is_none",
        with = "jiff::fmt::serde::timestamp::millisecond::optional"
    )]
    pub given_back_at: Option<Timestamp>,
    /// Since when operators want something of it: see [`crate::Order`]. It is written blindly.
    #[serde(
        default,
        skip_serializing_if = "Option::is_none",
        with = "jiff::fmt::serde::timestamp::millisecond::optional"
    )]
    pub ordered_at: Option<Timestamp>,
    /// The code by which an owner's phone names it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub coded: Option<Coded>,
    /// When codes that are none came from it lately, if it is the conversation of an owner's phone.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub guesses: Vec<Timestamp>,
    /// When a turn should look at it, unless a wake-up comes earlier. `None`: nothing to do.
    #[serde(default, with = "jiff::fmt::serde::timestamp::millisecond::optional")]
    pub due_at: Option<Timestamp>,
    /// When the model may be asked again, whatever wakes the turn earlier.
    #[serde(default, with = "jiff::fmt::serde::timestamp::millisecond::optional")]
    pub ask_after: Option<Timestamp>,
    /// Until when an answer that comes late waits, or waited, for the hours in which the person may be
    /// texted.
    #[serde(
        default,
        skip_serializing_if = "Option::is_none",
        with = "jiff::fmt::serde::timestamp::millisecond::optional"
    )]
    pub quiet_until: Option<Timestamp>,
    /// When a new person may be answered for the first time.
    #[serde(default, with = "jiff::fmt::serde::timestamp::millisecond::optional")]
    pub admitted_at: Option<Timestamp>,
    /// When the agent last answered the person.
    #[serde(default, with = "jiff::fmt::serde::timestamp::millisecond::optional")]
    pub answered_at: Option<Timestamp>,
    /// When the latest text came that a turn has seen.
    #[serde(
        default,
        skip_serializing_if = "Option::is_none",
        with = "jiff::fmt::serde::timestamp::millisecond::optional"
    )]
    pub(crate) seen_at: Option<Timestamp>,
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

    /// Whether its code is this one, and is still understood.
    pub fn has_code(&self, code: &Code, now: Timestamp) -> bool {
        let is_it =
            |coded: &Coded| coded.is(code, now) || coded.code == *code && self.is_with_person(now);
        self.coded.as_ref().is_some_and(is_it)
    }

    /// The operator who has it, if one does, so that the agent says nothing.
    pub fn taken_by(&self, now: Timestamp) -> Option<&By> {
        let handed_over = self.handed_over.as_ref().filter(|_| self.is_with_person(now));
        handed_over?.by.as_ref()
    }

    /// Until when an answer waits for the hours in which the person may be texted, if one does.
    pub fn waits_until(&self, now: Timestamp) -> Option<Timestamp> {
        let is_owed = self.open.is_some() || self.is_waiting();
        self.quiet_until.filter(|until| is_owed && *until > now)
    }

    /// The name that the person has given: in this conversation, or in one before.
    pub fn called(&self) -> Option<String> {
        let before = || self.over.as_ref().and_then(|over| over.called.clone());
        name_in(&self.brief).or_else(before)
    }

    /// Whether the current conversation had ended and continues.
    pub fn goes_on(&self) -> bool {
        self.over.as_ref().is_some_and(|over| over.number == self.number)
    }
}

fn first() -> u64 {
    1
}

/// A language, unless another version wrote one that this one does not know.
fn known<'de, D: Deserializer<'de>>(written: D) -> Result<Option<Language>, D::Error> {
    let code = Option::<String>::deserialize(written)?;
    Ok(code.and_then(|code| Language::of_code(&code)))
}

pub(crate) fn nothing() -> Box<RawValue> {
    RawValue::NULL.to_owned()
}

/// The previous conversation, as far as later turns depend on it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Previous {
    /// Which of the person's conversations it was.
    pub number: u64,
    /// How it ended.
    pub ending: String,
    /// Whether our last words in it ask something.
    pub asks: bool,
    /// How many more answers it may have, should the person correct something.
    pub left: u32,
    /// How many results it has produced.
    pub results: u32,
    /// The name of the first of them. Empty: a version has written it that named it after the conversation
    /// alone.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub result: String,
    /// The name that the person has given, in it or before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub called: Option<String>,
    /// As what its end was counted in the figures.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub counted: Option<CountedEnd>,
    /// When it ended.
    #[serde(with = "jiff::fmt::serde::timestamp::millisecond::required")]
    pub at: Timestamp,
}

/// A person of the business answers instead of the agent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HandedOver {
    /// Since when.
    #[serde(with = "jiff::fmt::serde::timestamp::millisecond::required")]
    pub at: Timestamp,
    /// Until when, unless it is given back earlier.
    #[serde(with = "jiff::fmt::serde::timestamp::millisecond::required")]
    pub until: Timestamp,
    /// How many texts have been set aside since.
    #[serde(default)]
    pub held: u32,
    /// Who has it. `None`: nobody has taken it yet.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<By>,
    /// How many texts have come that no operator has answered.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub unread: u32,
    /// When the first of them came.
    #[serde(
        default,
        skip_serializing_if = "Option::is_none",
        with = "jiff::fmt::serde::timestamp::millisecond::optional"
    )]
    pub unread_at: Option<Timestamp>,
}

impl HandedOver {
    /// The end of one that has none: it lasts until it is given back.
    pub const NEVER: Timestamp = Timestamp::constant(253_370_764_800, 0);

    /// A hand-over at this moment that nobody has taken yet.
    pub fn new(at: Timestamp, until: Timestamp) -> Self {
        Self { at, until, held: 0, by: None, unread: 0, unread_at: None }
    }
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks so")]
fn is_zero(count: &u32) -> bool {
    *count == 0
}

/// Our latest attempt in a conversation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LastReply {
    /// The attempt.
    pub attempt: String,
    /// Whether its route was healthy then.
    #[serde(default)]
    pub proven: bool,
    /// When it was begun.
    #[serde(with = "jiff::fmt::serde::timestamp::millisecond::required")]
    pub at: Timestamp,
}

/// A reply that was decided on and whose outcome is open.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reply {
    /// The text of the reply.
    pub body: String,
    /// The provider that the person texted through.
    pub via: String,
    /// Our number or sender name that they texted.
    #[serde(default)]
    pub ours: String,
    /// The trace of the turn.
    pub trace: TraceId,
    /// Whether it may go to a person who has opted out: only the one confirmation of an opt-out may.
    #[serde(default)]
    pub despite_stop: bool,
    /// When it was decided on. It expires after ten minutes.
    #[serde(with = "jiff::fmt::serde::timestamp::millisecond::required")]
    pub at: Timestamp,
    /// When the latest text came that it answers. `None`: it answers none.
    #[serde(
        default,
        skip_serializing_if = "Option::is_none",
        with = "jiff::fmt::serde::timestamp::millisecond::optional"
    )]
    pub texted_at: Option<Timestamp>,
    /// Until when it waited for the hours in which the person may be texted, if it did.
    #[serde(
        default,
        skip_serializing_if = "Option::is_none",
        with = "jiff::fmt::serde::timestamp::millisecond::optional"
    )]
    pub held_until: Option<Timestamp>,
    /// The attempt that may be under way. `None`: certainly not sent yet, to be tried again.
    pub sending: Option<Sending>,
    /// Providers that refused it since the last full round, or whose attempt failed.
    #[serde(default)]
    pub refused_by: Vec<String>,
    /// How many times all providers in turn have refused it.
    #[serde(default)]
    pub rounds: u32,
    /// The attempt that failed for a temporary reason, if this reply is its one retry.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after: Option<String>,
    /// The most that it may cost: what the turn's cap has left. `None`: it has no bound.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at_most: Option<Amount>,
    /// The operator whose words they are. `None`: the agent's, or the product's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<By>,
    /// Whether it tells an owner's phone of something, which the owner pays for.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub to_owner: bool,
    /// Whether it may go out in the person's quiet hours.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub at_night: bool,
    /// What stays reserved while it is open, for a dearer provider that may have to take over.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kept: Option<Reservation>,
}

impl Reply {
    /// A text that answers nobody: sent by hand, or a test send.
    pub fn alone(body: &str, trace: &TraceId, now: Timestamp) -> Self {
        Self {
            body: body.to_owned(),
            via: String::new(),
            ours: String::new(),
            trace: trace.clone(),
            despite_stop: false,
            at: now,
            texted_at: None,
            held_until: None,
            sending: None,
            refused_by: vec![],
            rounds: 0,
            after: None,
            at_most: None,
            by: None,
            to_owner: false,
            at_night: false,
            kept: None,
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
    /// Until when its process may still be working on it. No other process touches it before.
    #[serde(with = "jiff::fmt::serde::timestamp::millisecond::required")]
    pub until: Timestamp,
}
