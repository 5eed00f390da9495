//! What each thing that happened adds to the counters.

use crate::row::{
    ACCEPTED_IN, CONVERSATION_COST, COST, DELIVERED_IN, ENDED, FAILOVERS, HANDED_OVER, LEFT,
    MODEL_COST, MODEL_ERRORS, OPT_OUTS, PEOPLE, SEGMENTS, TURNS,
};
use crate::{Counts, Key, bucket};

/// An attempt, as far as it is counted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Sent<'a> {
    /// How far it got, in a word of [`crate::STATUSES`].
    pub status: &'a str,
    /// How many segments it takes.
    pub segments: i64,
    /// Whether it took over from another provider, or tries again.
    pub is_failover: bool,
    /// What it costs, in billionths.
    pub cost: i64,
    /// What the model cost that was asked for it, in billionths.
    pub model_cost: i64,
    /// How long after the text the answer was accepted, as a [`bucket`].
    pub accepted_in: Option<u16>,
    /// How long after the text the answer arrived, as a [`bucket`].
    pub delivered_in: Option<u16>,
}

/// A conversation that is over, as far as it is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Over<'a> {
    /// How it ended.
    pub ending: &'a str,
    /// After how many turns of the person.
    pub turns: usize,
    /// The first field that was missing, if the person left it like that.
    pub missing: Option<&'a str>,
    /// The kind of reason for which it was handed over, if it was.
    pub handed_over: Option<&'a str>,
    /// What it cost, in billionths.
    pub cost: i64,
}

/// The most turns that are counted one by one.
const MOST_TURNS: usize = 50;

impl Sent<'_> {
    /// The counters of this attempt alone.
    pub fn counts(&self, key: &Key) -> Counts {
        let mut counts = vec![
            (self.status.to_owned(), 1),
            (SEGMENTS.to_owned(), self.segments),
            (FAILOVERS.to_owned(), self.is_failover.into()),
            (COST.to_owned(), self.cost),
            (MODEL_COST.to_owned(), self.model_cost),
        ];
        let times = [(ACCEPTED_IN, self.accepted_in), (DELIVERED_IN, self.delivered_in)];
        counts.extend(
            times.into_iter().filter_map(|(name, in_)| Some((format!("{name}{}", in_?), 1))),
        );
        named(key, counts)
    }
}

impl Over<'_> {
    /// The counters of this conversation alone.
    pub fn counts(&self, key: &Key) -> Counts {
        let turns = self.turns.min(MOST_TURNS);
        let counts = vec![
            (format!("{ENDED}{}", self.ending), 1),
            (format!("{TURNS}{turns}"), 1),
            (CONVERSATION_COST.to_owned(), self.cost),
        ];
        let left = self.missing.map(|field| (format!("{LEFT}{turns}_{field}"), 1));
        let handed_over = self.handed_over.map(|why| (format!("{HANDED_OVER}{why}"), 1));
        named(key, counts.into_iter().chain(left).chain(handed_over).collect())
    }
}

/// The counters of a person who texts on a day, counted last on that one.
pub fn person(key: &Key, day: i64, last: Option<i64>) -> Counts {
    let is_first = |period: fn(i64) -> i64| last.is_none_or(|last| period(last) < period(day));
    let is_first = [is_first(|day| day), is_first(week), is_first(month)];
    let counts = PEOPLE.iter().zip(is_first).map(|(name, is)| ((*name).to_owned(), is.into()));
    named(key, counts.collect())
}

/// The counter of a model that gave no answer, by the kind of error.
pub fn model_error(key: &Key, kind: &str) -> Counts {
    named(key, vec![(format!("{MODEL_ERRORS}{kind}"), 1)])
}

/// The counter of what a model cost without an attempt to send anything.
pub fn model_cost(key: &Key, billionths: i64) -> Counts {
    named(key, vec![(MODEL_COST.to_owned(), billionths)])
}

/// The counter of somebody who opts out.
pub fn opt_out(key: &Key) -> Counts {
    named(key, vec![(OPT_OUTS.to_owned(), 1)])
}

/// The number of a day's week, which begins on a Monday.
fn week(day: i64) -> i64 {
    // The first of January 1970 was a Thursday.
    (day + 3).div_euclid(7)
}

/// The number of a day's month.
fn month(day: i64) -> i64 {
    // Days are counted from a first of March, so that leap days come last: "days_from_civil", turned round.
    let since = day + 719_468;
    let era = since.div_euclid(146_097);
    let of_era = since.rem_euclid(146_097);
    let year = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year + year / 4 - year / 100);
    (era * 400 + year) * 12 + (5 * of_year + 2) / 153
}

fn named(key: &Key, counts: Vec<(String, i64)>) -> Counts {
    let counts = counts.into_iter().filter(|(_, count)| *count != 0);
    counts.map(|(what, count)| (key.name(&what), count)).collect()
}

/// The bucket of the time between two moments in milliseconds. A clock that went back makes it none.
pub fn took(from_ms: i64, to_ms: i64) -> u16 {
    bucket(u64::try_from(to_ms.saturating_sub(from_ms)).unwrap_or_default())
}
