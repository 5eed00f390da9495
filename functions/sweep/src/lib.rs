//! Runs every minute: wakes what is due, joins what was left apart, asks what has become of texts,
//! says what that shows, forgets what has expired. It never sends.
//!
//! A run works until nothing is due or its time is over, and says how far behind it is. Each kind of
//! what is due is dealt with beside the others, so that one that hangs keeps no other from its work.

mod look;
mod pages;
mod probe;
mod runs;
mod watch;

use std::collections::HashSet;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use conversations::{ConversationId, Page, Place, Store, Unavailable};
use jiff::Timestamp;
use queue::{Queue, QueueError, WakeUp};
use settings::Names;
use sms::Providers;
use telemetry::TraceId;
use thiserror::Error;
use tokio::time::{Instant, timeout_at};

use crate::pages::{PAGE, Worked, work_through};
use crate::runs::{Woken, lock};

pub use probe::Probes;
pub use runs::Runs;

/// How long a run goes on. On Lambda it has 55 seconds, of which some are for what was begun, and for
/// [`Sweep::watch`].
const LONGEST: Duration = Duration::from_secs(40);

/// How many pages of a kind are worked on at once.
const PAGES_AT_ONCE: usize = 4;

/// The settings that the function reads.
pub const SETTINGS: &[Names] =
    &[host::PUBLIC_URL, Providers::ASKED, Probes::SETTINGS, Store::SETTINGS, Queue::SETTINGS];

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
        let (woken, looked) = tokio::join!(self.wake_for(time, now), self.look_for(time, now));
        woken.and(looked)
    }

    /// That part of a run which somebody waits for: wakes whatever is due.
    pub async fn wake(&self, now: Timestamp) -> Result<(), SweepError> {
        self.wake_for(LONGEST, now).await
    }

    /// The other part of a run: looks after what was sent, and after the store.
    pub async fn look(&self, now: Timestamp) -> Result<(), SweepError> {
        self.look_for(LONGEST, now).await
    }

    async fn wake_for(&self, time: Duration, now: Timestamp) -> Result<(), SweepError> {
        let end = Instant::now() + time;
        let texts = move |after| async move { Ok(self.store.texts_due(now, after, PAGE).await?) };
        let adopt = move |texts| async move {
            let adopted = self.store.adopt(texts, now).await?;
            self.wake_all(adopted.into_iter().map(|conversation| (conversation, now)), now).await
        };
        let heads = move |after| self.store.due(now, after, PAGE);
        let effects = move |after| self.store.effects_due(now, after, PAGE);
        let (texts, heads, effects) = tokio::join!(
            work_through(end, PAGES_AT_ONCE, None, texts, adopt),
            self.wake_again(self.runs.heads(), end, now, heads),
            self.wake_again(self.runs.effects(), end, now, effects),
        );
        let lag = self.runs.waking();
        self.come_to("waking who has something to do", lag, [texts, heads, effects], now).await
    }

    async fn look_for(&self, time: Duration, now: Timestamp) -> Result<(), SweepError> {
        let end = Instant::now() + time;
        let receipts =
            move |after| async move { Ok(self.store.receipts_due(now, after, PAGE).await?) };
        let join = move |receipts| async move {
            let joined = self.store.join_due(receipts, now).await?;
            if joined > 0 {
                tracing::info!(
                    receipts = joined,
                    "joined receipts that came before their attempts"
                );
            }
            Ok(())
        };
        let late = end + pages::GRACE;
        let (receipts, attempts, probed, clock) = tokio::join!(
            work_through(end, PAGES_AT_ONCE, None, receipts, join),
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

    /// Wakes what stays due until a turn has looked at it.
    async fn wake_again<R>(
        &self,
        woken: &Mutex<Woken>,
        end: Instant,
        now: Timestamp,
        read: impl Fn(Option<Place>) -> R,
    ) -> Worked
    where
        R: Future<Output = Result<Page<Due>, Unavailable>>,
    {
        let (minute, read) = (minute(now), &read);
        let begin = lock(woken).begin();
        let read = move |after| async move {
            let page = read(after).await?;
            Ok(lock(woken).skip(page, minute))
        };
        let wake = move |due: Vec<Due>| self.wake_all(due, now);
        let worked = work_through(end, PAGES_AT_ONCE, begin.clone(), read, wake).await;
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
        self.note_lag(lag, what, left, now).await?;
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

    /// Wakes each of these conversations once.
    async fn wake_all(
        &self,
        due: impl IntoIterator<Item = Due>,
        now: Timestamp,
    ) -> Result<(), SweepError> {
        let mut known = HashSet::new();
        let due = due.into_iter().filter(|(conversation, _)| known.insert(conversation.clone()));
        let wake_ups: Vec<_> =
            due.map(|(conversation, since)| wake_up(&conversation, since, now)).collect();
        Ok(self.queue.send_all(&wake_ups).await?)
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
