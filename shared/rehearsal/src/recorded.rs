//! A conversation as it was recorded.

use std::str::FromStr;

use agent::Turn;
use conversations::{Attempt, Conversation, Ended};
use jiff::{SignedDuration, Timestamp};
use money::Amount;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::{Map, Value};
use sms::Number;
use thiserror::Error;

use crate::masked::Masks;
use crate::outcome::Outcome;
use crate::steps::{Step, steps};

/// The version of a file.
const VERSION: u32 = 1;

/// Within how long a reply goes out after the agent began to answer.
const SOON: SignedDuration = SignedDuration::from_mins(10);

/// The ending of a conversation that has none yet.
const OPEN: &str = "open";

/// A conversation as it was recorded, and the content of a test file.
#[derive(Clone, Serialize, Deserialize)]
pub struct Recorded {
    /// The version of the file.
    version: u32,
    /// The person's number.
    pub person: Number,
    /// Which of the person's conversations it was.
    pub number: u64,
    /// How it ended, or `open`.
    pub ending: String,
    /// What was collected.
    pub brief: Map<String, Value>,
    /// What the model charged for it, if that is still known.
    #[serde(default, serialize_with = "write", deserialize_with = "read")]
    pub model_cost: Option<Amount>,
    /// When it ended, or its last text came.
    pub at: Timestamp,
    /// What was said and done.
    turns: Vec<Value>,
}

/// A file that is no recorded conversation.
#[derive(Debug, Error)]
pub enum FileError {
    /// It is something else.
    #[error("this is no conversation that the console saved as a test: {0}")]
    Form(#[from] serde_json::Error),
    /// A later version has written it.
    #[error("version {0} of textback's test files is newer than this program: update it")]
    Version(u32),
}

impl Recorded {
    /// A conversation that is over. `attempts` are those of its person, as far as they are kept.
    pub fn of(ended: &Ended, attempts: &[Attempt]) -> Self {
        let Ended { number, theirs, ending, brief, turns, cost, at, .. } = ended;
        Self {
            version: VERSION,
            person: theirs.clone(),
            number: *number,
            ending: ending.clone(),
            brief: brief.clone(),
            model_cost: of_model(*cost, turns, *at, attempts),
            at: *at,
            turns: turns.clone(),
        }
    }

    /// The conversation under way, or nothing if the agent has said nothing in it.
    pub fn under_way(conversation: &Conversation, attempts: &[Attempt]) -> Option<Self> {
        let Conversation { number, theirs, brief, turns, account, at, .. } = conversation;
        (conversation.answers > 0).then(|| Self {
            version: VERSION,
            person: theirs.clone(),
            number: *number,
            ending: OPEN.to_owned(),
            brief: brief.clone(),
            model_cost: of_model(account.cost, turns, Timestamp::MAX, attempts),
            at: *at,
            turns: turns.clone(),
        })
    }

    /// Reads a file.
    pub fn parse(file: &str) -> Result<Self, FileError> {
        #[derive(Deserialize)]
        struct Versioned {
            version: u32,
        }
        let Versioned { version } = serde_json::from_str(file)?;
        if version > VERSION {
            return Err(FileError::Version(version));
        }
        Ok(serde_json::from_str(file)?)
    }

    /// The file, in which every telephone number is replaced by one that nobody has, the same by the
    /// same. Names and addresses stay: they are what is tested.
    pub fn as_file(&self) -> String {
        let mut masks = Masks::of(&self.person);
        let mut masked = self.clone();
        masked.person = masks.person();
        for value in masked.brief.values_mut().chain(&mut masked.turns) {
            masks.replace(value);
        }
        serde_json::to_string_pretty(&masked).expect("a conversation is plain data") + "\n"
    }

    /// Its turns, as they came.
    pub(crate) fn steps(&self) -> Vec<Step> {
        // An entry of a later version is left out, as everywhere.
        let entries = self.turns.iter().filter_map(|it| Turn::deserialize(it).ok());
        steps(entries)
    }

    /// How much the model reads for each answer, in bytes, beside the prompt.
    pub fn sizes(&self) -> impl Iterator<Item = usize> {
        let mut before = 0;
        let sizes = self.steps().into_iter().filter_map(move |step| {
            let size = |turns: &[Turn]| serde_json::to_string(turns).map_or(0, |json| json.len());
            let read = before + size(&step.before) + size(&step.texts);
            before = read + size(&step.then);
            step.asks().then_some(read)
        });
        sizes.collect::<Vec<_>>().into_iter()
    }

    /// What came of it.
    pub fn outcome(&self) -> Outcome {
        let ending = if self.ending == OPEN { "quiet" } else { self.ending.as_str() };
        Outcome::of_steps(&self.steps(), ending, self.brief.clone(), self.model_cost)
    }
}

/// What the model charged: what the conversation cost, without the texts. Attempts are kept for a shorter
/// time than conversations.
fn of_model(
    cost: Amount,
    turns: &[Value],
    until: Timestamp,
    attempts: &[Attempt],
) -> Option<Amount> {
    let at = |turn: &Value| turn["at"].as_str()?.parse::<Timestamp>().ok();
    let since = turns.iter().find_map(at)?;
    let first_said = turns.iter().find(|it| it["kind"] == "agent").and_then(at)?;
    // The last reply is decided on a moment after the end.
    let is_over = |at: Timestamp| at.duration_since(until) > SignedDuration::from_secs(1);
    let of_it = |it: &&Attempt| !it.detached && since <= it.reply.at && !is_over(it.reply.at);
    let mut texts = attempts.iter().filter(of_it).peekable();
    // The first of them may be gone already.
    texts.peek().filter(|it| it.reply.at.duration_since(first_said).abs() < SOON)?;
    let texts = texts.map(|it| it.cost).fold(Amount::ZERO, Amount::saturating_add);
    Some(cost.saturating_sub(texts).max(Amount::ZERO))
}

fn write<S: Serializer>(cost: &Option<Amount>, serializer: S) -> Result<S::Ok, S::Error> {
    cost.map(|cost| cost.to_string()).serialize(serializer)
}

fn read<'de, D: Deserializer<'de>>(written: D) -> Result<Option<Amount>, D::Error> {
    let written = Option::<String>::deserialize(written)?;
    written.map(|it| Amount::from_str(&it).map_err(serde::de::Error::custom)).transpose()
}
