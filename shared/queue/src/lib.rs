//! Wake-ups: the messages that tell `turn` which conversation has something to do.
//!
//! A [`Queue`] is SQS FIFO, or lives in this process, and behaves the same: the wake-ups of one
//! conversation are handed out one at a time and in order, those of different ones concurrently; a
//! repeated deduplication id is dropped for five minutes; a failed wake-up comes again, ahead of
//! later ones.
//!
//! A wake-up only says where to look, so losing one costs time but no text. The in-process queue
//! relies on that: it is memory only. Everything acknowledged is durable in the store, with the
//! time at which it is due, and after a restart `sweep` wakes it again.

#![warn(missing_docs)]

mod consume;
mod in_process;
mod sqs;

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use backon::{BackoffBuilder as _, ConstantBuilder};
use serde::{Deserialize, Serialize};
use settings::{Names, Settings, SettingsError};
use telemetry::TraceId;
use thiserror::Error;

use crate::in_process::{InProcess, Ticket};
use crate::sqs::{Handle, Sqs};

pub use consume::{attempt, consume};

/// How long a failed wake-up rests before it comes again: a second, and by chance up to another, so that
/// what failed together does not come back together. Long enough for a neighbour to come back from a
/// hiccup, short enough that the person has not given up.
const REST: ConstantBuilder =
    ConstantBuilder::new().with_delay(Duration::from_secs(1)).with_jitter();

fn rest() -> Duration {
    REST.build().next().expect("there is a first")
}

/// Follows the name of a conversation if a keyword was texted in it: such wake-ups are in order
/// among themselves, and do not wait for others of their conversation.
pub const KEYWORDS: &str = "!";

/// The name of a conversation that has something to do.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct WakeUp {
    /// The conversation, as the store calls it.
    pub conversation: String,
    /// The trace of the cause.
    pub trace: TraceId,
}

/// Leaves out the conversation, whose name may reveal the person.
impl fmt::Debug for WakeUp {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("WakeUp").field("trace", &self.trace).finish_non_exhaustive()
    }
}

/// The queue's service was not reached, or refused. The only remedy is to try again later.
///
/// The request may have been carried out all the same; repeating it is harmless.
#[derive(Debug, Error)]
#[error("the queue {0}")]
pub struct QueueError(String);

/// The queue of wake-ups. Clones share its contents.
#[derive(Clone)]
pub struct Queue(Kind);

#[derive(Clone)]
enum Kind {
    InProcess(Arc<InProcess>),
    Sqs(Sqs),
}

impl Queue {
    /// What [`Queue::from_settings`] reads.
    pub const SETTINGS: Names = &[
        "AWS_ACCESS_KEY_ID",
        "AWS_ENDPOINT_URL",
        "AWS_REGION",
        "AWS_SECRET_ACCESS_KEY",
        "AWS_SESSION_TOKEN",
        "TURN_QUEUE_URL",
    ];

    /// A new queue in the memory of this process. A wake-up that fails three times is dropped with
    /// an alarm.
    pub fn in_process() -> Self {
        Self(Kind::InProcess(Arc::default()))
    }

    /// The SQS FIFO queue at `TURN_QUEUE_URL`, or `None` if that is not set. Its visibility timeout
    /// and its number of attempts are configured at the queue.
    ///
    /// The region is the one in the address, or else `AWS_REGION`; credentials are those in the
    /// settings, or else those that AWS programs find. AWS is not called before first use.
    pub fn from_settings(settings: &Settings) -> Result<Option<Self>, SettingsError> {
        Ok(Sqs::from_settings(settings)?.map(|sqs| Self(Kind::Sqs(sqs))))
    }

    /// Does the work that a first use would have to wait for. Makes no call to AWS, where every
    /// permission has to be granted.
    pub async fn prepare(self) {
        if let Kind::Sqs(queue) = self.0 {
            queue.client().await;
        }
    }

    /// The approximate number of wake-ups in the dead-letter queue. `None` if there is no such
    /// queue: the in-process one drops such wake-ups with an alarm.
    pub async fn dead_letters(&self) -> Result<Option<u64>, QueueError> {
        match &self.0 {
            Kind::InProcess(_) => Ok(None),
            Kind::Sqs(queue) => queue.dead_letters().await,
        }
    }

    /// Checks that the queue exists and answers us.
    pub async fn reachable(&self) -> Result<(), QueueError> {
        match &self.0 {
            Kind::InProcess(_) => Ok(()),
            Kind::Sqs(queue) => queue.reachable().await,
        }
    }

    /// Adds a wake-up after those of the same conversation, unless one with the same
    /// `deduplication` was added within five minutes, done or not.
    pub async fn send(&self, wake_up: &WakeUp, deduplication: &str) -> Result<(), QueueError> {
        match &self.0 {
            Kind::InProcess(queue) => {
                queue.send(wake_up, deduplication);
                Ok(())
            }
            Kind::Sqs(queue) => queue.send(wake_up, deduplication).await,
        }
    }

    /// Adds many, each with its deduplication id, as [`Self::send`] does: those of one conversation
    /// in this order.
    pub async fn send_all(&self, wake_ups: &[(WakeUp, String)]) -> Result<(), QueueError> {
        match &self.0 {
            Kind::InProcess(queue) => {
                wake_ups.iter().for_each(|(wake_up, once)| queue.send(wake_up, once));
                Ok(())
            }
            Kind::Sqs(queue) => queue.send_all(wake_ups).await,
        }
    }

    /// Waits for a wake-up. Until it is settled, its conversation has no other.
    ///
    /// One at a time, because SQS fills a larger batch from one conversation, where each would wait
    /// for the others while its own visibility timeout runs.
    pub async fn receive(&self) -> Result<Received, QueueError> {
        match &self.0 {
            Kind::InProcess(queue) => {
                let (wake_up, ticket) = queue.receive().await;
                Ok(Received { wake_up, receipt: Receipt::InProcess(ticket) })
            }
            Kind::Sqs(queue) => {
                let (wake_up, handle) = queue.receive().await?;
                Ok(Received { wake_up, receipt: Receipt::Sqs(handle) })
            }
        }
    }
}

/// A wake-up that is being worked on.
///
/// If dropped without being settled it comes again: in process like a failed one, from SQS when its
/// visibility timeout ends.
#[must_use = "a wake-up that is not settled comes again"]
pub struct Received {
    /// What to do.
    pub wake_up: WakeUp,
    receipt: Receipt,
}

enum Receipt {
    InProcess(Ticket),
    Sqs(Handle),
}

impl Received {
    /// It is done and does not come again.
    pub async fn done(self) -> Result<(), QueueError> {
        match self.receipt {
            Receipt::InProcess(ticket) => {
                ticket.done();
                Ok(())
            }
            Receipt::Sqs(handle) => handle.done().await,
        }
    }

    /// It comes again after a short rest, before any other of its conversation.
    pub async fn failed(self) -> Result<(), QueueError> {
        match self.receipt {
            Receipt::InProcess(ticket) => {
                drop(ticket);
                Ok(())
            }
            Receipt::Sqs(handle) => handle.failed().await,
        }
    }
}
