//! Runs every minute: wakes what is due, joins what was left apart, asks what has become of texts,
//! says what that shows, forgets what has expired. It never sends.

mod look;
mod probe;
mod watch;

use std::sync::Arc;

use conversations::{ConversationId, Store, Unavailable};
use jiff::Timestamp;
use queue::{Queue, QueueError, WakeUp};
use settings::Names;
use sms::Providers;
use telemetry::TraceId;
use thiserror::Error;

pub use probe::Probes;

/// How much of each kind one run looks at. What is left is next.
const AT_ONCE: u32 = 200;

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
}

impl Sweep {
    /// One run.
    pub async fn run(&self, now: Timestamp) -> Result<(), SweepError> {
        for (conversation, until) in self.store.put_right(now).await? {
            self.wake_one(&conversation, until, now).await?;
        }
        self.wake(now).await?;
        let joined = self.store.join_waiting(now, AT_ONCE).await?;
        if joined > 0 {
            tracing::info!(receipts = joined, "joined receipts that came before their attempts");
        }
        let attempts = self.store.attempts_due(now, AT_ONCE).await?;
        if self.look(attempts, now).await? {
            // Somebody else can still send it.
            self.wake(now).await?;
        }
        self.probe(now).await?;
        self.store.expire(now).await?;
        Ok(())
    }

    /// Wakes whatever is due.
    async fn wake(&self, now: Timestamp) -> Result<(), SweepError> {
        self.store.adopt(now, AT_ONCE).await?;
        let mut due = self.store.due(now, AT_ONCE).await?;
        due.extend(self.store.effects_due(now, AT_ONCE).await?);
        for (conversation, since) in due {
            self.wake_one(&conversation, since, now).await?;
        }
        Ok(())
    }

    async fn wake_one(
        &self,
        conversation: &ConversationId,
        since: Timestamp,
        now: Timestamp,
    ) -> Result<(), QueueError> {
        // Once a minute for the same reason. The minute is part of the deduplication id because the
        // queue remembers ids for five, and a wake-up may have been lost meanwhile.
        let minute = now.as_second() / 60;
        let deduplication = format!("{conversation}@{}/{minute}", since.as_millisecond());
        let wake_up = WakeUp { conversation: conversation.to_string(), trace: TraceId::fresh() };
        self.queue.send(&wake_up, &deduplication).await
    }
}
