//! The contract of both queues, and the behaviour that only one of them has.

#![expect(clippy::unwrap_used, reason = "a test ends where an assumption does")]

mod consume;
mod contract;
mod in_process;
mod sqs;

use std::time::Duration;

use queue::{Queue, Received, WakeUp};
use telemetry::TraceId;
use tokio::time::timeout;

/// The visibility timeout. Longer than a test waits.
const HIDDEN: Duration = Duration::from_secs(60);

/// Runs each of these on both queues; the in-process one with time that flies.
macro_rules! on_both {
    ($($name:ident),* $(,)?) => {
        mod on_the_in_process_queue {
            $(#[tokio::test(start_paused = true)]
            async fn $name() {
                super::$name(queue::Queue::in_process()).await;
            })*
        }
        mod on_sqs {
            $(#[tokio::test]
            async fn $name() {
                if let Some(queue) = crate::sqs::queue(crate::HIDDEN).await {
                    super::$name(queue).await;
                }
            })*
        }
    };
}
pub(crate) use on_both;

/// Wake-up `a1` is the first of conversation `a`.
fn wake_up(label: &str) -> WakeUp {
    let (conversation, number) = label.split_at(label.len() - 1);
    let trace = TraceId::parse(&format!("{number:0>32}")).unwrap();
    WakeUp { conversation: conversation.into(), trace }
}

fn label(wake_up: &WakeUp) -> String {
    format!("{}{}", wake_up.conversation, wake_up.trace.as_str().trim_start_matches('0'))
}

async fn send(queue: &Queue, labels: &[&str]) {
    for label in labels {
        queue.send(&wake_up(label), label).await.unwrap();
    }
}

async fn receive(queue: &Queue) -> (String, Received) {
    let received = timeout(HIDDEN / 2, queue.receive()).await;
    let received = received.expect("something was waiting").unwrap();
    (label(&received.wake_up), received)
}

/// The next `count` wake-ups, each settled before the next is received.
async fn work_off(queue: &Queue, count: usize) -> Vec<String> {
    let mut labels = Vec::new();
    for _ in 0..count {
        let (label, received) = receive(queue).await;
        received.done().await.unwrap();
        labels.push(label);
    }
    labels
}

/// An unsettled wake-up comes back first.
async fn check_that_a_dropped_wake_up_comes_back(queue: Queue) {
    send(&queue, &["a1", "a2"]).await;
    drop(receive(&queue).await);
    assert_eq!(work_off(&queue, 2).await, ["a1", "a2"]);
}
