//! The money that a turn spends on its model.

use money::{Amount, ModelPrice};

/// The fewest tokens that are worth asking for: fewer are no answer, or one without thought.
pub(crate) const FEWEST_TOKENS: u32 = 200;

/// The minimum bytes per token, in any script. It is safer to assume too few than too many.
pub(crate) const TOKEN_BYTES: usize = 3;

/// What a turn may spend on its model and its reply. By default there is no limit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Allowance {
    /// How many segments the reply may take, if that is less than the page allows.
    pub segments: Option<u32>,
    /// The most that may be spent on the model. `None`: it is only counted.
    pub limit: Option<Amount>,
}

/// The tokens of one request, as its server counts them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Used {
    /// Tokens read.
    pub(crate) input: u64,
    /// How many of those the server remembered from earlier requests.
    pub(crate) cached: u64,
    /// Tokens written.
    pub(crate) output: u64,
}

/// What one turn has spent on its model, and what it may spend.
#[derive(Clone, Debug)]
pub(crate) struct Spending {
    price: Option<ModelPrice>,
    limit: Option<Amount>,
    pub(crate) spent: Amount,
}

impl Spending {
    /// Nothing is spent yet. Without a price nothing is charged, and without a limit it is only counted.
    pub(crate) fn new(price: Option<ModelPrice>, limit: Option<Amount>) -> Self {
        Self { price, limit, spent: Amount::ZERO }
    }

    /// The most tokens that the next answer may take, after a request of about this many. `None`: what
    /// is left pays for no useful answer.
    pub(crate) fn answer_tokens(&self, request: u64) -> Option<u32> {
        let (Some(price), Some(limit)) = (&self.price, self.limit) else { return Some(u32::MAX) };
        let left = limit.saturating_sub(self.spent).saturating_sub(price.cost(request, 0, 0));
        let tokens = match i128::from(price.output.billionths()) {
            0 => i128::from(u32::MAX),
            each => i128::from(left.billionths()) * 1_000_000 / each,
        };
        let tokens = u32::try_from(tokens.max(0)).unwrap_or(u32::MAX);
        (left >= Amount::ZERO && tokens >= FEWEST_TOKENS).then_some(tokens)
    }

    /// Counts what a request cost, and returns that.
    pub(crate) fn book(&mut self, used: Used) -> Amount {
        let price = self.price.as_ref();
        let cost = price.map_or(Amount::ZERO, |it| it.cost(used.input, used.cached, used.output));
        self.spent = self.spent.saturating_add(cost);
        cost
    }
}
