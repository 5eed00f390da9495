//! What a store is asked, as the log names it.

use std::sync::{Arc, Mutex};

use tracing::field::{Field, Visit};
use tracing::subscriber::DefaultGuard;
use tracing::{Event, Subscriber};
use tracing_subscriber::layer::{Context, Layer, SubscriberExt};
use tracing_subscriber::registry;

/// Everything that is asked on this thread, as `get health`, in order.
pub(crate) struct Operations {
    asked: Arc<Mutex<Vec<String>>>,
    _guard: DefaultGuard,
}

impl Operations {
    /// Listens from now on.
    pub(crate) fn listen() -> Self {
        let asked = Arc::<Mutex<Vec<String>>>::default();
        let subscriber = registry().with(Listener(Arc::clone(&asked)));
        Self { asked, _guard: tracing::subscriber::set_default(subscriber) }
    }

    /// What was asked since the last time.
    pub(crate) fn take(&self) -> Vec<String> {
        std::mem::take(&mut *self.asked.lock().unwrap())
    }

    /// How often it was written to this collection since the last time.
    pub(crate) fn writes(&self, collection: &str) -> usize {
        let written = |it: &&String| {
            let (kind, of) = it.split_once(' ').unwrap_or_default();
            of == collection && !matches!(kind, "get" | "found" | "query" | "absent")
        };
        self.take().iter().filter(written).count()
    }
}

struct Listener(Arc<Mutex<Vec<String>>>);

impl<S: Subscriber> Layer<S> for Listener {
    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        if event.metadata().target() == "conversations::operations" {
            let mut named = Named::default();
            event.record(&mut named);
            self.0.lock().unwrap().push(format!("{} {}", named.kind, named.collection));
        }
    }
}

#[derive(Default)]
struct Named {
    kind: String,
    collection: String,
}

impl Visit for Named {
    fn record_str(&mut self, field: &Field, value: &str) {
        match field.name() {
            "kind" => self.kind = value.to_owned(),
            "collection" => self.collection = value.to_owned(),
            _ => {}
        }
    }

    fn record_debug(&mut self, _: &Field, _: &dyn std::fmt::Debug) {}
}
