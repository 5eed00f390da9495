//! Runs every minute: wakes what is due, joins what was left apart, asks what has become of texts,
//! says what that shows, forgets what has expired. It never sends.
//!
//! A run works until nothing is due or its time is over, and says how far behind it is. Each kind of
//! what is due is dealt with beside the others, so that one that hangs keeps no other from its work.

mod batches;
mod look;
mod probe;
mod runs;
mod watch;

use std::collections::HashSet;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use conversations::{Batch, ConversationId, DueReceipt, Joined, Place, Store, Unavailable};
use futures::FutureExt;
use futures::future::{BoxFuture, join_all};
use jiff::Timestamp;
use queue::{Queue, QueueError, WakeUp};
use settings::Names;
use sms::Providers;
use telemetry::TraceId;
use thiserror::Error;
use tokio::time::{Instant, timeout_at};

use crate::batches::{PAGE, Worked, work_through};
use crate::runs::{Woken, lock};

pub use probe::Probes;
pub use runs::Runs;

/// How long a run goes on. On Lambda it has 55 seconds, of which some are for what was begun, and for
/// [`Sweep::watch`].
const LONGEST: Duration = Duration::from_secs(40);

/// How many pages of a kind are worked on at once.
const BATCH_CONCURRENCY: usize = 4;

/// The settings that the function reads.
pub const SETTINGS: &[Names] =
    &[host::PUBLIC_URL, providers::POLLING, Probes::SETTINGS, Store::SETTINGS, Queue::SETTINGS];

/// The function, with its clients.
#[derive(Clone)]
pub struct Sweep {
    /// Where things are due.
    pub store: Arc<Store>,
    /// Where the turn is woken.
    pub queue: Queue,
    /// Who is asked what has become of texts.
    pub providers: Arc<Providers>,
    /// Which numbers of ours text each other. Without it none do.
    pub probes: Option<Arc<Probes>>,
    /// What earlier runs came to.
    pub runs: Runs,
}

/// Why a run was not finished. The next one does the same again.
#[derive(Debug, Error)]
pub enum SweepError {
    /// The store does not answer.
    #[error(transparent)]
    Store(#[from] Unavailable),
    /// The queue does not answer.
    #[error(transparent)]
    Queue(#[from] QueueError),
    /// Something took longer than a run may.
    #[error("a run was not done in time")]
    Late,
}

/// Who finds what is due in a conversation.
type Due = (ConversationId, Timestamp);

impl Sweep {
    /// One run.
    pub async fn run(&self, now: Timestamp) -> Result<(), SweepError> {
        self.run_for(LONGEST, now).await
    }

    /// One run that ends after so long.
    pub async fn run_for(&self, time: Duration, now: Timestamp) -> Result<(), SweepError> {
        // Boxed: what a run can come to is deeply nested, and need not be part of its caller.
        let parts = [self.wake_for(time, now).boxed(), self.look_for(time, now).boxed()];
        // One that fails keeps the other from nothing.
        join_all(parts).await.into_iter().collect()
    }

    /// That part of a run which somebody waits for: wakes whatever is due.
    pub async fn wake(&self, now: Timestamp) -> Result<(), SweepError> {
        self.wake_for(LONGEST, now).boxed().await
    }

    /// The other part of a run: looks after what was sent, and after the store.
    pub async fn look(&self, now: Timestamp) -> Result<(), SweepError> {
        self.look_for(LONGEST, now).boxed().await
    }

    async fn wake_for(&self, time: Duration, now: Timestamp) -> Result<(), SweepError> {
        let end = Instant::now() + time;
        let texts =
            move |after| async move { Ok(self.store.texts_due(now, after, PAGE).await?) }.boxed();
        let adopt = move |texts| {
            let adopted = async move {
                let adopted = self.store.adopt(texts, now).await?;
                let adopted = adopted.into_iter().map(|conversation| (conversation, now));
                self.wake_all(adopted.collect(), now).await
            };
            adopted.boxed()
        };
        let heads = move |after| self.store.due(now, after, PAGE).boxed();
        let effects = move |after| self.store.effects_due(now, after, PAGE).boxed();
        let (texts, heads, effects) = tokio::join!(
            work_through(end, BATCH_CONCURRENCY, None, texts, adopt),
            self.wake_again(self.runs.heads(), end, now, heads),
            self.wake_again(self.runs.effects(), end, now, effects),
        );
        let lag = self.runs.waking();
        self.come_to("waking who has something to do", lag, [texts, heads, effects], now).await
    }

    async fn look_for(&self, time: Duration, now: Timestamp) -> Result<(), SweepError> {
        let end = Instant::now() + time;
        let receipts = move |after| {
            async move { Ok(self.store.receipts_due(now, after, PAGE).await?) }.boxed()
        };
        let join = move |receipts| self.join(receipts, now).boxed();
        let late = end + batches::GRACE;
        let (receipts, attempts, probed, clock) = tokio::join!(
            work_through(end, BATCH_CONCURRENCY, None, receipts, join),
            self.look_at_attempts(end, now),
            timeout_at(late, self.probe(now)),
            timeout_at(late, self.see_to_clock(now)),
        );
        let lag = self.runs.looking();
        self.come_to("finding out what became of texts", lag, [receipts, attempts], now).await?;
        for part in [probed, clock] {
            part.unwrap_or(Err(SweepError::Late))?;
        }
        Ok(())
    }

    /// Tells the attempts of receipts that were left apart. Somebody else can still send what did not
    /// arrive.
    async fn join(&self, receipts: Vec<DueReceipt>, now: Timestamp) -> Result<bool, SweepError> {
        let joined = self.store.join_due(receipts, now).await?;
        if !joined.is_empty() {
            let receipts = joined.len();
            tracing::info!(receipts, "joined receipts that came before their attempts");
        }
        let failed = joined.into_iter().filter_map(|joined| match joined {
            Joined::Attempt { failed, .. } => Some((failed?, now)),
            Joined::NotYet => None,
        });
        self.wake_all(failed.collect(), now).await?;
        Ok(true)
    }

    /// Wakes what stays due until a turn has looked at it.
    async fn wake_again<'a>(
        &'a self,
        woken: &'a Mutex<Woken>,
        end: Instant,
        now: Timestamp,
        read: impl Fn(Option<Place>) -> BoxFuture<'a, Result<Batch<Due>, Unavailable>>,
    ) -> Worked {
        let minute = minute(now);
        let begin = lock(woken).begin();
        let read = |after| {
            let page = read(after);
            let page = async move {
                let page = page.await?;
                Ok(lock(woken).skip(page, minute))
            };
            page.boxed()
        };
        let wake = move |due| self.wake_all(due, now).boxed();
        let worked = work_through(end, BATCH_CONCURRENCY, begin.clone(), read, wake).await;
        lock(woken).end(begin.as_ref(), &worked, minute);
        worked
    }

    /// Says how far behind these kinds are, and what was in the way.
    async fn come_to(
        &self,
        what: &str,
        lag: &Mutex<runs::Lag>,
        worked: impl IntoIterator<Item = Worked>,
        now: Timestamp,
    ) -> Result<(), SweepError> {
        let worked: Vec<_> = worked.into_iter().collect();
        let left = worked.iter().filter_map(|worked| worked.left).min();
        // Where nothing could be read, nobody knows how far behind it is.
        if left.is_some() || worked.iter().all(|worked| worked.error.is_none()) {
            self.note_lag(lag, what, left, now).await?;
        }
        worked.into_iter().find_map(|worked| worked.error).map_or(Ok(()), Err)
    }

    /// Puts right what a clock that was wrong has left behind, and then forgets what has expired.
    async fn see_to_clock(&self, now: Timestamp) -> Result<(), SweepError> {
        if !self.runs.clock_is_due(now) {
            return Ok(());
        }
        let mut after = None;
        loop {
            let page = self.store.put_right(now, after, PAGE).await?;
            self.wake_all(page.found, now).await?;
            after = page.next;
            if after.is_none() {
                break;
            }
        }
        // Not before: then nobody would know any more that the clock went back.
        self.store.expire(now).await?;
        self.runs.clock_was_seen(now);
        Ok(())
    }

    async fn wake_one(
        &self,
        conversation: &ConversationId,
        since: Timestamp,
        now: Timestamp,
    ) -> Result<(), QueueError> {
        let (wake_up, deduplication) = wake_up(conversation, since, now);
        self.queue.send(&wake_up, &deduplication).await
    }

    /// Wakes each of these conversations once. Always in time.
    async fn wake_all(&self, due: Vec<Due>, now: Timestamp) -> Result<bool, SweepError> {
        let mut known = HashSet::new();
        let due = due.into_iter().filter(|(conversation, _)| known.insert(conversation.clone()));
        let wake_ups: Vec<_> =
            due.map(|(conversation, since)| wake_up(&conversation, since, now)).collect();
        self.queue.send_all(&wake_ups).await?;
        Ok(true)
    }
}

/// A wake-up, and what makes it one in a minute for the same reason. The minute is part of that because
/// the queue remembers for five, and a wake-up may have been lost meanwhile.
fn wake_up(conversation: &ConversationId, since: Timestamp, now: Timestamp) -> (WakeUp, String) {
    let deduplication = format!("{conversation}@{}/{}", since.as_millisecond(), minute(now));
    (WakeUp { conversation: conversation.to_string(), trace: TraceId::fresh() }, deduplication)
}

fn minute(now: Timestamp) -> i64 {
    now.as_second() / 60
}
