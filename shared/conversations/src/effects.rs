//! Effects: what must leave the system after the commit that decided on it.

use documents::{Fields, Unavailable, Write, at};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use telemetry::TraceId;

use crate::collections::effects;
use crate::id::ConversationId;
use crate::lifetimes::Lifetimes;
use crate::store::Store;

/// Something that must leave the system, at least once, after the commit that decided on it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Effect {
    /// Its name, by which the receiver recognises a repeat.
    pub id: String,
    /// The conversation that caused it.
    pub conversation: ConversationId,
    /// The trace of the turn.
    pub trace: TraceId,
    /// Its kind: `conversation.finished`, `conversation.handed_over` or `conversation.updated`.
    pub kind: String,
    /// What is sent.
    pub payload: Value,
    /// How many times delivery was tried.
    #[serde(default)]
    pub tries: u32,
    /// When it was decided on.
    #[serde(with = "jiff::fmt::serde::timestamp::millisecond::required")]
    pub at: Timestamp,
    /// When to try next.
    #[serde(with = "jiff::fmt::serde::timestamp::millisecond::required")]
    pub due_at: Timestamp,
}

impl Effect {
    /// A blind write, so that one of the same name is overwritten instead of failing the whole commit.
    pub(crate) fn keep(&self, lifetimes: &Lifetimes) -> Write {
        let kept = Fields::of(self).expiring(self.at, lifetimes.conversations());
        Write::keep(at("effects", &self.id), kept)
    }
}

impl Store {
    /// Effects of a conversation that have not left yet.
    pub async fn effects_of(&self, id: &ConversationId) -> Result<Vec<Effect>, Unavailable> {
        self.equal(effects::CONVERSATION, id.as_str()).await
    }

    /// Deletes an effect that was delivered.
    pub async fn delivered(&self, effect: &Effect) -> Result<(), Unavailable> {
        self.documents.commit(vec![Write::Delete(at("effects", &effect.id), None)]).await?;
        Ok(())
    }

    /// Postpones an effect that could not be delivered, unless it is gone: another process has
    /// delivered it, or its person was erased.
    pub async fn put_off(&self, effect: &Effect, until: Timestamp) -> Result<(), Unavailable> {
        let set = Fields::none().with("tries", effect.tries + 1);
        let set = set.with("due_at", until.as_millisecond());
        let path = at("effects", &effect.id);
        self.documents.if_unchanged(vec![Write::Count { path, set, add: vec![] }]).await?;
        Ok(())
    }
}
