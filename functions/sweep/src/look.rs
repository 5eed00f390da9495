//! Looks at attempts: finds out their status, and what that shows about their routes.

use std::collections::HashMap;
use std::sync::Mutex;

use conversations::{
    Attempt, Batch, Charged, ConversationId, DueAttempt, Joined, Place, Unavailable,
};
use futures::{FutureExt, StreamExt, stream};
use jiff::{SignedDuration, Timestamp};
use sms::{Found, Receipt, Status};
use tokio::time::{Instant, sleep_until};

use crate::batches::{PAGE, Worked, work_through};
use crate::runs::lock;
use crate::{Sweep, SweepError};

/// When an attempt without news is looked at, counted from its start: soon, because another
/// provider may still send it, and up to three days, after which no carrier reports any more (AWS:
/// its final status comes after 72 hours).
const LOOKS: [SignedDuration; 7] = [
    SignedDuration::from_mins(1),
    SignedDuration::from_mins(3),
    SignedDuration::from_mins(10),
    SignedDuration::from_hours(1),
    SignedDuration::from_hours(6),
    SignedDuration::from_hours(24),
    SignedDuration::from_hours(73),
];

/// How many polls run concurrently among the attempts looked at together.
const CONCURRENCY: usize = 32;

/// How many failures to answer a provider may have in one run before it is polled no more, so that
/// one that hangs does not delay the others.
const FAILS: usize = 8;

/// How many pages are looked at, and so weighed, together: Firestore takes about one write a second
/// to the record of a route. And how many such groups are under way concurrently.
const TOGETHER: usize = 10;
const UNDER_WAY: usize = 1;

/// When a provider that did not answer at the last look is polled again, and until when.
const ONCE_MORE: SignedDuration = SignedDuration::from_mins(10);
const NEVER_AFTER: SignedDuration = SignedDuration::from_hours(85);

/// The state of one run.
#[derive(Default)]
struct Run {
    /// Held while writing to the records of routes, so that we do not conflict with ourselves.
    weighing: tokio::sync::Mutex<()>,
    /// How often each provider failed to answer.
    failed: Mutex<HashMap<String, usize>>,
}

impl Sweep {
    /// Looks at the due attempts, polls the providers about those with too little known, and counts
    /// all of them for or against their routes.
    pub(crate) async fn look_at_attempts(&self, end: Instant, now: Timestamp) -> Worked {
        let run = &Run::default();
        let read = move |after| self.gather(after, now).boxed();
        let look = move |due| self.look_at(due, run, end, now).boxed();
        work_through(end, UNDER_WAY, None, read, look).await
    }

    /// Several pages of due attempts, as one.
    async fn gather(
        &self,
        after: Option<Place>,
        now: Timestamp,
    ) -> Result<Batch<DueAttempt>, SweepError> {
        let mut gathered = self.store.attempts_due(now, after, PAGE).await?;
        for _ in 1..TOGETHER {
            let Some(after) = gathered.next.take() else { break };
            let page = self.store.attempts_due(now, Some(after), PAGE).await?;
            gathered.found.extend(page.found);
            gathered.next = page.next;
        }
        Ok(gathered)
    }

    /// Looks at these attempts, and returns whether it got to all of them: the rest stay due.
    async fn look_at(
        &self,
        due: Vec<DueAttempt>,
        run: &Run,
        end: Instant,
        now: Timestamp,
    ) -> Result<bool, SweepError> {
        // Collected first: a stream of borrowing futures could not be sent to another thread.
        let asked: Vec<_> = due.iter().map(|due| self.ask(&due.attempt, run, now)).collect();
        let in_time = stream::iter(asked).buffered(CONCURRENCY).take_until(sleep_until(end));
        let heard: Vec<_> = in_time.collect().await;
        let is_in_time = heard.len() == due.len();
        let due: Vec<_> = due.into_iter().take(heard.len()).collect();
        let attempts: Vec<_> = due.iter().map(|due| due.attempt.clone()).collect();
        let left = {
            let _alone = run.weighing.lock().await;
            routing::note_begun(&self.store, &attempts, now).await?;
            routing::weigh_due(&self.store, &self.providers, &attempts, now).await?
        };
        let (mut looked, mut charged, mut failed) = (Vec::new(), Vec::new(), Vec::new());
        for (due, heard) in due.into_iter().zip(heard) {
            match heard {
                Ok(heard) => {
                    // Those that are not counted yet stay due as well.
                    if !left.contains(&due.attempt.id) {
                        let next = heard.next_look(&due.attempt, now);
                        match due.attempt.charged(self.currency) {
                            Some(amount) => charged.push(Charged { due, next, amount }),
                            None => looked.push((due, next)),
                        }
                    }
                    if let Heard::Failed(conversation) = heard {
                        failed.push((conversation, now));
                    }
                }
                // The answer could not be stored: the poll is repeated soon, and delays nobody.
                Err(error) => {
                    tracing::warn!(%error, "postponed an attempt: {error}");
                    looked.push((due, Some(now + LOOKS[0])));
                }
            }
        }
        self.store.looked_at(looked).await?;
        self.store.count_charges(&charged).await?;
        // Another provider may still deliver a failed text.
        self.wake_all(failed, now).await?;
        Ok(is_in_time)
    }

    /// Polls a provider about an attempt, if that may help. The answer is handled like a receipt.
    async fn ask(
        &self,
        attempt: &Attempt,
        run: &Run,
        now: Timestamp,
    ) -> Result<Heard, Unavailable> {
        let status = attempt.status();
        let open = matches!(status, Status::Unknown | Status::Accepted | Status::Sent);
        // No poll for an attempt that was answered, nor before a receipt had time to come.
        if !open || attempt.answered || now < attempt.at + LOOKS[0] {
            return Ok(Heard::Nothing);
        }
        let Some(provider) = self.providers.named(&attempt.provider) else {
            return Ok(Heard::Nothing);
        };
        if run.fails(provider.name()) {
            return Ok(Heard::NoAnswer);
        }
        let (http, message) = (self.providers.http(), attempt.outgoing());
        let found = match attempt.message_id() {
            Some(id) => provider.poll(http, id, &message, attempt.at).await,
            None => provider.find(http, &message, attempt.at).await,
        };
        match found {
            Ok(Found::Known(receipt)) => {
                let receipt = Receipt { attempt: Some(attempt.id.clone()), ..receipt };
                let joined = self.store.receive(provider.name(), &receipt, now).await?;
                match joined {
                    Joined::Attempt { failed: Some(conversation), .. } => {
                        Ok(Heard::Failed(conversation))
                    }
                    Joined::Attempt { failed: None, .. } | Joined::NotYet => Ok(Heard::Nothing),
                }
            }
            Ok(Found::Absent | Found::CannotAsk) => Ok(Heard::Nothing),
            Err(error) => {
                run.failed(provider.name());
                tracing::info!(provider.name = provider.name(), %error, "could not poll: {error}");
                Ok(Heard::NoAnswer)
            }
        }
    }
}

impl Run {
    /// Whether a provider has failed to answer too often.
    fn fails(&self, provider: &str) -> bool {
        lock(&self.failed).get(provider).is_some_and(|times| *times >= FAILS)
    }

    fn failed(&self, provider: &str) {
        *lock(&self.failed).entry(provider.to_owned()).or_default() += 1;
    }
}

/// What a look at an attempt has shown.
enum Heard {
    /// Nothing that needs action.
    Nothing,
    /// The text did not arrive, and this conversation has been told.
    Failed(ConversationId),
    /// Its provider was polled, and did not answer.
    NoAnswer,
}

impl Heard {
    /// When the attempt is looked at again. `None`: nothing more can be learned, except from a
    /// receipt.
    fn next_look(&self, attempt: &Attempt, now: Timestamp) -> Option<Timestamp> {
        let status = attempt.status();
        if status == Status::Delivered || status.is_failure() {
            return None;
        }
        let next = LOOKS.into_iter().map(|after| attempt.at + after).find(|look| *look > now);
        // An unanswered poll is repeated at the next look. After the last look there is none.
        let once_more = matches!(self, Self::NoAnswer) && now < attempt.at + NEVER_AFTER;
        next.or(once_more.then_some(now + ONCE_MORE))
    }
}
