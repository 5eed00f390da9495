//! What lists show of a conversation: its row.
//!
//! A turn writes a row in the commit of what it shows, and never reads it. Each list has a time of its own
//! in the row while the conversation is in that list, so a list is one query however long it is.

use documents::{Fields, Place, Query, Write, at};
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use sms::Number;

use crate::collections::desk;
use crate::id::ConversationId;
use crate::lifetimes::Lifetimes;

/// How long a text may be on its way to an answer before somebody is said to wait.
const IN_TIME: SignedDuration = SignedDuration::from_secs(30);

/// How much of the last words a row has, in characters.
const LAST: usize = 120;

/// How much of a name, a reason or a number of ours.
const SHORT: usize = 60;

/// The row of a conversation, as far as it is known. A row never has words of more than its last message.
#[derive(Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Row {
    /// The person's number.
    pub theirs: Option<Number>,
    /// The number or sender name of ours that they text.
    pub ours: String,
    /// Which conversation with them it is.
    pub number: u64,
    /// Their name, if it was collected.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The last words.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub last: String,
    /// Who said them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub who: Option<Speaker>,
    /// Whose turn it is.
    pub state: Standing,
    /// Why they wait, or why it was handed over. Empty: for no reason that is known. `None`: as before.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub why: Option<String>,
    /// How the last conversation ended.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ending: Option<String>,
    /// The operator who has it.
    pub by: Option<String>,
    /// How many texts have come that no operator has answered, since a person got it.
    pub unread: u32,
    /// Until when they wait, or a person has it.
    #[serde(with = "jiff::fmt::serde::timestamp::millisecond::optional")]
    pub until_at: Option<Timestamp>,
    /// When the last words were said.
    #[serde(
        skip_serializing_if = "Option::is_none",
        with = "jiff::fmt::serde::timestamp::millisecond::optional"
    )]
    pub at: Option<Timestamp>,
    /// Since when somebody waits.
    #[serde(with = "jiff::fmt::serde::timestamp::millisecond::optional")]
    pub waits_at: Option<Timestamp>,
    /// Since when a person of the business has it.
    #[serde(with = "jiff::fmt::serde::timestamp::millisecond::optional")]
    pub ours_at: Option<Timestamp>,
    /// When there was a result that nobody has seen.
    #[serde(
        skip_serializing_if = "Option::is_none",
        with = "jiff::fmt::serde::timestamp::millisecond::optional"
    )]
    pub result_at: Option<Timestamp>,
    /// When anything in it last changed.
    #[serde(
        skip_serializing_if = "Option::is_none",
        with = "jiff::fmt::serde::timestamp::millisecond::optional"
    )]
    pub changed_at: Option<Timestamp>,
    /// When a reply was seen not to arrive.
    #[serde(
        skip_serializing_if = "Option::is_none",
        with = "jiff::fmt::serde::timestamp::millisecond::optional"
    )]
    pub failed_at: Option<Timestamp>,
}

/// Who said something.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Speaker {
    /// The person.
    Person,
    /// The agent.
    Agent,
    /// The product, in its own name.
    Product,
    /// Somebody of the business.
    Business,
}

/// Whose turn it is in a conversation.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Standing {
    /// The person's.
    #[default]
    Theirs,
    /// The agent's, and it is at it.
    Thinking,
    /// Nobody's: the person waits.
    Waiting,
    /// An answer waits for the hours in which the person may be texted.
    Quiet,
    /// A person of the business has it.
    Ours,
    /// It is over.
    Over,
}

/// A list of conversations.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum View {
    /// People who wait for an answer, the longest first.
    Waiting,
    /// What a person of the business has, the latest first.
    HandedOver,
    /// Results that nobody has seen, the latest first.
    NewResults,
    /// Replies that were seen not to arrive, the latest first.
    NotDelivered,
    /// Everything, the latest first.
    #[default]
    All,
}

impl View {
    /// All of them, in the order in which they are shown.
    pub const ALL: [Self; 5] =
        [Self::Waiting, Self::HandedOver, Self::NewResults, Self::NotDelivered, Self::All];

    /// Its name in addresses.
    pub fn name(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::HandedOver => "handed_over",
            Self::NewResults => "new_results",
            Self::NotDelivered => "not_delivered",
            Self::All => "all",
        }
    }

    pub(crate) fn query(self, now: Timestamp, from: Option<Place>, limit: u32) -> Query {
        match self {
            Self::Waiting => self.time().not_after(now - IN_TIME, limit).behind(from),
            _ => self.time().latest(limit).before(from),
        }
    }

    pub(crate) fn time(self) -> documents::Time {
        match self {
            Self::Waiting => desk::WAITS_AT,
            Self::HandedOver => desk::OURS_AT,
            Self::NewResults => desk::RESULT_AT,
            Self::NotDelivered => desk::FAILED_AT,
            Self::All => desk::AT,
        }
    }
}

/// What becomes of a time in a row.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Mark {
    /// It stays as it is, whatever that is.
    #[default]
    Stays,
    /// It begins, or begins anew.
    At(Timestamp),
    /// It ends.
    Ends,
}

/// A row as it should be. What is not known stays as it is: a row is not read before it is written.
#[derive(Clone, Default)]
pub struct RowWrite {
    /// What it shows.
    pub row: Row,
    /// When there was a result.
    pub result: Mark,
    /// When a reply did not arrive.
    pub failed: Mark,
    /// When it is written.
    pub now: Timestamp,
}

impl RowWrite {
    pub(crate) fn write(&self, id: &ConversationId, lifetimes: &Lifetimes) -> Write {
        Write::Merge { path: at("desk", id.as_str()), set: self.set(lifetimes), append: vec![] }
    }

    pub(crate) fn create(&self, id: &ConversationId, lifetimes: &Lifetimes) -> Write {
        Write::Create(at("desk", id.as_str()), self.set(lifetimes))
    }

    fn set(&self, lifetimes: &Lifetimes) -> Fields {
        let row = &self.row;
        let short = |text: &Option<String>, most| text.as_deref().map(|text| cut(text, most));
        let row = Row {
            last: cut(&row.last, LAST),
            ours: cut(&row.ours, SHORT),
            name: short(&row.name, SHORT),
            why: short(&row.why, LAST),
            result_at: None,
            failed_at: None,
            changed_at: Some(self.now),
            ..row.clone()
        };
        let set = Fields::of(&row).expiring(self.now, lifetimes.conversations());
        marked(marked(set, "result_at", self.result), "failed_at", self.failed)
    }
}

fn marked(set: Fields, name: &str, mark: Mark) -> Fields {
    match mark {
        Mark::Stays => set,
        Mark::At(time) => set.with(name, time.as_millisecond()),
        Mark::Ends => set.with(name, Value::Null),
    }
}

fn cut(text: &str, most: usize) -> String {
    let mut words = text.split_whitespace();
    let mut short = words.next().unwrap_or_default().to_owned();
    for word in words {
        if short.chars().count() > most {
            break;
        }
        short.push(' ');
        short.push_str(word);
    }
    match short.char_indices().nth(most) {
        Some((end, _)) => format!("{}…", &short[..end]),
        None => short,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_cut_at_a_character() {
        assert_eq!(cut("  a\n tap  ", 120), "a tap");
        assert_eq!(cut(&"ä".repeat(121), 120), format!("{}…", "ä".repeat(120)));
        assert_eq!(cut(&"ab ".repeat(9_000), 4), "ab a…");
    }
}
