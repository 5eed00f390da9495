//! Which of several equal documents is written next.

use std::sync::atomic::{AtomicU32, Ordering};

/// Goes round from anywhere, so that a process writes none again before all others, and processes rarely meet.
pub(crate) struct Round(AtomicU32);

impl Default for Round {
    fn default() -> Self {
        Self(AtomicU32::new(fastrand::u32(..)))
    }
}

impl Round {
    /// The next of so many, from 0.
    pub(crate) fn next(&self, of: u32) -> u32 {
        self.0.fetch_add(1, Ordering::Relaxed) % of
    }
}
