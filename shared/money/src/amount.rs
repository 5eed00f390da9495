//! An amount of money, exact to a billionth.

use std::fmt;
use std::iter::Sum;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use thiserror::Error;

/// How many decimals are kept.
const DECIMALS: usize = 9;

/// One unit of the currency.
const ONE: u64 = 1_000_000_000;

/// An amount of money in the installation's currency, of which there is only one.
///
/// It counts billionths: a token of a model that costs 0.15 for a million is 150 of them. Sums stop at
/// the largest amount, over nine billion, and never wrap around. As JSON it is the number of billionths.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(transparent)]
pub struct Amount(i64);

/// A text that is no amount, and what to write.
#[derive(Clone, Copy, Debug, Error, PartialEq, Eq)]
#[error("{0}")]
pub struct AmountError(&'static str);

impl Amount {
    /// Nothing.
    pub const ZERO: Self = Self(0);

    /// The largest amount.
    pub const MAX: Self = Self(i64::MAX);

    /// An amount as a number of billionths.
    pub const fn from_billionths(billionths: i64) -> Self {
        Self(billionths)
    }

    /// The number of billionths.
    pub const fn billionths(self) -> i64 {
        self.0
    }

    /// The sum, or the largest amount.
    #[must_use]
    pub const fn saturating_add(self, other: Self) -> Self {
        Self(self.0.saturating_add(other.0))
    }

    /// The difference, which may be below zero.
    #[must_use]
    pub const fn saturating_sub(self, other: Self) -> Self {
        Self(self.0.saturating_sub(other.0))
    }

    /// So many times this, or the largest amount.
    #[must_use]
    pub fn times(self, count: u64) -> Self {
        let product = i128::from(self.0).saturating_mul(count.into());
        Self(within(product))
    }
}

impl Sum for Amount {
    fn sum<I: Iterator<Item = Self>>(amounts: I) -> Self {
        amounts.fold(Self::ZERO, Self::saturating_add)
    }
}

impl FromStr for Amount {
    type Err = AmountError;

    fn from_str(text: &str) -> Result<Self, AmountError> {
        let form = AmountError("write an amount such as 0.10, with a point and without a currency");
        let (sign, digits) = match text.strip_prefix('-') {
            Some(digits) => (-1, digits),
            None => (1, text),
        };
        let (whole, decimals) = digits.split_once('.').unwrap_or((digits, "0"));
        let is_number = |part: &str| !part.is_empty() && part.bytes().all(|it| it.is_ascii_digit());
        if !is_number(whole) || !is_number(decimals) {
            return Err(form);
        }
        let decimals = decimals.trim_end_matches('0');
        if decimals.len() > DECIMALS {
            return Err(AmountError("write at most nine decimals"));
        }
        let large = AmountError("write less than nine billion");
        let whole: i64 = whole.parse().map_err(|_| large)?;
        let billionths: i64 = format!("{decimals:0<DECIMALS$}").parse().map_err(|_| form)?;
        let amount = sign * (i128::from(whole) * i128::from(ONE) + i128::from(billionths));
        i64::try_from(amount).map(Self).map_err(|_| large)
    }
}

impl fmt::Display for Amount {
    /// With as many decimals as it has, and at least two.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.0 < 0 { "-" } else { "" };
        let (whole, billionths) = (self.0.unsigned_abs() / ONE, self.0.unsigned_abs() % ONE);
        let decimals = format!("{billionths:0DECIMALS$}");
        let needed = decimals.trim_end_matches('0').len().max(2);
        write!(formatter, "{sign}{whole}.{}", &decimals[..needed])
    }
}

/// The nearest number that an amount can have.
pub(crate) fn within(billionths: i128) -> i64 {
    let bounded = billionths.clamp(i64::MIN.into(), i64::MAX.into());
    bounded.try_into().expect("it was brought within the bounds")
}
