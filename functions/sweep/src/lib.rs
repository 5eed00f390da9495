//! Runs every minute: wakes due conversations, joins receipts that were stored separately, polls
//! providers, judges routes, deletes what has expired. It never sends.
//!
//! A run works until nothing is due or its time is up, and reports how far behind it is. The kinds
//! of due work run concurrently, so one that hangs does not block the others.

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
use money::Currency;
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

/// How long a run lasts. On Lambda it has 55 seconds, some of which are for finishing work, and for
/// [`Sweep::watch`].
const LONGEST: Duration = Duration::from_secs(40);

/// How many pages of a kind are worked on concurrently.
const BATCH_CONCURRENCY: usize = 4;

/// The settings that the function reads.
pub const SETTINGS: &[Names] = &[
    host::PUBLIC_URL,
    providers::POLLING,
    Currency::SETTINGS,
    Probes::SETTINGS,
    Store::SETTINGS,
    Queue::SETTINGS,
];

/// The function, with its clients.
#[derive(Clone)]
pub struct Sweep {
    /// The store to search for due work.
    pub store: Arc<Store>,
    /// The queue that wakes the turn.
    pub queue: Queue,
    /// The providers to poll.
    pub providers: Arc<Providers>,
    /// The currency of the account in money.
    pub currency: Currency,
    /// Which of our numbers text each other, if any.
    pub probes: Option<Arc<Probes>>,
    /// The state left by earlier runs.
    pub runs: Runs,
}

/// Why a run was not finished. The next one does the same work again.
#[derive(Debug, Error)]
pub enum SweepError {
    /// The store does not answer.
    #[error(transparent)]
    Store(#[from] Unavailable),
    /// The queue does not answer.
    #[error(transparent)]
    Queue(#[from] QueueError),
    /// Something took longer than a run may last.
    #[error("a run was not done in time")]
    Late,
}

/// A conversation, and since when it has been due.
type Due = (ConversationId, Timestamp);

impl Sweep {
    /// One run.
    pub async fn run(&self, now: Timestamp) -> Result<(), SweepError> {
        self.run_for(LONGEST, now).await
    }

    /// One run with this time limit.
    pub async fn run_for(&self, time: Duration, now: Timestamp) -> Result<(), SweepError> {
        // Boxed, because the future of a run is large and deeply nested.
        let parts = [self.wake_for(time, now).boxed(), self.look_for(time, now).boxed()];
        // A failure of one does not stop the other.
        join_all(parts).await.into_iter().collect()
    }

    /// The part of a run that people wait for: wakes whatever is due.
    pub async fn wake(&self, now: Timestamp) -> Result<(), SweepError> {
        self.wake_for(LONGEST, now).boxed().await
    }

    /// The other part of a run: follows up sent texts, and maintains the store.
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
        self.come_to("waking conversations", lag, [texts, heads, effects], now).await
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
        self.come_to("following up sent texts", lag, [receipts, attempts], now).await?;
        for part in [probed, clock] {
            part.unwrap_or(Err(SweepError::Late))?;
        }
        Ok(())
    }

    /// Applies receipts that were stored separately to their attempts, and wakes conversations
    /// whose texts failed: another provider may still deliver them.
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

    /// Wakes conversations that stay due until a turn has looked at them.
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

    /// Reports how far behind these kinds are, and the error that stopped them.
    async fn come_to(
        &self,
        what: &str,
        lag: &Mutex<runs::Lag>,
        worked: impl IntoIterator<Item = Worked>,
        now: Timestamp,
    ) -> Result<(), SweepError> {
        let worked: Vec<_> = worked.into_iter().collect();
        let left = worked.iter().filter_map(|worked| worked.left).min();
        // If nothing could be read, the lag is unknown.
        if left.is_some() || worked.iter().all(|worked| worked.error.is_none()) {
            self.note_lag(lag, what, left, now).await?;
        }
        worked.into_iter().find_map(|worked| worked.error).map_or(Ok(()), Err)
    }

    /// Repairs what a wrong clock has left behind, and then deletes what has expired.
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
        // Not before: afterwards nothing would show that the clock went back.
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

    /// Wakes each of these conversations once. Always finishes in time.
    async fn wake_all(&self, due: Vec<Due>, now: Timestamp) -> Result<bool, SweepError> {
        let mut known = HashSet::new();
        let due = due.into_iter().filter(|(conversation, _)| known.insert(conversation.clone()));
        let wake_ups: Vec<_> =
            due.map(|(conversation, since)| wake_up(&conversation, since, now)).collect();
        self.queue.send_all(&wake_ups).await?;
        Ok(true)
    }
}

/// A wake-up and its deduplication id, which allows one a minute for the same reason. The minute is
/// included because the queue remembers ids for five, and a wake-up may have been lost meanwhile.
fn wake_up(conversation: &ConversationId, since: Timestamp, now: Timestamp) -> (WakeUp, String) {
    let deduplication = format!("{conversation}@{}/{}", since.as_millisecond(), minute(now));
    (WakeUp { conversation: conversation.to_string(), trace: TraceId::fresh() }, deduplication)
}

fn minute(now: Timestamp) -> i64 {
    now.as_second() / 60
}
