//! Routes on which no text has been seen to arrive.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::rules::{
    ANSWERS, PATIENT_FAILURES, PATIENT_TEXTS, UNPROVEN_GRACE, UNPROVEN_SILENCE, UNPROVEN_TEXTS,
};
use crate::{Sample, Signal};

/// The texts that are out and show no signal of arrival.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Out {
    pub(crate) texts: usize,
    failed: usize,
    /// Those old enough for a person to have answered.
    pub(crate) ripe: usize,
    #[serde(default, with = "jiff::fmt::serde::timestamp::millisecond::optional")]
    first: Option<Timestamp>,
    /// The text with which the allowance of an unproven route is used up.
    #[serde(default, with = "jiff::fmt::serde::timestamp::millisecond::optional")]
    decisive: Option<Timestamp>,
    #[serde(default, with = "jiff::fmt::serde::timestamp::millisecond::optional")]
    pub(crate) last: Option<Timestamp>,
}

impl Out {
    /// Takes one more text with its signals so far. The texts must come in order of time.
    pub(crate) fn take(&mut self, sample: &Sample, now: Timestamp) {
        if sample.signal.arrived() {
            return;
        }
        self.texts += 1;
        self.failed += usize::from(matches!(sample.signal, Signal::Failed { .. }));
        self.first.get_or_insert(sample.at);
        self.last = Some(sample.at);
        let ripe = now.duration_since(sample.at) >= ANSWERS.ages[0];
        self.ripe += usize::from(ripe);
        if self.texts == UNPROVEN_TEXTS {
            self.decisive = Some(sample.at);
        }
    }

    /// Since when there are too many, if nothing else is known of the provider and the sender.
    pub(crate) fn too_many(&self, now: Timestamp) -> Option<Timestamp> {
        let first = self.first?;
        let in_silence = first + UNPROVEN_SILENCE;
        let in_number = self.decisive.map(|decisive| decisive.max(first + UNPROVEN_GRACE));
        let since = in_number.map_or(in_silence, |in_number| in_number.min(in_silence));
        (since <= now).then_some(since)
    }

    /// Since when there are too many in a country whose provider and sender are proven elsewhere.
    pub(crate) fn too_many_for_a_country(&self) -> Option<Timestamp> {
        let many = self.ripe >= PATIENT_TEXTS || self.failed >= PATIENT_FAILURES;
        self.last.filter(|_| many)
    }
}
