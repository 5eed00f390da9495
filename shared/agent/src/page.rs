//! The agent's page: who the agent is, what it collects, and how much it may say.
//!
//! One Markdown file with YAML front matter, written by the owner. It is read once, at the start, and
//! whatever is wrong with it is reported with its line and what to write instead.

mod expected;
mod front;
mod texts;
mod words;

use std::collections::BTreeMap;
use std::{fs, iter};

use hours::{OpeningHours, QuietHours};
use jiff::SignedDuration;
use jiff::tz::TimeZone;
use policy::Language;
use serde::Deserialize;
use settings::{Names, Settings, SettingsError};
use sha2::{Digest as _, Sha256};
use sms::{Provider, Providers};
use thiserror::Error;

use front::{Front, malformed};

use crate::expect::Expect;

/// The built-in page: takes home tasks for a handyman business.
const HOME_TASK: &str = include_str!("home_task.md");

/// The least room for an answer after the text in front of the first one, in characters.
const ROOM: usize = 40;

/// How much of a hash tells the versions of a page apart.
const VERSION_BYTES: usize = 6;

/// The owner's description of the agent.
#[derive(Clone, Debug)]
pub struct Page {
    /// Which page it is: the same for the same words, and another after any change.
    pub version: String,
    /// The business that the agent answers for, as the person knows it.
    pub name: String,
    /// The model, unless `OPENAI_MODEL` says otherwise.
    pub model: String,
    /// After how many turns a conversation ends, whatever the model does.
    pub turns: u32,
    /// How many segments one reply may take.
    pub segments: u32,
    /// How long a reply lives. After that it is not sent any more: an answer to a question that nobody
    /// remembers asking does harm.
    pub reply_life: SignedDuration,
    /// How long an answer is still one to a text that was just received. After that it is late, and waits
    /// for the hours in which the person may be texted.
    pub late: SignedDuration,
    /// The hours in which nobody is texted unless they are answered, in place of `QUIET_HOURS`.
    pub quiet_hours: Option<QuietHours>,
    /// How long a handed-over conversation stays with a person of the business, unless they give it
    /// back earlier.
    pub handover: SignedDuration,
    /// How long after its end a conversation continues if the person texts again.
    pub grace: SignedDuration,
    /// The time zone of the business, which decides what "tomorrow" means.
    pub time_zone: TimeZone,
    /// When somebody of the business is there, by its time zone.
    pub opening: Option<OpeningHours>,
    /// The fields that the agent collects, in the order of its questions.
    pub fields: Vec<Field>,
    /// The only language that the agent answers in. `None`: that of the person.
    pub language: Option<Language>,
    /// The language that it records in, for those who read the result.
    pub brief_language: Language,
    /// The page's own language: `language`, or the one that its texts are written in.
    pub own_language: Language,
    /// The fixed texts in the page's own language, sent without the model.
    pub texts: Texts,
    /// The same in other languages, if the agent answers in more than one.
    pub translations: BTreeMap<Language, Texts>,
    /// The rules for its replies.
    pub rules: Rules,
    /// What `rehearse` must not lose.
    pub expect: Expect,
    /// The agent's instructions: the page below its front matter.
    pub instructions: String,
}

/// A field that the agent collects.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Field {
    /// Its key in the brief: lower case, digits and underscores.
    pub name: String,
    /// Its meaning, for the model and for readers of the result.
    pub description: String,
    /// The kind of value.
    pub kind: Kind,
    /// Whether the conversation can be finished without it.
    pub required: bool,
}

/// The kind of value of a [`Field`].
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

/// The fixed texts in one language. Each names the business, and is plain text already.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Texts {
    /// Precedes the first answer a person ever gets: who answers, that it is a machine, and how to opt
    /// out. Carriers require it where a number is registered; without it nothing precedes the answer.
    pub first: Option<String>,
    /// Confirms an opt-out; the only text after it.
    pub stop: String,
    /// Confirms that the person has opted in again.
    pub start: String,
    /// Answers HELP.
    pub help: String,
    /// Says, once, that the answer will be late.
    pub sorry: String,
    /// Replaces an answer that the model does not give, or may not.
    pub unanswered: String,
    /// Says that the answer comes later, since no more may be spent today.
    pub later: String,
}

impl Texts {
    /// All of them, each with its key on the page.
    pub fn by_key(&self) -> impl Iterator<Item = (&'static str, &str)> {
        let Self { first, stop, start, help, sorry, unanswered, later } = self;
        let always = [
            ("stop", stop),
            ("start", start),
            ("help", help),
            ("sorry", sorry),
            ("unanswered", unanswered),
            ("later", later),
        ];
        let first = first.iter().map(|first| ("first", first));
        first.chain(always).map(|(key, text)| (key, text.as_str()))
    }
}

/// The rules for the replies of an agent: all of them, unless its page says otherwise.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rules {
    /// It does not deny that it is a machine.
    pub machine: bool,
    /// It does not quote its instructions.
    pub prompt: bool,
    /// It gives no link or e-mail address with a domain that the page does not name.
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

/// A page that cannot be used: the line, and what to write instead.
#[derive(Debug, Error, PartialEq, Eq)]
#[error("line {line}: {problem}")]
pub struct PageError {
    /// The line, counted from 1.
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
    /// The setting that names the file.
    pub const FILE: &str = Self::SETTINGS[0];

    /// What [`Page::from_settings`] reads.
    pub const SETTINGS: Names = &["AGENT_FILE"];

    /// The page at `AGENT_FILE`, or the built-in one.
    pub fn from_settings(settings: &Settings) -> Result<Self, SettingsError> {
        let Some(path) = settings.get("AGENT_FILE") else { return Ok(Self::default()) };
        fs::read_to_string(path)
            .map_err(|error| {
                format!("write the path of the agent's page: {path} is not readable: {error}")
            })
            .and_then(|page| Self::parse(&page).map_err(|error| format!("{path}, {error}")))
            .map_err(|problem| SettingsError::Invalid { name: "AGENT_FILE", problem })
    }

    /// Parses a page.
    pub fn parse(page: &str) -> Result<Self, PageError> {
        let page = page.trim_start_matches('\u{feff}').replace("\r\n", "\n");
        // The first fence stays: it starts a YAML document, and keeps the line numbers.
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
        front.check(instructions, version_of(&page))
    }

    /// The same page, if each of these providers can send replies as long as it allows.
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

    /// The same page for a business that is open at these hours, if it says so.
    pub fn open(self, opening: Option<OpeningHours>) -> Result<Self, SettingsError> {
        if opening.is_some() && self.time_zone == TimeZone::UTC {
            let problem = "write the time_zone of the business, as America/New_York or Europe/Berlin: the \
                           hours in BUSINESS_FILE are by its clock";
            return Err(SettingsError::Invalid { name: "AGENT_FILE", problem: problem.into() });
        }
        Ok(Self { opening, ..self })
    }

    /// The fixed texts for a person of this language, as far as it is known.
    pub fn texts_in(&self, language: Option<Language>) -> &Texts {
        let translated = language.and_then(|language| self.translations.get(&language));
        translated.unwrap_or(&self.texts)
    }

    /// The fixed texts in each language, the page's own first.
    pub fn texts_by_language(&self) -> impl Iterator<Item = (Language, &Texts)> {
        let others = self.translations.iter().map(|(language, texts)| (*language, texts));
        iter::once((self.own_language, &self.texts)).chain(others)
    }

    /// The maximum characters of the answer with this number to a person of this language: in the GSM-7
    /// alphabet, and in others.
    ///
    /// One segment holds 160 or 70; several lose some to the header that joins them, and the first
    /// answer loses some to the text in front of it.
    pub fn characters(&self, number: u32, language: Option<Language>) -> (usize, usize) {
        self.characters_in(self.segments, number, language)
    }

    /// The same in so many segments.
    pub(crate) fn characters_in(
        &self,
        segments: u32,
        number: u32,
        language: Option<Language>,
    ) -> (usize, usize) {
        let (plain, wide) = match segments as usize {
            1 => (160, 70),
            several => (153 * several, 67 * several),
        };
        let first = self.texts_in(language).first.as_ref().filter(|_| number == 1);
        let ahead = first.map_or(0, |first| first.chars().count() + 1);
        (plain.saturating_sub(ahead).max(ROOM), wide.saturating_sub(ahead).max(ROOM))
    }
}

/// The beginning of a hash, short enough to be read out.
fn version_of(page: &str) -> String {
    Sha256::digest(page)[..VERSION_BYTES].iter().map(|byte| format!("{byte:02x}")).collect()
}

impl Default for Page {
    /// Takes home tasks for a handyman business.
    fn default() -> Self {
        Self::parse(HOME_TASK).expect("the page that is built in is read by a test")
    }
}
