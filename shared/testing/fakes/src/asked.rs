//! The requests to a store, as the log names them.

use std::cell::RefCell;
use std::sync::Once;

use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::registry;

use crate::Operations;

thread_local! {
    static ASKED: RefCell<Option<Vec<String>>> = const { RefCell::new(None) };
}

/// Every request on this thread, such as `get health`, in order.
pub struct Asked;

impl Asked {
    /// Subscribes on all threads before any request: a log call that first runs without a subscriber,
    /// while two threads meet there, may stay disabled.
    pub fn prepare() {
        static LISTEN: Once = Once::new();
        LISTEN.call_once(|| {
            let asked = Operations::each(|operation| {
                let asked = format!("{} {}", operation.kind, operation.collection);
                ASKED.with_borrow_mut(|all| all.iter_mut().for_each(|all| all.push(asked.clone())));
            });
            // If something else subscribed first, the tests that count will show it.
            let _ = tracing::subscriber::set_global_default(registry().with(asked));
        });
    }

    /// Listens from now on.
    pub fn listen() -> Self {
        ASKED.set(Some(vec![]));
        Self
    }

    /// The requests since the last call.
    pub fn take(&self) -> Vec<String> {
        ASKED.replace(Some(vec![])).unwrap_or_default()
    }

    /// How many writes to this collection there were since the last call.
    pub fn writes(&self, collection: &str) -> usize {
        let written = |it: &&String| {
            let (kind, of) = it.split_once(' ').unwrap_or_default();
            of == collection && !matches!(kind, "get" | "found" | "query" | "absent")
        };
        self.take().iter().filter(written).count()
    }
}
