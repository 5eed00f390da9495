//! Numbers as people type them: as dialled at home, from abroad, or with a plus.
//!
//! Which digits are a prefix differs by country and changes every year, so this is left to Google's
//! libphonenumber. It is only for typed numbers; the calls of providers are read without it.

#![warn(missing_docs)]

use rlibphonenumber::{
    NumberLengthType, PHONE_NUMBER_UTIL, ParseError, PhoneNumber, PhoneNumberFormat, Region,
    ValidationError,
};
use sms::Number;
use thiserror::Error;

/// Why a typed number cannot be texted, and what to type instead.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum Mistyped {
    /// It contains more than digits and separators.
    #[error(
        "a telephone number is digits, with spaces, dots, dashes or brackets between them: write \
         it as +12025550143"
    )]
    Characters,
    /// It leads to an extension behind a number.
    #[error("leave the extension out: a text goes to the number itself, as +12025550143")]
    Extension,
    /// Digits are missing, most likely the area code.
    #[error(
        "there are digits missing: write it with its area code, or with + and the country code \
         first, as +12025550143"
    )]
    TooShort,
    /// There are more digits than a number of that country has.
    #[error("there are too many digits: write one number, as +12025550143")]
    TooLong,
    /// It belongs to no country.
    #[error("no such telephone number: write + and the country code first, as +12025550143")]
    Unknown,
}

/// Parses a number as typed by somebody in the country of `home`. Without `home`, only numbers with +
/// and the country code are accepted.
pub fn parse(typed: &str, home: Option<&Number>) -> Result<Number, Mistyped> {
    let typed: String = typed.chars().filter(|c| !is_mark(*c)).collect();
    let international = home.and_then(|home| international(&typed, home));
    let parsed =
        PHONE_NUMBER_UTIL.parse(international.as_deref().unwrap_or(&typed), home.and_then(region));
    if parsed.as_ref().is_ok_and(|number| number.extension.is_some()) {
        return Err(Mistyped::Extension);
    }
    if !is_digits(&typed) {
        return Err(Mistyped::Characters);
    }
    let number = parsed.map_err(|error| match error {
        ParseError::TooShortAfterIdd | ParseError::TooShortNsn => Mistyped::TooShort,
        ParseError::TooLongNsn => Mistyped::TooLong,
        ParseError::NotANumber(_) => Mistyped::TooShort,
        ParseError::InvalidCountryCode => Mistyped::Unknown,
    })?;
    match number.is_possible_with_reason() {
        Ok(NumberLengthType::IsPossible) => {}
        Ok(NumberLengthType::IsPossibleLocalOnly) | Err(ValidationError::TooShort) => {
            return Err(Mistyped::TooShort);
        }
        Err(ValidationError::TooLong) => return Err(Mistyped::TooLong),
        Err(_) => return Err(Mistyped::Unknown),
    }
    let written = number.format_as(PhoneNumberFormat::E164);
    // A number with an extra zero would parse as another number the next time.
    let again = PHONE_NUMBER_UTIL.parse(&written, None);
    let is_itself = again.is_ok_and(|it| it.format_as(PhoneNumberFormat::E164) == written);
    Number::parse(&written).ok().filter(|_| is_itself).ok_or(Mistyped::Unknown)
}

/// The country of `home`, as a region for parsing.
fn region(home: &Number) -> Option<Region> {
    let number = PHONE_NUMBER_UTIL.parse(home.as_str(), None).ok()?;
    let main = || PHONE_NUMBER_UTIL.get_region_for_country_code(number.country_code);
    PhoneNumber::get_region_code(&number).or_else(main)
}

/// The meaning of two leading zeros where they are not a prefix: in North America no number begins like
/// that, and most of the world dials abroad with them.
fn international(typed: &str, home: &Number) -> Option<String> {
    let digits = PHONE_NUMBER_UTIL.normalize_digits_only(typed);
    let rest = digits.strip_prefix("00").filter(|_| home.split().0 == "1")?;
    Some(format!("+{rest}"))
}

/// Whether it is digits of any script, and the separators that people use.
fn is_digits(typed: &str) -> bool {
    let mut digits = 0;
    let sound = typed.chars().all(|c| match c {
        '+' | '＋' | '-' | '.' | '/' | '(' | ')' | '[' | ']' | '~' => true,
        '\u{2010}'..='\u{2015}' | '\u{2212}' | '\u{ff08}'..='\u{ff0f}' | '·' => true,
        c if c.is_numeric() => {
            digits += 1;
            true
        }
        c => c.is_whitespace(),
    });
    sound && PHONE_NUMBER_UTIL.normalize_digits_only(typed).len() == digits
}

/// A direction mark or zero-width character, which comes along when a number is pasted.
fn is_mark(character: char) -> bool {
    matches!(
        character,
        '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}'
    )
}
