//! What another process does in the middle of something.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;

use conversations::Store;
use tokio::runtime::Builder;
use tracing::field::{Field, Visit};
use tracing::subscriber::{DefaultGuard, set_default};
use tracing::{Event, Subscriber};
use tracing_subscriber::layer::{Context, Layer, SubscriberExt as _};
use tracing_subscriber::registry;

use crate::form::{Place, open};

/// An operation on a collection: its kind and the collection.
type Operation = (&'static str, &'static str);

/// Does this just before the `nth` such operation of this thread, until the guard is dropped.
pub(crate) fn just_before<F>(
    operation: Operation,
    nth: usize,
    place: &Place,
    does: F,
) -> DefaultGuard
where
    F: AsyncFnOnce(Arc<Store>) + Send + 'static,
{
    let place = place.clone();
    let does = move || {
        let runtime = Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async { does(open(&place)).await });
    };
    let does: Mutex<Option<Box<dyn FnOnce() + Send>>> = Mutex::new(Some(Box::new(does)));
    set_default(registry().with(Before { operation, left: AtomicUsize::new(nth), does }))
}

struct Before {
    operation: Operation,
    left: AtomicUsize,
    does: Mutex<Option<Box<dyn FnOnce() + Send>>>,
}

impl<S: Subscriber> Layer<S> for Before {
    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        let mut seen = Seen::default();
        event.record(&mut seen);
        if (seen.kind.as_str(), seen.collection.as_str()) != self.operation {
            return;
        }
        if self.left.fetch_sub(1, Ordering::Relaxed) > 1 {
            return;
        }
        if let Some(does) = self.does.lock().unwrap().take() {
            thread::spawn(does).join().unwrap();
        }
    }
}

#[derive(Default)]
struct Seen {
    kind: String,
    collection: String,
}

impl Visit for Seen {
    fn record_str(&mut self, field: &Field, value: &str) {
        match field.name() {
            "kind" => value.clone_into(&mut self.kind),
            "collection" => value.clone_into(&mut self.collection),
            _ => {}
        }
    }

    fn record_debug(&mut self, _: &Field, _: &dyn std::fmt::Debug) {}
}
