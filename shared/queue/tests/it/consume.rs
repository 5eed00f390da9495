use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

use queue::{Queue, WakeUp, consume};
use tokio::sync::{Barrier, Notify, mpsc};

use crate::{label, on_both, send, work_off};

on_both!(
    works_on_strangers_at_once,
    keeps_to_its_concurrency,
    retries_a_wake_up_that_failed_or_panicked,
    finishes_wake_ups_in_flight_when_stopped,
);

async fn works_on_strangers_at_once(queue: Queue) {
    send(&queue, &["a1", "b1", "c1"]).await;
    let (stop, stopped) = stop();
    let everybody = Arc::new(Barrier::new(3));
    let handler = move |_: WakeUp| {
        let (everybody, stop) = (everybody.clone(), stop.clone());
        async move {
            if everybody.wait().await.is_leader() {
                stop.notify_one();
            }
            Ok::<_, String>(())
        }
    };
    consume(&queue, 3, stopped, handler).await;
}

async fn keeps_to_its_concurrency(queue: Queue) {
    send(&queue, &["a1", "b1", "c1"]).await;
    let (stop, stopped) = stop();
    let busy = Arc::new(AtomicBool::new(false));
    let seen = Arc::new(Mutex::new(BTreeSet::new()));
    let handler = {
        let seen = seen.clone();
        move |wake_up: WakeUp| {
            let (busy, seen, stop) = (busy.clone(), seen.clone(), stop.clone());
            async move {
                let alone = !busy.swap(true, Ordering::SeqCst);
                tokio::task::yield_now().await;
                busy.store(false, Ordering::SeqCst);
                let mut seen = seen.lock().unwrap();
                seen.insert(format!("{} alone: {alone}", label(&wake_up)));
                if seen.len() == 3 {
                    stop.notify_one();
                }
                Ok::<_, String>(())
            }
        }
    };
    consume(&queue, 1, stopped, handler).await;
    let seen: Vec<_> = seen.lock().unwrap().iter().cloned().collect();
    assert_eq!(seen, ["a1 alone: true", "b1 alone: true", "c1 alone: true"]);
}

async fn retries_a_wake_up_that_failed_or_panicked(queue: Queue) {
    send(&queue, &["a1", "b1"]).await;
    let (stop, stopped) = stop();
    let seen = Arc::new(Mutex::new(Vec::new()));
    let handler = {
        let seen = seen.clone();
        move |wake_up: WakeUp| {
            let (seen, stop) = (seen.clone(), stop.clone());
            async move {
                let tries = {
                    let mut seen = seen.lock().unwrap();
                    seen.push(label(&wake_up));
                    seen.len()
                };
                match (label(&wake_up).as_str(), tries) {
                    ("a1", 1..=2) => Err("the store is down"),
                    ("b1", 1..=2) => panic!("a mistake of ours"),
                    (_, 4) => {
                        stop.notify_one();
                        Ok(())
                    }
                    _ => Ok(()),
                }
            }
        }
    };
    consume(&queue, 1, stopped, handler).await;
    let mut seen = seen.lock().unwrap().clone();
    seen.sort();
    assert_eq!(seen, ["a1", "a1", "b1", "b1"]);
}

async fn finishes_wake_ups_in_flight_when_stopped(queue: Queue) {
    send(&queue, &["a1"]).await;
    let (stop, stopped) = stop();
    let (event, mut events) = mpsc::unbounded_channel();
    let go_on = Arc::new(Notify::new());
    let handler = {
        let (event, go_on) = (event.clone(), go_on.clone());
        move |wake_up: WakeUp| {
            let (event, go_on) = (event.clone(), go_on.clone());
            async move {
                event.send(format!("began {}", label(&wake_up))).unwrap();
                go_on.notified().await;
                event.send(format!("finished {}", label(&wake_up)))
            }
        }
    };
    tokio::spawn({
        let queue = queue.clone();
        async move {
            consume(&queue, 10, stopped, handler).await;
            event.send("returned".into())
        }
    });
    assert_eq!(events.recv().await.unwrap(), "began a1");
    stop.notify_one();
    send(&queue, &["b1", "a2"]).await;
    tokio::task::yield_now().await;
    go_on.notify_one();
    assert_eq!(events.recv().await.unwrap(), "finished a1");
    assert_eq!(events.recv().await.unwrap(), "returned");
    assert_eq!(work_off(&queue, 2).await, ["b1", "a2"]);
}

/// A stop, and the future that waits for it.
pub(crate) fn stop() -> (Arc<Notify>, impl Future<Output = ()> + Send + 'static) {
    let stop = Arc::new(Notify::new());
    (stop.clone(), async move { stop.notified().await })
}
