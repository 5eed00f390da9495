//! What providers really charge for texts, in place of what the list of prices says.

use documents::{Fields, Unavailable, Write};
use jiff::Timestamp;
use money::Amount;

use crate::attempts::DueAttempt;
use crate::budget::{Booking, Payer};
use crate::store::Store;

/// How many attempts are corrected together. Each may need four writes.
const TOGETHER: usize = 50;

/// An attempt that was looked at and whose provider has said what it charges.
pub struct Charged {
    /// The attempt.
    pub due: DueAttempt,
    /// When it is looked at next.
    pub next: Option<Timestamp>,
    /// What its provider charges, in the currency of the account.
    pub amount: Amount,
}

impl Charged {
    /// The writes that put it in the place of what was counted, in the day and month in which that was.
    fn writes(&self, shard: &str) -> Vec<Write> {
        let attempt = &self.due.attempt;
        let correct = |period| {
            let spent = self.amount.saturating_sub(attempt.cost);
            Booking { shard: shard.to_owned(), period, spent, released: None }.write()
        };
        let mut writes: Vec<_> = attempt.booked.map(correct).into_iter().collect();
        writes.push(self.due.amend(self.next, Fields::none().with("cost", self.amount)));
        writes
    }
}

impl Store {
    /// Counts what providers charge instead of what was counted for these attempts, in one commit with
    /// when each is looked at next. An attempt that was updated meanwhile is left as it is.
    pub async fn count_charges(&self, charged: &[Charged]) -> Result<(), Unavailable> {
        for some in charged.chunks(TOGETHER) {
            let shard = self.any_shard().await?;
            let writes = |it: &Charged| it.writes(&shard);
            if self.documents.if_unchanged(some.iter().flat_map(writes).collect()).await? {
                continue;
            }
            for one in some {
                self.documents.if_unchanged(one.writes(&shard)).await?;
            }
        }
        Ok(())
    }

    /// A shard of the account, however it is divided.
    async fn any_shard(&self) -> Result<String, Unavailable> {
        let of = self.shard(Payer::People(1)).await?.of();
        Ok(Payer::People(of).shard(None))
    }
}
