//! Adds the conversations that no turn has shown.

use conversations::{Change, ConversationId, Row, RowWrite, Store, Unavailable};
use futures::{StreamExt, stream};
use jiff::Timestamp;

use crate::show::{found, row};

/// How many conversations are looked at in one call, and how many of them at a time.
const AT_ONCE: (u32, usize) = (500, 16);

/// Adds some more of the conversations that lists do not show or that cannot be found. It goes on where it
/// stopped, whoever calls it, and does nothing any more once all were looked at. One that cannot be read is
/// left out, and does not stop the others.
pub async fn fill(store: &Store, now: Timestamp) -> Result<(), Unavailable> {
    let Some(next) = store.not_shown(AT_ONCE.0).await? else { return Ok(()) };
    let shown = stream::iter(&next.not_found).map(async |id| {
        if let Err(error) = show_first(store, id, now).await {
            tracing::error!(%error, "a conversation is in no list: {error}");
        }
    });
    shown.buffer_unordered(AT_ONCE.1).collect::<()>().await;
    store.shown_up_to(&next).await
}

async fn show_first(store: &Store, id: &ConversationId, now: Timestamp) -> Result<(), Unavailable> {
    let Some(loaded) = store.load(id, now).await? else { return Ok(()) };
    let conversation = &loaded.conversation;
    if conversation.theirs.is_for_tests() {
        return Ok(());
    }
    let ended = store.ended_as(id, conversation.number.saturating_sub(1)).await?;
    let last: Vec<_> = ended.into_iter().map(Change::Ended).collect();
    let row = row(conversation, &loaded.waiting, &last, now);
    let row = Row { at: row.at.or(Some(conversation.at)), ..row };
    let row = RowWrite { row, now, ..RowWrite::default() };
    store.show_first(id, &row, &found(store, conversation, &last)).await
}
