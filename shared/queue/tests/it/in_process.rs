use std::time::Duration;

use queue::Queue;
use tokio::time::Instant;

use crate::{check_that_a_dropped_wake_up_comes_back, receive, send, work_off};

// As SQS does. Not in the contract, because moto forgets the id together with the message.
#[tokio::test(start_paused = true)]
async fn drops_a_repeat_of_what_is_done() {
    let queue = Queue::in_process();
    send(&queue, &["a1"]).await;
    assert_eq!(work_off(&queue, 1).await, ["a1"]);
    send(&queue, &["a1", "a2"]).await;
    assert_eq!(work_off(&queue, 1).await, ["a2"]);
}

#[tokio::test(start_paused = true)]
async fn forgets_a_deduplication_id_after_five_minutes() {
    let queue = Queue::in_process();
    send(&queue, &["a1"]).await;
    tokio::time::advance(Duration::from_secs(299)).await;
    send(&queue, &["a1", "a2"]).await;
    tokio::time::advance(Duration::from_secs(1)).await;
    send(&queue, &["a1"]).await;
    assert_eq!(work_off(&queue, 3).await, ["a1", "a2", "a1"]);
}

#[tokio::test(start_paused = true)]
async fn sets_aside_what_failed_three_times() {
    let queue = Queue::in_process();
    send(&queue, &["a1", "a2"]).await;
    for _ in 0..3 {
        let (label, received) = receive(&queue).await;
        assert_eq!(label, "a1");
        received.failed().await.unwrap();
    }
    assert_eq!(work_off(&queue, 1).await, ["a2"]);
}

#[tokio::test(start_paused = true)]
async fn brings_back_what_nobody_settled() {
    check_that_a_dropped_wake_up_comes_back(Queue::in_process()).await;
}

#[tokio::test(start_paused = true)]
async fn brings_back_at_different_times_what_failed_together() {
    let queue = Queue::in_process();
    let labels = ["a1", "b1", "c1", "d1", "e1", "f1", "g1", "h1"];
    send(&queue, &labels).await;
    let mut failed = Vec::new();
    for _ in labels {
        failed.push(receive(&queue).await.1);
    }
    let began = Instant::now();
    for received in failed {
        received.failed().await.unwrap();
    }
    let mut times = Vec::new();
    for _ in labels {
        work_off(&queue, 1).await;
        times.push(began.elapsed().as_millis());
    }
    assert!(times.iter().all(|time| (1_000..=2_001).contains(time)), "{times:?}");
    assert!(times[7] - times[0] > 50, "{times:?}");
}

#[tokio::test(start_paused = true)]
async fn lets_nobody_wait_for_what_rests() {
    let queue = Queue::in_process();
    send(&queue, &["a1"]).await;
    let (_, a1) = receive(&queue).await;
    a1.failed().await.unwrap();
    send(&queue, &["b1"]).await;
    assert_eq!(work_off(&queue, 2).await, ["b1", "a1"]);
}

#[tokio::test(start_paused = true)]
async fn wakes_everybody_who_waits() {
    let queue = Queue::in_process();
    let waiting = [&queue, &queue].map(|queue| {
        let queue = queue.clone();
        tokio::spawn(async move { work_off(&queue, 1).await })
    });
    tokio::task::yield_now().await;
    send(&queue, &["a1", "b1"]).await;
    let mut received = Vec::new();
    for waiting in waiting {
        received.extend(waiting.await.unwrap());
    }
    received.sort();
    assert_eq!(received, ["a1", "b1"]);
}
