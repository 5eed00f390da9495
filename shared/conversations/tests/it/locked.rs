//! The embedded store's file while another process is writing to it.

use std::task::Poll;

use conversations::Unavailable;
use futures::future::{FutureExt, poll_fn};
use futures::stream::{FuturesUnordered, StreamExt};
use jiff::Timestamp;
use rusqlite::Connection;

/// The most that may wait to write, including the one that is writing.
const WAITING: usize = 2048;

#[tokio::test]
async fn a_limited_number_wait_to_write_and_nobody_waits_to_read() {
    let folder = tempfile::tempdir().unwrap();
    let store = crate::sqlite(&folder);
    let other = Connection::open(folder.path().join("data/textback.db")).unwrap();
    other.execute_batch("BEGIN EXCLUSIVE").unwrap();

    let all = FuturesUnordered::new();
    for _ in 0..WAITING {
        let mut asked = store.try_writing(Timestamp::now()).boxed();
        assert!(poll_fn(|context| Poll::Ready(asked.poll_unpin(context))).await.is_pending());
        all.push(asked);
    }
    let refused = store.try_writing(Timestamp::now()).await.unwrap_err().to_string();
    assert_eq!(refused, "the store is unavailable: too many requests are waiting");
    assert!(store.attempt("none").await.is_ok());

    other.execute_batch("ROLLBACK").unwrap();
    assert!(all.all(async |tried: Result<(), Unavailable>| tried.is_ok()).await);
    assert!(store.try_writing(Timestamp::now()).await.is_ok());
}
