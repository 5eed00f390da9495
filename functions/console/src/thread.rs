//! A conversation as a phone shows it, put together from where its parts are kept.

use agent::Turn as Entry;
use conversations::{Attempt, ConversationId, Ended, Loaded};
use jiff::Timestamp;
use serde::Serialize;
use serde_json::{Map, Value};
use sms::Number;
use telemetry::TraceId;

use crate::api::Delivery;

/// Everything that passed between one of our numbers and one of theirs.
#[derive(Serialize)]
pub(crate) struct Thread {
    id: ConversationId,
    ours: String,
    theirs: Number,
    /// Which conversation of the pair is under way.
    number: u64,
    /// How many answers the agent has given in it.
    answers: u32,
    /// Whether the person has stopped.
    stopped: bool,
    /// How many texts no turn has taken up yet.
    waiting: usize,
    /// Whether a reply is on its way out.
    sending: bool,
    /// How many times in a row the model had nothing to say.
    failures: u32,
    /// What was collected so far.
    brief: Map<String, Value>,
    /// The conversations before this one, earliest first.
    ended: Vec<Over>,
    messages: Vec<Message>,
    attempts: Vec<Delivery>,
}

/// A conversation that is over.
#[derive(Serialize)]
struct Over {
    number: u64,
    ending: String,
    brief: Map<String, Value>,
    at: i64,
}

/// One bubble.
#[derive(Serialize)]
struct Message {
    who: Who,
    text: String,
    at: Option<i64>,
    /// In which conversation of the pair it was said.
    number: u64,
    /// The trace of its turn.
    trace: Option<TraceId>,
    /// What is known of the last attempt at a reply.
    delivery: Option<Delivery>,
}

#[derive(Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
enum Who {
    Person,
    Agent,
    /// Said in the product's own name, without the model.
    Product,
    /// Told to the model alone.
    Note,
}

impl Thread {
    /// A pair of numbers that has not met.
    pub(crate) fn unused(id: &ConversationId, ours: &str, theirs: &Number) -> Self {
        Self {
            id: id.clone(),
            ours: ours.to_owned(),
            theirs: theirs.clone(),
            number: 1,
            answers: 0,
            stopped: false,
            waiting: 0,
            sending: false,
            failures: 0,
            brief: Map::new(),
            ended: vec![],
            messages: vec![],
            attempts: vec![],
        }
    }

    pub(crate) fn of(loaded: &Loaded, ended: &[Ended], attempts: &[Attempt]) -> Self {
        let conversation = &loaded.conversation;
        let before = ended.iter().map(|ended| (ended.number, &ended.turns));
        let now = (conversation.number, &conversation.turns);
        let mut messages: Vec<Message> = before
            .chain([now])
            .flat_map(|(number, turns)| turns.iter().filter_map(move |turn| said(number, turn)))
            .collect();
        assign(&mut messages, attempts);
        messages.extend(conversation.waiting.iter().map(|text| Message {
            trace: Some(text.trace.clone()),
            ..message(Who::Person, &text.body, Some(text.at), conversation.number)
        }));
        let over = |ended: &Ended| Over {
            number: ended.number,
            ending: ended.ending.clone(),
            brief: ended.brief.clone(),
            at: ended.at.as_millisecond(),
        };
        Self {
            number: conversation.number,
            answers: conversation.answers,
            stopped: loaded.stop.is_some(),
            waiting: conversation.waiting.len(),
            sending: conversation.open.is_some(),
            failures: conversation.failures,
            brief: conversation.brief.clone(),
            ended: ended.iter().map(over).collect(),
            messages,
            attempts: attempts.iter().map(Delivery::from).collect(),
            ..Self::unused(&loaded.id, &conversation.ours, &conversation.theirs)
        }
    }
}

/// An entry as a bubble, unless it is between the model and its tools, or of a later version.
fn said(number: u64, turn: &Value) -> Option<Message> {
    match serde_json::from_value(turn.clone()).ok()? {
        Entry::Person { text, at } => Some(message(Who::Person, &text, Some(at), number)),
        Entry::Agent { text, at, .. } => Some(message(Who::Agent, &text?, Some(at), number)),
        Entry::Fixed { text, at } => Some(message(Who::Product, &text, Some(at), number)),
        Entry::Note { text } => Some(message(Who::Note, &text, None, number)),
        Entry::Tool { .. } => None,
    }
}

fn message(who: Who, text: &str, at: Option<Timestamp>, number: u64) -> Message {
    let at = at.map(Timestamp::as_millisecond);
    Message { who, text: text.to_owned(), at, number, trace: None, delivery: None }
}

/// Gives each reply the last attempt at it, and its trace to what it answers.
///
/// An attempt does not say whose reply it is, but a reply is settled before the next one is decided
/// on. So an attempt belongs to the latest reply that is not younger than it.
fn assign(messages: &mut [Message], attempts: &[Attempt]) {
    let mut next_reply: Option<i64> = None;
    let mut trace = None;
    for message in messages.iter_mut().rev() {
        if matches!(message.who, Who::Agent | Who::Product)
            && let Some(decided) = message.at
        {
            let last = attempts.iter().rev().map(Delivery::from).find(|attempt| {
                attempt.at >= decided && next_reply.is_none_or(|next| attempt.at < next)
            });
            next_reply = Some(decided);
            trace = last.as_ref().map(|attempt| attempt.trace.clone());
            message.delivery = last;
        }
        message.trace.clone_from(&trace);
    }
}
