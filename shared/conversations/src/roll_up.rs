//! Keeps the figures few: what was counted on a day in several documents is added up into one, and the
//! days of a month into one more.
//!
//! Everything is on the condition that nobody has counted since it was read. So it may be done twice, by
//! two processes, or not to its end: the next one goes on.

use documents::{Document, Fields, Path, Unavailable, Write};
use figures::Counts;
use jiff::civil::Date;
use jiff::{SignedDuration, Timestamp, ToSpan};

use crate::figures::{EPOCH, OPEN_DAYS, counters, day_at, month_at, number_of, part_of, utc_day};
use crate::lifetimes::DAY;
use crate::store::Store;

/// How often it is done.
const EVERY: SignedDuration = SignedDuration::from_hours(6);

/// How many days are looked through each time, and how many of them together.
const DAYS: i64 = 30;
const TOGETHER: usize = 6;

/// How many days after its end a month is added up: receipts come for more than three days.
const SETTLED_DAYS: i64 = 10;

/// For how many months back that is made up for.
const MONTHS: i64 = 3;

/// How long a day is kept, and what is left of several.
const KEPT: SignedDuration = DAY.checked_mul(750).expect("two years fit");

impl Store {
    /// Adds up what is over, every six hours, whichever process it is in.
    pub(crate) async fn roll_up_figures(
        &self,
        last: Timestamp,
        now: Timestamp,
    ) -> Result<(), Unavailable> {
        let turn = |at: Timestamp| at.as_second().div_euclid(EVERY.as_secs());
        if turn(last) == turn(now) {
            return Ok(());
        }
        let today = utc_day(now);
        let days: Vec<_> = (today - DAYS..=today - OPEN_DAYS).collect();
        for some in days.chunks(TOGETHER) {
            self.roll_up_days(some).await?;
        }
        for ago in 1..=MONTHS {
            let settled = EPOCH.saturating_add((today - SETTLED_DAYS).days());
            self.roll_up_month(settled.first_of_month().saturating_sub(ago.months())).await?;
        }
        Ok(())
    }

    async fn roll_up_days(&self, days: &[i64]) -> Result<(), Unavailable> {
        let paths = |day: &i64| {
            let parts = (0..self.figures_parts()).map(|part| part_of(*day, part));
            [day_at(*day)].into_iter().chain(parts).collect::<Vec<_>>()
        };
        let asked: Vec<Vec<Path>> = days.iter().map(paths).collect();
        let found = self.documents.get(&asked.concat()).await?;
        for (day, (paths, found)) in days.iter().zip(asked.iter().zip(found.chunks(asked[0].len())))
        {
            let until = EPOCH.saturating_add(day.days());
            let writes = added_up(paths, found, until)?;
            // Or the next time, if somebody has counted since.
            if !writes.is_empty() && !self.documents.if_unchanged(writes).await? {
                tracing::info!("what was counted on a day changed while it was added up");
            }
        }
        Ok(())
    }

    async fn roll_up_month(&self, month: Date) -> Result<(), Unavailable> {
        let path = month_at(month);
        if self.documents.get_one(path.clone()).await?.is_some() {
            return Ok(());
        }
        let first = number_of(month);
        let days: Vec<_> = (first..first + i64::from(month.days_in_month())).map(day_at).collect();
        let mut all = Counts::new();
        for day in self.documents.get(&days).await?.iter().flatten() {
            figures::add(&mut all, &counters(&day.fields)?);
        }
        if !all.is_empty() {
            let whole = Write::Create(path, Fields::of(&figures::folded(all)));
            self.documents.if_unchanged(vec![whole]).await?;
        }
        Ok(())
    }
}

/// The writes that leave one document of a day: the first.
fn added_up(
    paths: &[Path],
    found: &[Option<Document>],
    day: Date,
) -> Result<Vec<Write>, Unavailable> {
    let (whole, parts) = (&found[0], &found[1..]);
    let expires = |whole: &Document| whole.fields.get::<i64>("expires_at").is_some();
    if parts.iter().all(Option::is_none) && whole.as_ref().is_none_or(expires) {
        return Ok(vec![]);
    }
    let mut all = Counts::new();
    for document in found.iter().flatten() {
        figures::add(&mut all, &counters(&document.fields)?);
    }
    all.retain(|_, count| *count != 0);
    let begun = Timestamp::UNIX_EPOCH + DAY * i32::try_from(number_of(day)).unwrap_or_default();
    let fields = Fields::of(&figures::folded(all)).expiring(begun, KEPT);
    let path = paths[0].clone();
    let mut writes = vec![match whole {
        Some(whole) => Write::Replace(path, fields, whole.version),
        None => Write::Create(path, fields),
    }];
    let parts = paths[1..].iter().zip(parts);
    writes.extend(parts.filter_map(|(path, part)| {
        Some(Write::Delete(path.clone(), Some(part.as_ref()?.version)))
    }));
    Ok(writes)
}
