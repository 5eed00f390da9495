//! A route's texts, told as a story: the signals of each, at which minute.

use evidence::{Record, Route, Sample, Signal, State, Verdict};
use jiff::{SignedDuration, Timestamp};
use sms::About;

/// The start of every story.
pub(crate) fn minute(minutes: f64) -> Timestamp {
    let start = Timestamp::from_second(1_772_442_000).expect("nine o'clock on a Monday in 2026");
    start + SignedDuration::from_secs_f64(minutes * 60.0)
}

pub(crate) fn route(provider: &str, country: &str) -> Route {
    Route::new(provider, "+12025550100", country)
}

/// A record with a history.
pub(crate) struct Story {
    pub(crate) record: Record,
    pub(crate) siblings: Vec<Record>,
    texts: usize,
}

pub(crate) fn story() -> Story {
    Story { record: Record::new(route("twilio", "1")), siblings: vec![], texts: 0 }
}

impl Story {
    /// A text, begun at this minute, with this signal right away.
    pub(crate) fn text(mut self, at: f64, signal: Signal) -> Self {
        self.texts += 1;
        self.record.note(sample(&format!("{}", self.texts), at, at, signal));
        self
    }

    /// A number of texts, an hour apart, the first at this minute.
    pub(crate) fn hourly(self, texts: u32, from: f64, signal: Signal) -> Self {
        (0..texts)
            .fold(self, |story, text| story.text(from + 60.0 * f64::from(text), signal.clone()))
    }

    /// A later signal of a text: the first text is 1.
    pub(crate) fn later(mut self, text: usize, begun: f64, heard: f64, signal: Signal) -> Self {
        self.record.note(sample(&format!("{text}"), begun, heard, signal));
        self
    }

    pub(crate) fn beside(mut self, sibling: Story) -> Self {
        self.siblings.push(sibling.record);
        self
    }

    pub(crate) fn to(mut self, country: &str) -> Self {
        self.record = Record::new(route("twilio", country));
        self
    }

    pub(crate) fn verdict(&self, at: f64) -> Verdict {
        let siblings = self.siblings.iter();
        let siblings = siblings.map(|it| (it.route.clone(), it.standing(minute(at))));
        self.record.judge(&siblings.collect::<Vec<_>>(), minute(at))
    }

    pub(crate) fn state(&self, at: f64) -> State {
        self.verdict(at).state
    }
}

pub(crate) fn sample(attempt: &str, at: f64, heard: f64, signal: Signal) -> Sample {
    Sample { attempt: attempt.into(), at: minute(at), heard: minute(heard), signal }
}

pub(crate) fn refused(code: &str, about: About) -> Signal {
    Signal::Refused { code: Some(code.into()), about }
}

pub(crate) fn failed(code: &str, about: About) -> Signal {
    Signal::Failed { code: Some(code.into()), about }
}
