use std::sync::Arc;
use std::time::Duration;

use host::{Error, repeat};
use tokio::sync::Notify;
use tokio::time::Instant;

#[tokio::test(start_paused = true)]
async fn repeats_after_failed_runs_until_the_stop() {
    let stop = Arc::new(Notify::new());
    let begun = Instant::now();
    let runs = std::cell::RefCell::new(Vec::new());
    let handler = async || {
        runs.borrow_mut().push(begun.elapsed().as_secs());
        let count = runs.borrow().len();
        match count {
            1 => return Err(Error::from("the store is down")),
            2 => panic!("a mistake of ours"),
            // Longer than the pause.
            3 => tokio::time::sleep(Duration::from_secs(90)).await,
            4 => {}
            _ => stop.notify_one(),
        }
        Ok(())
    };
    repeat(Duration::from_secs(60), stop.notified(), handler).await;
    assert_eq!(*runs.borrow(), [0, 60, 120, 210, 270]);
}
