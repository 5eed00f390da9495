//! Stores what happens in a conversation, and shows it in lists.

use conversations::{Change, CommitError, Conversation, Loaded, Store};
use desk::Becomes;
use jiff::Timestamp;

/// Stores what a conversation becomes, in which no text waits then, and shows it in lists, as a turn does.
pub(crate) async fn commit(
    store: &Store,
    loaded: &mut Loaded,
    next: Conversation,
    mut changes: Vec<Change>,
    now: Timestamp,
) -> Result<(), CommitError> {
    let becomes = Becomes { next: &next, waiting: &[], changes: &changes };
    let shown = desk::show(store, loaded, &becomes, now);
    changes.extend(shown);
    store.commit(loaded, next, changes).await
}
