//! Reads that only serve the display.

use documents::{Place, Query, Unavailable, at};
use jiff::Timestamp;
use serde::de::DeserializeOwned;
use sms::Number;
use telemetry::TraceId;

use crate::attempts::Attempt;
use crate::blocks::silent;
use crate::collections::{attempts, blocks, ended, heads, notices};
use crate::conversation::Conversation;
use crate::due::Batch;
use crate::ended::{Ended, ended_at};
use crate::id::ConversationId;
use crate::notices::Notice;
use crate::store::Store;

/// How many documents of one conversation are read for display.
const SHOWN: u32 = 200;

impl Store {
    /// The latest attempts in a conversation, earliest first, at most as many as are displayed.
    pub async fn attempts_of(&self, id: &ConversationId) -> Result<Vec<Attempt>, Unavailable> {
        self.last(attempts::PLACE.last_within(id.prefix(), SHOWN)).await
    }

    /// So many of the latest attempts in a conversation, earliest first.
    pub async fn latest_attempts(
        &self,
        id: &ConversationId,
        limit: u32,
    ) -> Result<Vec<Attempt>, Unavailable> {
        self.last(attempts::PLACE.last_within(id.prefix(), limit)).await
    }

    /// The attempts made under a trace, earliest first.
    pub async fn attempts_under(&self, trace: &TraceId) -> Result<Vec<Attempt>, Unavailable> {
        let mut attempts: Vec<Attempt> = self.equal(attempts::TRACE, trace.as_str()).await?;
        attempts.sort_by_key(|attempt| attempt.at);
        Ok(attempts)
    }

    /// Conversations under way, the latest first: their heads, without the entries.
    pub async fn latest(
        &self,
        limit: u32,
    ) -> Result<Vec<(ConversationId, Conversation)>, Unavailable> {
        let found = self.documents.find(heads::AT.latest(limit)).await?.into_iter();
        found
            .filter_map(|document| Some((ConversationId::parse(&document.id)?, document)))
            .map(|(id, document)| Ok((id, document.fields.decode()?)))
            .collect()
    }

    /// The number of the person of each of these conversations, as far as it is kept.
    pub async fn numbers_of(
        &self,
        ids: &[ConversationId],
    ) -> Result<Vec<Option<Number>>, Unavailable> {
        let heads: Vec<_> = ids.iter().map(|id| at("heads", id.as_str())).collect();
        let heads = self.documents.get(&heads).await?.into_iter();
        Ok(heads.map(|head| head?.fields.get("theirs")).collect())
    }

    /// A pair's latest conversations that are over, earliest first, at most as many as are displayed.
    pub async fn ended(&self, id: &ConversationId) -> Result<Vec<Ended>, Unavailable> {
        self.last(ended::PLACE.last_within(id.prefix(), SHOWN)).await
    }

    /// One of them, by its number.
    pub async fn ended_as(
        &self,
        id: &ConversationId,
        number: u64,
    ) -> Result<Option<Ended>, Unavailable> {
        self.documents
            .get_one(ended_at(id, number))
            .await?
            .map(|found| found.fields.decode())
            .transpose()
    }

    /// One page of those who are blocked, the latest first: their conversation, of which nothing may be
    /// kept, and since when. A number is blocked as that of two people, one of them the mock's.
    pub async fn blocked(
        &self,
        before: Option<Place>,
        limit: u32,
    ) -> Result<Batch<(ConversationId, Timestamp)>, Unavailable> {
        let page = self.latest_page(blocks::AT, before, limit).await?;
        Ok(page.map(|block| Some((self.names.conversation_of(&block.id), silent(&block).at))))
    }

    /// The latest notices, latest first.
    pub async fn notices(&self, limit: u32) -> Result<Vec<Notice>, Unavailable> {
        self.documents.list(notices::AT.latest(limit)).await
    }

    /// Runs a query that reads from the end, and returns the documents in their own order.
    async fn last<T: DeserializeOwned>(&self, query: Query) -> Result<Vec<T>, Unavailable> {
        let mut found = self.documents.list(query).await?;
        found.reverse();
        Ok(found)
    }
}
