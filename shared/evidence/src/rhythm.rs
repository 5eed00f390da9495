//! When texts usually come.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::rules::{SILENCE, WEEKS, WEEKS_BEFORE};

/// The hours of a week.
const WEEK: i64 = 168;

/// How many conversations usually begin in each hour of the week, and whether the present silence is
/// longer than chance explains.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Rhythm {
    /// How many usually begin in each hour of the week, in UTC.
    usual: Vec<f64>,
    /// The first hour that was seen, in hours since 1970.
    first: i64,
    /// The hour that is being counted.
    hour: i64,
    /// How many have begun in it.
    count: u32,
    /// When the last one began.
    #[serde(default, with = "jiff::fmt::serde::timestamp::millisecond::optional")]
    last: Option<Timestamp>,
}

impl Rhythm {
    /// Notes that a person has begun a conversation.
    ///
    /// Later texts of the same conversation are not noted: they come in bursts, and the odds assume
    /// independent events.
    pub fn note(&mut self, at: Timestamp) {
        let hour = hour_of(at);
        // After a month of silence, earlier habits no longer count.
        let month = WEEKS as i64 * WEEK;
        if self.last.is_none_or(|last| hour - hour_of(last) > month) {
            *self = Self { usual: vec![0.0; WEEK as usize], first: hour, hour, ..Self::default() };
        }
        self.count_to(hour);
        // A late note, from before the current hour, changes next to nothing.
        self.count += u32::from(hour == self.hour);
        self.last = self.last.max(Some(at));
    }

    /// When the last one began.
    pub fn last(&self) -> Option<Timestamp> {
        self.last
    }

    /// If nobody has begun a conversation for longer than chance explains, says so in a sentence.
    pub fn silence(&self, now: Timestamp) -> Option<String> {
        let last = self.last?;
        let seen = hour_of(now) - self.first;
        if seen < WEEKS_BEFORE * WEEK || self.expected(last, now) < SILENCE {
            return None;
        }
        let minutes = now.duration_since(last).as_mins();
        let silent = match minutes {
            0..=119 => format!("{minutes} minutes"),
            _ => format!("{} hours", minutes / 60),
        };
        Some(format!(
            "Nobody has begun a conversation for {silent}, in which about {:.0} usually do.",
            self.expected(last, now)
        ))
    }

    /// Closes the hours up to this one, and weights each with its count.
    fn count_to(&mut self, hour: i64) {
        while self.hour < hour {
            let seen = (self.hour - self.first) / WEEK;
            let weight = 1.0 / (seen as f64 + 1.0).min(WEEKS);
            let usual = &mut self.usual[self.hour.rem_euclid(WEEK) as usize];
            *usual += (f64::from(self.count) - *usual) * weight;
            self.count = 0;
            self.hour += 1;
        }
    }

    /// How many conversations usually begin between two moments, as far as is known.
    fn expected(&self, from: Timestamp, to: Timestamp) -> f64 {
        let to = to.min(from + SignedDuration::from_hours(WEEKS as i64 * WEEK));
        (hour_of(from)..=hour_of(to))
            .map(|hour| {
                let start = from.as_second().max(hour * 3600);
                let end = to.as_second().min((hour + 1) * 3600);
                let usual = self.usual[hour.rem_euclid(WEEK) as usize];
                usual * (end - start).max(0) as f64 / 3600.0
            })
            .sum()
    }
}

fn hour_of(at: Timestamp) -> i64 {
    at.as_second().div_euclid(3600)
}
