//! Changes a conversation that others may be writing to.

use std::time::Duration;

use backon::{BackoffBuilder as _, ExponentialBuilder};
use conversations::budget::{Period, Reservation};
use conversations::{
    Attempt, Change, CommitError, Conversation, HandedOver, Loaded, Order, Reply, Unavailable,
    Waiting,
};
use desk::Becomes;
use jiff::{SignedDuration, Timestamp};
use money::Amount;
use sms::Provider;

use crate::Wake;
use crate::bill::Bill;
use crate::pause::after;

/// The part of an attempt's reserved time that is kept for recording its outcome.
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

/// After how long without a text a conversation ends. The business can use what was collected a day
/// later, but not if it never comes.
pub(crate) const QUIET: SignedDuration = SignedDuration::from_hours(24);

/// The next state of a conversation, and the changes that go with it.
pub(crate) struct Draft<'a> {
    pub(crate) next: Conversation,
    /// The texts that still wait afterwards, as far as they are loaded.
    waiting: Vec<Waiting>,
    /// Whether more texts wait behind those.
    more: bool,
    pub(crate) changes: Vec<Change>,
    /// How many orders are left, as far as they are loaded.
    orders: usize,
    /// The texts of an owner's phone that are for us and still wait.
    commands: Vec<Waiting>,
    /// What is spent by it.
    pub(crate) spent: Amount,
    /// Whether the owner pays for that, and gets back what is given back.
    pub(crate) is_owners: bool,
    /// How much of that the model has cost.
    pub(crate) thought: Amount,
    /// Why the model gave no answer, in a word, if that is what it stores.
    pub(crate) failed: Option<&'static str>,
    /// What was booked in this period is given back.
    pub(crate) returned: Option<(Amount, Period)>,
    /// The most that its reply may cost.
    pub(crate) at_most: Option<Amount>,
    /// What was kept for the open reply, as it was loaded.
    pub(crate) kept: Option<Reservation>,
    /// How much has to be kept for the attempt that is planned.
    pub(crate) keeps: Amount,
    /// Whether the money that was reserved for the run is not needed any more.
    pub(crate) settles: bool,
    /// A reservation of ours that another process has counted as lost since.
    pub(crate) replaced: Option<Reservation>,
    /// The attempt to dispatch once all this is stored.
    pub(crate) planned: Option<Box<Planned<'a>>>,
}

/// The outcome of a change.
pub(crate) enum Outcome<'a> {
    /// It is stored, and so is the attempt that it planned, if any, which may now be dispatched.
    Stored(Option<Box<Planned<'a>>>),
    /// There was nothing left to change.
    Unchanged,
    /// It is too large for one document: a retry would fail as well.
    TooLarge,
}

impl<'a> Outcome<'a> {
    pub(crate) fn is_stored(&self) -> bool {
        matches!(self, Self::Stored(_))
    }

    /// The attempt to dispatch, if there is one.
    pub(crate) fn planned(self) -> Option<Box<Planned<'a>>> {
        if let Self::Stored(planned) = self { planned } else { None }
    }
}

/// An attempt that has been decided on: it may be dispatched once it is committed.
pub(crate) struct Planned<'a> {
    pub(crate) provider: &'a dyn Provider,
    pub(crate) attempt: Attempt,
    pub(crate) until: Timestamp,
    /// Whether it also probes if its route works again.
    pub(crate) is_probe: bool,
    /// Why this provider, in sentences.
    pub(crate) why: String,
    /// If no provider works, what is wrong with each. The attempt is made all the same.
    pub(crate) nothing_works: Option<String>,
    /// The names of all candidate routes.
    pub(crate) routes: String,
}

impl Planned<'_> {
    pub(crate) fn attempt(&self) -> &str {
        &self.attempt.id
    }

    /// The timeout of its request. `None`: its reserved time has run out, and somebody else may be
    /// at it.
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
            orders: loaded.orders.len(),
            commands: loaded.commands.clone(),
            spent: Amount::ZERO,
            is_owners: false,
            thought: Amount::ZERO,
            failed: None,
            returned: None,
            at_most: None,
            kept: loaded.conversation.open.as_ref().and_then(|reply| reply.kept.clone()),
            keeps: Amount::ZERO,
            settles: false,
            replaced: None,
            planned: None,
        }
    }

    /// Deals with an order: it is gone afterwards.
    pub(crate) fn carried_out(&mut self, order: &Order) {
        self.orders = self.orders.saturating_sub(1);
        self.changes.push(Change::CarriedOut(order.clone()));
    }

    /// Gives an order in this very conversation, which is carried out next.
    pub(crate) fn orders_itself(&mut self, now: Timestamp) {
        self.orders += 1;
        self.next.ordered_at = Some(now);
    }

    /// Takes texts up: they become entries of the conversation.
    pub(crate) fn take_up(&mut self, texts: &[Waiting]) {
        self.waiting.retain(|text| !texts.contains(text));
        self.changes.push(Change::TakenUp(texts.to_vec()));
    }

    /// Leaves texts unanswered for this reason.
    pub(crate) fn set_aside(&mut self, texts: &[Waiting], why: &'static str) {
        self.waiting.retain(|text| !texts.contains(text));
        self.commands.retain(|text| !texts.contains(text));
        self.changes.push(Change::SetAside(texts.to_vec(), why));
    }

    /// Puts texts that were set aside back among those that wait.
    pub(crate) fn wait_again(&mut self, texts: &[Waiting]) {
        if !texts.is_empty() {
            self.waiting.extend(texts.iter().cloned());
            self.changes.push(Change::Waits(texts.to_vec()));
        }
    }

    /// Whether no text waits any more.
    pub(crate) fn is_empty(&self) -> bool {
        self.waiting.is_empty() && !self.more
    }

    /// Counts an attempt to have the model answer before it is made, so that a crash cannot repeat
    /// it without end: the next one has to wait in any case.
    pub(crate) fn count_attempt(&mut self, now: Timestamp) {
        self.next.tries += 1;
        self.back_off(now);
        self.next.due_at = self.next.ask_after;
    }

    /// Backs off from the model: each attempt doubles the pause.
    pub(crate) fn back_off(&mut self, now: Timestamp) {
        self.next.ask_after = Some(now + after(self.next.tries.saturating_sub(1), ASK_AGAIN));
    }

    /// Resets the attempts once the waiting texts are dealt with, for the next text.
    pub(crate) fn reset_attempts(&mut self) {
        self.next.tries = 0;
        self.next.apologised = false;
        self.next.ask_after = None;
    }

    /// The same, paying what the model has cost.
    pub(crate) fn paying(mut self, bill: &Bill) -> Self {
        match (&bill.reserved, &self.next.account.reserved) {
            // A commit whose answer was lost has paid it.
            (Some(_), None) => return self,
            (Some(ours), Some(reserved)) if ours == reserved => self.settles = true,
            (ours, _) => self.replaced.clone_from(ours),
        }
        self.spent = self.spent.saturating_add(bill.spent);
        self.thought = bill.spent;
        self
    }

    /// Whether the money that was kept for its open reply may be needed elsewhere now.
    pub(crate) fn lets_go(&self) -> bool {
        let kept = self.next.open.as_ref().and_then(|reply| reply.kept.as_ref());
        self.kept.is_some() && kept != self.kept.as_ref()
    }

    /// Whether it changes the account.
    pub(crate) fn pays(&self) -> bool {
        self.settles
            || self.lets_go()
            || self.replaced.is_some()
            || self.returned.is_some()
            || self.spent != Amount::ZERO
    }

    /// Gives back what an attempt would have cost that certainly was not taken.
    pub(crate) fn give_back(&mut self, attempt: &Attempt) {
        let booked = attempt.booked.filter(|_| attempt.cost != Amount::ZERO);
        self.returned = booked.map(|period| (attempt.cost, period));
        self.is_owners = attempt.tried_out;
        for change in &mut self.changes {
            if let Change::Status(update) = change
                && update.attempt == attempt.id
            {
                update.is_unpaid = true;
            }
        }
    }

    /// Takes the open reply out, if `attempt` is the one under way.
    pub(crate) fn take_open(&mut self, attempt: &str) -> Option<Reply> {
        let is_it = is_under_way(&self.next, attempt);
        if is_it { self.next.open.take() } else { None }
    }

    /// Sets when a conversation without an open reply is next looked at.
    pub(crate) fn set_due(&mut self, now: Timestamp) {
        self.next.due_at = match self.is_empty() {
            _ if !self.next.failed.is_empty() || self.orders > 0 => Some(now),
            _ if !self.commands.is_empty() => Some(now),
            true if self.next.is_with_person(now) => with_person_until(&self.next),
            true if self.next.answers == 0 => None,
            true => Some(quiet_since(&self.next, now) + QUIET),
            false => Some(self.next.ask_after.map_or(now, |after| after.max(now))),
        };
    }
}

impl<'a> Wake<'a> {
    /// Changes a conversation, and starts over whenever somebody else has changed it.
    ///
    /// `change` gets the conversation as it is and drafts the next state; `None` means that there
    /// is nothing left to change. It must be idempotent: an earlier run may have been stored
    /// without our knowledge.
    pub(crate) async fn edit(
        &self,
        loaded: &mut Loaded,
        mut change: impl FnMut(&Loaded) -> Option<Draft<'a>>,
    ) -> Result<Outcome<'a>, Unavailable> {
        let mut pauses = UNANSWERED.build();
        loop {
            let Some(mut draft) = change(loaded) else { return Ok(Outcome::Unchanged) };
            let becomes =
                Becomes { next: &draft.next, waiting: &draft.waiting, changes: &draft.changes };
            let shown = desk::show(&self.turn.store, loaded, &becomes, self.clock.now());
            draft.changes.extend(shown);
            self.book(&mut draft);
            self.count_up(loaded, &mut draft);
            let Draft { next, changes, planned, .. } = draft;
            match self.turn.store.commit(loaded, next, changes).await {
                Ok(()) => return Ok(Outcome::Stored(planned)),
                // Somebody else has made progress, so this loop ends.
                Err(CommitError::Conflict) => {}
                Err(CommitError::TooLarge) => {
                    tracing::error!("a commit was too large for the store");
                    return Ok(Outcome::TooLarge);
                }
                Err(CommitError::Unavailable(error)) => {
                    let Some(pause) = pauses.next() else { return Err(error) };
                    tracing::warn!(%error, "the store did not answer a commit: {error}");
                    tokio::time::sleep(pause).await;
                }
            }
            if !self.reload(loaded).await? {
                return Ok(Outcome::Unchanged);
            }
            let is_ours =
                |planned: &Planned<'_>| is_under_way(&loaded.conversation, planned.attempt());
            if planned.as_deref().is_some_and(is_ours) {
                return Ok(Outcome::Stored(planned));
            }
        }
    }

    /// Loads the conversation again. False if it has been deleted: there is nothing left to do.
    pub(crate) async fn reload(&self, loaded: &mut Loaded) -> Result<bool, Unavailable> {
        if let Some(again) = self.turn.load(&loaded.id, self.clock.now()).await? {
            *loaded = again;
            return Ok(true);
        }
        loaded.waiting.clear();
        loaded.more = false;
        loaded.conversation.open = None;
        loaded.conversation.failed.clear();
        loaded.conversation.due_at = None;
        Ok(false)
    }
}

/// Since when a person has been quiet. They were not expected to text before an answer that waited for
/// their hours.
pub(crate) fn quiet_since(conversation: &Conversation, now: Timestamp) -> Timestamp {
    conversation.quiet_until.map_or(conversation.at, |until| until.min(now).max(conversation.at))
}

/// Until when a person has a conversation, unless that has no end.
fn with_person_until(conversation: &Conversation) -> Option<Timestamp> {
    let until = conversation.handed_over.as_ref()?.until;
    (until < HandedOver::NEVER).then_some(until)
}

fn is_under_way(conversation: &Conversation, attempt: &str) -> bool {
    let sending = conversation.open.as_ref().and_then(|reply| reply.sending.as_ref());
    sending.is_some_and(|sending| sending.attempt == attempt)
}
