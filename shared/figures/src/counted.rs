//! What each thing that happened adds to the counters.

use crate::row::{
    ACCEPTED_IN, CONVERSATION_COST, COST, DELIVERED_IN, ENDED, FAILOVERS, SEGMENTS, TURNS,
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
        named(key, counts)
    }
}

fn named(key: &Key, counts: Vec<(String, i64)>) -> Counts {
    let counts = counts.into_iter().filter(|(_, count)| *count != 0);
    counts.map(|(what, count)| (key.name(&what), count)).collect()
}

/// The bucket of the time between two moments in milliseconds. A clock that went back makes it none.
pub fn took(from_ms: i64, to_ms: i64) -> u16 {
    bucket(u64::try_from(to_ms.saturating_sub(from_ms)).unwrap_or_default())
}
