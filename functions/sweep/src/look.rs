//! Looking at attempts: what has become of them, and what that shows of their routes.

use std::collections::HashMap;
use std::sync::Mutex;

use conversations::{Attempt, Batch, ConversationId, DueAttempt, Joined, Place, Unavailable};
use futures::{FutureExt, StreamExt, stream};
use jiff::{SignedDuration, Timestamp};
use sms::{Found, Receipt, Status};
use tokio::time::{Instant, sleep_until};

use crate::batches::{PAGE, Worked, work_through};
use crate::runs::lock;
use crate::{Sweep, SweepError};

/// How long after it was begun an attempt is looked at, if nothing is heard of it: soon, because
/// another provider may still send it; and until after three days a carrier says no more
/// (AWS: its own final word comes after 72 hours).
const LOOKS: [SignedDuration; 7] = [
    SignedDuration::from_mins(1),
    SignedDuration::from_mins(3),
    SignedDuration::from_mins(10),
    SignedDuration::from_hours(1),
    SignedDuration::from_hours(6),
    SignedDuration::from_hours(24),
    SignedDuration::from_hours(73),
];

/// How many questions are open at once for those that are looked at together.
const CONCURRENCY: usize = 32;

/// How often a provider may fail to answer in one run before it is asked no more, so that one that
/// hangs does not keep the others waiting.
const FAILS: usize = 8;

/// How many pages are looked at together, and so weighed together: Firestore takes about one write a
/// second to the record of a route. And how many such are under way at once.
const TOGETHER: usize = 10;
const UNDER_WAY: usize = 1;

/// After how long a provider is asked again that did not answer at the last look, and until when.
const ONCE_MORE: SignedDuration = SignedDuration::from_mins(10);
const NEVER_AFTER: SignedDuration = SignedDuration::from_hours(85);

/// What holds for one run.
#[derive(Default)]
struct Run {
    /// Held by whoever writes to the records of routes, so that we do not meet ourselves there.
    weighing: tokio::sync::Mutex<()>,
    /// How often providers did not answer.
    failed: Mutex<HashMap<String, usize>>,
}

impl Sweep {
    /// Looks at the attempts that are due, asks the providers about those of which too little is
    /// known, and counts them all for or against their routes.
    pub(crate) async fn look_at_attempts(&self, end: Instant, now: Timestamp) -> Worked {
        let run = &Run::default();
        let read = move |after| self.gather(after, now).boxed();
        let look = move |due| self.look_at(due, run, end, now).boxed();
        work_through(end, UNDER_WAY, None, read, look).await
    }

    /// Some pages of attempts that are due, as one.
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

    /// Looks at these attempts. Whether at all of them: those that there is no time for stay due.
    async fn look_at(
        &self,
        due: Vec<DueAttempt>,
        run: &Run,
        end: Instant,
        now: Timestamp,
    ) -> Result<bool, SweepError> {
        // Collected first: a stream that borrows as it goes cannot be sent to another thread.
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
        let (mut looked, mut failed) = (Vec::new(), Vec::new());
        for (due, heard) in due.into_iter().zip(heard) {
            match heard {
                Ok(heard) => {
                    // Those that are not counted yet stay due as well.
                    if !left.contains(&due.attempt.id) {
                        let next = heard.next_look(&due.attempt, now);
                        looked.push((due, next));
                    }
                    if let Heard::Failed(conversation) = heard {
                        failed.push((conversation, now));
                    }
                }
                // What was heard could not be stored: it is asked once more soon, in nobody's way.
                Err(error) => {
                    tracing::warn!(%error, "left an attempt for later: {error}");
                    looked.push((due, Some(now + LOOKS[0])));
                }
            }
        }
        self.store.looked_at(looked).await?;
        // Somebody else can still send what did not arrive.
        self.wake_all(failed, now).await?;
        Ok(is_in_time)
    }

    /// Asks a provider about an attempt, if that may help. What it says is taken like a receipt.
    async fn ask(
        &self,
        attempt: &Attempt,
        run: &Run,
        now: Timestamp,
    ) -> Result<Heard, Unavailable> {
        let status = attempt.status();
        let open = matches!(status, Status::Unknown | Status::Accepted | Status::Sent);
        // Nothing is asked about what was answered, nor before a receipt had time to come.
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
                tracing::info!(provider.name = provider.name(), %error, "could not ask: {error}");
                Ok(Heard::NoAnswer)
            }
        }
    }
}

impl Run {
    /// Whether a provider has failed to answer again and again.
    fn fails(&self, provider: &str) -> bool {
        lock(&self.failed).get(provider).is_some_and(|times| *times >= FAILS)
    }

    fn failed(&self, provider: &str) {
        *lock(&self.failed).entry(provider.to_owned()).or_default() += 1;
    }
}

/// What is heard of an attempt when it is looked at.
enum Heard {
    /// Nothing that anybody has to act on.
    Nothing,
    /// The text did not arrive, of which this conversation knows.
    Failed(ConversationId),
    /// Its provider was to be asked, and does not answer.
    NoAnswer,
}

impl Heard {
    /// When the attempt is looked at again. `None`: nothing more is to be learned of it, unless a
    /// receipt says so by itself.
    fn next_look(&self, attempt: &Attempt, now: Timestamp) -> Option<Timestamp> {
        let status = attempt.status();
        if status == Status::Delivered || status.is_failure() {
            return None;
        }
        let next = LOOKS.into_iter().map(|after| attempt.at + after).find(|look| *look > now);
        // What a provider does not say at one look it says at the next. After the last there is none.
        let once_more = matches!(self, Self::NoAnswer) && now < attempt.at + NEVER_AFTER;
        next.or(once_more.then_some(now + ONCE_MORE))
    }
}
