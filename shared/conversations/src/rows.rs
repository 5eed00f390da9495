//! The rows of conversations: reading them, and adding those that no turn has written.

use documents::{
    Document, Fields, Path, Place, Query, Unavailable, Version, Write, WriteError, at,
};
use jiff::{SignedDuration, Timestamp};
use serde_json::Value;

use crate::collections::desk;
use crate::desk::{Row, RowWrite, View};
use crate::due::{Batch, time};
use crate::found::keep;
use crate::id::ConversationId;
use crate::store::Store;

/// By how much the clocks of those who write rows may differ.
const SKEW: SignedDuration = SignedDuration::from_secs(5);

/// Rows that have changed.
pub struct Changed {
    /// The rows.
    pub rows: Vec<(ConversationId, Row)>,
    /// Since when to ask next time.
    pub until: Timestamp,
}

/// Conversations that a list may not have yet.
pub struct NotShown {
    /// Those that cannot be found yet. A turn may have written their rows.
    pub not_found: Vec<ConversationId>,
    /// The name of the last that was looked at. `None`: there are no more.
    last: Option<String>,
    /// The version of the place that was remembered.
    version: Option<Version>,
}

impl Store {
    /// One page of a list, from a place on.
    pub async fn rows(
        &self,
        view: View,
        now: Timestamp,
        from: Option<Place>,
        limit: u32,
    ) -> Result<Batch<(ConversationId, Row)>, Unavailable> {
        let page = self.page(view.time(), view.query(now, from, limit), limit).await?;
        Ok(page.map(row))
    }

    /// How long a list is, up to this.
    pub async fn count_rows(
        &self,
        view: View,
        now: Timestamp,
        most: u32,
    ) -> Result<u64, Unavailable> {
        self.documents.count(view.query(now, None, most)).await
    }

    /// Which rows have changed since, earliest first. Costs one read if none has.
    ///
    /// Some come again: the clocks of those who write them differ. If more have changed than the limit, the
    /// rest is left out, and what comes after it is told next time.
    pub async fn rows_changed(&self, since: Timestamp, limit: u32) -> Result<Changed, Unavailable> {
        let query = desk::CHANGED_AT.not_before(since - SKEW, limit);
        let page = self.page(desk::CHANGED_AT, query, limit).await?;
        let changed_at = |row: &Document| time(row, desk::CHANGED_AT.field);
        let newest = match page.next {
            None => page.found.iter().filter_map(changed_at).max(),
            Some(_) => {
                let latest = self.documents.find(desk::CHANGED_AT.latest(1)).await?;
                latest.first().and_then(changed_at)
            }
        };
        let rows = page.map(row).found;
        Ok(Changed { rows, until: newest.unwrap_or(since).max(since) })
    }

    /// The rows of these conversations, as far as there are any.
    pub async fn rows_of(
        &self,
        ids: &[ConversationId],
    ) -> Result<Vec<(ConversationId, Row)>, Unavailable> {
        let paths: Vec<_> = ids.iter().map(|id| at("desk", id.as_str())).collect();
        let found = self.documents.get(&paths).await?;
        let rows = ids.iter().zip(found);
        Ok(rows
            .filter_map(|(id, found)| Some((id.clone(), found?.fields.decode().ok()?)))
            .collect())
    }

    /// The next conversations in the order of their names, or none if all were looked at once.
    pub async fn not_shown(&self, limit: u32) -> Result<Option<NotShown>, Unavailable> {
        let reached = self.documents.get_one(reached()).await?;
        let (version, name) = match reached {
            None => (None, String::new()),
            Some(place) => match place.fields.get::<String>("name") {
                None => return Ok(None),
                Some(name) => (Some(place.version), name),
            },
        };
        let query = Query::behind_name("heads", name, limit);
        let heads = self.documents.find(query).await?;
        let ids: Vec<_> = heads.iter().filter_map(|head| ConversationId::parse(&head.id)).collect();
        let found: Vec<_> = ids.iter().map(|id| at("found", id.as_str())).collect();
        let found = self.documents.get(&found).await?;
        let last = heads.last().filter(|_| heads.len() >= limit as usize);
        let ids = ids.into_iter().zip(found);
        Ok(Some(NotShown {
            not_found: ids.filter(|(_, found)| found.is_none()).map(|(id, _)| id).collect(),
            last: last.map(|head| head.id.clone()),
            version,
        }))
    }

    /// Shows a conversation, unless it is deleted. A row that a turn has written stays.
    pub async fn show_first(
        &self,
        id: &ConversationId,
        row: &RowWrite,
        tokens: &[String],
    ) -> Result<(), Unavailable> {
        let found = keep(id, tokens, row.now, &self.lifetimes);
        for write in [row.create(id, &self.lifetimes), found] {
            // An erasure deletes the head, and both of them with it.
            let path = at("heads", id.as_str());
            let there = Write::Count { path, set: Fields::none(), add: vec![] };
            self.documents.if_unchanged(vec![write, there]).await?;
        }
        Ok(())
    }

    /// Has all conversations looked at again.
    pub(crate) async fn show_again(&self) -> Result<(), Unavailable> {
        self.documents.commit(vec![Write::Delete(reached(), None)]).await?;
        Ok(())
    }

    /// Takes a conversation out of all lists, until it is looked at again.
    pub(crate) async fn hide(&self, id: &ConversationId) -> Result<(), Unavailable> {
        let gone = ["desk", "found"].map(|beside| Write::Delete(at(beside, id.as_str()), None));
        self.documents.commit(gone.to_vec()).await?;
        Ok(())
    }

    /// Notes that these were looked at.
    pub async fn shown_up_to(&self, seen: &NotShown) -> Result<(), Unavailable> {
        let name = Fields::none().with("name", &seen.last);
        let write = match seen.version {
            None => Write::Create(reached(), name),
            Some(version) => Write::Replace(reached(), name, version),
        };
        // Another process may have been there as well.
        self.documents.if_unchanged(vec![write]).await?;
        Ok(())
    }

    /// Notes that somebody has looked at the result and at the failure that a row shows.
    pub async fn note_seen(&self, id: &ConversationId, now: Timestamp) -> Result<(), Unavailable> {
        let path = at("desk", id.as_str());
        let set = Fields::none()
            .with("result_at", Value::Null)
            .with("failed_at", Value::Null)
            .with("changed_at", now.as_millisecond());
        match self.documents.commit(vec![Write::Count { path, set, add: vec![] }]).await {
            // The row has just been deleted.
            Ok(_) | Err(WriteError::Conflict) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }
}

fn row(document: Document) -> Option<(ConversationId, Row)> {
    Some((ConversationId::parse(&document.id)?, document.fields.decode().ok()?))
}

/// Where the names of conversations that were looked at are remembered.
fn reached() -> Path {
    at("clock", "desk")
}
