//! Whether more texts go missing than usual.
//!
//! A sequential test: with each text that is old enough, the logarithm of how much likelier its fate
//! is under a loss than as usual is added up, and never falls below nothing (CUSUM). What is usual is
//! learned along the way, and not while something is wrong.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::Sample;
use crate::rules::{
    ALARM, ANSWERS, GUESSED, LEAST_MISSING, LOSSES, Looks, RECEIPTS, REMEMBERED, RETURN,
};

/// What the texts of a route are judged by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Source {
    Receipts,
    Answers,
}

impl Source {
    pub(crate) fn looks(self) -> &'static Looks {
        match self {
            Self::Receipts => &RECEIPTS,
            Self::Answers => &ANSWERS,
        }
    }
}

/// How the texts of a route have fared since it was proven, one after the other.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Trend {
    source: Source,
    /// What is usual at each of the ages at which texts are looked at.
    usual: [Share; 2],
    charts: [Chart; LOSSES.len()],
    pub(crate) suspicion: Option<Suspicion>,
    /// When the last suspicion ended.
    #[serde(default, with = "jiff::fmt::serde::timestamp::millisecond::optional")]
    pub(crate) regained_at: Option<Timestamp>,
}

/// That texts go missing.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Suspicion {
    /// The age at which the text counted that decided.
    #[serde(with = "jiff::fmt::serde::timestamp::millisecond::required")]
    pub(crate) since: Timestamp,
    /// How many of the texts that led here have no sign of arrival.
    pub(crate) lost: u32,
    /// Of how many.
    pub(crate) of: u32,
    /// How many in a hundred are usual.
    pub(crate) usual: u8,
    /// Which of the losses it is.
    loss: usize,
    /// How far the texts since speak for its end.
    regained: f64,
    /// The last text since.
    #[serde(default, with = "jiff::fmt::serde::timestamp::millisecond::optional")]
    pub(crate) last: Option<Timestamp>,
    /// Whether that one arrived.
    pub(crate) last_arrived: bool,
}

impl Trend {
    pub(crate) fn new(source: Source) -> Self {
        let usual = source.looks().missing.map(Share::guess);
        let charts = [Chart::default(); LOSSES.len()];
        Self { source, usual, charts, suspicion: None, regained_at: None }
    }

    pub(crate) fn is_by(&self, source: Source) -> bool {
        self.source == source
    }

    /// Takes one more text, at what is known of it now. The texts must come in order of time.
    ///
    /// One that is too young for the first look tells nothing though it has arrived: those that were
    /// lost at the same time cannot be told yet, and the good news alone would be too good.
    pub(crate) fn take(&mut self, sample: &Sample, now: Timestamp) {
        let ages = self.source.looks().ages;
        let age = now.duration_since(sample.at);
        let arrived = sample.sign.arrived();
        if let Some(suspicion) = self.suspicion.as_mut().filter(|it| sample.at > it.since) {
            (suspicion.last, suspicion.last_arrived) = (Some(sample.at), arrived);
        }
        if age < ages[0] {
            return;
        }
        let look = usize::from(age >= ages[1]);
        let missing = self.usual[look].upper().max(self.usual[1].upper());
        match &mut self.suspicion {
            // What was under way when the suspicion arose was part of it.
            Some(suspicion) if sample.at <= suspicion.since => {}
            Some(suspicion) => {
                let step = step(arrived, missing, LOSSES[suspicion.loss]);
                suspicion.regained = (suspicion.regained - step).max(0.0);
                if suspicion.regained >= RETURN {
                    self.suspicion = None;
                    self.regained_at = Some(sample.at);
                    self.charts = Default::default();
                }
            }
            None => {
                for (chart, loss) in self.charts.iter_mut().zip(LOSSES) {
                    chart.take(arrived, missing, loss);
                }
                self.learn(sample, look);
                self.suspect(sample.at + ages[0], missing);
            }
        }
    }

    fn learn(&mut self, sample: &Sample, look: usize) {
        let arrived = sample.sign.arrived();
        let took = sample.heard.duration_since(sample.at);
        let in_time = |age: SignedDuration| arrived && took <= age;
        self.usual[0].learn(!in_time(self.source.looks().ages[0]));
        if look == 1 {
            self.usual[1].learn(!arrived);
        }
    }

    fn suspect(&mut self, since: Timestamp, missing: f64) {
        let found = self.charts.iter().position(|chart| chart.value >= ALARM);
        self.suspicion = found.map(|loss| Suspicion {
            since,
            lost: self.charts[loss].lost,
            of: self.charts[loss].of,
            usual: (missing * 100.0).round() as u8,
            loss,
            regained: 0.0,
            last: None,
            last_arrived: false,
        });
    }
}

/// How far the texts so far speak for one loss, and since which.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
struct Chart {
    value: f64,
    lost: u32,
    of: u32,
}

impl Chart {
    fn take(&mut self, arrived: bool, missing: f64, loss: f64) {
        let value = self.value + step(arrived, missing, loss);
        if value <= 0.0 {
            *self = Self::default();
            return;
        }
        *self = Self { value, lost: self.lost + u32::from(!arrived), of: self.of + 1 };
    }
}

/// How much likelier what became of a text is under a loss than where the usual share is missing, as
/// a logarithm.
fn step(arrived: bool, missing: f64, loss: f64) -> f64 {
    match arrived {
        true => (1.0 - loss).ln(),
        false => ((missing + loss * (1.0 - missing)) / missing).ln(),
    }
}

/// Which share of texts has no sign of arrival.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
struct Share {
    missing: f64,
    of: f64,
}

impl Share {
    fn guess(missing: f64) -> Self {
        Self { missing: missing * GUESSED, of: GUESSED }
    }

    fn learn(&mut self, missing: bool) {
        let keep = (REMEMBERED / (self.of + 1.0)).min(1.0);
        self.missing = (self.missing + f64::from(u8::from(missing))) * keep;
        self.of = (self.of + 1.0) * keep;
    }

    /// The share, and one standard error more: while little is known, the route has the benefit of
    /// the doubt.
    fn upper(&self) -> f64 {
        let mean = self.missing / self.of;
        let error = (mean * (1.0 - mean) / self.of).sqrt();
        (mean + error).clamp(LEAST_MISSING, 0.95)
    }
}
