//! Adds the conversations that no turn has shown.

use conversations::{Change, Loaded, Row, RowWrite, Store, Unavailable};
use jiff::Timestamp;

use crate::show::{found, row};

/// How many conversations are added at once.
const AT_ONCE: u32 = 200;

/// Adds rows for some more of the conversations that have none, and returns whether there may be more. It
/// goes on where it stopped, whoever calls it, and does nothing any more once all were looked at.
pub async fn fill(store: &Store, now: Timestamp) -> Result<bool, Unavailable> {
    let Some(ids) = store.not_shown(AT_ONCE).await? else { return Ok(false) };
    for id in &ids.without_row {
        if let Some(loaded) = store.load(id, now).await? {
            let before = loaded.conversation.number.saturating_sub(1);
            let ended = store.ended_as(id, before).await?;
            let last: Vec<_> = ended.into_iter().map(Change::Ended).collect();
            store.show_first(id, shown(store, &loaded, &last, now)).await?;
        }
    }
    store.shown_up_to(&ids).await?;
    Ok(true)
}

fn shown(store: &Store, loaded: &Loaded, last: &[Change], now: Timestamp) -> Vec<Change> {
    if loaded.conversation.theirs.is_for_tests() {
        return vec![];
    }
    let row = row(&loaded.conversation, &loaded.waiting, last, now);
    let tokens = found(store, &loaded.conversation, last);
    let row = Row { at: row.at.or(Some(loaded.conversation.at)), ..row };
    let row = RowWrite { row, now, ..RowWrite::default() };
    vec![Change::Row(Box::new(row)), Change::Found(tokens)]
}
