//! Calls that nobody understood, as far as this process alone has counted them.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// Of how many forms calls are held back to be counted together. More come only from who makes them up.
const MOST_FORMS: usize = 1_000;

/// The calls of the last seconds that are not counted with their form yet, by the form. Those that a
/// process still holds when it ends are kept, and never counted.
#[derive(Debug, Default)]
pub(crate) struct Uncounted(Mutex<HashMap<String, Count>>);

/// How many calls came, and how many of them are kept.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Count {
    pub(crate) seen: u64,
    pub(crate) kept: u64,
}

impl Uncounted {
    pub(crate) fn of(&self, shape: &str) -> Count {
        self.lock().get(shape).copied().unwrap_or_default()
    }

    /// Whether there is room for one of this form.
    pub(crate) fn takes(&self, shape: &str) -> bool {
        let held = self.lock();
        held.len() < MOST_FORMS || held.contains_key(shape)
    }

    pub(crate) fn add(&self, shape: &str, more: Count) {
        let mut held = self.lock();
        let count = held.entry(shape.to_owned()).or_default();
        *count = Count { seen: count.seen + more.seen, kept: count.kept + more.kept };
    }

    /// Lets go of what was counted by now.
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
