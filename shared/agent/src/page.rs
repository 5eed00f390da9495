//! The agent's page: who the agent is, what it collects, and how much it may say.
//!
//! One Markdown file with YAML front matter, written by the owner. It is read once, at the start,
//! and everything that is wrong with it is reported with its line and what to write instead.

use std::collections::BTreeSet;
use std::fs;
use std::sync::OnceLock;

use jiff::SignedDuration;
use jiff::tz::TimeZone;
use policy::fit;
use serde::{Deserialize, Deserializer};
use serde_saphyr::{SnippetMode, Spanned};
use settings::{Names, Settings, SettingsError};
use sms::{Provider, Providers};
use thiserror::Error;

use crate::judge::Rules;
use crate::told::Told;

/// The page that is built in: takes in a home task for a handyman business.
const HOME_TASK: &str = include_str!("home_task.md");

/// What is left at least for an answer behind the text that goes ahead of the first one, in
/// characters.
const ROOM: usize = 40;

/// Leaves room for the words around it in every fixed text.
const NAME_CHARACTERS: usize = 40;

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
    /// What the model is told of all this.
    pub(crate) told: OnceLock<Told>,
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

/// A page that cannot be used, by line and with what to write instead.
#[derive(Debug, Error, PartialEq, Eq)]
#[error("line {line}: {problem}")]
pub struct PageError {
    /// Counted from 1, as an editor does.
    pub line: u64,
    /// What is wrong, and what to write instead.
    pub problem: String,
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
                || wrong(1, "start the page with its settings between two lines of ---"),
            )?;
        let front: Front = serde_saphyr::from_str(front).map_err(malformed)?;
        let instructions = instructions.trim().to_owned();
        if instructions.is_empty() {
            let end = page.lines().count() as u64;
            return Err(wrong(end, "say below the settings how the agent behaves"));
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

    /// What the model is told of it.
    pub(crate) fn told(&self) -> &Told {
        self.told.get_or_init(|| Told::of(self))
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

/// The front matter as written. Positions are kept where a value can be wrong.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Front {
    name: Spanned<String>,
    #[serde(default = "default_model")]
    model: String,
    turns: Option<Spanned<Count>>,
    segments: Option<Spanned<Count>>,
    reply_minutes: Option<Spanned<Count>>,
    handover_hours: Option<Spanned<Count>>,
    grace_minutes: Option<Spanned<Count>>,
    time_zone: Option<Spanned<String>>,
    #[serde(default)]
    fields: Vec<WrittenField>,
    #[serde(default)]
    texts: WrittenTexts,
    #[serde(default)]
    rules: WrittenRules,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenField {
    name: Spanned<String>,
    description: String,
    r#type: WrittenKind,
    #[serde(default)]
    choices: Vec<String>,
    #[serde(default = "required")]
    required: bool,
}

#[derive(Deserialize, PartialEq)]
#[serde(rename_all = "snake_case")]
enum WrittenKind {
    Text,
    Number,
    Date,
    YesNo,
    Choice,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenTexts {
    first: Option<Spanned<String>>,
    stop: Option<Spanned<String>>,
    start: Option<Spanned<String>>,
    help: Option<Spanned<String>>,
    sorry: Option<Spanned<String>>,
    unanswered: Option<Spanned<String>>,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenRules {
    machine: Option<Spanned<String>>,
    prompt: Option<Spanned<String>>,
    links: Option<Spanned<String>>,
    prices: Option<Spanned<String>>,
    numbers: Option<Spanned<String>>,
}

fn default_model() -> String {
    "gpt-4.1-mini".into()
}

fn required() -> bool {
    true
}

impl Front {
    fn check(self, instructions: String) -> Result<Page, PageError> {
        let name = self.name.value.trim();
        if name.is_empty() || name.chars().count() > NAME_CHARACTERS {
            return Err(wrong(
                line(&self.name),
                format!("give the business a name of at most {NAME_CHARACTERS} characters"),
            ));
        }
        let mut seen = BTreeSet::new();
        for field in &self.fields {
            if !seen.insert(&field.name.value) {
                return Err(wrong(line(&field.name), "give each field a name of its own"));
            }
        }
        let segments = within(self.segments, 2, 10)?;
        Ok(Page {
            model: self.model,
            turns: within(self.turns, 7, 50)?,
            segments,
            reply_life: SignedDuration::from_mins(within(self.reply_minutes, 10, 60)?.into()),
            handover: SignedDuration::from_hours(within(self.handover_hours, 12, 720)?.into()),
            grace: SignedDuration::from_mins(within(self.grace_minutes, 120, 1_440)?.into()),
            time_zone: match self.time_zone {
                None => TimeZone::UTC,
                Some(zone) => TimeZone::get(&zone.value).map_err(|_| {
                    wrong(line(&zone), "write the time zone as America/New_York or Europe/Berlin")
                })?,
            },
            fields: self.fields.into_iter().map(WrittenField::check).collect::<Result<_, _>>()?,
            texts: self.texts.check(name, segments as usize)?,
            rules: self.rules.check()?,
            name: name.to_owned(),
            instructions,
            told: OnceLock::new(),
        })
    }
}

impl WrittenField {
    fn check(self) -> Result<Field, PageError> {
        let line = line(&self.name);
        let name = self.name.value;
        let well_formed = |b: u8| matches!(b, b'a'..=b'z' | b'0'..=b'9' | b'_');
        if !matches!(name.len(), 1..=40) || !name.bytes().all(well_formed) {
            let problem = "name the field in at most 40 lower-case letters, digits and underscores";
            return Err(wrong(line, problem));
        }
        let kind = match self.r#type {
            WrittenKind::Choice if self.choices.is_empty() => {
                return Err(wrong(line, format!("list the choices of {name}")));
            }
            WrittenKind::Choice => Kind::Choice(self.choices),
            _ if !self.choices.is_empty() => {
                return Err(wrong(line, format!("{name} has choices: make it type: choice")));
            }
            WrittenKind::Text => Kind::Text,
            WrittenKind::Number => Kind::Number,
            WrittenKind::Date => Kind::Date,
            WrittenKind::YesNo => Kind::YesNo,
        };
        Ok(Field { name, description: self.description, kind, required: self.required })
    }
}

impl WrittenTexts {
    fn check(self, name: &str, segments: usize) -> Result<Texts, PageError> {
        let plain = |text: &str| fit(text, usize::MAX).text;
        let name = plain(name);
        let own = |written: Spanned<String>, needs: &[&str]| {
            let text = plain(&written.value);
            let takes = sms::segments(&text).count;
            if takes > segments {
                let problem = format!(
                    "this text takes {takes} segments, and segments is {segments}: make it shorter, \
                     or set segments to {takes}"
                );
                return Err(wrong(line(&written), problem));
            }
            match needs.iter().chain([&name.as_str()]).find(|word| !text.contains(**word)) {
                Some(word) => Err(wrong(line(&written), format!("say {word} in this text"))),
                None => Ok(text),
            }
        };
        let ahead = |written: Spanned<String>| {
            let line = line(&written);
            let text = own(written, &["STOP"])?;
            let takes = sms::segments(&format!("{text}\n{}", "x".repeat(ROOM))).count;
            if takes > segments {
                let problem = format!(
                    "this text leaves no room for an answer, as segments is {segments}: make it \
                     shorter, or set segments to {takes}"
                );
                return Err(wrong(line, problem));
            }
            Ok(text)
        };
        let fixed = |written: Option<_>, default: &str, needs| match written {
            Some(written) => own(written, needs),
            None => Ok(default.replace("{name}", &name)),
        };
        Ok(Texts {
            first: self.first.map(ahead).transpose()?,
            stop: fixed(
                self.stop,
                "{name}: You are unsubscribed and will get no more texts from us. \
                 Reply START if you change your mind.",
                &["START"],
            )?,
            start: fixed(
                self.start,
                "{name}: You are back, and can text us any time. Message and data rates may \
                 apply. Reply STOP to stop.",
                &["STOP"],
            )?,
            help: fixed(
                self.help,
                "{name}: Text us what you need and our assistant answers. Message and data \
                 rates may apply. Reply STOP to stop.",
                // In whatever language: what carriers want to hear in it, `register` says.
                &[],
            )?,
            sorry: fixed(
                self.sorry,
                "{name}: We can't answer right now, sorry. We have your text and will answer \
                 it. You need not ask again.",
                &[],
            )?,
            unanswered: fixed(
                self.unanswered,
                "{name}: Our assistant can't answer that, sorry. Please say it in other words, or \
                 ask for a person.",
                &[],
            )?,
        })
    }
}

impl WrittenRules {
    fn check(self) -> Result<Rules, PageError> {
        Ok(Rules {
            machine: is_on(self.machine)?,
            prompt: is_on(self.prompt)?,
            links: is_on(self.links)?,
            prices: is_on(self.prices)?,
            numbers: is_on(self.numbers)?,
            ..Rules::default()
        })
    }
}

/// Whether something is on, which it is unless something else is written.
fn is_on(written: Option<Spanned<String>>) -> Result<bool, PageError> {
    let Some(written) = written else { return Ok(true) };
    match written.value.trim().to_ascii_lowercase().as_str() {
        "on" | "true" | "yes" => Ok(true),
        "off" | "false" | "no" => Ok(false),
        _ => Err(wrong(line(&written), "write on or off")),
    }
}

/// How many of something, if what stands there is a whole number. Whoever reads it says what to write
/// instead, since a parser knows neither the bounds nor the words.
struct Count(Option<u32>);

impl<'de> Deserialize<'de> for Count {
    fn deserialize<D: Deserializer<'de>>(written: D) -> Result<Self, D::Error> {
        String::deserialize(written).map(|written| Self(written.trim().parse().ok()))
    }
}

fn within(value: Option<Spanned<Count>>, default: u32, most: u32) -> Result<u32, PageError> {
    let Some(value) = value else { return Ok(default) };
    let count = value.value.0.filter(|count| (1..=most).contains(count));
    count.ok_or_else(|| wrong(line(&value), format!("write a number from 1 to {most}")))
}

fn malformed(error: serde_saphyr::Error) -> PageError {
    let snippets = SnippetMode::Off;
    let problem = error.render_with_options(serde_saphyr::render_options! { snippets: snippets });
    let line = error.location().map_or(1, |location| location.line());
    // The line is said already.
    let problem = problem.rsplit_once(" at line ").map_or(problem.as_str(), |(problem, _)| problem);
    wrong(line, problem)
}

fn line<T>(value: &Spanned<T>) -> u64 {
    value.referenced.line()
}

fn wrong(line: u64, problem: impl Into<String>) -> PageError {
    PageError { line, problem: problem.into() }
}
