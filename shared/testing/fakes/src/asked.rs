//! What a store is asked, as the log names it.

use std::cell::RefCell;
use std::sync::Once;

use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::registry;

use crate::Operations;

thread_local! {
    static ASKED: RefCell<Option<Vec<String>>> = const { RefCell::new(None) };
}

/// Everything that is asked on this thread, as `get health`, in order.
pub struct Asked;

impl Asked {
    /// Listens on all threads, before anything is asked: whatever is first asked while nobody listens
    /// is not listened to later either, if two threads meet there.
    pub fn prepare() {
        static LISTEN: Once = Once::new();
        LISTEN.call_once(|| {
            let asked = Operations::each(|operation| {
                let asked = format!("{} {}", operation.kind, operation.collection);
                ASKED.with_borrow_mut(|all| all.iter_mut().for_each(|all| all.push(asked.clone())));
            });
            // If somebody else was first, the tests that count will say so.
            let _ = tracing::subscriber::set_global_default(registry().with(asked));
        });
    }

    /// Listens from now on.
    pub fn listen() -> Self {
        ASKED.set(Some(vec![]));
        Self
    }

    /// What was asked since the last time.
    pub fn take(&self) -> Vec<String> {
        ASKED.replace(Some(vec![])).unwrap_or_default()
    }

    /// How often it was written to this collection since the last time.
    pub fn writes(&self, collection: &str) -> usize {
        let written = |it: &&String| {
            let (kind, of) = it.split_once(' ').unwrap_or_default();
            of == collection && !matches!(kind, "get" | "found" | "query" | "absent")
        };
        self.take().iter().filter(written).count()
    }
}
