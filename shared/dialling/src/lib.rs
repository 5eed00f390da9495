//! Numbers as people type them: as they dial them at home, from abroad, or with a plus.
//!
//! What is a prefix and what belongs to the number differs by country and changes by the year, so it
//! is left to Google's libphonenumber. That is for what people type; the calls of providers are read
//! without it.

#![warn(missing_docs)]

use rlibphonenumber::{
    NumberLengthType, PHONE_NUMBER_UTIL, ParseError, PhoneNumber, PhoneNumberFormat, Region,
    ValidationError,
};
use sms::Number;
use thiserror::Error;

/// Why what was typed is no number to text, and what to type instead.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum Mistyped {
    /// There is more than digits and what stands between them.
    #[error(
        "a telephone number is digits, with spaces, dots, dashes or brackets between them: write \
         it as +12025550143"
    )]
    Characters,
    /// It leads to a telephone behind another.
    #[error("leave the extension out: a text goes to the number itself, as +12025550143")]
    Extension,
    /// Digits are missing, most likely those of the area.
    #[error(
        "there are digits missing: write it with its area code, or with + and the country code \
         first, as +12025550143"
    )]
    TooShort,
    /// There are more digits than a number of that country has.
    #[error("there are too many digits: write one number, as +12025550143")]
    TooLong,
    /// It is of no country.
    #[error("no such telephone number: write + and the country code first, as +12025550143")]
    Unknown,
}

/// Reads a number as it is typed by somebody in the country of `home`; by somebody of whom that is
/// not known, with + and the country code alone.
pub fn read(typed: &str, home: Option<&Number>) -> Result<Number, Mistyped> {
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
    // One with a zero too many is read as another the next time.
    let again = PHONE_NUMBER_UTIL.parse(&written, None);
    let is_itself = again.is_ok_and(|it| it.format_as(PhoneNumberFormat::E164) == written);
    Number::parse(&written).ok().filter(|_| is_itself).ok_or(Mistyped::Unknown)
}

/// Where a number is dialled as it is in the country of `home`.
fn region(home: &Number) -> Option<Region> {
    let number = PHONE_NUMBER_UTIL.parse(home.as_str(), None).ok()?;
    let main = || PHONE_NUMBER_UTIL.get_region_for_country_code(number.country_code);
    PhoneNumber::get_region_code(&number).or_else(main)
}

/// What is meant by two zeros where they are no prefix: in North America nothing else begins so, and
/// most of the world calls abroad with them.
fn international(typed: &str, home: &Number) -> Option<String> {
    let digits = PHONE_NUMBER_UTIL.normalize_digits_only(typed);
    let rest = digits.strip_prefix("00").filter(|_| home.split().0 == "1")?;
    Some(format!("+{rest}"))
}

/// Whether it is digits of one script or another, and what people put between them.
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

/// A mark of direction or of no width, which comes along when a number is pasted.
fn is_mark(character: char) -> bool {
    matches!(
        character,
        '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}'
    )
}
