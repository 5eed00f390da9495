//! The consent ledger: who agreed to be texted, who wanted no more, when, in which words, and how we
//! know.
//!
//! Each event is written in the commit of what it records, and nobody changes it afterwards. To keep
//! what one person can add within bounds, there is at most one event of a kind in a minute, and one a
//! day of a person who says again that they stop or may be texted: the latest counts.

use documents::{Fields, Write, at};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use sms::Number;

use crate::attempts::Attempt;
use crate::lifetimes::Lifetimes;

/// How much of a text is kept, in characters: all of a keyword, and enough of a sentence to show that it
/// meant an opt-out.
const WORDS_KEPT: usize = 100;

/// What somebody did about being texted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ConsentKind {
    /// They agreed in the form.
    Form,
    /// They texted a keyword to opt in, having not stopped.
    Keyword,
    /// They texted that they want no more texts.
    Stop,
    /// They opted in again after a stop.
    Start,
    /// A provider says that they have opted out.
    Provider,
    /// They are on a list of opt-outs that was imported.
    Imported,
}

impl ConsentKind {
    /// The word for it in exports, which never changes.
    pub fn word(self) -> &'static str {
        match self {
            Self::Form => "form",
            Self::Keyword => "keyword",
            Self::Stop => "stop",
            Self::Start => "start",
            Self::Provider => "provider",
            Self::Imported => "imported",
        }
    }
}

/// One event of the ledger. The names of its fields are also those of the exports, and never change.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ConsentEvent {
    /// When.
    #[serde(with = "jiff::fmt::serde::timestamp::millisecond::required")]
    pub at: Timestamp,
    /// What.
    #[serde(rename = "event")]
    pub kind: ConsentKind,
    /// Whose number it is about.
    #[serde(rename = "number")]
    pub theirs: Number,
    /// The words that were agreed to, the beginning of what was texted, or the provider's code.
    #[serde(default)]
    pub words: String,
    /// The version of the page around the words, for the form.
    #[serde(default)]
    pub version: String,
    /// The language of that page.
    #[serde(default)]
    pub language: String,
    /// How we know: the address of the form, the provider, or the list.
    #[serde(default)]
    pub source: String,
    /// The network that the form came from.
    #[serde(default)]
    pub network: String,
    /// Our number or sender name that was texted.
    #[serde(default)]
    pub ours: String,
    /// The provider's id for the text, or for the reply that it refused.
    #[serde(default)]
    pub message: String,
}

/// The text that shows an opt-out or an opt-in.
#[derive(Clone, Copy, Debug, Default)]
pub struct Proof<'a> {
    /// What it says.
    pub words: &'a str,
    /// Our number or sender name that it came to.
    pub ours: &'a str,
    /// The provider's id for it.
    pub message: &'a str,
    /// Whether the provider said what it means.
    pub provider_says: bool,
}

impl ConsentEvent {
    /// What a text through this provider shows.
    pub(crate) fn texted(
        kind: ConsentKind,
        theirs: &Number,
        provider: &str,
        proof: &Proof<'_>,
        at: Timestamp,
    ) -> Self {
        let kind = match kind {
            ConsentKind::Stop if proof.provider_says => ConsentKind::Provider,
            kind => kind,
        };
        let words = proof.words.trim().chars().take(WORDS_KEPT).collect();
        Self {
            words,
            ours: proof.ours.to_owned(),
            message: proof.message.to_owned(),
            ..Self::of(kind, theirs, provider, at)
        }
    }

    /// A provider refused this attempt, or reported later that it failed, because the person has
    /// opted out.
    pub(crate) fn returned(attempt: &Attempt, code: &str, at: Timestamp) -> Self {
        Self {
            words: code.to_owned(),
            ours: attempt.from.clone().unwrap_or_else(|| attempt.sender.clone()),
            message: attempt.message_id().unwrap_or(&attempt.id).to_owned(),
            ..Self::of(ConsentKind::Provider, &attempt.to, &attempt.provider, at)
        }
    }

    /// Somebody is on this list.
    pub(crate) fn imported(theirs: &Number, list: &str, at: Timestamp) -> Self {
        Self::of(ConsentKind::Imported, theirs, list, at)
    }

    /// An event without words.
    pub(crate) fn of(kind: ConsentKind, theirs: &Number, source: &str, at: Timestamp) -> Self {
        Self {
            at,
            kind,
            theirs: theirs.clone(),
            words: String::new(),
            version: String::new(),
            language: String::new(),
            source: source.to_owned(),
            network: String::new(),
            ours: String::new(),
            message: String::new(),
        }
    }

    /// The names of its fields, as they are exported. More may follow some day; these stay.
    pub const COLUMNS: [&str; 10] = [
        "at", "event", "number", "words", "version", "language", "source", "network", "ours",
        "message",
    ];

    /// Its fields, as they are exported, in the order of [`Self::COLUMNS`].
    pub fn columns(&self) -> [String; 10] {
        let Self { at, kind, theirs, .. } = self;
        [
            at.to_string(),
            kind.word().to_owned(),
            theirs.as_str().to_owned(),
            self.words.clone(),
            self.version.clone(),
            self.language.clone(),
            self.source.clone(),
            self.network.clone(),
            self.ours.clone(),
            self.message.clone(),
        ]
    }

    /// Enters it for this person: blind, and once a minute.
    pub(crate) fn enter(&self, person: &str, lifetimes: &Lifetimes) -> Write {
        self.keep(&self.name(person, "%Y%m%dt%H%M"), lifetimes)
    }

    /// Enters that this person says again what is on record already: blind, and once a day.
    pub(crate) fn enter_again(&self, person: &str, lifetimes: &Lifetimes) -> Write {
        let name = format!("{}-again", self.name(person, "%Y%m%d"));
        self.keep(&name, lifetimes)
    }

    fn name(&self, person: &str, time: &str) -> String {
        format!("{person}-{}-{}", self.at.strftime(time), self.kind.word())
    }

    fn keep(&self, name: &str, lifetimes: &Lifetimes) -> Write {
        Write::keep(at("consent_events", name), self.fields(name, lifetimes))
    }

    fn fields(&self, name: &str, lifetimes: &Lifetimes) -> Fields {
        let place = format!("{}{:015}-{name}", prefix(&self.theirs), self.at.as_millisecond());
        Fields::of(self).expiring(self.at, lifetimes.consents()).with("place", place)
    }
}

/// The beginning of the places of a number's events.
pub(crate) fn prefix(theirs: &Number) -> String {
    format!("{}/", theirs.as_str())
}
