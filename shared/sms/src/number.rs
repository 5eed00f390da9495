//! Telephone numbers.

mod lengths;

use std::fmt;

use serde::{Deserialize, Serialize};

use lengths::LENGTHS;

/// The country calling codes of two digits (ITU-T E.164 list of assigned codes).
const TWO_DIGIT_CODES: [&str; 44] = [
    "20", "27", "30", "31", "32", "33", "34", "36", "39", "40", "41", "43", "44", "45", "46", "47",
    "48", "49", "51", "52", "53", "54", "55", "56", "57", "58", "60", "61", "62", "63", "64", "65",
    "66", "81", "82", "84", "86", "90", "91", "92", "93", "94", "95", "98",
];

/// The longest number without its country code, in digits.
pub(crate) const NATIONAL: usize = 10;

/// A telephone number in E.164 form: `+`, the country calling code, and as many digits as numbers of
/// that country have.
///
/// Only [`Number::as_str`] reveals the number; it prints as `+…43`, so a log line that names one by
/// mistake reveals nothing.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Number(String);

/// The text is not a telephone number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "not a telephone number: write it whole, with + and the country code first, as +12025550143"
)]
pub struct NotANumber;

impl Number {
    /// Parses a number in international form: `+` first; spaces, dots, dashes and brackets between
    /// the digits are ignored.
    pub fn parse(written: &str) -> Result<Self, NotANumber> {
        Self::shaped(written).filter(Self::is_whole).ok_or(NotANumber)
    }

    /// `+`, followed by 7 to 15 digits, the first of which is not zero.
    fn shaped(written: &str) -> Option<Self> {
        let digits: String = written
            .trim()
            .strip_prefix('+')?
            .chars()
            .filter(|c| !matches!(c, ' ' | '.' | '-' | '(' | ')'))
            .collect();
        let sound = (7..=15).contains(&digits.len())
            && digits.bytes().all(|b| b.is_ascii_digit())
            && !digits.starts_with('0');
        sound.then(|| Self(format!("+{digits}")))
    }

    /// Whether it has as many digits as numbers of its country. With seven in all it is most likely
    /// a local number: only a few islands have telephone numbers so short.
    ///
    /// For an unknown calling code, such as a new one, any length will do.
    fn is_whole(&self) -> bool {
        let (code, national) = self.split();
        let Some((_, fewest, most, mobile)) = lengths(code) else { return true };
        let length = national.len();
        let is_mobile = mobile.iter().any(|digits| usize::from(*digits) == length);
        (usize::from(*fewest)..=usize::from(*most)).contains(&length)
            && (is_mobile || code.len() + length > 7 || usize::from(*most) <= 7)
            && (code != "1" || is_north_american(national))
    }

    /// Completes digits from a call that does not say whether they are international, if there is
    /// no doubt: as dialled in the country of a calling code, if it is known, or in full. Texts
    /// come from mobile phones, so their lengths count.
    ///
    /// Ten digits or fewer may be a number of any country, whatever they begin with: an Indian
    /// number may begin like an Iranian one.
    pub fn completed(digits: &str, country: Option<&str>) -> Option<Self> {
        let is_mobile = |code: &str, national: &str| {
            let mobile = lengths(code).map_or(&[][..], |(.., mobile)| mobile);
            mobile.iter().any(|digits| usize::from(*digits) == national.len())
        };
        let whole = |digits: &str| Self::parse(&format!("+{digits}")).ok();
        if let Some(code) = country {
            let dialled = [Some(digits), digits.strip_prefix('0')];
            let national = dialled.into_iter().flatten().find(|digits| is_mobile(code, digits));
            if let Some(national) = national {
                return whole(&format!("{code}{national}"));
            }
            if digits.strip_prefix(code).is_some_and(|national| is_mobile(code, national)) {
                return whole(digits);
            }
        }
        let long = whole(digits).filter(|_| digits.len() > NATIONAL)?;
        let (code, national) = long.split();
        is_mobile(code, national).then(|| long.clone())
    }

    /// Whether numbers of some country begin like this.
    pub fn is_calling_code(code: &str) -> bool {
        lengths(code).is_some()
    }

    /// Whether it may be a number without country code that looks as if it had one.
    pub fn is_doubtful(&self) -> bool {
        let digits = &self.0[1..];
        digits.len() == 10 && is_north_american(digits)
    }

    /// The number for people to read: `(202) 555-0143` in North America, `+44 2079460958` elsewhere.
    pub fn display(&self) -> String {
        match self.split() {
            ("1", national) if national.len() == 10 => {
                format!("({}) {}-{}", &national[..3], &national[3..6], &national[6..])
            }
            (code, national) => format!("+{code} {national}"),
        }
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
    /// Calling codes are prefix-free: 1 and 7 have one digit, those of two digits are listed, all
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

/// The lengths of numbers with this calling code, if it is known.
fn lengths(code: &str) -> Option<&'static (&'static str, u8, u8, &'static [u8])> {
    LENGTHS.binary_search_by_key(&code, |(code, ..)| code).ok().map(|index| &LENGTHS[index])
}

/// Whether ten digits are a North American number, whose area code and exchange start with 2 to 9.
fn is_north_american(national: &str) -> bool {
    let place = |digits: &str| digits.starts_with(|first: char| ('2'..='9').contains(&first));
    national.len() == 10 && place(national) && place(&national[3..])
}

impl fmt::Debug for Number {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "+…{}", &self.0[self.0.len() - 2..])
    }
}

impl TryFrom<String> for Number {
    type Error = NotANumber;

    fn try_from(written: String) -> Result<Self, NotANumber> {
        // Less strict than for incoming numbers: a stored one was valid once, and its stops and
        // texts have to be found.
        Self::shaped(&written).ok_or(NotANumber)
    }
}

impl From<Number> for String {
    fn from(number: Number) -> Self {
        number.0
    }
}
