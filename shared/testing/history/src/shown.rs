//! Stores what happens in a conversation, and shows it in lists.

use conversations::{Change, CommitError, Conversation, Counting, Loaded, Store};
use desk::Becomes;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use money::Amount;

/// Stores what a conversation becomes, in which no text waits then, and shows it in lists and in figures, as a turn does.
pub(crate) async fn commit(
    store: &Store,
    loaded: &mut Loaded,
    mut next: Conversation,
    mut changes: Vec<Change>,
    now: Timestamp,
) -> Result<(), CommitError> {
    let becomes = Becomes { next: &next, waiting: &[], changes: &changes };
    let shown = desk::show(store, loaded, &becomes, now);
    changes.extend(shown);
    let (zone, fields) = (&TimeZone::UTC, crate::ASKED.to_vec());
    let counting = Counting { zone, fields, thought: Amount::ZERO, failed: None };
    store.count_up(loaded, &mut next, &mut changes, &counting, now);
    store.commit(loaded, next, changes).await
}
