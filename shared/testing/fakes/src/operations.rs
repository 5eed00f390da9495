//! The requests to a store, document by document, as the log names them.

use std::fmt::Debug;

use tracing::field::{Field, Visit};
use tracing::{Event, Subscriber};
use tracing_subscriber::layer::{Context, Layer};

/// A request to a store.
#[derive(Default)]
pub struct Operation {
    /// `get`, `query`, `found`, `commit`, or what a write does.
    pub kind: String,
    /// The collection. Empty for a commit.
    pub collection: String,
    /// The document, if it is about one.
    pub id: String,
}

/// Receives each operation of every store that is used under this subscriber.
pub struct Operations<F>(F);

impl<F: Fn(Operation)> Operations<F> {
    /// Passes each to `hear`.
    pub fn each(hear: F) -> Self {
        Self(hear)
    }
}

impl<F: Fn(Operation) + 'static, S: Subscriber> Layer<S> for Operations<F> {
    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        if event.metadata().target() == "documents::operations" {
            let mut operation = Operation::default();
            event.record(&mut operation);
            (self.0)(operation);
        }
    }
}

impl Visit for Operation {
    fn record_str(&mut self, field: &Field, value: &str) {
        match field.name() {
            "kind" => value.clone_into(&mut self.kind),
            "collection" => value.clone_into(&mut self.collection),
            "id" => value.clone_into(&mut self.id),
            _ => {}
        }
    }

    fn record_debug(&mut self, _: &Field, _: &dyn Debug) {}
}
