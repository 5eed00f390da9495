//! The front matter of a page as it is written, and its possible problems.

use std::collections::BTreeSet;

use hours::QuietHours;
use jiff::SignedDuration;
use jiff::tz::TimeZone;
use policy::Language;
use serde::{Deserialize, Deserializer};
use serde_saphyr::{SnippetMode, Spanned};

use super::expected::WrittenExpect;
use super::texts::{AllTexts, WrittenTexts, line};
use super::{Field, Kind, Page, PageError, Rules};

/// How long the agent stays silent after a hand-over, unless the page says otherwise.
const HANDOVER: SignedDuration = SignedDuration::from_hours(12);

/// Leaves room for the words around it in every fixed text.
const NAME_CHARACTERS: usize = 40;

/// The front matter as written. Positions are kept where a value can be wrong.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Front {
    name: Spanned<String>,
    #[serde(default = "default_model")]
    model: String,
    turns: Option<Spanned<Count>>,
    segments: Option<Spanned<Count>>,
    reply_minutes: Option<Spanned<Count>>,
    late_minutes: Option<Spanned<Count>>,
    quiet_hours: Option<Spanned<String>>,
    handover_hours: Option<Spanned<String>>,
    grace_minutes: Option<Spanned<Count>>,
    time_zone: Option<Spanned<String>>,
    language: Option<Spanned<String>>,
    brief_language: Option<Spanned<String>>,
    #[serde(default)]
    fields: Vec<WrittenField>,
    #[serde(default)]
    texts: WrittenTexts,
    #[serde(default)]
    rules: WrittenRules,
    #[serde(default)]
    expect: WrittenExpect,
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
    pub(super) fn check(self, instructions: String, version: String) -> Result<Page, PageError> {
        let name = self.name.value.trim();
        if name.is_empty() || name.chars().count() > NAME_CHARACTERS {
            return Err(PageError::at(
                line(&self.name),
                format!("give the business a name of at most {NAME_CHARACTERS} characters"),
            ));
        }
        let mut seen = BTreeSet::new();
        for field in &self.fields {
            if !seen.insert(&field.name.value) {
                return Err(PageError::at(line(&field.name), "give each field a name of its own"));
            }
        }
        let segments = within(self.segments, 2, 10)?;
        let only = self.language.map(one_or_auto).transpose()?.flatten();
        let AllTexts { language: own, own: texts, others } =
            self.texts.check(name, segments as usize, only)?;
        let language = only.map(|(language, _)| language);
        Ok(Page {
            version,
            model: self.model,
            turns: within(self.turns, 7, 50)?,
            segments,
            reply_life: SignedDuration::from_mins(within(self.reply_minutes, 10, 60)?.into()),
            late: SignedDuration::from_mins(within(self.late_minutes, 30, 120)?.into()),
            quiet_hours: self.quiet_hours.map(quiet_hours).transpose()?,
            handover: self.handover_hours.map_or(Ok(HANDOVER), handover)?,
            grace: SignedDuration::from_mins(within(self.grace_minutes, 120, 1_440)?.into()),
            time_zone: match self.time_zone {
                None => TimeZone::UTC,
                Some(zone) => TimeZone::get(&zone.value).map_err(|_| {
                    PageError::at(
                        line(&zone),
                        "write the time zone as America/New_York or Europe/Berlin",
                    )
                })?,
            },
            opening: None,
            fields: self.fields.into_iter().map(WrittenField::check).collect::<Result<_, _>>()?,
            language,
            brief_language: match self.brief_language {
                None => language
                    .or_else(|| policy::language(&instructions))
                    .unwrap_or(Language::ENGLISH),
                Some(code) => Language::of_code(&code.value)
                    .ok_or_else(|| PageError::at(line(&code), "write a language as de or pt"))?,
            },
            own_language: own,
            texts,
            translations: others,
            rules: self.rules.check()?,
            expect: self.expect.check()?,
            name: name.to_owned(),
            instructions,
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
            return Err(PageError::at(line, problem));
        }
        let kind = match self.r#type {
            WrittenKind::Choice if self.choices.is_empty() => {
                return Err(PageError::at(line, format!("list the choices of {name}")));
            }
            WrittenKind::Choice => Kind::Choice(self.choices),
            _ if !self.choices.is_empty() => {
                return Err(PageError::at(
                    line,
                    format!("{name} has choices: make it type: choice"),
                ));
            }
            WrittenKind::Text => Kind::Text,
            WrittenKind::Number => Kind::Number,
            WrittenKind::Date => Kind::Date,
            WrittenKind::YesNo => Kind::YesNo,
        };
        Ok(Field { name, description: self.description, kind, required: self.required })
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
        })
    }
}

fn quiet_hours(written: Spanned<String>) -> Result<QuietHours, PageError> {
    QuietHours::parse(&written.value)
        .map_err(|problem| PageError::at(line(&written), problem.to_string()))
}

/// How long the agent stays silent after a hand-over.
fn handover(written: Spanned<String>) -> Result<SignedDuration, PageError> {
    let hours = written.value.trim();
    if hours == "never" {
        return Ok(SignedDuration::MAX);
    }
    let hours = hours.parse().ok().filter(|hours| (1..=720).contains(hours));
    let hours = hours
        .ok_or_else(|| PageError::at(line(&written), "write a number from 1 to 720, or never"))?;
    Ok(SignedDuration::from_hours(hours))
}

/// Whether something is on, which is the default.
fn is_on(written: Option<Spanned<String>>) -> Result<bool, PageError> {
    let Some(written) = written else { return Ok(true) };
    match written.value.trim().to_ascii_lowercase().as_str() {
        "on" | "true" | "yes" => Ok(true),
        "off" | "false" | "no" => Ok(false),
        _ => Err(PageError::at(line(&written), "write on or off")),
    }
}

/// A count, if the value is a whole number. The caller says what to write instead, since a parser knows
/// neither the limits nor the words.
struct Count(Option<u32>);

impl<'de> Deserialize<'de> for Count {
    fn deserialize<D: Deserializer<'de>>(written: D) -> Result<Self, D::Error> {
        String::deserialize(written).map(|written| Self(written.trim().parse().ok()))
    }
}

fn within(value: Option<Spanned<Count>>, default: u32, most: u32) -> Result<u32, PageError> {
    let Some(value) = value else { return Ok(default) };
    let count = value.value.0.filter(|count| (1..=most).contains(count));
    count.ok_or_else(|| PageError::at(line(&value), format!("write a number from 1 to {most}")))
}

pub(super) fn malformed(error: serde_saphyr::Error) -> PageError {
    let snippets = SnippetMode::Off;
    let problem = error.render_with_options(serde_saphyr::render_options! { snippets: snippets });
    let line = error.location().map_or(1, |location| location.line());
    // The message already has the line.
    let problem = problem.rsplit_once(" at line ").map_or(problem.as_str(), |(problem, _)| problem);
    PageError::at(line, problem)
}

/// The language written, with its line. `None`: the language of the person.
fn one_or_auto(written: Spanned<String>) -> Result<Option<(Language, u64)>, PageError> {
    if written.value.trim().eq_ignore_ascii_case("auto") {
        return Ok(None);
    }
    let line = line(&written);
    match Language::of_code(&written.value) {
        Some(language) => Ok(Some((language, line))),
        None => Err(PageError::at(line, "write auto, or a language as de or pt")),
    }
}
