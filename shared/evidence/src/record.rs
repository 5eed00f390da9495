//! The stored history of a route.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::acceptance::Acceptance;
use crate::rules::{
    AGES, KEPT, KEPT_A_MINUTE, SILENT_TEXTS, SILENT_WITHIN, UNKNOWN_AT_LEAST, UNKNOWN_SHARE,
    UNKNOWN_WITHIN,
};
use crate::trend::{Source, Trend};
use crate::unproven::Out;
use crate::{Route, Sample, Signal};

/// The stored history of a route: its latest texts one by one, and a summary of older ones. Bounded, so
/// that it fits in one document.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Record {
    /// The route.
    pub route: Route,
    /// In order of time.
    samples: Vec<Sample>,
    /// The summary of the texts before those.
    older: Tally,
    /// The last text that is no longer kept by itself.
    #[serde(default, with = "jiff::fmt::serde::timestamp::millisecond::optional")]
    older_until: Option<Timestamp>,
    /// The first text that arrived.
    #[serde(default, with = "jiff::fmt::serde::timestamp::millisecond::optional")]
    proven: Option<Timestamp>,
    /// Whether any receipt ever reported an arrival.
    has_receipts: bool,
    /// Whether the first signal of arrival was a person's.
    has_answers: bool,
}

/// A summary of texts, taken one after the other in order of time.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Tally {
    #[serde(rename = "door")]
    pub(crate) acceptance: Acceptance,
    pub(crate) out: Out,
    pub(crate) trend: Trend,
}

impl Record {
    /// The record of an untried route.
    pub fn new(route: Route) -> Self {
        let older = Tally {
            acceptance: Acceptance::default(),
            out: Out::default(),
            trend: Trend::new(Source::Answers),
        };
        Self {
            route,
            samples: vec![],
            older,
            older_until: None,
            proven: None,
            has_receipts: false,
            has_answers: false,
        }
    }

    /// Notes a signal of a text. Noting it again changes nothing, and the order of notes does not
    /// matter.
    pub fn note(&mut self, sample: Sample) {
        let sample = sample.short();
        if sample.signal.arrived() {
            self.proven = Some(self.proven.map_or(sample.at, |proven| proven.min(sample.at)));
            self.has_receipts |= sample.signal == Signal::Delivered;
            self.has_answers |= sample.signal == Signal::Answered;
        }
        match self.samples.iter_mut().find(|known| known.attempt == sample.attempt) {
            Some(known) => known.merge(sample),
            None if self.older_until.is_some_and(|until| sample.at <= until) => {}
            None => self.keep(sample),
        }
    }

    fn keep(&mut self, sample: Sample) {
        let minute = |sample: &Sample| sample.at.as_second().div_euclid(60);
        let this = minute(&sample);
        let place = self.samples.partition_point(|known| known.key() < sample.key());
        self.samples.insert(place, sample);
        let start = self.samples.partition_point(|known| minute(known) < this);
        let end = self.samples.partition_point(|known| minute(known) <= this);
        if end - start > KEPT_A_MINUTE {
            self.samples.remove(end - 1);
        }
        if self.samples.len() > KEPT {
            let oldest = self.samples.remove(0);
            self.older_until = Some(oldest.at);
            // By now every signal of it that will ever count is in.
            let (source, proven) = (self.source(), self.proven);
            self.older.take(&oldest, Timestamp::MAX, source, proven);
        }
    }

    /// When [`Record::judge`] may change its verdict although nothing new was noted.
    pub fn next_look(&self, now: Timestamp) -> Option<Timestamp> {
        let taken = self.samples.iter().filter(|it| !matches!(it.signal, Signal::Refused { .. }));
        taken.flat_map(|sample| AGES.map(|age| sample.at + age)).filter(|look| *look > now).min()
    }

    /// If too many recent texts were dispatched without a readable answer, says so in a sentence.
    pub fn too_many_unknown(&self, now: Timestamp) -> Option<String> {
        let lately = self.samples.iter().filter(|it| now.duration_since(it.at) <= UNKNOWN_WITHIN);
        let (texts, unknown) = lately.fold((0, 0), |(texts, unknown), sample| {
            (texts + 1, unknown + usize::from(sample.signal == Signal::Unknown))
        });
        let many =
            unknown >= UNKNOWN_AT_LEAST && unknown as f64 >= UNKNOWN_SHARE * f64::from(texts);
        let Route { provider, country, .. } = &self.route;
        many.then(|| {
            format!(
                "It is unknown whether {unknown} of the last {texts} texts by {provider} to \
                 +{country} were sent."
            )
        })
    }

    /// If it is given texts and nothing has ever shown that one arrived, says so in a sentence.
    pub fn no_evidence(&self, now: Timestamp) -> Option<String> {
        let Out { ripe, last, .. } = self.tally(now).out;
        let lately = last.is_some_and(|last| now.duration_since(last) <= SILENT_WITHIN);
        let Route { provider, country, .. } = &self.route;
        (self.proven.is_none() && lately && ripe >= SILENT_TEXTS).then(|| {
            format!(
                "{provider} was handed {ripe} texts to +{country}, and nothing has ever shown that \
                 one arrived."
            )
        })
    }

    /// The summary of all texts as of now.
    pub(crate) fn tally(&self, now: Timestamp) -> Tally {
        let mut tally = self.older.clone();
        for sample in &self.samples {
            tally.take(sample, now, self.source(), self.proven);
        }
        tally
    }

    pub(crate) fn source(&self) -> Source {
        if self.has_receipts { Source::Receipts } else { Source::Answers }
    }

    /// The first text that arrived, and whether a person said so.
    pub(crate) fn proven(&self) -> Option<(Timestamp, bool)> {
        Some((self.proven?, self.has_answers))
    }

    pub(crate) fn first(&self) -> Option<Timestamp> {
        self.samples.first().map(|sample| sample.at)
    }
}

impl Tally {
    fn take(&mut self, sample: &Sample, now: Timestamp, source: Source, proven: Option<Timestamp>) {
        self.acceptance.take(sample);
        if !self.trend.is_by(source) {
            self.trend = Trend::new(source);
        }
        if !sample.shows_the_route() {
            return;
        }
        self.out.take(sample, now);
        // Texts from before the first arrival have been counted against the route already.
        if proven.is_some_and(|proven| sample.at >= proven) {
            self.trend.take(sample, now);
        }
    }
}

/// The first wait, then a doubling one, up to the longest.
pub(crate) fn next_probe(
    [first, longest]: [SignedDuration; 2],
    since: Timestamp,
    last: Option<Timestamp>,
) -> Timestamp {
    let last = last.unwrap_or(since).max(since);
    last + last.duration_since(since).clamp(first, longest)
}
