//! Numbers as companies write them that leave out the plus.

use sms::{NotANumber, Number};

/// Reads a number of a provider that writes no plus, or one now and then.
pub(crate) fn plus_or_none(written: &str) -> Result<Number, NotANumber> {
    Number::parse(&format!("+{}", without_plus(written)))
}

/// A number with its plus, from a provider that writes none; a name or a short code as it is.
pub(crate) fn with_plus(written: &str) -> String {
    plus_or_none(written).map_or_else(|_| written.to_owned(), |number| number.as_str().to_owned())
}

/// A number as a provider wants it that writes no plus; a name as it is.
pub(crate) fn without_plus(number: &str) -> &str {
    number.strip_prefix('+').unwrap_or(number)
}
