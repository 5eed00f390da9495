//! Changing a conversation that others may be writing to.

use std::time::Duration;

use conversations::{Change, CommitError, Conversation, Loaded, Unavailable};
use jiff::{SignedDuration, Timestamp};

use crate::Wake;

/// How often a commit is tried again that the store did not answer, and how long after.
const TRIES: u32 = 4;
const PAUSE: Duration = Duration::from_millis(100);

/// How long after a failure the model is asked again: the first time, and at most.
const ASK_AGAIN: (SignedDuration, SignedDuration) =
    (SignedDuration::from_secs(15), SignedDuration::from_mins(2));

impl Wake<'_> {
    /// Changes a conversation, again and again if others keep changing it.
    ///
    /// `change` is shown the conversation as it is and makes the next one of it, with what follows;
    /// `None` means that there is nothing to change any more. Returns whether it was changed. It
    /// must come to the same when it was carried out before without our knowing.
    pub(crate) async fn edit(
        &self,
        loaded: &mut Loaded,
        mut change: impl FnMut(&Loaded) -> Option<(Conversation, Vec<Change>)>,
    ) -> Result<bool, Unavailable> {
        let mut unanswered = 0;
        loop {
            let Some((next, changes)) = change(loaded) else { return Ok(false) };
            match self.turn.store.commit(loaded, next, changes).await {
                Ok(()) => return Ok(true),
                Err(CommitError::Conflict) => {}
                Err(CommitError::Unavailable(error)) => {
                    unanswered += 1;
                    if unanswered == TRIES {
                        return Err(error);
                    }
                    tokio::time::sleep(PAUSE * 2_u32.pow(unanswered)).await;
                }
            }
            if !self.reload(loaded).await? {
                return Ok(false);
            }
        }
    }

    /// Reads the conversation again. False if it is gone.
    pub(crate) async fn reload(&self, loaded: &mut Loaded) -> Result<bool, Unavailable> {
        match self.turn.store.load(&loaded.id).await? {
            Some(again) => {
                *loaded = again;
                Ok(true)
            }
            None => Ok(false),
        }
    }
}

/// When a conversation without an open reply should be looked at.
pub(crate) fn due(conversation: &Conversation, now: Timestamp) -> Option<Timestamp> {
    if conversation.waiting.is_empty() {
        return None;
    }
    let (first, longest) = ASK_AGAIN;
    Some(match conversation.failures {
        0 => now,
        failures => now + longest.min(first * 2_i32.pow(failures.min(8) - 1)),
    })
}
