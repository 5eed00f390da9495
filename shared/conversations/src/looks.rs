//! Attempts that are due for a check, and what their providers charge.

use documents::{Document, Fields, Unavailable, Version, Write, at};
use jiff::Timestamp;
use money::Amount;

use crate::attempts::Attempt;
use crate::budget::{Booking, OWNER, Payer};
use crate::store::Store;

/// How many attempts are corrected together. Each needs two writes.
const TOGETHER: usize = 50;

/// An attempt that is due for a check.
pub struct DueAttempt {
    /// The attempt.
    pub attempt: Attempt,
    version: Version,
}

/// An attempt that was looked at and whose provider has said what it charges.
pub struct Charged {
    /// The attempt.
    pub due: DueAttempt,
    /// When it is looked at next.
    pub next: Option<Timestamp>,
    /// What its provider charges, in the currency of the account.
    pub amount: Amount,
}

impl DueAttempt {
    pub(crate) fn decode(document: Document) -> Result<Self, Unavailable> {
        Ok(Self { version: document.version, attempt: document.fields.decode()? })
    }

    /// Sets when it is checked next, and more, unless it was updated since it was read.
    pub(crate) fn amend(&self, next: Option<Timestamp>, more: Fields) -> Write {
        let set = more.with("due_at", next.map(Timestamp::as_millisecond));
        Write::Amend(at("attempts", &self.attempt.id), set, self.version)
    }
}

impl Charged {
    /// The writes that put it in the place of what was counted, in the day and month in which that was.
    fn writes(&self, shard: &str) -> Vec<Write> {
        let attempt = &self.due.attempt;
        let shard = if attempt.tried_out { OWNER } else { shard };
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
    /// Sets when these attempts are checked next. An attempt that was updated meanwhile keeps its due
    /// time, so that the update is seen.
    pub async fn looked_at(
        &self,
        looked: Vec<(DueAttempt, Option<Timestamp>)>,
    ) -> Result<(), Unavailable> {
        let next = looked.iter().map(|(due, next)| due.amend(*next, Fields::none()));
        self.documents.each(next.collect()).await
    }

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
    pub(crate) async fn any_shard(&self) -> Result<String, Unavailable> {
        let of = self.first_shard().await?.of();
        Ok(self.shard_for(Payer::People(of), None))
    }
}
