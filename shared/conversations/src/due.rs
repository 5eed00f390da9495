//! What is due, page by page: at most one page is held in memory at a time.

use documents::{Document, Place, Query, Time, Unavailable};
use jiff::{SignedDuration, Timestamp};

use crate::collections::{attempts, effects, heads, receipts, texts};
use crate::id::ConversationId;
use crate::looks::DueAttempt;
use crate::receipts::DueReceipt;
use crate::store::Store;
use crate::texts::Headless;

/// One page of what is due, the longest due first.
pub struct Batch<T> {
    /// The items on this page.
    pub found: Vec<T>,
    /// Since when the first item is due.
    pub since: Option<Timestamp>,
    /// The place after which there may be more. `None`: this is the last page.
    pub next: Option<Place>,
}

impl<T> Batch<T> {
    /// Converts each item, and leaves out those that convert to nothing.
    pub(crate) fn map<U>(self, to: impl FnMut(T) -> Option<U>) -> Batch<U> {
        let Self { found, since, next } = self;
        Batch { found: found.into_iter().filter_map(to).collect(), since, next }
    }
}

impl Store {
    /// Conversations that a turn should look at, and since when.
    pub async fn due(
        &self,
        now: Timestamp,
        after: Option<Place>,
        limit: u32,
    ) -> Result<Batch<(ConversationId, Timestamp)>, Unavailable> {
        let page = self.documents_due(heads::DUE_AT, now, after, limit).await?;
        Ok(page.map(|due| Some((ConversationId::parse(&due.id)?, time(&due, "due_at")?))))
    }

    /// Conversations with an effect that should have left by now, and since when.
    pub async fn effects_due(
        &self,
        now: Timestamp,
        after: Option<Place>,
        limit: u32,
    ) -> Result<Batch<(ConversationId, Timestamp)>, Unavailable> {
        let page = self.documents_due(effects::DUE_AT, now, after, limit).await?;
        let named =
            |due: &Document| ConversationId::parse(&due.fields.get::<String>("conversation")?);
        Ok(page.map(|due| Some((named(&due)?, time(&due, "due_at")?))))
    }

    /// Texts that had to be stored without the head of their conversation.
    pub async fn texts_due(
        &self,
        now: Timestamp,
        after: Option<Place>,
        limit: u32,
    ) -> Result<Batch<Headless>, Unavailable> {
        let page = self.documents_due(texts::DUE_AT, now, after, limit).await?;
        Ok(page.map(|due| readable(Headless::decode(due))))
    }

    /// Receipts that have not found their attempt yet.
    pub async fn receipts_due(
        &self,
        now: Timestamp,
        after: Option<Place>,
        limit: u32,
    ) -> Result<Batch<DueReceipt>, Unavailable> {
        let page = self.documents_due(receipts::DUE_AT, now, after, limit).await?;
        Ok(page.map(|due| readable(DueReceipt::decode(due))))
    }

    /// Attempts that are due for a check.
    pub async fn attempts_due(
        &self,
        now: Timestamp,
        after: Option<Place>,
        limit: u32,
    ) -> Result<Batch<DueAttempt>, Unavailable> {
        let page = self.documents_due(attempts::DUE_AT, now, after, limit).await?;
        Ok(page.map(|due| readable(DueAttempt::decode(due, now))))
    }

    pub(crate) async fn documents_due(
        &self,
        due_at: Time,
        now: Timestamp,
        after: Option<Place>,
        limit: u32,
    ) -> Result<Batch<Document>, Unavailable> {
        self.page(due_at, due_at.not_after(now, limit).behind(after), limit).await
    }

    /// All documents with a time later than now, in pages.
    pub(crate) async fn later(
        &self,
        field: Time,
        now: Timestamp,
        after: Option<Place>,
        limit: u32,
    ) -> Result<Batch<Document>, Unavailable> {
        let later = now + SignedDuration::from_millis(1);
        self.page(field, field.not_before(later, limit).behind(after), limit).await
    }

    /// The latest documents in the order of a time, in pages.
    pub(crate) async fn latest_page(
        &self,
        field: Time,
        before: Option<Place>,
        limit: u32,
    ) -> Result<Batch<Document>, Unavailable> {
        self.page(field, field.latest(limit).before(before), limit).await
    }

    pub(crate) async fn page(
        &self,
        field: Time,
        query: Query,
        limit: u32,
    ) -> Result<Batch<Document>, Unavailable> {
        let found = self.documents.find(query).await?;
        let since = found.first().and_then(|first| time(first, field.field));
        let is_full = found.len() >= limit as usize;
        let place = |last: &Document| {
            Some(Place { time: time(last, field.field)?.as_millisecond(), id: last.id.clone() })
        };
        let next = found.last().filter(|_| is_full).and_then(place);
        Ok(Batch { found, since, next })
    }
}

pub(crate) fn time(document: &Document, field: &str) -> Option<Timestamp> {
    Timestamp::from_millisecond(document.fields.get(field)?).ok()
}

/// An unreadable document must not block the rest.
fn readable<T>(read: Result<T, Unavailable>) -> Option<T> {
    read.inspect_err(|error| tracing::error!(%error, "skipped an unreadable document: {error}"))
        .ok()
}
