//! The thread that copies the latest commits into the store's own file, which nobody waits for.

use rusqlite::wal::CheckpointMode;
use rusqlite::{Connection, DEFAULT_NAME};
use tokio::sync::oneshot;

use super::threads::Queue;

/// Somebody who wants to know when it is done.
pub(super) type Checkpoint = Option<oneshot::Sender<()>>;

/// Copies what can be copied without anybody noticing.
pub(super) fn copy(connection: &Connection, first: Checkpoint, queue: &Queue<Checkpoint>) {
    // All who ask meanwhile are served by the same.
    let others: Vec<_> = std::iter::from_fn(|| queue.next()).collect();
    if let Err(error) = connection.wal_checkpoint_v2(DEFAULT_NAME, CheckpointMode::PASSIVE) {
        // The commits are safe where they are, and it is tried again with the next.
        tracing::debug!("the latest commits were not copied: {error}");
    }
    for done in others.into_iter().chain([first]).flatten() {
        let _ = done.send(());
    }
}
