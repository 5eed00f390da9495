//! What is said about calls that no handler saw: a line at once, and then one a minute with counts.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

/// How long several are one line.
const MINUTE: Duration = Duration::from_secs(60);

/// Why a connection was ended before its call was answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Reason {
    /// There are as many as there may be.
    Room,
    /// One address has as many as it may have.
    Share,
    /// Bodies take as much memory as they may take.
    Bytes,
    /// The process has no descriptor left.
    Descriptors,
    /// No whole call came in time.
    Silent,
    /// The body did not come in time.
    Late,
    /// What came is no call, or one with a header that may not be.
    Unreadable,
}

impl Reason {
    fn words(self) -> &'static str {
        match self {
            Self::Room => "for want of room",
            Self::Share => "beyond the share of one address",
            Self::Bytes => "since unfinished bodies took all memory that they may take",
            Self::Descriptors => "for want of descriptors",
            Self::Silent => "since no call came in time",
            Self::Late => "since the body did not come in time",
            Self::Unreadable => "since the head of a call could not be read",
        }
    }
}

/// What was turned away and is not yet said.
#[derive(Default)]
pub(crate) struct TurnedAway(Mutex<Unsaid>);

#[derive(Default)]
struct Unsaid {
    counts: BTreeMap<Reason, u64>,
    said: Option<Instant>,
}

impl TurnedAway {
    /// Counts one, and says so if nothing was said for a minute.
    pub(crate) fn note(&self, reason: Reason) {
        let mut unsaid = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        *unsaid.counts.entry(reason).or_default() += 1;
        if unsaid.said.is_none_or(|said| said.elapsed() >= MINUTE) {
            unsaid.say();
        }
    }

    /// Says what was counted since the last line, if anything.
    pub(crate) fn say(&self) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).say();
    }
}

impl Unsaid {
    fn say(&mut self) {
        let counts = std::mem::take(&mut self.counts);
        let connections: u64 = counts.values().sum();
        if connections == 0 {
            return;
        }
        self.said = Some(Instant::now());
        let each: Vec<_> =
            counts.iter().map(|(reason, count)| format!("{count} {}", reason.words())).collect();
        let each = each.join(", ");
        tracing::warn!(connections, "turned connections away: {each}");
    }
}
