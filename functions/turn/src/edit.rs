//! Changing a conversation that others may be writing to.

use std::time::Duration;

use conversations::{Change, CommitError, Conversation, Loaded, Reply, Unavailable};
use jiff::{SignedDuration, Timestamp};

use crate::Wake;
use crate::end::QUIET;
use crate::send::Begun;

/// How often a commit is tried again that the store did not answer, and how long after.
const TRIES: u32 = 4;
const PAUSE: Duration = Duration::from_millis(100);

/// How long after a failure the model is asked again: the first time, and at most.
const ASK_AGAIN: (SignedDuration, SignedDuration) =
    (SignedDuration::from_secs(15), SignedDuration::from_mins(2));

/// The next state of a conversation, and what follows from it.
pub(crate) struct Draft<'a> {
    pub(crate) next: Conversation,
    pub(crate) changes: Vec<Change>,
    /// The attempt whose request may leave once all this is stored.
    pub(crate) begun: Option<Begun<'a>>,
}

/// What became of a change.
pub(crate) struct Edited<'a> {
    /// Otherwise there was nothing to change any more.
    pub(crate) stored: bool,
    /// The attempt that was begun, if one was.
    pub(crate) begun: Option<Begun<'a>>,
}

impl Draft<'_> {
    /// The conversation as it is.
    pub(crate) fn of(loaded: &Loaded) -> Self {
        Self { next: loaded.conversation.clone(), changes: Vec::new(), begun: None }
    }

    /// Takes the open reply out, if `attempt` is the one under way.
    pub(crate) fn take_open(&mut self, attempt: &str) -> Option<Reply> {
        let is_it = is_under_way(&self.next, attempt);
        if is_it { self.next.open.take() } else { None }
    }

    /// Sets when a conversation without an open reply is looked at next.
    pub(crate) fn set_due(&mut self, now: Timestamp) {
        let (first, longest) = ASK_AGAIN;
        self.next.due_at = match (self.next.waiting.is_empty(), self.next.failures) {
            _ if !self.next.failed.is_empty() => Some(now),
            (true, _) if self.next.answers == 0 => None,
            (true, _) => Some(self.next.at + QUIET),
            (false, 0) => Some(now),
            (false, failures) => Some(now + longest.min(first * 2_i32.pow(failures.min(8) - 1))),
        };
    }
}

impl<'a> Wake<'a> {
    /// Changes a conversation, again and again if others keep changing it.
    ///
    /// `change` is shown the conversation as it is and drafts the next one; `None` means that there
    /// is nothing to change any more. It must come to the same when it was carried out before
    /// without our knowing.
    pub(crate) async fn edit(
        &self,
        loaded: &mut Loaded,
        mut change: impl FnMut(&Loaded) -> Option<Draft<'a>>,
    ) -> Result<Edited<'a>, Unavailable> {
        let mut unanswered = 0;
        loop {
            let Some(Draft { next, changes, begun }) = change(loaded) else {
                return Ok(Edited { stored: false, begun: None });
            };
            match self.turn.store.commit(loaded, next, changes).await {
                Ok(()) => return Ok(Edited { stored: true, begun }),
                // Somebody else has got on with it, so this ends.
                Err(CommitError::Conflict) => {}
                Err(CommitError::Unavailable(error)) => {
                    unanswered += 1;
                    if unanswered == TRIES {
                        return Err(error);
                    }
                    tracing::warn!(%error, "a commit was not answered: {error}");
                    tokio::time::sleep(PAUSE * 2_u32.pow(unanswered)).await;
                }
            }
            self.reload(loaded).await?;
            let is_ours = |begun: &Begun<'_>| is_under_way(&loaded.conversation, begun.attempt());
            if begun.as_ref().is_some_and(is_ours) {
                return Ok(Edited { stored: true, begun });
            }
        }
    }

    async fn reload(&self, loaded: &mut Loaded) -> Result<(), Unavailable> {
        match self.turn.store.load(&loaded.id).await? {
            Some(again) => {
                *loaded = again;
                loaded.conversation.put_right(self.clock.now());
            }
            None => {
                // It has been forgotten: there is nothing to do any more.
                loaded.conversation.waiting.clear();
                loaded.conversation.open = None;
            }
        }
        Ok(())
    }
}

fn is_under_way(conversation: &Conversation, attempt: &str) -> bool {
    let sending = conversation.open.as_ref().and_then(|reply| reply.sending.as_ref());
    sending.is_some_and(|sending| sending.attempt == attempt)
}
