//! The agent's page: who the agent is, what it collects, and how much it may say.
//!
//! One Markdown file with YAML front matter, written by the owner. It is read once, at the start,
//! and everything that is wrong with it is reported with its line and what to write instead.

mod front;

use std::fs;

use jiff::SignedDuration;
use jiff::tz::TimeZone;
use settings::{Names, Settings, SettingsError};
use sms::{Provider, Providers};
use thiserror::Error;

use front::{Front, malformed};

/// The page that is built in: takes in a home task for a handyman business.
const HOME_TASK: &str = include_str!("home_task.md");

/// What is left at least for an answer behind the text that goes ahead of the first one, in
/// characters.
const ROOM: usize = 40;

/// What the owner wrote about the agent.
#[derive(Clone, Debug)]
pub struct Page {
    /// Who the agent answers for: the business, as the person knows it.
    pub name: String,
    /// The model, unless `OPENAI_MODEL` says otherwise.
    pub model: String,
    /// After how many turns a conversation ends, whatever the model does.
    pub turns: u32,
    /// How many segments one reply may take.
    pub segments: u32,
    /// How long a reply lives. After that it is not sent any more: an answer to a question that
    /// nobody remembers asking does harm.
    pub reply_life: SignedDuration,
    /// How long a person of the business has a conversation that was handed over, unless they give it
    /// back before.
    pub handover: SignedDuration,
    /// How long after its end a conversation goes on when the person texts again.
    pub grace: SignedDuration,
    /// Where the business is, which decides what "tomorrow" means.
    pub time_zone: TimeZone,
    /// What the agent collects, in the order in which it asks.
    pub fields: Vec<Field>,
    /// What is said in the product's own name, without the model.
    pub texts: Texts,
    /// What its replies are held to.
    pub rules: Rules,
    /// How the agent behaves: the page below its front matter.
    pub instructions: String,
}

/// One thing that the agent collects.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Field {
    /// Its key in the brief: lower case, digits and underscores.
    pub name: String,
    /// What it is, for the model and for whoever reads the result.
    pub description: String,
    /// What counts as a value.
    pub kind: Kind,
    /// Whether the conversation can be finished without it.
    pub required: bool,
}

/// What counts as a value of a [`Field`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Words; a string in the brief.
    Text,
    /// A JSON number in the brief.
    Number,
    /// A day; `2026-11-25` in the brief.
    Date,
    /// `true` or `false` in the brief.
    YesNo,
    /// One of these, as written here.
    Choice(Vec<String>),
}

/// What is said in the product's own name. Each names the business, and is plain already.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Texts {
    /// Goes ahead of the first answer a person ever gets: who answers, that it is a machine, and how
    /// to stop. Carriers ask for it where a number is registered; without it nothing goes ahead.
    pub first: Option<String>,
    /// Confirms a stop; the only text after it.
    pub stop: String,
    /// Confirms that the person is back.
    pub start: String,
    /// Answers HELP.
    pub help: String,
    /// Says that the answer will be late, once.
    pub sorry: String,
    /// Stands for an answer that the model does not give, or may not.
    pub unanswered: String,
}

/// Which rules the replies of an agent are held to: all, unless its page says otherwise.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rules {
    /// It does not deny that it is a machine.
    pub machine: bool,
    /// It does not quote what it was told about its work.
    pub prompt: bool,
    /// It gives no link and no e-mail address with a domain that the page does not name.
    pub links: bool,
    /// It names no price that nobody gave it.
    pub prices: bool,
    /// It names no telephone number that nobody gave it.
    pub numbers: bool,
}

impl Default for Rules {
    fn default() -> Self {
        Self { machine: true, prompt: true, links: true, prices: true, numbers: true }
    }
}

/// A page that cannot be used, by line and with what to write instead.
#[derive(Debug, Error, PartialEq, Eq)]
#[error("line {line}: {problem}")]
pub struct PageError {
    /// Counted from 1, as an editor does.
    pub line: u64,
    /// What is wrong, and what to write instead.
    pub problem: String,
}

impl PageError {
    fn at(line: u64, problem: impl Into<String>) -> Self {
        Self { line, problem: problem.into() }
    }
}

impl Page {
    /// What [`Page::from_settings`] reads.
    pub const SETTINGS: Names = &["AGENT_FILE"];

    /// The page at `AGENT_FILE`, or the one that is built in.
    pub fn from_settings(settings: &Settings) -> Result<Self, SettingsError> {
        let Some(path) = settings.get("AGENT_FILE") else { return Ok(Self::default()) };
        fs::read_to_string(path)
            .map_err(|error| {
                format!("write the path of the agent's page: {path} is not readable: {error}")
            })
            .and_then(|page| Self::parse(&page).map_err(|error| format!("{path}, {error}")))
            .map_err(|problem| SettingsError::Invalid { name: "AGENT_FILE", problem })
    }

    /// Reads a page.
    pub fn parse(page: &str) -> Result<Self, PageError> {
        let page = page.trim_start_matches('\u{feff}').replace("\r\n", "\n");
        // The first fence stays: it starts a YAML document, and keeps the lines where they are.
        let (front, instructions) =
            page.starts_with("---\n").then(|| page.split_once("\n---\n")).flatten().ok_or_else(
                || PageError::at(1, "start the page with its settings between two lines of ---"),
            )?;
        let front: Front = serde_saphyr::from_str(front).map_err(malformed)?;
        let instructions = instructions.trim().to_owned();
        if instructions.is_empty() {
            let end = page.lines().count() as u64;
            return Err(PageError::at(end, "say below the settings how the agent behaves"));
        }
        front.check(instructions)
    }

    /// The same page, if each of these providers carries replies as long as it allows.
    pub fn carried_by(self, providers: &Providers) -> Result<Self, SettingsError> {
        let most = |provider: &dyn Provider| provider.longest().segments();
        let Some(least) = providers.iter().min_by_key(|provider| most(*provider)) else {
            return Ok(self);
        };
        if self.segments as usize <= most(least) {
            return Ok(self);
        }
        let problem = format!(
            "segments is {}, and {} carries no more than {} characters: write segments: {}",
            self.segments,
            least.name(),
            least.longest().plain,
            most(least)
        );
        Err(SettingsError::Invalid { name: "AGENT_FILE", problem })
    }

    /// How many characters the answer of this number may have: all in the GSM-7 alphabet, or any
    /// others.
    ///
    /// One segment holds 160 or 70; several lose some to what joins them again, and the first answer
    /// what goes ahead of it.
    pub fn characters(&self, number: u32) -> (usize, usize) {
        let (plain, wide) = match self.segments as usize {
            1 => (160, 70),
            several => (153 * several, 67 * several),
        };
        let first = self.texts.first.as_ref().filter(|_| number == 1);
        let ahead = first.map_or(0, |first| first.chars().count() + 1);
        (plain.saturating_sub(ahead).max(ROOM), wide.saturating_sub(ahead).max(ROOM))
    }
}

impl Default for Page {
    /// Takes in a home task for a handyman business.
    fn default() -> Self {
        Self::parse(HOME_TASK).expect("the page that is built in is read by a test")
    }
}
