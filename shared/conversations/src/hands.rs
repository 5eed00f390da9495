//! Texts that were sent by hand, outside of the turns.

use documents::Unavailable;
use jiff::Timestamp;
use serde_json::Value;

use crate::change::CommitError;
use crate::id::ConversationId;
use crate::store::Store;

/// How many attempts are made at a write that others contend for.
const ATTEMPTS: u32 = 8;

impl Store {
    /// Adds a text that was sent by hand to the conversation, so that the agent knows of it. False if
    /// the person has no conversation.
    pub async fn say_by_hand(
        &self,
        id: &ConversationId,
        entry: &Value,
        now: Timestamp,
    ) -> Result<bool, Unavailable> {
        for _ in 0..ATTEMPTS {
            let Some(mut loaded) = self.load(id, now).await? else { return Ok(false) };
            let mut next = loaded.conversation.clone();
            if next.turns.contains(entry) {
                return Ok(true);
            }
            next.turns.push(entry.clone());
            match self.commit(&mut loaded, next, vec![]).await {
                Ok(()) => return Ok(true),
                Err(CommitError::Conflict) => {}
                Err(CommitError::TooLarge) => return Ok(false),
                Err(CommitError::Unavailable(error)) => return Err(error),
            }
        }
        Err(Unavailable::new("too many other writes to the conversation"))
    }
}
