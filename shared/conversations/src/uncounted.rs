//! Calls that no parser understood, as far as only this process has counted them.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// For how many forms calls are held back to be counted together. Only a forger of calls produces more.
const MOST_FORMS: usize = 1_000;

/// The calls of the last seconds that are not yet counted with their form, by form. If the process ends
/// while holding some, they are kept but never counted.
#[derive(Debug, Default)]
pub(crate) struct Uncounted(Mutex<HashMap<String, Count>>);

/// How many calls came, and how many of them are stored.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Count {
    pub(crate) seen: u64,
    pub(crate) kept: u64,
}

impl Uncounted {
    pub(crate) fn of(&self, shape: &str) -> Count {
        self.lock().get(shape).copied().unwrap_or_default()
    }

    /// Whether there is room for a call of this form.
    pub(crate) fn takes(&self, shape: &str) -> bool {
        let held = self.lock();
        held.len() < MOST_FORMS || held.contains_key(shape)
    }

    pub(crate) fn add(&self, shape: &str, more: Count) {
        let mut held = self.lock();
        let count = held.entry(shape.to_owned()).or_default();
        *count = Count { seen: count.seen + more.seen, kept: count.kept + more.kept };
    }

    /// Drops what has been counted by now.
    pub(crate) fn forget(&self, shape: &str, counted: Count) {
        let mut held = self.lock();
        let Some(count) = held.get_mut(shape) else { return };
        let left = Count {
            seen: count.seen.saturating_sub(counted.seen),
            kept: count.kept.saturating_sub(counted.kept),
        };
        match left == Count::default() {
            true => drop(held.remove(shape)),
            false => *count = left,
        }
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<String, Count>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
