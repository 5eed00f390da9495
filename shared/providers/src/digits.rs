//! Numbers of providers that leave out the plus.

use sms::{NotANumber, Number};

/// Parses a number from a provider that writes no plus, or only sometimes.
pub(crate) fn plus_or_none(written: &str) -> Result<Number, NotANumber> {
    Number::parse(&format!("+{}", without_plus(written)))
}

/// A number with its plus, from a provider that writes none; a name or a short code unchanged.
pub(crate) fn with_plus(written: &str) -> String {
    plus_or_none(written).map_or_else(|_| written.to_owned(), |number| number.as_str().to_owned())
}

/// A number for a provider that writes no plus; a name unchanged.
pub(crate) fn without_plus(number: &str) -> &str {
    number.strip_prefix('+').unwrap_or(number)
}
