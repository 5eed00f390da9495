//! The loop of a process that works off the queue.

use std::fmt::Display;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;

use backon::{ExponentialBuilder, Retryable as _};
use futures::FutureExt;
use tokio::sync::Semaphore;

use crate::{Queue, QueueError, Received, WakeUp};

/// How long to leave a queue alone that does not answer: half a second at first, and a quarter of a
/// minute at last; and by chance up to as much again.
const PAUSES: ExponentialBuilder = ExponentialBuilder::new()
    .with_min_delay(Duration::from_millis(500))
    .with_max_delay(Duration::from_secs(15))
    .without_max_times()
    .with_jitter();

/// Passes every wake-up to `handler`, at most `concurrency` concurrently, until `stop`. Then takes
/// no more, and returns when those in flight are settled.
///
/// A wake-up whose handler fails or panics comes again. If the queue does not answer, it is asked
/// again with a growing backoff. A wake-up that SQS hands out at the moment of the stop comes again
/// when its visibility timeout ends.
pub async fn consume<F, E>(
    queue: &Queue,
    concurrency: u32,
    stop: impl Future<Output = ()>,
    handler: impl Fn(WakeUp) -> F + Send + Sync + 'static,
) where
    F: Future<Output = Result<(), E>> + Send,
    E: Display,
{
    let handler = Arc::new(handler);
    let slots = Arc::new(Semaphore::new(concurrency as usize));
    let begin = async {
        loop {
            // The slot comes first, so that nothing is taken that cannot start.
            let slot = slots.clone().acquire_owned().await;
            let received = receive(queue).await;
            let handler = handler.clone();
            tokio::spawn(async move {
                work_on(received, &*handler).await;
                drop(slot);
            });
        }
    };
    tokio::select! {
        biased;
        () = stop => {}
        () = begin => {}
    }
    // Holding all slots means that nobody is at work.
    let _ = slots.acquire_many(concurrency).await;
}

/// Passes one wake-up to `handler` and returns whether it is done. If not, the log says why; a
/// panic is a failure like any other.
pub async fn attempt<F, E>(wake_up: WakeUp, handler: impl Fn(WakeUp) -> F) -> bool
where
    F: Future<Output = Result<(), E>>,
    E: Display,
{
    let trace = wake_up.trace.clone();
    match AssertUnwindSafe(async { handler(wake_up).await }).catch_unwind().await {
        Ok(Ok(())) => true,
        Ok(Err(error)) => {
            tracing::warn!(trace.id = %trace, %error, "a wake-up failed: {error}");
            false
        }
        Err(_) => {
            tracing::error!(trace.id = %trace, "a wake-up failed: its handler panicked");
            false
        }
    }
}

async fn work_on<F, E>(received: Received, handler: impl Fn(WakeUp) -> F)
where
    F: Future<Output = Result<(), E>>,
    E: Display,
{
    let done = attempt(received.wake_up.clone(), handler).await;
    let settled = if done { received.done().await } else { received.failed().await };
    if let Err(error) = settled {
        tracing::warn!(%error, done, "could not settle a wake-up, which comes again later: {error}");
    }
}

async fn receive(queue: &Queue) -> Received {
    let in_vain = |error: &QueueError, _| {
        tracing::warn!(%error, "could not receive a wake-up: {error}");
    };
    let received = (|| queue.receive()).retry(PAUSES).notify(in_vain).await;
    received.expect("it is asked until it answers")
}
