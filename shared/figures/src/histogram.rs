//! Times, counted by how long they are.

use std::collections::BTreeMap;

/// How much longer the times of a bucket are than those of the one before.
const STEP: f64 = 1.08;

/// The end of the first bucket, in milliseconds.
const FIRST_MS: f64 = 10.0;

/// The last bucket. It holds whatever is longer as well: nearly three hours.
const LAST: u16 = 180;

/// How many times are in each bucket. The middle of a bucket is within 4 % of every time in it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Histogram(BTreeMap<u16, i64>);

/// The bucket of a time.
pub fn bucket(ms: u64) -> u16 {
    let steps = (ms as f64 / FIRST_MS).max(1.0).ln() / STEP.ln();
    (steps.ceil() as u16).min(LAST)
}

/// The time that stands for a bucket, in milliseconds.
pub fn middle(bucket: u16) -> u64 {
    let end = FIRST_MS * STEP.powi(bucket.into());
    (end / STEP.sqrt()).round() as u64
}

impl Histogram {
    /// Counts so many times of a bucket.
    pub fn add(&mut self, bucket: u16, count: i64) {
        *self.0.entry(bucket).or_default() += count;
    }

    /// How many times it has counted.
    pub fn count(&self) -> i64 {
        self.0.values().sum()
    }

    /// The time that this part of all times does not exceed, in milliseconds: 0.5 for the median. `None`:
    /// there is no time.
    pub fn quantile(&self, part: f64) -> Option<u64> {
        let rank = (self.count() as f64 * part).ceil().max(1.0) as i64;
        let mut seen = 0;
        let reached = self.0.iter().find(|(_, count)| {
            seen += **count;
            seen >= rank
        });
        reached.map(|(bucket, _)| middle(*bucket))
    }
}
