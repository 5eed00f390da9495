//! What is read to be shown to a person.

use crate::collections::{attempts, ended, heads, notices};
use crate::documents::Unavailable;
use crate::store::{ended_at, read};
use crate::{Attempt, Conversation, ConversationId, Ended, Notice, Store};

impl Store {
    /// All attempts made in a conversation, earliest first.
    pub async fn attempts_of(&self, id: &ConversationId) -> Result<Vec<Attempt>, Unavailable> {
        let mut attempts: Vec<Attempt> = self.equal(attempts::CONVERSATION, id.as_str()).await?;
        attempts.sort_by_key(|attempt| attempt.at);
        Ok(attempts)
    }

    /// Conversations under way, the latest first: their heads, without what was said in them.
    pub async fn latest(
        &self,
        limit: u32,
    ) -> Result<Vec<(ConversationId, Conversation)>, Unavailable> {
        let found = self.documents.find(heads::AT.latest(limit)).await?.into_iter();
        found
            .filter_map(|document| Some((ConversationId::parse(&document.id)?, document)))
            .map(|(id, document)| Ok((id, read(document)?)))
            .collect()
    }

    /// Earlier conversations of a pair that are over, earliest first.
    pub async fn ended(&self, id: &ConversationId) -> Result<Vec<Ended>, Unavailable> {
        let mut ended: Vec<Ended> = self.equal(ended::CONVERSATION, id.as_str()).await?;
        ended.sort_by_key(|ended| ended.number);
        Ok(ended)
    }

    /// One of them, by its number.
    pub async fn ended_as(
        &self,
        id: &ConversationId,
        number: u64,
    ) -> Result<Option<Ended>, Unavailable> {
        self.get_one(ended_at(id, number)).await?.map(read).transpose()
    }

    /// What a person should look at, the latest first.
    pub async fn notices(&self, limit: u32) -> Result<Vec<Notice>, Unavailable> {
        self.list(notices::AT.latest(limit)).await
    }
}
