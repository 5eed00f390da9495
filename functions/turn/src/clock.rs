//! The time within one wake-up.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use tokio::time::Instant;

/// Starts at a given time and runs on, even if the machine's own clock jumps.
#[derive(Clone, Copy)]
pub(crate) struct Clock {
    start: Timestamp,
    began: Instant,
}

impl Clock {
    pub(crate) fn starting(start: Timestamp) -> Self {
        Self { start, began: Instant::now() }
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.start + SignedDuration::try_from(self.elapsed()).unwrap_or_default()
    }

    /// How long this wake-up has taken so far.
    pub(crate) fn elapsed(&self) -> Duration {
        self.began.elapsed()
    }
}
