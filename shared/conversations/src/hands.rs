//! What people of the business do in a conversation.

use documents::{Fields, Unavailable, Write, WriteError, at};
use jiff::Timestamp;
use serde_json::Value;

use crate::change::CommitError;
use crate::conversation::Conversation;
use crate::id::ConversationId;
use crate::store::Store;

/// How many attempts are made at a write that others contend for.
const ATTEMPTS: u32 = 8;

impl Store {
    /// Gives a conversation back to the agent and makes it due. False if the agent has it already.
    ///
    /// Written blindly, like an arriving text: whoever works on the conversation meanwhile has to look
    /// again.
    pub async fn give_back(
        &self,
        id: &ConversationId,
        now: Timestamp,
    ) -> Result<bool, Unavailable> {
        let Some(head) = self.documents.get_one(at("heads", id.as_str())).await? else {
            return Ok(false);
        };
        if !head.fields.decode::<Conversation>()?.is_with_person(now) {
            return Ok(false);
        }
        let now = now.as_millisecond();
        let set = Fields::none().with("given_back_at", now).with("due_at", now);
        let path = at("heads", id.as_str());
        match self.documents.commit(vec![Write::Count { path, set, add: vec![] }]).await {
            Ok(_) => Ok(true),
            // It has just been deleted.
            Err(WriteError::Conflict) => Ok(false),
            Err(error) => Err(error.into()),
        }
    }

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
