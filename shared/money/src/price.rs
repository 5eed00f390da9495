//! A price, and what it is based on.

use std::fmt;

use jiff::civil::Date;

use crate::amount::{Amount, within};

/// How many tokens a model's prices are for.
const PER: i128 = 1_000_000;

/// What a price is based on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Basis {
    /// A row of the built-in prices or of the owner's.
    Listed {
        /// Where the price was found: an address, or the owner's file.
        source: String,
        /// When it was seen there. The owner's file need not say.
        date: Option<Date>,
    },
    /// Nobody charges for it.
    Free,
    /// No row: it stands for the most that it could cost.
    Assumed {
        /// Lines for the owner to add to `PRICES_FILE`, once the amounts in them are the right ones.
        line: String,
    },
}

/// What a model costs, for a million tokens each.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ModelPrice {
    /// Of the prompt.
    pub input: Amount,
    /// Of the prompt, as far as the server remembers it from an earlier request.
    pub cached: Amount,
    /// Of the answer, with what the model thought before it.
    pub output: Amount,
    /// Where these come from.
    pub basis: Basis,
}

/// What a text costs: a segment of an SMS, or an MMS as a whole.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SegmentPrice {
    /// What the provider charges.
    pub segment: Amount,
    /// What it passes on from carriers, in addition.
    pub carrier_fee: Amount,
    /// Where these come from.
    pub basis: Basis,
}

impl ModelPrice {
    /// The cost of a request, rounded up to a billionth, or the largest amount.
    ///
    /// The tokens are counted as OpenAI's interface reports them: `input` is the whole prompt, and
    /// `cached` how much of it was remembered.
    pub fn cost(&self, input: u64, cached: u64, output: u64) -> Amount {
        let cached = cached.min(input);
        let parts = [(self.input, input - cached), (self.cached, cached), (self.output, output)];
        let cost = parts.into_iter().fold(0_i128, |sum, (price, tokens)| {
            let part = i128::from(price.billionths()).saturating_mul(tokens.into());
            sum.saturating_add(part)
        });
        Amount::from_billionths(within(cost / PER + i128::from(cost % PER > 0)))
    }
}

impl SegmentPrice {
    /// The cost of so many, or the largest amount.
    pub fn cost(&self, segments: u64) -> Amount {
        self.segment.saturating_add(self.carrier_fee).times(segments)
    }
}

impl Basis {
    /// Whether nobody has listed a price.
    pub fn is_assumed(&self) -> bool {
        matches!(self, Self::Assumed { .. })
    }
}

impl fmt::Display for Basis {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Listed { source, date: Some(date) } => write!(formatter, "{source}, {date}"),
            Self::Listed { source, date: None } => formatter.write_str(source),
            Self::Free => formatter.write_str("free"),
            Self::Assumed { .. } => formatter.write_str("not listed, assumed"),
        }
    }
}
