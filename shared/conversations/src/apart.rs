//! What is learned about an attempt whose reply is not open any more.

use documents::{Unavailable, Write, once_each};

use crate::change::{Change, Loaded};
use crate::receipts::unless_erased;
use crate::steps;
use crate::stops::stop_of;
use crate::store::Store;

impl Store {
    /// Stores changes that are true although somebody else has closed the reply, apart from the
    /// conversation. If their attempt is gone, the person was erased: then only that they have stopped is
    /// stored.
    pub async fn commit_apart(
        &self,
        loaded: &Loaded,
        changes: Vec<Change>,
    ) -> Result<(), Unavailable> {
        let stops: Vec<_> = changes.iter().filter_map(|change| stop(loaded, change)).collect();
        let failed: Vec<_> = changes.iter().filter_map(failed).collect();
        let steps = steps::kept(loaded, &changes, &self.lifetimes);
        let writes = changes.into_iter().flat_map(|it| it.writes(loaded, &self.lifetimes));
        let writes = once_each(writes.chain(steps).collect())?;
        let writes: Vec<_> = writes.into_iter().map(unless_erased).collect();
        let with_head = [writes.clone(), failed].concat();
        let is_stored = writes.is_empty()
            || self.documents.if_unchanged(with_head).await?
            // The conversation may be gone before its attempts.
            || self.documents.if_unchanged(writes).await?;
        if !is_stored && !stops.is_empty() {
            self.documents.commit(stops).await?;
        }
        Ok(())
    }
}

/// The opt-out that a change brings.
fn stop(loaded: &Loaded, change: &Change) -> Option<Write> {
    match change {
        Change::Stopped { at, attempt, .. } => Some(stop_of(&loaded.id, &attempt.provider, *at)),
        Change::Receipt(told) => told.reported_stop(),
        _ => None,
    }
}

/// Tells the conversation of a reply that did not arrive.
fn failed(change: &Change) -> Option<Write> {
    match change {
        Change::Receipt(told) => told.reported_failure(),
        _ => None,
    }
}
