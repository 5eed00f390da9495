//! The owner's settings, as names and values.
//!
//! Read at the start and handed down: no other place looks at the environment. An empty value counts as
//! not set, and the names of the previous system remain valid. `Debug` prints no values, since some of
//! them are secrets.
//!
//! Code that reads settings lists their names in a constant beside it, of type [`Names`], and a
//! function joins the lists of all its parts. It asks Parameter Store for these names, and its role may
//! read only these. A name missing from all lists is not read from the environment either, so a
//! forgotten name is noticed early, and not only in Parameter Store.

#![warn(missing_docs)]

mod address;
mod misspelt;
mod secrets;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use secrecy::SecretString;
use thiserror::Error;

pub use address::{is_loopback, is_private, is_unreachable, is_unspecified};
pub use misspelt::misspelt;
pub use secrets::key;

/// The names of the settings that a part of the product reads.
pub type Names = &'static [&'static str];

/// How many names are in these lists.
pub const fn count(lists: &[Names]) -> usize {
    let (mut count, mut list) = (0, 0);
    while list < lists.len() {
        count += lists[list].len();
        list += 1;
    }
    count
}

/// Several lists of names in one, whose length is `N`: their [`count`].
pub const fn joined<const N: usize>(lists: &[Names]) -> [&'static str; N] {
    assert!(N == count(lists));
    let mut all = [""; N];
    let (mut at, mut list) = (0, 0);
    while list < lists.len() {
        let mut name = 0;
        while name < lists[list].len() {
            all[at] = lists[list][name];
            (at, name) = (at + 1, name + 1);
        }
        list += 1;
    }
    all
}

/// Former names of settings, and their present ones.
const FORMER_NAMES: [(&str, &str); 3] = [
    ("TWILIO_PHONE_NUMBER", "TWILIO_FROM"),
    ("FIRESTORE_PROJECT_ID", "GOOGLE_CLOUD_PROJECT"),
    ("PUBLIC_BASE_URL", "PUBLIC_URL"),
];

/// A problem with the settings that stops the start, and what to do about it.
#[derive(Debug, Error, PartialEq, Eq)]
pub enum SettingsError {
    /// Only some settings of a group are set.
    #[error("{owner} is half configured: set {} as well", .missing.join(", "))]
    Missing {
        /// The owner of the settings, in words.
        owner: &'static str,
        /// The names that have no value.
        missing: Vec<&'static str>,
    },
    /// A setting has a value that cannot be used.
    #[error("{name} cannot be used: {problem}")]
    Invalid {
        /// The name of the setting.
        name: &'static str,
        /// What is wrong and what to write instead, without the value.
        problem: String,
    },
    /// Secrets are short enough to be guessed.
    #[error(
        "{} can be guessed, having fewer than 24 bytes: take what `openssl rand -base64 24` prints",
        .names.join(", ")
    )]
    TooShort {
        /// Their names.
        names: Vec<String>,
    },
}

/// Every setting that has a value.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Settings {
    values: BTreeMap<String, String>,
    /// The names that were asked for, with or without a value.
    names: BTreeSet<&'static str>,
}

impl Settings {
    /// Reads these from the environment of the process, also under their former names, and no others.
    pub fn from_env(names: impl IntoIterator<Item = Names>) -> Self {
        // A variable that is not Unicode is not one of ours.
        let all: Self = std::env::vars_os()
            .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
            .collect();
        let names: BTreeSet<_> = names.into_iter().flatten().copied().collect();
        let mut values = all.values;
        values.retain(|name, _| names.contains(name.as_str()));
        Self { values, names }
    }

    /// The names that were asked for and have no value, in order.
    pub fn lacking(&self) -> impl Iterator<Item = &'static str> {
        self.names.iter().copied().filter(|name| self.get(name).is_none())
    }

    /// The same settings, with a default for one of them.
    #[must_use]
    pub fn or(mut self, name: &str, value: &str) -> Self {
        self.values.entry(name.to_owned()).or_insert_with(|| value.to_owned());
        self
    }

    /// The same settings, completed from `others`.
    #[must_use]
    pub fn or_those(mut self, others: Self) -> Self {
        for (name, value) in others.values {
            self.values.entry(name).or_insert(value);
        }
        self
    }

    /// The value of a setting that is not a secret.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.values.get(name).map(String::as_str)
    }

    /// The value of a setting that must never be printed.
    pub fn secret(&self, name: &str) -> Option<SecretString> {
        self.get(name).map(SecretString::from)
    }

    /// Whether a switch is on, off, or not set. `true`, `1`, `yes` and `on` are on.
    pub fn switch(&self, name: &'static str) -> Result<Option<bool>, SettingsError> {
        match self.get(name).map(str::to_ascii_lowercase).as_deref() {
            None => Ok(None),
            Some("true" | "1" | "yes" | "on") => Ok(Some(true)),
            Some("false" | "0" | "no" | "off") => Ok(Some(false)),
            Some(_) => Err(SettingsError::Invalid { name, problem: "write true or false".into() }),
        }
    }

    /// Whether any of these settings has a value.
    pub fn any(&self, names: &[&str]) -> bool {
        names.iter().any(|name| self.get(name).is_some())
    }

    /// The value of a setting without which `owner` cannot work.
    pub fn required(&self, owner: &'static str, name: &'static str) -> Result<&str, SettingsError> {
        self.get(name).ok_or(SettingsError::Missing { owner, missing: vec![name] })
    }

    /// Values that only make sense together: all of them, or none, or an error with the missing ones.
    pub fn together<const N: usize>(
        &self,
        owner: &'static str,
        names: [&'static str; N],
    ) -> Result<Option<[&str; N]>, SettingsError> {
        if !self.any(&names) {
            return Ok(None);
        }
        let missing: Vec<_> = names.into_iter().filter(|name| self.get(name).is_none()).collect();
        if !missing.is_empty() {
            return Err(SettingsError::Missing { owner, missing });
        }
        Ok(Some(names.map(|name| self.get(name).unwrap_or_default())))
    }
}

impl fmt::Debug for Settings {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_set().entries(self.values.keys()).finish()
    }
}

impl<K: Into<String>, V: Into<String>> FromIterator<(K, V)> for Settings {
    fn from_iter<I: IntoIterator<Item = (K, V)>>(values: I) -> Self {
        let mut values: BTreeMap<String, String> = values
            .into_iter()
            .map(|(name, value)| (name.into(), value.into().trim().to_owned()))
            .filter(|(_, value)| !value.is_empty())
            .collect();
        for (former, name) in FORMER_NAMES {
            if let Some(value) = values.remove(former) {
                values.entry(name.into()).or_insert(value);
            }
        }
        Self { values, names: BTreeSet::new() }
    }
}

impl<const N: usize> From<[(&str, &str); N]> for Settings {
    fn from(values: [(&str, &str); N]) -> Self {
        values.into_iter().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_what_is_missing() {
        let settings = Settings::from([("TWILIO_ACCOUNT_SID", "AC1"), ("TWILIO_AUTH_TOKEN", " ")]);
        let names = ["TWILIO_ACCOUNT_SID", "TWILIO_AUTH_TOKEN"];
        assert_eq!(
            settings.together("Twilio", names).unwrap_err().to_string(),
            "Twilio is half configured: set TWILIO_AUTH_TOKEN as well"
        );
        assert_eq!(Settings::default().together("Twilio", names), Ok(None));
    }

    #[test]
    fn keeps_former_names_valid() {
        let settings = Settings::from([("PUBLIC_BASE_URL", "https://a.test")]);
        assert_eq!(settings.get("PUBLIC_URL"), Some("https://a.test"));
    }

    #[test]
    fn completes_from_others_and_overrides_nothing() {
        let settings = Settings::from([("A", "mine"), ("B", " ")]);
        let settings = settings.or_those(Settings::from([("A", "theirs"), ("B", "theirs")]));
        assert_eq!((settings.get("A"), settings.get("B")), (Some("mine"), Some("theirs")));
    }

    #[test]
    fn reads_only_the_requested_names_from_the_environment() {
        // Cargo gives these two to every test.
        let settings =
            Settings::from_env([&["CARGO_PKG_NAME"] as Names, &["ABSENT", "PUBLIC_URL"]]);
        assert_eq!(settings.get("CARGO_PKG_NAME"), Some("settings"));
        assert_eq!(settings.get("CARGO_PKG_VERSION"), None);
        assert_eq!(settings.lacking().collect::<Vec<_>>(), ["ABSENT", "PUBLIC_URL"]);
    }

    #[test]
    fn prints_no_value() {
        assert_eq!(format!("{:?}", Settings::from([("A", "secret")])), r#"{"A"}"#);
    }
}
