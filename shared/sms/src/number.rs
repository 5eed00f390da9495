//! Telephone numbers.

use std::fmt;

use serde::{Deserialize, Serialize};

/// The country calling codes of two digits (ITU-T E.164 list of assigned codes).
const TWO_DIGIT_CODES: [&str; 44] = [
    "20", "27", "30", "31", "32", "33", "34", "36", "39", "40", "41", "43", "44", "45", "46", "47",
    "48", "49", "51", "52", "53", "54", "55", "56", "57", "58", "60", "61", "62", "63", "64", "65",
    "66", "81", "82", "84", "86", "90", "91", "92", "93", "94", "95", "98",
];

/// A telephone number in E.164 form: `+`, then 7 to 15 digits of which the first is no zero.
///
/// Only [`Number::as_str`] gives the number away; it prints as `+…43`, so that a log line that
/// names one by mistake says nothing.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Number(String);

/// The text is no telephone number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a telephone number: write + and the country code first, as in +12025550143")]
pub struct NotANumber;

impl Number {
    /// Reads a number that says it is international: `+` first, spaces, dots, dashes and brackets
    /// between the digits are left out.
    pub fn parse(written: &str) -> Result<Self, NotANumber> {
        let written = written.trim();
        let digits = written.strip_prefix('+').ok_or(NotANumber)?;
        let digits: String =
            digits.chars().filter(|c| !matches!(c, ' ' | '.' | '-' | '(' | ')')).collect();
        let valid = (7..=15).contains(&digits.len())
            && digits.bytes().all(|b| b.is_ascii_digit())
            && !digits.starts_with('0');
        if valid { Ok(Self(format!("+{digits}"))) } else { Err(NotANumber) }
    }

    /// The number itself, as `+12025550143`.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether this number can never be a person's: `+1 500 555` and four digits, the range of
    /// Twilio's magic numbers (<https://www.twilio.com/docs/iam/test-credentials>), as +15005550006.
    ///
    /// A text that claims to come from one is answered like any other, and stops before a provider:
    /// that is how a smoke test goes the whole way in production.
    pub fn is_for_tests(&self) -> bool {
        self.0.len() == "+15005550006".len() && self.0.starts_with("+1500555")
    }

    /// The country calling code and the national number, without the `+`.
    ///
    /// Calling codes are prefix-free: 1 and 7 stand alone, those of two digits are listed, all
    /// others have three.
    pub fn split(&self) -> (&str, &str) {
        let digits = &self.0[1..];
        let length = match &digits[..2] {
            code if code.starts_with(['1', '7']) => 1,
            code if TWO_DIGIT_CODES.contains(&code) => 2,
            _ => 3,
        };
        digits.split_at(length)
    }
}

impl fmt::Debug for Number {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "+…{}", &self.0[self.0.len() - 2..])
    }
}

impl TryFrom<String> for Number {
    type Error = NotANumber;

    fn try_from(written: String) -> Result<Self, NotANumber> {
        Self::parse(&written)
    }
}

impl From<Number> for String {
    fn from(number: Number) -> Self {
        number.0
    }
}
