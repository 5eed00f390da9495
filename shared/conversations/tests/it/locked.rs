//! The embedded store's file while another process is writing to it.

use std::task::Poll;

use conversations::Store;
use futures::future::{BoxFuture, FutureExt, poll_fn};
use futures::stream::{FuturesUnordered, StreamExt};
use jiff::Timestamp;
use rusqlite::Connection;

/// How many wait for the file at most, the one that has it included.
const WAITING: usize = 2048;

#[tokio::test]
async fn so_many_wait_for_it_and_no_more() {
    let folder = tempfile::tempdir().unwrap();
    let store = crate::sqlite(&folder);
    let other = Connection::open(folder.path().join("data/textback.db")).unwrap();
    other.execute_batch("BEGIN EXCLUSIVE").unwrap();

    let all = FuturesUnordered::new();
    for waiting in 0..WAITING {
        let mut asked = ask(&store, waiting);
        // All come in this order, and the first has the file.
        assert!(poll_fn(|context| Poll::Ready(asked.poll_unpin(context))).await.is_pending());
        all.push(asked);
    }
    let refused = store.attempt("none").await.unwrap_err().to_string();
    assert_eq!(refused, "the store is unavailable: too many wait for it");

    other.execute_batch("ROLLBACK").unwrap();
    assert!(all.all(async |asked: bool| asked).await);
    assert!(store.attempt("none").await.is_ok());
}

/// Writes first of all, which another writer keeps waiting, and reads from then on.
fn ask(store: &Store, waiting: usize) -> BoxFuture<'_, bool> {
    match waiting {
        0 => store.try_writing(Timestamp::now()).map(|tried| tried.is_ok()).boxed(),
        _ => store.attempt("none").map(|found| found.is_ok()).boxed(),
    }
}
