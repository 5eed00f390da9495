//! The thread that copies the latest commits into the database file. Nobody waits for it.

use rusqlite::wal::CheckpointMode;
use rusqlite::{Connection, DEFAULT_NAME};
use tokio::sync::oneshot;

use super::threads::Queue;

/// A caller that wants to know when it is done.
pub(super) type Checkpoint = Option<oneshot::Sender<()>>;

/// Copies whatever can be copied without blocking anybody.
pub(super) fn copy(connection: &Connection, first: Checkpoint, queue: &Queue<Checkpoint>) {
    // One run serves all that asked meanwhile.
    let others: Vec<_> = std::iter::from_fn(|| queue.next()).collect();
    if let Err(error) = connection.wal_checkpoint_v2(DEFAULT_NAME, CheckpointMode::PASSIVE) {
        // The commits are safe where they are; the next run tries again.
        tracing::debug!("the latest commits were not copied: {error}");
    }
    for done in others.into_iter().chain([first]).flatten() {
        let _ = done.send(());
    }
}
