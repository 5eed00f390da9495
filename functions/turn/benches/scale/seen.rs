//! Watches what a simulated product asks of the store, document by document.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::{Arc, Mutex};

use fakes::{Operation, Operations};
use tracing::subscriber::DefaultGuard;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::registry;

/// A few seconds in which no shared document may be written twice.
const WINDOW: i64 = 3;

/// Every request to the store on this thread.
pub(crate) struct Watch {
    seen: Arc<Mutex<Seen>>,
    _guard: DefaultGuard,
}

/// The count of each operation, and its documents.
#[derive(Default)]
pub(crate) struct Seen {
    pub(crate) reads: f64,
    pub(crate) writes: f64,
    pub(crate) deletes: f64,
    pub(crate) commits: f64,
    /// How often the sweep looked at an attempt.
    pub(crate) looks: f64,
    /// How often documents of a collection were written.
    pub(crate) written: BTreeMap<String, f64>,
    documents: HashMap<(String, String), Document>,
    /// Whether the latest query has found nothing yet: Firestore charges one read for it.
    empty: bool,
    second: i64,
    whose: Option<String>,
}

#[derive(Default)]
struct Document {
    /// For whose conversations it was written. The sweep counts as nobody.
    whose: BTreeSet<String>,
    seconds: BTreeMap<i64, u32>,
}

impl Watch {
    pub(crate) fn begin() -> Self {
        let seen = Arc::<Mutex<Seen>>::default();
        let counter = Arc::clone(&seen);
        let asked = Operations::each(move |operation| counter.lock().unwrap().note(operation));
        Self { seen, _guard: tracing::subscriber::set_default(registry().with(asked)) }
    }

    /// Attributes the following work to this conversation, or to nobody, in this second.
    pub(crate) fn is_for(&self, whose: Option<&str>, second: i64) {
        let mut seen = self.seen.lock().unwrap();
        (seen.whose, seen.second) = (whose.map(str::to_owned), second);
    }

    /// What was seen since the last call.
    pub(crate) fn take(&self) -> Seen {
        std::mem::take(&mut *self.seen.lock().unwrap())
    }
}

impl Seen {
    /// The shared document that was written most often within a few seconds, and how often.
    pub(crate) fn hottest(&self) -> (String, u32) {
        let shared = self.documents.iter().filter(|(_, document)| document.whose.len() != 1);
        let times = shared.map(|((collection, _), document)| {
            let within = |from: &i64| document.seconds.range(from..&(from + WINDOW));
            let most = document.seconds.keys().map(|from| within(from).map(|(_, n)| n).sum());
            (most.max().unwrap_or(0), collection)
        });
        times.max().map_or_else(Default::default, |(times, collection)| (collection.clone(), times))
    }

    /// The same, minus the operations of an idle product.
    pub(crate) fn without(self, idle: &Self) -> Self {
        let (reads, writes) = (self.reads - idle.reads, self.writes - idle.writes);
        Self { reads, writes, commits: self.commits - idle.commits, ..self }
    }

    fn note(&mut self, Operation { kind, collection, id }: Operation) {
        match &*kind {
            "commit" => self.commits += 1.0,
            "query" => (self.reads, self.empty) = (self.reads + 1.0, true),
            "found" => self.reads += f64::from(!std::mem::take(&mut self.empty)),
            "get" => self.reads += 1.0,
            "absent" | "delete" => self.deletes += 1.0,
            _ => {
                self.writes += 1.0;
                self.looks += f64::from(self.whose.is_none() && collection == "attempts");
                *self.written.entry(collection.clone()).or_default() += 1.0;
                let document = self.documents.entry((collection, id)).or_default();
                document.whose.extend(self.whose.clone());
                *document.seconds.entry(self.second).or_default() += 1;
            }
        }
    }
}
