//! The rows of conversations: reading them, and adding those that no turn has written.

use documents::{
    Document, Fields, Path, Place, Query, Unavailable, Version, Write, WriteError, at,
};
use jiff::Timestamp;
use serde_json::Value;

use crate::change::Change;
use crate::collections::desk;
use crate::desk::{Row, View};
use crate::due::{Batch, time};
use crate::found::keep;
use crate::id::ConversationId;
use crate::store::Store;

/// Conversations that a list may not have yet.
pub struct NotShown {
    /// Those without a row.
    pub without_row: Vec<ConversationId>,
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
        Ok(page.map(|document| {
            Some((ConversationId::parse(&document.id)?, document.fields.decode().ok()?))
        }))
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

    /// The rows that have changed since, earliest first. Costs one read if none has.
    pub async fn rows_changed(
        &self,
        since: Timestamp,
        limit: u32,
    ) -> Result<Vec<(ConversationId, Row)>, Unavailable> {
        let query = desk::CHANGED_AT.not_before(since, limit);
        let page = self.page(desk::CHANGED_AT, query, limit).await?;
        let row =
            |row: Document| Some((ConversationId::parse(&row.id)?, row.fields.decode().ok()?));
        Ok(page.found.into_iter().filter_map(row).collect())
    }

    /// When rows last changed, if any has since.
    pub async fn rows_changed_last(
        &self,
        since: Timestamp,
    ) -> Result<Option<Timestamp>, Unavailable> {
        let latest = self.documents.find(desk::CHANGED_AT.latest(1)).await?;
        let latest = latest.first().and_then(|row| time(row, desk::CHANGED_AT.field));
        Ok(latest.filter(|latest| *latest > since))
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
        let shown: Vec<_> = self.rows_of(&ids).await?.into_iter().map(|(id, _)| id).collect();
        let last = heads.last().filter(|_| heads.len() >= limit as usize);
        Ok(Some(NotShown {
            without_row: ids.into_iter().filter(|id| !shown.contains(id)).collect(),
            last: last.map(|head| head.id.clone()),
            version,
        }))
    }

    /// Shows a conversation, unless a turn does so meanwhile or it is deleted.
    pub async fn show_first(
        &self,
        id: &ConversationId,
        shown: Vec<Change>,
    ) -> Result<(), Unavailable> {
        let mut writes = vec![];
        for change in shown {
            match change {
                Change::Row(row) => writes.push(row.create(id, &self.lifetimes)),
                Change::Found(tokens) => writes.push(keep(id, &tokens, &self.lifetimes)),
                _ => {}
            }
        }
        // An erasure deletes the head, and the row with it.
        let there =
            Write::Count { path: at("heads", id.as_str()), set: Fields::none(), add: vec![] };
        writes.push(there);
        self.documents.if_unchanged(writes).await?;
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
        let rows = self.rows_of(std::slice::from_ref(id)).await?;
        let is_news = |(_, row): &(_, Row)| row.result_at.is_some() || row.failed_at.is_some();
        if !rows.first().is_some_and(is_news) {
            return Ok(());
        }
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

/// Where the names of conversations that were looked at are remembered.
fn reached() -> Path {
    at("clock", "desk")
}
