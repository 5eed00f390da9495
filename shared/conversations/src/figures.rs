//! What is counted by day, under names without a word or a number of anybody.
//!
//! An attempt is counted when it is looked at, in the commit that says when it is looked at next, and holds
//! what it was counted as. If it is counted anew, because more is known of it, that commit takes off what
//! was counted before. So it is counted exactly once, whatever dies when, and nothing is written for it on
//! the way of a reply.

use documents::{Fields, Path, Unavailable, Write, at};
use figures::{Counts, DEFAULT, Key, Sent, difference, took};
use jiff::Timestamp;
use money::Amount;
use sms::Status;
use telemetry::steps;

use crate::attempts::Attempt;
use crate::receipts::is_receipt;
use crate::store::Store;
use crate::tally::{Tally, word};

/// Into how many documents a day is divided on Firestore, which takes about one write a second to each.
const PARTS: u32 = 16;

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
    /// What has to be added to the counters of its day, and what it is counted as afterwards. `None`: it is
    /// counted as what it is.
    pub(crate) fn uncounted(&self) -> Option<(Counts, Tally)> {
        let now = Tally::of(self)?;
        if self.counted == Some(now) {
            return None;
        }
        let before = self.counted.map(|before| before.counts(self)).unwrap_or_default();
        Some((difference(&before, &now.counts(self)), now))
    }

    /// The day on which it is counted: that of the owner's time zone on which it was begun.
    pub(crate) fn counted_on(&self) -> i64 {
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

impl Store {
    /// The write that adds to the counters of a day.
    pub(crate) fn count(&self, day: i64, more: &Counts) -> Option<Write> {
        let more: Vec<_> = more.iter().map(|(name, count)| (name.clone(), *count)).collect();
        (!more.is_empty()).then(|| Write::Add(part_of(day, self.figures_part()), more))
    }

    /// The part of a day that is next.
    pub(crate) fn figures_part(&self) -> u32 {
        self.round.next(self.parts())
    }

    /// What was counted on each of these days, by their number since 1970, without those on which nothing
    /// was.
    pub async fn counted(&self, days: &[i64]) -> Result<Vec<(i64, Counts)>, Unavailable> {
        let parts: Vec<_> = (0..self.parts()).collect();
        let asked: Vec<_> =
            days.iter().flat_map(|day| parts.iter().map(|part| part_of(*day, *part))).collect();
        let found = self.documents.get(&asked).await?;
        let mut all = Vec::new();
        for (day, found) in days.iter().zip(found.chunks(parts.len())) {
            let mut counts = Counts::new();
            for part in found.iter().flatten() {
                figures::add(&mut counts, &counters(&part.fields)?);
            }
            if !counts.is_empty() {
                all.push((*day, counts));
            }
        }
        Ok(all)
    }

    fn parts(&self) -> u32 {
        if self.documents.are_embedded() { 1 } else { PARTS }
    }
}

/// The counters of a document, without what else is in it.
fn counters(fields: &Fields) -> Result<Counts, Unavailable> {
    let mut counts: Counts = fields.decode()?;
    counts.retain(|name, _| Key::parse(name).is_some());
    Ok(counts)
}

pub(crate) fn part_of(day: i64, part: u32) -> Path {
    at("figures", &format!("{day}-{part}"))
}
