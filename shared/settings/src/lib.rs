//! What the owner configured, as names and values.
//!
//! Read once, in `main`, and handed down: no other place looks at the environment. An empty value
//! counts as not set, and the names of the system before this one stay valid. Values print as
//! nothing, since some of them are secrets.

#![warn(missing_docs)]

use std::collections::BTreeMap;
use std::fmt;

use secrecy::SecretString;
use thiserror::Error;

/// Older names of settings, and what they are called now.
const FORMER_NAMES: [(&str, &str); 3] = [
    ("TWILIO_PHONE_NUMBER", "TWILIO_FROM"),
    ("FIRESTORE_PROJECT_ID", "GOOGLE_CLOUD_PROJECT"),
    ("PUBLIC_BASE_URL", "PUBLIC_URL"),
];

/// A setting that stops the start, and what to do about it.
#[derive(Debug, Error, PartialEq, Eq)]
pub enum SettingsError {
    /// Some settings of a group are there and others are not.
    #[error("{owner} is half configured: set {} as well", .missing.join(", "))]
    Missing {
        /// What the settings belong to, in words.
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
}

/// Every setting that has a value.
#[derive(Clone, Default)]
pub struct Settings(BTreeMap<String, String>);

impl Settings {
    /// Reads the environment of the process.
    pub fn from_env() -> Self {
        // A variable that is not Unicode is not one of ours.
        std::env::vars_os()
            .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
            .collect()
    }

    /// The same settings, with a default for one of them.
    #[must_use]
    pub fn or(mut self, name: &str, value: &str) -> Self {
        self.0.entry(name.to_owned()).or_insert_with(|| value.to_owned());
        self
    }

    /// The value of a setting that is no secret.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str)
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

    /// Values that only make sense together: all of them, or none, or an error with what is missing.
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
        formatter.debug_set().entries(self.0.keys()).finish()
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
        Self(values)
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
    fn prints_no_value() {
        assert_eq!(format!("{:?}", Settings::from([("A", "secret")])), r#"{"A"}"#);
    }
}
