//! The facts of the business that texts: who it is, what it texts about, where it can be found.
//!
//! One TOML file, written by the owner and named by `BUSINESS_FILE`. The public pages, the
//! registration forms and the agent's own words are made from it, so that they agree. It is read
//! once, at the start, and everything that is wrong with it is reported at once, with its line and
//! what to write instead.

#![warn(missing_docs)]

mod check;
mod opening;
mod read;
mod table;

use std::collections::BTreeMap;
use std::fmt;
use std::fs;

use hours::OpeningHours;
use settings::{Names, Settings, SettingsError};
use sms::Number;
use thiserror::Error;

pub use check::shortener;
pub use localization::Language;

/// An invented business, for looking at the pages.
const SAMPLE: &str = include_str!("sample.toml");

/// The owner's facts about the business.
#[derive(Clone, Debug)]
pub struct Business {
    /// The registered name, letter for letter: reviewers compare it.
    pub name: String,
    /// The name it does business under, if different.
    pub doing_business_as: Option<String>,
    /// Its address.
    pub address: Address,
    /// The address for e-mail.
    pub email: String,
    /// The number for calls.
    pub phone: Number,
    /// The number that texts.
    pub number: Number,
    /// The word that people text to begin: one word in capital letters and digits.
    pub keyword: String,
    /// The languages of the public pages; the first is the default.
    pub languages: Vec<Language>,
    /// When somebody is there, which the agent is told. `None`: the owner does not say, or it is the sample.
    pub opening: Option<OpeningHours>,
    /// Facts that only the registration forms ask for.
    pub registration: Registration,
    /// Whether this is the sample: the pages must not pass for those of a real business.
    pub is_sample: bool,
    wordings: BTreeMap<Language, Wording>,
}

/// The owner's wording in one language.
#[derive(Clone, Debug)]
pub struct Wording {
    /// The business's work, in a sentence or two.
    pub does: String,
    /// The topic of its texts: completes "texts from us about …".
    pub about: String,
    /// How often it texts. None: one reply to each text, which is the product's behaviour.
    pub frequency: Option<String>,
    /// A sample conversation: the person first, then in turns. May be empty.
    pub conversation: Vec<String>,
}

/// The address of the business.
#[derive(Clone, Debug)]
pub struct Address {
    /// House and street.
    pub street: String,
    /// The town.
    pub city: String,
    /// State, province or region.
    pub region: String,
    /// ZIP or postal code.
    pub postal_code: String,
    /// Two letters, such as `US`.
    pub country: String,
}

/// Facts that only the registration forms ask for. Missing ones are typed into the form by hand.
#[derive(Clone, Debug)]
pub struct Registration {
    /// What kind of business it is.
    pub kind: Option<Kind>,
    /// The registration number (the EIN in the US).
    pub number: Option<String>,
    /// The representative: first and last name.
    pub representative: Option<String>,
    /// The representative's role.
    pub title: Option<String>,
    /// The industry, as the form names it.
    pub industry: Option<String>,
    /// About how many texts it sends in a month.
    pub monthly_texts: u32,
    /// Whether the texts are for adults only.
    pub age_gated: bool,
}

/// The kind of business, as the forms distinguish.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// One person, without a tax number of the business.
    SoleProprietor,
    /// A company whose shares are not traded.
    Private,
    /// A company whose shares are.
    Public,
    /// A charity or the like.
    NonProfit,
    /// A public body.
    Government,
}

/// A fact that cannot be used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// The line, counted from 1.
    pub line: usize,
    /// The fact, with its table: `address.city`. Empty if the file is not TOML.
    pub key: String,
    /// What is wrong, and what to write instead. Quotes no value.
    pub problem: String,
}

/// Everything that is wrong with a file, in the order of its lines.
#[derive(Debug, Error, PartialEq, Eq)]
pub struct BusinessError {
    /// The name of the file.
    pub file: String,
    /// At least one problem.
    pub problems: Vec<Problem>,
}

impl Business {
    /// What [`Self::from_settings`] reads.
    pub const SETTINGS: Names = &["BUSINESS_FILE"];

    /// The facts in `BUSINESS_FILE`, or those of the sample.
    pub fn from_settings(settings: &Settings) -> Result<Self, SettingsError> {
        let Some(file) = settings.get("BUSINESS_FILE") else { return Ok(Self::sample()) };
        fs::read_to_string(file)
            .map_err(|error| {
                format!("write the path of the business's facts: {file} is not readable: {error}")
            })
            .and_then(|text| Self::parse(file, &text).map_err(|error| error.to_string()))
            .map_err(|problem| SettingsError::Invalid { name: "BUSINESS_FILE", problem })
    }

    /// Parses the facts. `file` is the name that problems are reported under.
    pub fn parse(file: &str, text: &str) -> Result<Self, BusinessError> {
        read::business(text).map_err(|problems| BusinessError { file: file.to_owned(), problems })
    }

    /// An invented handyman business.
    pub fn sample() -> Self {
        let sample = Self::parse("sample.toml", SAMPLE);
        Self { is_sample: true, opening: None, ..sample.expect("the sample is read by a test") }
    }

    /// The name that people know it by.
    pub fn brand(&self) -> &str {
        self.doing_business_as.as_deref().unwrap_or(&self.name)
    }

    /// The default language.
    pub fn main_language(&self) -> Language {
        self.languages.first().copied().unwrap_or_default()
    }

    /// The owner's wording in a language, or in the main one if there is none.
    pub fn wording(&self, language: Language) -> &Wording {
        self.wordings
            .get(&language)
            .or_else(|| self.wordings.get(&self.main_language()))
            .expect("a business has the wording of its main language")
    }
}

impl Address {
    /// The address on one line, as on an envelope.
    pub fn line(&self) -> String {
        let Self { street, city, region, postal_code, country } = self;
        format!("{street}, {city}, {region} {postal_code}, {country}")
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { line, key, problem } = self;
        match key.is_empty() {
            true => write!(formatter, "{line}: {problem}"),
            false => write!(formatter, "{line}: {key}: {problem}"),
        }
    }
}

impl fmt::Display for BusinessError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, problem) in self.problems.iter().enumerate() {
            let line_break = if index == 0 { "" } else { "\n" };
            write!(formatter, "{line_break}{}:{problem}", self.file)?;
        }
        Ok(())
    }
}
