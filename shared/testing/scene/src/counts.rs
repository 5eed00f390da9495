//! Counts the requests to the store: each document read or written, each query and commit.

use std::collections::HashSet;
use std::mem;
use std::ops::{AddAssign, SubAssign};
use std::sync::{Arc, Mutex};

use fakes::{Operation, Operations as Asked};
use tracing::subscriber::DefaultGuard;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::registry;

/// The requests on this thread since the last count.
pub struct Counts {
    counting: Arc<Mutex<Counting>>,
    _guard: DefaultGuard,
}

#[derive(Default)]
struct Counting {
    since: Operations,
    /// The documents that are known to exist.
    known: HashSet<(String, String)>,
}

/// The number of each kind of request.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Operations {
    /// Commits.
    pub commits: i64,
    /// Queries.
    pub queries: i64,
    /// Documents that were read, by name or by a query. A query that finds none counts as one read, as
    /// in Firestore's billing.
    pub read: i64,
    /// Documents that were written.
    pub written: i64,
    /// Documents that were deleted, or whose absence was a condition, which is a delete to Firestore.
    pub deleted: i64,
    /// New documents that remain, and are deleted once they expire.
    pub left: i64,
    /// The latest query has found nothing yet.
    empty: i64,
}

impl Counts {
    /// Counts the requests of this thread from now on.
    pub fn capture() -> Self {
        let counting = Arc::<Mutex<Counting>>::default();
        let counter = Arc::clone(&counting);
        let asked = Asked::each(move |operation| counter.lock().unwrap().note(operation));
        Self { counting, _guard: tracing::subscriber::set_default(registry().with(asked)) }
    }

    /// The counts since the last time.
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
