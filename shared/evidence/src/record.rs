//! Everything that is remembered of a route.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{Route, Sample, State, Verdict};

/// Everything that is remembered of a route: its latest texts, and what older ones came to.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Record {
    /// The route.
    pub route: Route,
    /// In order of time.
    samples: Vec<Sample>,
}

impl Record {
    /// Of a route that nobody has tried.
    pub fn new(route: Route) -> Self {
        Self { route, samples: vec![] }
    }

    /// Notes what is known of a text. To note the same again changes nothing.
    pub fn note(&mut self, sample: Sample) {
        match self.samples.iter_mut().find(|known| known.attempt == sample.attempt) {
            Some(known) if known.sign < sample.sign => *known = sample,
            Some(_) => {}
            None => self.samples.push(sample),
        }
    }

    /// What the evidence says now. The siblings are the records of the same provider's other routes:
    /// a code about the account, or its end, concerns all of them, so judge them all together.
    pub fn judge(&self, _siblings: &[&Record], now: Timestamp) -> Verdict {
        let proven = self.samples.iter().any(|sample| sample.sign.arrived());
        let state = if proven { State::Healthy } else { State::Unproven };
        let why = String::new();
        Verdict { state, why, code: None, since: now, probe_at: None, full: false, lost: 0 }
    }

    /// When [`Record::judge`] can come to something else though nothing new was noted.
    pub fn next_look(&self, _now: Timestamp) -> Option<Timestamp> {
        None
    }

    /// That too many texts of late were handed over without a readable answer, if so.
    pub fn too_many_unknown(&self, _now: Timestamp) -> Option<String> {
        None
    }
}
