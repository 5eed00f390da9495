//! Changing a conversation that others may be writing to.

use std::time::Duration;

use backon::{BackoffBuilder as _, ExponentialBuilder};
use conversations::{
    Attempt, Change, CommitError, Conversation, Loaded, Reply, Unavailable, Waiting,
};
use jiff::{SignedDuration, Timestamp};
use sms::Provider;

use crate::Wake;
use crate::pause::after;

/// How much of the time in which nobody else touches an attempt is kept for writing down what came of
/// it.
const TO_WRITE_DOWN: SignedDuration = SignedDuration::from_secs(5);

/// How often a commit is tried again that the store did not answer, and how long after: 100 ms at first,
/// each time twice as long, and by chance up to as much again.
const UNANSWERED: ExponentialBuilder = ExponentialBuilder::new()
    .with_min_delay(Duration::from_millis(100))
    .with_max_times(3)
    .with_jitter();

/// How long after a try the model may be asked again, should nothing come of it: the first time, and
/// at most.
const ASK_AGAIN: (Duration, Duration) = (Duration::from_secs(15), Duration::from_mins(5));

/// After how long without a text a conversation is over. What was collected is worth more to the
/// business the next day than never.
pub(crate) const QUIET: SignedDuration = SignedDuration::from_hours(24);

/// The next state of a conversation, and what follows from it.
pub(crate) struct Draft<'a> {
    pub(crate) next: Conversation,
    /// The texts that still wait then, as far as they are known.
    waiting: Vec<Waiting>,
    /// Whether more wait behind those.
    more: bool,
    pub(crate) changes: Vec<Change>,
    /// The attempt whose request may leave once all this is stored.
    pub(crate) planned: Option<Box<Planned<'a>>>,
}

/// What became of a change.
pub(crate) enum Outcome<'a> {
    /// It is stored, and so is the attempt that it planned, if any: its request may leave.
    Stored(Option<Box<Planned<'a>>>),
    /// There was nothing to change any more.
    Unchanged,
    /// It is too much for one document, so that it would be refused again.
    TooLarge,
}

impl<'a> Outcome<'a> {
    pub(crate) fn is_stored(&self) -> bool {
        matches!(self, Self::Stored(_))
    }

    /// The attempt whose request may leave, if there is one.
    pub(crate) fn planned(self) -> Option<Box<Planned<'a>>> {
        if let Self::Stored(planned) = self { planned } else { None }
    }
}

/// An attempt that has been decided on: once it is committed, its request may leave.
pub(crate) struct Planned<'a> {
    pub(crate) provider: &'a dyn Provider,
    pub(crate) attempt: Attempt,
    pub(crate) until: Timestamp,
    /// Whether it finds out for others whether its route works again.
    pub(crate) is_probe: bool,
    /// Why this provider, in sentences.
    pub(crate) why: String,
    /// That no provider works, and what is wrong with each, if so: it is tried all the same.
    pub(crate) nothing_works: Option<String>,
    /// All routes that there were to choose from, by their names.
    pub(crate) routes: String,
}

impl Planned<'_> {
    pub(crate) fn attempt(&self) -> &str {
        &self.attempt.id
    }

    /// How long its request may take. `None`: its time is over before it began, and somebody else
    /// may be at it.
    pub(crate) fn budget(&self, now: Timestamp) -> Option<Duration> {
        let left = self.until.duration_since(now) - TO_WRITE_DOWN;
        Duration::try_from(left).ok().filter(|left| !left.is_zero())
    }
}

impl Draft<'_> {
    /// The conversation as it is.
    pub(crate) fn of(loaded: &Loaded) -> Self {
        Self {
            next: loaded.conversation.clone(),
            waiting: loaded.waiting.clone(),
            more: loaded.more,
            changes: Vec::new(),
            planned: None,
        }
    }

    /// Takes texts up: what was said in them is in the conversation.
    pub(crate) fn take_up(&mut self, texts: &[Waiting]) {
        self.waiting.retain(|text| !texts.contains(text));
        self.changes.push(Change::TakenUp(texts.to_vec()));
    }

    /// Lets texts go unanswered, for this reason.
    pub(crate) fn set_aside(&mut self, texts: &[Waiting], why: &'static str) {
        self.waiting.retain(|text| !texts.contains(text));
        self.changes.push(Change::SetAside(texts.to_vec(), why));
    }

    /// Lets texts wait again that were set aside.
    pub(crate) fn wait_again(&mut self, texts: &[Waiting]) {
        if !texts.is_empty() {
            self.waiting.extend(texts.iter().cloned());
            self.changes.push(Change::Waits(texts.to_vec()));
        }
    }

    /// Whether nothing waits then.
    pub(crate) fn is_empty(&self) -> bool {
        self.waiting.is_empty() && !self.more
    }

    /// Counts a try to have the model answer, ahead of it, so that it cannot be repeated without
    /// end: whatever becomes of it, the next one has to wait.
    pub(crate) fn count_try(&mut self, now: Timestamp) {
        self.next.tries += 1;
        self.leave_alone(now);
        self.next.due_at = self.next.ask_after;
    }

    /// Leaves the model alone from now on, the longer the more often it was asked in vain.
    pub(crate) fn leave_alone(&mut self, now: Timestamp) {
        self.next.ask_after = Some(now + after(self.next.tries.saturating_sub(1), ASK_AGAIN));
    }

    /// What was waiting is dealt with: the next text starts clean.
    pub(crate) fn forget_tries(&mut self) {
        self.next.tries = 0;
        self.next.apologised = false;
        self.next.ask_after = None;
    }

    /// Takes the open reply out, if `attempt` is the one under way.
    pub(crate) fn take_open(&mut self, attempt: &str) -> Option<Reply> {
        let is_it = is_under_way(&self.next, attempt);
        if is_it { self.next.open.take() } else { None }
    }

    /// Sets when a conversation without an open reply is looked at next.
    pub(crate) fn set_due(&mut self, now: Timestamp) {
        self.next.due_at = match self.is_empty() {
            _ if !self.next.failed.is_empty() => Some(now),
            true if self.next.answers == 0 => None,
            true => Some(self.next.at + QUIET),
            false => Some(self.next.ask_after.map_or(now, |after| after.max(now))),
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
    ) -> Result<Outcome<'a>, Unavailable> {
        let mut pauses = UNANSWERED.build();
        loop {
            let Some(Draft { next, changes, planned, .. }) = change(loaded) else {
                return Ok(Outcome::Unchanged);
            };
            match self.turn.store.commit(loaded, next, changes).await {
                Ok(()) => return Ok(Outcome::Stored(planned)),
                // Somebody else has got on with it, so this ends.
                Err(CommitError::Conflict) => {}
                Err(CommitError::TooLarge) => {
                    tracing::error!("a commit is too large for the store");
                    return Ok(Outcome::TooLarge);
                }
                Err(CommitError::Unavailable(error)) => {
                    let Some(pause) = pauses.next() else { return Err(error) };
                    tracing::warn!(%error, "a commit was not answered: {error}");
                    tokio::time::sleep(pause).await;
                }
            }
            self.reload(loaded).await?;
            let is_ours =
                |planned: &Planned<'_>| is_under_way(&loaded.conversation, planned.attempt());
            if planned.as_deref().is_some_and(is_ours) {
                return Ok(Outcome::Stored(planned));
            }
        }
    }

    pub(crate) async fn reload(&self, loaded: &mut Loaded) -> Result<(), Unavailable> {
        match self.turn.store.load(&loaded.id, self.clock.now()).await? {
            Some(again) => *loaded = again,
            None => {
                // It has been forgotten: there is nothing to do any more.
                loaded.waiting.clear();
                loaded.more = false;
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
