//! A process that is killed again and again while many write at once, beside another process that
//! writes to the same file.

use std::collections::HashSet;
use std::env;
use std::io::{BufRead as _, BufReader, Write as _};
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use conversations::{Arrival, Store};
use futures::future::join_all;
use jiff::Timestamp;
use rusqlite::Connection;
use sms::Number;

use crate::common::{arrival, now};
use crate::data_dir;

/// How often it is killed.
const KILLS: u32 = 200;

/// How many write concurrently.
const CONCURRENCY: u32 = 64;

/// Where the killed process finds the store, and how many times it has been started.
const FOLDER: &str = "KILLED_IN";
const LIFE: &str = "KILLED_IN_LIFE";

#[tokio::test]
async fn no_confirmed_write_is_lost_or_partial_after_two_hundred_kills() {
    let folder = tempfile::tempdir().unwrap();
    let store = crate::sqlite(&folder);
    let data = folder.path().join("data");
    let mut answered = HashSet::new();
    for life in 0..KILLS {
        let (path, killing) = (data.clone(), Duration::from_millis(u64::from(life) % 20));
        let killed = tokio::task::spawn_blocking(move || live(&path, life, killing));
        let beside = format!("SM-beside-{life}");
        store.take(&arrival(&beside, "Hi", now())).await.unwrap();
        answered.insert(beside);
        answered.extend(killed.await.unwrap());
    }
    assert!(answered.len() > KILLS as usize * 2, "{} were answered", answered.len());
    drop(store);

    let file = Connection::open(data.join("textback.db")).unwrap();
    let mut stored = file.prepare("SELECT body ->> '$.message' FROM texts").unwrap();
    let stored = stored.query_map([], |row| row.get(0)).unwrap();
    let stored: Vec<String> = stored.map(Result::unwrap).collect();
    let once: HashSet<_> = stored.iter().cloned().collect();
    assert_eq!(once.len(), stored.len(), "one is there twice");
    let lost: Vec<_> = answered.difference(&once).collect();
    assert!(lost.is_empty(), "{lost:?}");
    // Everything else that belongs to a text came with it.
    let count = |table: &str| -> i64 {
        file.query_row(&format!("SELECT count(*) FROM {table}"), [], |row| row.get(0)).unwrap()
    };
    assert_eq!(count("claims"), i64::try_from(stored.len()).unwrap());
    let sound: String = file.query_row("PRAGMA integrity_check", [], |row| row.get(0)).unwrap();
    assert_eq!(sound, "ok");
}

/// Lets a process write until it is killed this long after its first answer. Returns the confirmed
/// writes.
fn live(data: &Path, life: u32, killing: Duration) -> Vec<String> {
    let mut process = Command::new(env::current_exe().unwrap())
        .args(["--exact", "killed::writes_until_it_is_killed", "--ignored", "--nocapture"])
        .env(FOLDER, data)
        .env(LIFE, life.to_string())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut said = BufReader::new(process.stdout.take().unwrap());
    let mut answered = Vec::new();
    let mut next = || {
        let mut line = String::new();
        let is_whole = said.read_line(&mut line).unwrap() > 0 && line.ends_with('\n');
        is_whole.then(|| line.trim_end().to_owned())
    };
    while answered.is_empty() {
        answered.extend(next().unwrap().strip_prefix("answered ").map(str::to_owned));
    }
    std::thread::sleep(killing);
    process.kill().unwrap();
    process.wait().unwrap();
    while let Some(line) = next() {
        answered.extend(line.strip_prefix("answered ").map(str::to_owned));
    }
    answered
}

#[tokio::test]
#[ignore = "is started, and killed, by the test above"]
async fn writes_until_it_is_killed() {
    let Ok(data) = env::var(FOLDER) else { return };
    let life = env::var(LIFE).unwrap();
    let store = Arc::new(Store::open(&data_dir(Path::new(&data))).unwrap());
    join_all(
        (0..CONCURRENCY).map(|one| write(Arc::clone(&store), format!("SM-{life}-{one}"), one)),
    )
    .await;
}

async fn write(store: Arc<Store>, name: String, one: u32) {
    let theirs = Number::parse(&format!("+1202555{:04}", 2_000 + one)).unwrap();
    for text in 0_u32.. {
        let message = format!("{name}-{text}");
        let text = arrival(&message, "Hi", Timestamp::now());
        let taken = store.take(&Arrival { theirs: theirs.clone(), ..text }).await;
        assert!(taken.is_ok());
        writeln!(std::io::stdout().lock(), "answered {message}").unwrap();
    }
}
