//! Countries that replies may go to.

mod ranges;

use std::collections::BTreeSet;
use std::fmt;

use settings::{Names, Settings, SettingsError};
use sms::Number;

use ranges::{COUNTRIES, RANGES};

/// What `1` means: the USA, Canada, and the territories of the USA. The islands that share the code are
/// countries of their own, and more expensive.
const NORTH_AMERICA: [Country; 7] = [
    Country(*b"US"),
    Country(*b"CA"),
    Country(*b"AS"),
    Country(*b"GU"),
    Country(*b"MP"),
    Country(*b"PR"),
    Country(*b"VI"),
];

/// A country, by its code in ISO 3166.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Country([u8; 2]);

impl Country {
    /// The country of a number, if its first digits are assigned to one.
    pub fn of(number: &Number) -> Option<Self> {
        let digits = digits(number);
        (1..=digits.len()).rev().find_map(|end| Self::with(&digits[..end]))
    }

    /// The country that has exactly these first digits.
    fn with(digits: &str) -> Option<Self> {
        let found = COUNTRIES.binary_search_by_key(&digits, |(prefix, _)| prefix);
        found.ok().map(|index| Self(COUNTRIES[index].1))
    }
}

impl fmt::Display for Country {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|letter| write!(formatter, "{}", char::from(*letter)))
    }
}

impl fmt::Debug for Country {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, formatter)
    }
}

/// Why a number is not texted. Displays as a phrase for a notice, which never reveals the number.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum CountryRefusal {
    /// It is in a country that replies do not go to.
    Country(Country),
    /// Its calling code belongs to no known country.
    Unassigned,
    /// Premium rate: callers pay for more than the call.
    Premium,
    /// The caller and the owner of the number share the cost of a call.
    SharedCost,
    /// It is a satellite phone, or belongs to a network without a country.
    Satellite,
}

impl fmt::Display for CountryRefusal {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Country(country) => country.fmt(formatter),
            Self::Unassigned => formatter.write_str("unassigned"),
            Self::Premium => formatter.write_str("premium-rate"),
            Self::SharedCost => formatter.write_str("shared-cost"),
            Self::Satellite => formatter.write_str("satellite"),
        }
    }
}

/// Ranges that are expensive in any country.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Range {
    Premium,
    SharedCost,
    Satellite,
}

impl Range {
    /// The range of a number, if it is in one.
    fn of(digits: &str) -> Option<Self> {
        (1..=digits.len()).find_map(|end| {
            let prefix = &digits[..end];
            let first = RANGES.partition_point(|(other, ..)| *other < prefix);
            let mut ranges = RANGES[first..].iter().take_while(|(other, ..)| *other == prefix);
            let fits = |length: u8| length == 0 || usize::from(length) == digits.len();
            ranges.find(|(_, length, _)| fits(*length)).map(|(.., range)| *range)
        })
    }
}

/// The countries that replies may go to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Countries {
    /// `None`: everywhere.
    allowed: Option<Allowed>,
}

impl fmt::Display for Countries {
    /// As in `COUNTRIES`.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Some(Allowed { codes, countries }) = &self.allowed else {
            return formatter.write_str("all");
        };
        let countries = countries.iter().map(ToString::to_string);
        let all: Vec<_> = codes.iter().cloned().chain(countries).collect();
        formatter.write_str(&all.join(","))
    }
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Allowed {
    /// First digits of numbers.
    codes: BTreeSet<String>,
    countries: BTreeSet<Country>,
}

impl Countries {
    /// What [`Countries::from_settings`] reads.
    pub const SETTINGS: Names = &["COUNTRIES"];

    /// Everywhere, except where nobody is ever texted.
    pub const ALL: Self = Self { allowed: None };

    /// The countries that `COUNTRIES` names, if it is set: calling codes and two-letter country codes,
    /// separated by commas, or `all`.
    ///
    /// `44` is all of that calling code, including Jersey; `GB` is Britain alone. `1` is the USA,
    /// Canada and the territories of the USA; the other islands with that code are named by their
    /// letters, such as `JM`, or by `1` and an area code, such as `1876`.
    pub fn from_settings(settings: &Settings) -> Result<Option<Self>, SettingsError> {
        let Some(written) = settings.get("COUNTRIES") else { return Ok(None) };
        let invalid = || SettingsError::Invalid {
            name: "COUNTRIES",
            problem:
                "write calling codes or two-letter codes of countries with commas between, as \
                      1,44,JM, or all (Britain is GB)"
                    .into(),
        };
        let (mut allowed, mut all) = (Allowed::default(), false);
        for name in written.split(',').map(str::trim).filter(|name| !name.is_empty()) {
            if name.eq_ignore_ascii_case("all") {
                all = true;
            } else {
                allowed.add(name).ok_or_else(invalid)?;
            }
        }
        if !all && allowed == Allowed::default() {
            return Err(invalid());
        }
        Ok(Some(Self { allowed: (!all).then_some(allowed) }))
    }

    /// The countries of our own numbers, if any is in one: a whole calling code, except that under code
    /// 1 it is only the country, with the USA and Canada as one.
    pub fn of_numbers(numbers: &[Number]) -> Option<Self> {
        let mut allowed = Allowed::default();
        for number in numbers {
            match (number.split().0, Country::of(number)) {
                (_, None) => {}
                ("1", Some(country)) if NORTH_AMERICA.contains(&country) => {
                    allowed.countries.extend(NORTH_AMERICA);
                }
                ("1", Some(country)) => {
                    allowed.countries.insert(country);
                }
                (code, Some(_)) => {
                    allowed.codes.insert(code.to_owned());
                }
            }
        }
        (allowed != Allowed::default()).then_some(Self { allowed: Some(allowed) })
    }

    /// Whether a reply may go to this number.
    pub fn allows(&self, number: &Number) -> Result<(), CountryRefusal> {
        let digits = digits(number);
        match Range::of(digits) {
            Some(Range::Premium) => return Err(CountryRefusal::Premium),
            Some(Range::SharedCost) => return Err(CountryRefusal::SharedCost),
            Some(Range::Satellite) => return Err(CountryRefusal::Satellite),
            None => {}
        }
        let Some(allowed) = &self.allowed else { return Ok(()) };
        let country = Country::of(number);
        let named = allowed.codes.iter().any(|code| digits.starts_with(code.as_str()))
            || country.is_some_and(|country| allowed.countries.contains(&country));
        if named {
            Ok(())
        } else {
            Err(country.map_or(CountryRefusal::Unassigned, CountryRefusal::Country))
        }
    }
}

impl Allowed {
    /// `None` if that is not a code.
    fn add(&mut self, name: &str) -> Option<()> {
        let code = name.strip_prefix('+').unwrap_or(name);
        if code == "1" {
            self.countries.extend(NORTH_AMERICA);
        } else if !code.is_empty() && code.bytes().all(|digit| digit.is_ascii_digit()) {
            let area = code.len() == 4 && code.starts_with('1');
            (area || (code.len() <= 3 && Country::with(code).is_some())).then_some(())?;
            self.codes.insert(code.to_owned());
        } else {
            let code = name.to_ascii_uppercase();
            let known = COUNTRIES.iter().find(|(_, country)| code.as_bytes() == country)?;
            self.countries.insert(Country(known.1));
        }
        Some(())
    }
}

fn digits(number: &Number) -> &str {
    number.as_str().trim_start_matches('+')
}
