//! Counting what the store is asked: each document that is read or written, each query and commit.

use std::collections::HashSet;
use std::mem;
use std::ops::{AddAssign, SubAssign};
use std::sync::{Arc, Mutex};

use fakes::{Operation, Operations as Asked};
use tracing::subscriber::DefaultGuard;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::registry;

/// What was asked on this thread since it was last taken.
pub struct Counts {
    counting: Arc<Mutex<Counting>>,
    _guard: DefaultGuard,
}

#[derive(Default)]
struct Counting {
    since: Operations,
    /// The documents of which it is known that they are there.
    known: HashSet<(String, String)>,
}

/// How often each was done.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Operations {
    /// What was written at once, whatever it was.
    pub commits: i64,
    /// What was asked for otherwise than by its name.
    pub queries: i64,
    /// Documents that were read, by name or found by a query. A query that finds none reads one, as
    /// Firestore reckons.
    pub read: i64,
    /// Documents that were written.
    pub written: i64,
    /// Documents that were deleted, or whose absence was a condition, which Firestore is told as one.
    pub deleted: i64,
    /// Documents that are new and were left, which are deleted once they expire.
    pub left: i64,
    /// Of the latest query nothing has been found yet.
    empty: i64,
}

impl Counts {
    /// Counts from now on, what this thread asks.
    pub fn capture() -> Self {
        let counting = Arc::<Mutex<Counting>>::default();
        let counter = Arc::clone(&counting);
        let asked = Asked::each(move |operation| counter.lock().unwrap().note(operation));
        Self { counting, _guard: tracing::subscriber::set_default(registry().with(asked)) }
    }

    /// What was counted since the last time.
    pub fn take(&self) -> Operations {
        mem::take(&mut self.counting.lock().unwrap().since)
    }
}

impl Counting {
    fn note(&mut self, Operation { kind, collection, id }: Operation) {
        let since = &mut self.since;
        let document = (collection, id);
        match &*kind {
            "commit" => since.commits += 1,
            "query" => {
                since.queries += 1;
                since.read += 1;
                since.empty = 1;
            }
            "found" => since.read += 1 - mem::take(&mut since.empty),
            "get" => since.read += 1,
            "absent" => since.deleted += 1,
            "delete" => {
                since.deleted += 1;
                since.left -= i64::from(self.known.remove(&document));
            }
            _ => {
                since.written += 1;
                since.left += i64::from(self.known.insert(document));
            }
        }
    }
}

impl AddAssign for Operations {
    fn add_assign(&mut self, other: Self) {
        self.each(other, |count, other| *count += other);
    }
}

impl SubAssign for Operations {
    fn sub_assign(&mut self, other: Self) {
        self.each(other, |count, other| *count -= other);
    }
}

impl Operations {
    fn each(&mut self, other: Self, change: impl Fn(&mut i64, i64)) {
        change(&mut self.commits, other.commits);
        change(&mut self.queries, other.queries);
        change(&mut self.read, other.read);
        change(&mut self.written, other.written);
        change(&mut self.deleted, other.deleted);
        change(&mut self.left, other.left);
    }
}
