//! A conversation as a phone shows it, assembled from its parts in the store.

use agent::Turn as Entry;
use conversations::{
    Conversation, ConversationId, Ended, Loaded, SetAside, Store, Unavailable, Waiting,
};
use jiff::Timestamp;
use money::Amount;
use serde::Serialize;
use serde_json::{Map, Value};
use sms::Number;
use telemetry::TraceId;

use crate::delivery::Delivery;

/// All messages between the agent and one person.
#[derive(Serialize)]
pub(crate) struct Thread {
    pub(crate) id: ConversationId,
    pub(crate) ours: String,
    pub(crate) theirs: Number,
    /// The number of the current conversation with them.
    pub(crate) number: u64,
    /// How many answers the agent has given in it.
    pub(crate) answers: u32,
    /// Whether the person has opted out. Not known while their number is blocked.
    pub(crate) stopped: bool,
    /// Since when their number is blocked, if it is.
    pub(crate) blocked: Option<Blocked>,
    /// Until when a person of the business has it, and the agent is silent.
    pub(crate) with_person_until: Option<i64>,
    /// Until when an answer waits for the hours in which the person may be texted.
    pub(crate) waits_until: Option<i64>,
    /// How many texts no turn has taken up yet.
    pub(crate) waiting: usize,
    /// Whether a reply is on its way out.
    pub(crate) sending: bool,
    /// How many attempts in a row the model has had at the waiting texts.
    pub(crate) tries: u32,
    /// What it has cost so far.
    pub(crate) cost: String,
    /// The brief so far.
    pub(crate) brief: Map<String, Value>,
    /// The conversations before this one, earliest first.
    pub(crate) ended: Vec<Over>,
    pub(crate) messages: Vec<Message>,
    pub(crate) attempts: Vec<Delivery>,
}

/// A number that the owner has blocked.
#[derive(Serialize)]
pub(crate) struct Blocked {
    pub(crate) at: i64,
    /// How many texts have come from it since.
    pub(crate) texts: u64,
}

impl Blocked {
    /// Nothing if the number is not blocked.
    pub(crate) async fn of(store: &Store, loaded: &Loaded) -> Result<Option<Self>, Unavailable> {
        let Some(block) = loaded.stop.as_ref().filter(|_| loaded.blocked) else { return Ok(None) };
        let texts = store.blocked_texts(&loaded.conversation.theirs).await?;
        Ok(Some(Self { at: block.at.as_millisecond(), texts }))
    }
}

/// A conversation that is over.
#[derive(Serialize)]
pub(crate) struct Over {
    pub(crate) number: u64,
    pub(crate) ending: String,
    /// What it cost.
    pub(crate) cost: String,
    pub(crate) brief: Map<String, Value>,
    pub(crate) at: i64,
}

/// One bubble.
#[derive(Serialize)]
pub(crate) struct Message {
    pub(crate) who: Who,
    pub(crate) text: String,
    /// A note has no time of its own, and takes that of the entry before it.
    pub(crate) at: i64,
    /// The number of its conversation.
    pub(crate) number: u64,
    /// Why it is not answered, in a word, if so.
    pub(crate) aside: Option<String>,
    /// The operator who wrote it, if that is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) by: Option<String>,
    /// Why it was not sent, if it was not.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) not_sent: Option<String>,
    /// The trace of its turn.
    pub(crate) trace: Option<TraceId>,
    /// The status of the last attempt at a reply.
    pub(crate) delivery: Option<Delivery>,
}

#[derive(Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Who {
    Person,
    Agent,
    /// A fixed text in the product's own name, without the model.
    Product,
    /// From a person of the business.
    Business,
    /// A note for the model only.
    Note,
    /// An operator corrected what was collected.
    Corrected,
}

impl Thread {
    /// The thread of somebody who has never texted.
    pub(crate) fn unused(id: &ConversationId, ours: &str, theirs: &Number) -> Self {
        Self {
            id: id.clone(),
            ours: ours.to_owned(),
            theirs: theirs.clone(),
            number: 1,
            answers: 0,
            stopped: false,
            blocked: None,
            with_person_until: None,
            waits_until: None,
            waiting: 0,
            sending: false,
            tries: 0,
            cost: Amount::ZERO.to_string(),
            brief: Map::new(),
            ended: vec![],
            messages: vec![],
            attempts: vec![],
        }
    }

    pub(crate) fn of(
        loaded: &Loaded,
        ended: &[Ended],
        set_aside: &[SetAside],
        attempts: Vec<Delivery>,
        blocked: Option<Blocked>,
        at: Timestamp,
    ) -> Self {
        let conversation = &loaded.conversation;
        let before = ended.iter().map(|ended| (ended.number, &ended.turns));
        let now = (conversation.number, &conversation.turns);
        let mut messages: Vec<Message> =
            before.chain([now]).flat_map(|(number, turns)| said(number, turns)).collect();
        assign(&mut messages, &attempts);
        let said_by_person = |text: &Waiting| Message {
            trace: Some(text.trace.clone()),
            ..message(Who::Person, &text.body, text.at.as_millisecond(), conversation.number)
        };
        messages.extend(loaded.waiting.iter().map(said_by_person));
        messages.extend(set_aside.iter().map(|SetAside { text, why }| Message {
            number: before_or_now(ended, text.at, conversation.number),
            aside: Some(why.clone()),
            ..said_by_person(text)
        }));
        // As on a phone. A text that came while the agent was thinking is taken up after its reply.
        messages.sort_by_key(|message| (message.number, message.at));
        let over = |ended: &Ended| Over {
            number: ended.number,
            ending: ended.ending.clone(),
            cost: ended.cost.to_string(),
            brief: ended.brief.clone(),
            at: ended.at.as_millisecond(),
        };
        Self {
            number: conversation.number,
            answers: conversation.answers,
            stopped: loaded.stop.is_some() && !loaded.blocked,
            with_person_until: with_person_until(conversation, at),
            waits_until: conversation.waits_until(at).map(Timestamp::as_millisecond),
            waiting: loaded.waiting.len(),
            sending: conversation.open.is_some(),
            tries: conversation.tries,
            cost: conversation.account.cost.to_string(),
            brief: conversation.brief.clone(),
            ended: ended.iter().map(over).collect(),
            messages,
            attempts,
            blocked,
            ..Self::unused(&loaded.id, &conversation.ours, &conversation.theirs)
        }
    }
}

fn with_person_until(conversation: &Conversation, now: Timestamp) -> Option<i64> {
    let handed_over =
        conversation.handed_over.as_ref().filter(|_| conversation.is_with_person(now));
    Some(handed_over?.until.as_millisecond())
}

/// The entries of a conversation as bubbles, except those between the model and its tools, and
/// those of a later version.
fn said(number: u64, turns: &[Value]) -> Vec<Message> {
    let mut last = 0;
    let entries = turns.iter().filter_map(|turn| serde_json::from_value(turn.clone()).ok());
    let bubble = |entry| {
        let bubble = |who, text: &str, at: Option<Timestamp>| {
            message(who, text, at.map_or(0, Timestamp::as_millisecond), number)
        };
        let shown = match entry {
            Entry::Person { text, at } | Entry::Unanswered { text, at } => {
                bubble(Who::Person, &text, Some(at))
            }
            Entry::Agent { text, at, .. } => bubble(Who::Agent, &text?, Some(at)),
            Entry::Fixed { text, at } | Entry::Told { text, at } => {
                bubble(Who::Product, &text, Some(at))
            }
            Entry::ByHand { text, at, by } => {
                Message { by, ..bubble(Who::Business, &text, Some(at)) }
            }
            Entry::NotSent { text, by, why, at } => {
                let who = if by.is_empty() { Who::Agent } else { Who::Business };
                let by = Some(by).filter(|by| !by.is_empty());
                Message { by, not_sent: Some(why), ..bubble(who, &text, Some(at)) }
            }
            Entry::Corrected { field, value, by, at } => {
                let value = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
                let text = format!("{}: {value}", field.replace('_', " "));
                Message { by: Some(by), ..bubble(Who::Corrected, &text, Some(at)) }
            }
            Entry::Note { text } => Message { at: last, ..bubble(Who::Note, &text, None) },
            Entry::Tool { .. } => return None,
        };
        last = shown.at;
        Some(shown)
    };
    entries.filter_map(bubble).collect()
}

fn message(who: Who, text: &str, at: i64, number: u64) -> Message {
    Message {
        who,
        text: text.to_owned(),
        at,
        number,
        aside: None,
        by: None,
        not_sent: None,
        trace: None,
        delivery: None,
    }
}

/// The number of the conversation that was under way at a moment.
fn before_or_now(ended: &[Ended], at: Timestamp, number: u64) -> u64 {
    ended.iter().find(|ended| at < ended.at).map_or(number, |ended| ended.number)
}

/// Gives each reply its last attempt, and its trace to the texts that it answers.
///
/// An attempt does not name its reply, but a reply is settled before the next one is decided on. So
/// an attempt belongs to the latest reply that is not younger than it.
fn assign(messages: &mut [Message], attempts: &[Delivery]) {
    let mut next_reply: Option<i64> = None;
    let mut trace = None;
    for message in messages.iter_mut().rev() {
        let is_ours = matches!(message.who, Who::Agent | Who::Product | Who::Business);
        if is_ours && message.not_sent.is_none() {
            let last = attempts.iter().rev().find(|attempt| {
                attempt.at >= message.at && next_reply.is_none_or(|next| attempt.at < next)
            });
            next_reply = Some(message.at);
            trace = last.map(|attempt| attempt.trace.clone());
            message.delivery = last.cloned();
        }
        message.trace.clone_from(&trace);
    }
}
