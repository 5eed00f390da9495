//! Attempts that are due for a check, and what their providers charge.

use std::collections::BTreeMap;

use documents::{Document, Fields, Unavailable, Version, Write, at};
use figures::Counts;
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
    /// When it was found to be due.
    found_at: Timestamp,
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
    pub(crate) fn decode(document: Document, now: Timestamp) -> Result<Self, Unavailable> {
        let attempt = document.fields.decode()?;
        Ok(Self { version: document.version, attempt, found_at: now })
    }

    /// Sets when it is checked next, and more, unless it was updated since it was read.
    fn amend(&self, next: Option<Timestamp>, more: Fields) -> Write {
        let set = more.with("due_at", next.map(Timestamp::as_millisecond));
        Write::Amend(at("attempts", &self.attempt.id), set, self.version)
    }
}

/// What is written about an attempt that was looked at.
struct Look {
    writes: Vec<Write>,
    counts: Vec<(i64, Counts)>,
    now: Timestamp,
}

impl Look {
    /// That it is looked at next then, and what is counted anew.
    fn of(due: &DueAttempt, next: Option<Timestamp>, charged: Option<Amount>) -> Self {
        let mut attempt = due.attempt.clone();
        let mut set = Fields::none();
        if let Some(amount) = charged {
            attempt.cost = amount;
            set = set.with("cost", amount);
        }
        let mut counts = vec![];
        if let Some((more, tally)) = attempt.uncounted() {
            counts = more;
            set = set.with("counted", tally);
        }
        Self { writes: vec![due.amend(next, set)], counts, now: due.found_at }
    }
}

impl Charged {
    /// The writes that put it in the place of what was counted, in the day and month in which that was.
    fn look(&self, shard: &str) -> Look {
        let attempt = &self.due.attempt;
        let shard = if attempt.tried_out { OWNER } else { shard };
        let correct = |period| {
            let spent = self.amount.saturating_sub(attempt.cost);
            Booking { shard: shard.to_owned(), period, spent, released: None }.write()
        };
        let mut look = Look::of(&self.due, self.next, Some(self.amount));
        look.writes.extend(attempt.booked.map(correct));
        look
    }
}

impl Store {
    /// Sets when these attempts are checked next, and counts what is new about them. An attempt that was
    /// updated meanwhile keeps its due time, so that the update is seen.
    pub async fn looked_at(
        &self,
        looked: Vec<(DueAttempt, Option<Timestamp>)>,
    ) -> Result<(), Unavailable> {
        let looks = looked.iter().map(|(due, next)| Look::of(due, *next, None));
        let (same, new): (Vec<_>, Vec<_>) = looks.partition(|look| look.counts.is_empty());
        self.documents.each(same.into_iter().flat_map(|look| look.writes).collect()).await?;
        for some in new.chunks(TOGETHER) {
            self.keep_looks(some).await?;
        }
        Ok(())
    }

    /// Counts what providers charge instead of what was counted for these attempts, in one commit with
    /// when each is looked at next. An attempt that was updated meanwhile is left as it is.
    pub async fn count_charges(&self, charged: &[Charged]) -> Result<(), Unavailable> {
        for some in charged.chunks(TOGETHER) {
            let shard = self.any_shard().await?;
            let looks: Vec<_> = some.iter().map(|it| it.look(&shard)).collect();
            self.keep_looks(&looks).await?;
        }
        Ok(())
    }

    /// In one commit, or else in ever smaller ones, without those whose attempt was updated meanwhile.
    async fn keep_looks(&self, looks: &[Look]) -> Result<(), Unavailable> {
        let mut parts = vec![looks];
        while let Some(part) = parts.pop() {
            if !self.documents.if_unchanged(self.writes(part)).await? && part.len() > 1 {
                parts.extend(<[_; 2]>::from(part.split_at(part.len() / 2)));
            }
        }
        Ok(())
    }

    fn writes(&self, looks: &[Look]) -> Vec<Write> {
        let mut days = BTreeMap::<i64, Counts>::new();
        for (day, counts) in looks.iter().flat_map(|look| &look.counts) {
            figures::add(days.entry(*day).or_default(), counts);
        }
        let now = looks.iter().map(|look| look.now).max().unwrap_or_default();
        let counted = days.iter().filter_map(|(day, counts)| self.count(*day, counts, now));
        looks.iter().flat_map(|look| look.writes.clone()).chain(counted).collect()
    }

    /// A shard of the account, however it is divided.
    pub(crate) async fn any_shard(&self) -> Result<String, Unavailable> {
        let of = self.first_shard().await?.of();
        Ok(self.shard_for(Payer::People(of), None))
    }
}
