//! Log lines about calls that no handler saw: the first immediately, then one a minute with counts.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

/// How long events are collected into one line.
const MINUTE: Duration = Duration::from_secs(60);

/// Why a connection was closed before its call was answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Reason {
    /// The limit of connections is reached.
    Room,
    /// One address has reached its limit.
    Share,
    /// Bodies have reached the limit of memory.
    Bytes,
    /// The process has no descriptor left.
    Descriptors,
    /// No whole call came in time.
    Silent,
    /// The body did not come in time.
    Late,
    /// The input is not a call, or has a forbidden header.
    Unreadable,
}

impl Reason {
    fn words(self) -> &'static str {
        match self {
            Self::Room => "for want of room",
            Self::Share => "beyond the share of one address",
            Self::Bytes => "because unfinished bodies reached their limit of memory",
            Self::Descriptors => "for want of descriptors",
            Self::Silent => "because no call came in time",
            Self::Late => "because the body did not come in time",
            Self::Unreadable => "because the head of a call could not be read",
        }
    }
}

/// Closed connections that have not been logged yet.
#[derive(Default)]
pub(crate) struct TurnedAway(Mutex<Unsaid>);

#[derive(Default)]
struct Unsaid {
    counts: BTreeMap<Reason, u64>,
    said: Option<Instant>,
}

impl TurnedAway {
    /// Counts one, and logs it if nothing was logged for a minute.
    pub(crate) fn note(&self, reason: Reason) {
        let mut unsaid = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        *unsaid.counts.entry(reason).or_default() += 1;
        if unsaid.said.is_none_or(|said| said.elapsed() >= MINUTE) {
            unsaid.say();
        }
    }

    /// Logs what was counted since the last line, if anything.
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
