//! The currency of an installation.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use settings::{Names, Settings, SettingsError};

/// Names the currency that caps are in, and must be that of the prices.
pub(crate) const SETTING: &str = "CAP_CURRENCY";

/// The currency of all amounts of an installation, by the three letters of ISO 4217.
///
/// Nothing is ever converted: what is in another currency is refused.
#[derive(Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Currency([u8; 3]);

impl Currency {
    /// The currency of the built-in prices, and the default.
    pub const USD: Self = Self(*b"USD");

    /// What [`Self::from_settings`] reads.
    pub const SETTINGS: Names = &[SETTING];

    /// The currency in `CAP_CURRENCY`.
    pub fn from_settings(settings: &Settings) -> Result<Self, SettingsError> {
        let written = settings.get(SETTING).map_or(Ok(Self::USD), str::parse);
        written.map_err(|problem| SettingsError::Invalid { name: SETTING, problem })
    }
}

impl FromStr for Currency {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let letters: Result<[u8; 3], _> = text.to_ascii_uppercase().into_bytes().try_into();
        match letters {
            Ok(letters) if letters.iter().all(u8::is_ascii_uppercase) => Ok(Self(letters)),
            _ => Err("write the three letters of a currency, such as USD".into()),
        }
    }
}

impl TryFrom<String> for Currency {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        text.parse()
    }
}

impl From<Currency> for String {
    fn from(currency: Currency) -> Self {
        currency.to_string()
    }
}

impl fmt::Display for Currency {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(std::str::from_utf8(&self.0).unwrap_or_default())
    }
}

impl fmt::Debug for Currency {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, formatter)
    }
}
