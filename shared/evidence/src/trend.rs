//! Whether more texts go missing than usual.
//!
//! A sequential test (CUSUM): for each text that is old enough, the logarithm of how much likelier its
//! outcome is under a loss than usual is added to a sum that never falls below zero. What is usual is
//! learned along the way, but not while something is wrong.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::Sample;
use crate::rules::{
    ALARM, ANSWERS, ANSWERS_TO_TRUST, LEAST_MISSING, LOSSES, Looks, NEW, RECEIPTS, REMEMBERED,
    RETURN, UNANSWERED,
};

/// The kind of signal by which a route's texts are judged.
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

/// The outcomes of a route's texts since it was proven, one after the other.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Trend {
    source: Source,
    /// The usual shares at the ages at which texts are checked.
    usual: [Share; 2],
    /// Observations not learned yet, because they may be the beginning of a loss.
    unlearned: [Share; 2],
    charts: [Chart; LOSSES.len()],
    /// How many texts have arrived.
    arrived: u32,
    /// How many in a row have not arrived.
    silent: u32,
    pub(crate) suspicion: Option<Suspicion>,
    /// When the last suspicion ended.
    #[serde(default, with = "jiff::fmt::serde::timestamp::millisecond::optional")]
    pub(crate) regained_at: Option<Timestamp>,
}

/// Texts are going missing.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Suspicion {
    /// When the decisive text reached the age at which it counted.
    #[serde(with = "jiff::fmt::serde::timestamp::millisecond::required")]
    pub(crate) since: Timestamp,
    /// How many of the texts that led here have no signal of arrival.
    pub(crate) lost: u32,
    /// Of how many.
    pub(crate) of: u32,
    /// What percentage is usual.
    pub(crate) usual: u8,
    /// Which of the losses it is.
    loss: usize,
    /// How strongly the texts since speak for its end.
    regained: f64,
    /// The last text since.
    #[serde(default, with = "jiff::fmt::serde::timestamp::millisecond::optional")]
    pub(crate) last: Option<Timestamp>,
    /// Whether that one arrived.
    pub(crate) last_arrived: bool,
}

impl Trend {
    pub(crate) fn new(source: Source) -> Self {
        let Looks { missing, guessed, .. } = source.looks();
        let usual = missing.map(|missing| Share { missing: missing * guessed, of: *guessed });
        let charts = [Chart::default(); LOSSES.len()];
        let unlearned = [Share::default(); 2];
        let (arrived, silent) = (0, 0);
        Self {
            source,
            usual,
            unlearned,
            charts,
            arrived,
            silent,
            suspicion: None,
            regained_at: None,
        }
    }

    pub(crate) fn is_by(&self, source: Source) -> bool {
        self.source == source
    }

    /// Takes one more text with its signals so far. The texts must come in order of time.
    ///
    /// A text too young for the first check counts for nothing even if it has arrived: texts lost at
    /// the same time cannot be recognised yet, so counting only the arrivals would look too good.
    pub(crate) fn take(&mut self, sample: &Sample, now: Timestamp) {
        let Looks { ages, most_missing, .. } = self.source.looks();
        let age = now.duration_since(sample.at);
        let arrived = sample.signal.arrived();
        if let Some(suspicion) = self.suspicion.as_mut().filter(|it| sample.at > it.since) {
            (suspicion.last, suspicion.last_arrived) = (Some(sample.at), arrived);
        }
        if age < ages[0] {
            return;
        }
        let look = usize::from(age >= ages[1]);
        let missing = self.usual[look].upper().max(self.usual[1].upper());
        let missing = missing.clamp(LEAST_MISSING, *most_missing);
        self.arrived = self.arrived.saturating_add(arrived.into());
        self.silent = if arrived { 0 } else { self.silent.saturating_add(1) };
        match &mut self.suspicion {
            // Texts that were out when the suspicion arose are part of it.
            Some(suspicion) if sample.at <= suspicion.since => {}
            Some(suspicion) => {
                let step = step(arrived, missing, LOSSES[suspicion.loss]);
                suspicion.regained = (suspicion.regained - step).max(0.0);
                if suspicion.regained >= RETURN {
                    self.suspicion = None;
                    self.regained_at = Some(sample.at);
                    self.charts = Default::default();
                    self.unlearned = Default::default();
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

    /// Learns what is usual: immediately at first, later only when all charts are back at zero. Then
    /// the texts before were no loss and all of them count; learned earlier, they could hide the loss
    /// they belong to.
    fn learn(&mut self, sample: &Sample, look: usize) {
        let arrived = sample.signal.arrived();
        let in_time = sample.heard.duration_since(sample.at) <= self.source.looks().ages[0];
        self.unlearned[0].count(!(arrived && in_time));
        if look == 1 {
            self.unlearned[1].count(!arrived);
        }
        let new = self.usual[0].of < NEW;
        if new || self.charts.iter().all(|chart| chart.value == 0.0) {
            for (usual, unlearned) in self.usual.iter_mut().zip(&mut self.unlearned) {
                usual.learn(std::mem::take(unlearned));
            }
        }
    }

    fn suspect(&mut self, since: Timestamp, missing: f64) {
        let found = self.charts.iter().position(|chart| chart.value >= ALARM);
        let found = found.map(|loss| (loss, self.charts[loss].lost, self.charts[loss].of));
        let hardly_answered = self.source == Source::Answers
            && self.arrived < ANSWERS_TO_TRUST
            && self.silent >= UNANSWERED;
        let found = found.or(hardly_answered.then_some((0, self.silent, self.silent)));
        self.suspicion = found.map(|(loss, lost, of)| Suspicion {
            since,
            lost,
            of,
            usual: (missing * 100.0).round() as u8,
            loss,
            regained: 0.0,
            last: None,
            last_arrived: false,
        });
    }
}

/// How strongly the texts so far speak for one loss, and since which text.
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

/// How much likelier the outcome of a text is under a loss than with the usual share missing, as a
/// logarithm.
fn step(arrived: bool, missing: f64, loss: f64) -> f64 {
    match arrived {
        true => (1.0 - loss).ln(),
        false => ((missing + loss * (1.0 - missing)) / missing).ln(),
    }
}

/// The share of texts that show no signal of arrival.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
struct Share {
    missing: f64,
    of: f64,
}

impl Share {
    fn count(&mut self, missing: bool) {
        self.missing += f64::from(u8::from(missing));
        self.of += 1.0;
    }

    fn learn(&mut self, more: Self) {
        let of = self.of + more.of;
        let keep = (REMEMBERED / of).min(1.0);
        *self = Self { missing: (self.missing + more.missing) * keep, of: of * keep };
    }

    /// The share plus one standard error: while little is known, the route gets the benefit of the
    /// doubt.
    fn upper(&self) -> f64 {
        let mean = self.missing / self.of;
        mean + (mean * (1.0 - mean) / self.of).sqrt()
    }
}
