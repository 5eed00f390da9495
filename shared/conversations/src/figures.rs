//! What is counted by day, under names without a word or a number of anybody.
//!
//! An attempt is counted when it is looked at, in the commit that says when it is looked at next, and holds
//! what it was counted as. If it is counted anew, because more is known of it, that commit takes off what
//! was counted before. So it is counted exactly once, whatever dies when, and nothing is written for it on
//! the way of a reply.

use std::collections::BTreeMap;

use documents::{Fields, Path, Unavailable, Write, at};
use figures::{Counts, DEFAULT, Key, Sent, difference, took};
use jiff::civil::{Date, date};
use jiff::{Timestamp, Unit};
use money::Amount;
use sms::Status;
use telemetry::steps;

use crate::attempts::Attempt;
use crate::receipts::is_receipt;
use crate::store::Store;
use crate::tally::{Tally, word};

/// Into how many documents a day is divided on Firestore, which takes about one write a second to each.
///
/// Whoever looks at figures reads these of four days.
const PARTS: u32 = 6;

/// Days up to so many ago are counted in several documents, whatever the time zone.
pub(crate) const OPEN_DAYS: i64 = 2;

/// How many milliseconds a day has.
const DAY_MS: i64 = 24 * 60 * 60 * 1000;

impl Tally {
    /// As what an attempt is to be counted. `None`: the owner tried something out.
    pub(crate) fn of(attempt: &Attempt) -> Option<Self> {
        let Attempt { cost, reply, .. } = attempt;
        // What waited for the hours in which the person may be texted says nothing about us.
        let texted = reply.texted_at.filter(|_| reply.held_until.is_none());
        let after = |moment: Option<Timestamp>| {
            Some(took(texted?.as_millisecond(), moment?.as_millisecond()))
        };
        let accepted_in = after(attempt.accepted_at());
        let delivered_in = after(attempt.delivered_at());
        let tally = Self { status: attempt.status(), cost: *cost, accepted_in, delivered_in };
        (!attempt.tried_out && !attempt.to.is_for_tests()).then_some(tally)
    }

    fn counts(&self, attempt: &Attempt) -> Counts {
        let reply = &attempt.reply;
        let sent = Sent {
            status: word(self.status),
            segments: i64::try_from(attempt.segments).unwrap_or_default(),
            is_failover: reply.after.is_some() || reply.rounds > 0 || !reply.refused_by.is_empty(),
            cost: self.cost.billionths(),
            model_cost: attempt.thought.map_or(0, Amount::billionths),
            accepted_in: self.accepted_in,
            delivered_in: self.delivered_in,
        };
        sent.counts(&attempt.key())
    }
}

impl Attempt {
    /// What has to be added to the counters of days, and what it is counted as afterwards. `None`: it is
    /// counted as what it is.
    pub(crate) fn uncounted(&self) -> Option<(Vec<(i64, Counts)>, Tally)> {
        let now = Tally::of(self)?;
        if self.counted == Some(now) {
            return None;
        }
        let before = self.counted.map(|before| before.counts(self)).unwrap_or_default();
        let mut more = vec![(self.counted_on(), difference(&before, &now.counts(self)))];
        if self.counted.is_none() {
            more.extend(self.also.iter().map(|also| (also.day, also.counts.clone())));
        }
        Some((more, now))
    }

    /// The day on which it is counted: that of the owner's time zone on which it was begun.
    fn counted_on(&self) -> i64 {
        let on = self.day.or(self.booked.map(|period| period.day));
        on.unwrap_or_else(|| self.at.as_millisecond().div_euclid(DAY_MS))
    }

    fn key(&self) -> Key {
        Key {
            agent: DEFAULT.to_owned(),
            provider: self.provider.clone(),
            country: self.to.split().0.to_owned(),
        }
    }

    /// When its provider took it, as far as its steps say.
    fn accepted_at(&self) -> Option<Timestamp> {
        let is_accepted = |outcome: &serde_json::Value| outcome == "accepted";
        let mut sent = self.steps.iter().filter(|step| {
            step.what == steps::SENT && step.details.get("outcome").is_some_and(is_accepted)
        });
        let sent = sent.next()?;
        let took = i64::try_from(sent.took_ms.unwrap_or_default()).ok()?;
        Timestamp::from_millisecond(sent.at.as_millisecond().checked_add(took)?).ok()
    }

    /// When it arrived, or the last of its parts, as far as its steps say.
    fn delivered_at(&self) -> Option<Timestamp> {
        if self.status() != Status::Delivered {
            return None;
        }
        let delivered = word(Status::Delivered);
        let told = self.steps.iter().filter(|step| {
            is_receipt(step) && step.details.get("status").is_some_and(|it| it == delivered)
        });
        let (of_parts, whole): (Vec<_>, Vec<_>) =
            told.partition(|step| step.details.contains_key("part"));
        let first = whole.iter().map(|step| step.at).min();
        first.or_else(|| of_parts.iter().map(|step| step.at).max())
    }
}

/// What is added to the counters of a day.
#[derive(Clone)]
pub struct DayCounts {
    path: Path,
    counts: Counts,
}

impl DayCounts {
    pub(crate) fn new(path: Path, counts: Counts) -> Self {
        Self { path, counts }
    }

    pub(crate) fn write(self) -> Write {
        Write::Add(self.path, self.counts.into_iter().collect())
    }
}

impl Store {
    /// The write that adds to the counters of a day.
    pub(crate) fn count(&self, day: i64, more: &Counts, now: Timestamp) -> Option<Write> {
        let more: Vec<_> = more.iter().map(|(name, count)| (name.clone(), *count)).collect();
        (!more.is_empty()).then(|| Write::Add(self.counted_in(day, now), more))
    }

    /// The document in which something is counted on a day: the part that is next, or what has become of
    /// all parts if the day is over.
    pub(crate) fn counted_in(&self, day: i64, now: Timestamp) -> Path {
        match day + OPEN_DAYS > utc_day(now) {
            true => part_of(day, self.figures_round.next(self.figures_parts())),
            false => day_at(day),
        }
    }

    /// What was counted on each of these days, by their number since 1970, without those on which nothing
    /// was.
    pub async fn counted(
        &self,
        days: &[i64],
        now: Timestamp,
    ) -> Result<Vec<(i64, Counts)>, Unavailable> {
        // A day more than is open: nobody may have added it up yet. On this machine it is for nothing to look
        // at all of them, should it have been off.
        let open =
            if self.documents.are_embedded() { i64::MIN } else { utc_day(now) - OPEN_DAYS - 1 };
        let mut asked: Vec<(i64, Path)> = vec![];
        for day in days {
            asked.push((*day, day_at(*day)));
            let parts = if *day >= open { self.figures_parts() } else { 0 };
            asked.extend((0..parts).map(|part| (*day, part_of(*day, part))));
        }
        let paths: Vec<_> = asked.iter().map(|(_, path)| path.clone()).collect();
        let found = self.documents.get(&paths).await?;
        let mut all = BTreeMap::<i64, Counts>::new();
        for ((day, _), found) in asked.iter().zip(&found) {
            if let Some(found) = found {
                figures::add_all(all.entry(*day).or_default(), counters(&found.fields)?);
            }
        }
        Ok(all.into_iter().filter(|(_, counts)| !counts.is_empty()).collect())
    }

    /// What was counted in each of these months that are added up.
    pub(crate) async fn counted_in_months(
        &self,
        months: &[Date],
    ) -> Result<Vec<(Date, Counts)>, Unavailable> {
        let paths: Vec<_> = months.iter().map(|month| month_at(*month)).collect();
        let found = self.documents.get(&paths).await?;
        let there = months.iter().zip(found).filter_map(|(month, found)| Some((*month, found?)));
        there.map(|(month, found)| Ok((month, counters(&found.fields)?))).collect()
    }

    /// Into how many documents a day is divided.
    pub(crate) fn figures_parts(&self) -> u32 {
        if self.documents.are_embedded() { 1 } else { PARTS }
    }
}

pub(crate) const EPOCH: Date = date(1970, 1, 1);

/// The number of a day since 1970.
pub(crate) fn number_of(day: Date) -> i64 {
    day.since((Unit::Day, EPOCH)).map_or(0, |span| span.get_days().into())
}

/// The number of a moment's day in UTC, from which that of the owner's time zone differs by one at most.
pub(crate) fn utc_day(at: Timestamp) -> i64 {
    at.as_millisecond().div_euclid(DAY_MS)
}

/// The counters of a document, without what else is in it.
pub(crate) fn counters(fields: &Fields) -> Result<Counts, Unavailable> {
    // Whatever else is in it is a number as well.
    let mut all: Counts = fields.decode()?;
    all.retain(|name, _| figures::parts(name).is_some());
    Ok(all)
}

/// The document of a day that is over.
pub(crate) fn day_at(day: i64) -> Path {
    at("figures", &day.to_string())
}

/// The document of a month.
pub(crate) fn month_at(month: Date) -> Path {
    at("figures", &format!("m{:04}-{:02}", month.year(), month.month()))
}

/// One of those of a day that is not.
pub(crate) fn part_of(day: i64, part: u32) -> Path {
    at("figures", &format!("{day}-{part}"))
}
