//! What a person has cost.

use money::Amount;
use serde::{Deserialize, Serialize};

use crate::budget::{Period, Reservation};

/// What a person has cost.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Account {
    /// The day of `spent`, as in [`Period::day`].
    pub day: i64,
    /// What was spent on that day.
    pub spent: Amount,
    /// What is reserved for the turn under way.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reserved: Option<Reservation>,
    /// What the conversation under way has cost.
    pub cost: Amount,
    /// What the turn under way has cost in earlier tries.
    #[serde(skip_serializing_if = "is_zero")]
    pub turn: Amount,
    /// The day on which the person was told that they are answered later, because a cap is reached.
    pub told_day: i64,
}

impl Account {
    /// What was spent for the person today.
    pub fn spent_today(&self, period: Period) -> Amount {
        if self.day == period.day { self.spent } else { Amount::ZERO }
    }

    /// Counts what was spent.
    pub fn spend(&mut self, amount: Amount, period: Period) {
        self.spent = self.spent_today(period).saturating_add(amount);
        self.day = period.day;
    }

    /// Takes back what was counted as spent today.
    pub fn take_back(&mut self, amount: Amount, period: Period) {
        if self.day == period.day {
            self.spent = self.spent.saturating_sub(amount).max(Amount::ZERO);
        }
    }
}

fn is_zero(amount: &Amount) -> bool {
    *amount == Amount::ZERO
}
