//! The embedded store's file on the disk.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Command;

use conversations::Store;
use conversations::budget::{Payer, Period};
use jiff::tz::TimeZone;
use rusqlite::Connection;

use crate::common::{arrival as text, later, now};
use crate::data_dir;

const FILES: [&str; 3] = ["textback.db", "textback.db-shm", "textback.db-wal"];

#[tokio::test]
async fn nobody_else_can_read_it_whatever_its_files_allowed_before() {
    let folder = tempfile::tempdir().unwrap();
    let store = crate::sqlite(&folder);
    store.take(&text("SM1", "Hi", now())).await.unwrap();
    let data = folder.path().join("data");
    assert_eq!(rights(&data), [0o600; 3]);

    for name in FILES {
        fs::set_permissions(data.join(name), Permissions::from_mode(0o664)).unwrap();
    }
    let again = crate::sqlite(&folder);
    assert_eq!(rights(&data), [0o600; 3]);
    again.take(&text("SM2", "Hi", now())).await.unwrap();
}

#[test]
fn a_folder_that_others_can_read_is_refused_with_the_command_that_fixes_it() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("what it's called");
    for rights in [0o755, 0o750, 0o702, 0o701] {
        fs::create_dir(&data).unwrap();
        fs::set_permissions(&data, Permissions::from_mode(rights)).unwrap();
        let told = refused(&data);
        let (_, command) = told.split_once("put something there: ").expect(&told);
        assert!(Command::new("sh").args(["-c", command]).status().unwrap().success(), "{command}");
        Store::open(&data_dir(&data)).unwrap();
        fs::remove_dir_all(&data).unwrap();
    }
}

#[test]
fn a_damaged_store_is_never_mistaken_for_a_new_one() {
    let file = |data: &Path| data.join("textback.db");
    type Damage<'a> = &'a dyn Fn(&Path);
    let cases: [(&str, Damage); 10] = [
        ("textback.db is empty, ", &|data| fs::write(file(data), "").unwrap()),
        ("textback.db does not begin as ", &|data| fs::write(file(data), "SQLite fo").unwrap()),
        ("textback.db does not begin as ", &|data| fs::write(file(data), [0; 8192]).unwrap()),
        ("textback.db was cut short: ", &|data| cut(&file(data), 4_096)),
        ("textback.db was cut short: ", &|data| {
            let length = fs::metadata(file(data)).unwrap().len();
            cut(&file(data), length - 4_096);
        }),
        ("textback.db is gone, and ", &|data| {
            fs::rename(file(data), data.join("textback.db-wal")).unwrap();
        }),
        ("textback.db is not whole: ", &|data| change(data, "DROP TABLE heads")),
        ("textback.db was written by an older ", &|data| {
            change(data, "PRAGMA user_version = 1");
        }),
        ("textback.db was written by a newer ", &|data| change(data, "PRAGMA user_version = 99")),
        ("textback.db is another program's: ", &|data| {
            change(data, "PRAGMA application_id = 7");
        }),
    ];
    for (told, damage) in cases {
        let folder = tempfile::tempdir().unwrap();
        drop(crate::sqlite(&folder));
        let data = folder.path().join("data");
        damage(&data);
        let before = contents(&data);
        let said = refused(&data);
        assert!(said.starts_with(&format!("DATA_DIR cannot be used: {told}")), "{told}: {said}");
        let looked = Store::open_existing(&data_dir(&data)).err().map(|error| error.to_string());
        assert_eq!(looked.as_ref(), Some(&said), "{told}");
        assert_eq!(contents(&data), before, "{told}");
    }
}

/// As one that was made before there was an account in money.
#[tokio::test]
async fn a_store_gets_the_collections_that_are_younger_than_it() {
    let folder = tempfile::tempdir().unwrap();
    drop(crate::sqlite(&folder));
    change(&folder.path().join("data"), "DROP TABLE budget");
    let store = crate::sqlite(&folder);
    store.divide(Payer::People(2), Period::of(now(), &TimeZone::UTC)).await.unwrap();
    assert_eq!(store.shards(Payer::People(2)).await.unwrap().len(), 2);
}

#[test]
fn a_start_that_was_interrupted_is_completed_by_the_next() {
    let folder = tempfile::tempdir().unwrap();
    drop(crate::sqlite(&folder));
    let data = folder.path().join("data");
    fs::remove_file(data.join("textback.db")).unwrap();
    fs::write(data.join("textback.db.new"), "SQLite fo").unwrap();
    crate::sqlite(&folder);
    assert_eq!(names(&data), ["textback.db"]);
}

/// Each of them can use the store, and none creates a second one.
#[test]
fn several_first_starts_at_once_create_one_store() {
    let folder = tempfile::tempdir().unwrap();
    std::thread::scope(|scope| {
        let starts: Vec<_> = (0..8).map(|_| scope.spawn(|| crate::sqlite(&folder))).collect();
        starts.into_iter().for_each(|start| drop(start.join().unwrap()));
    });
}

#[tokio::test]
async fn expired_and_deleted_data_is_nowhere_on_the_disk() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let store = crate::sqlite(&folder);
    let call = crate::quarantine::misread("Badger", now());
    store.quarantine(&call, None).await.unwrap();
    store.take(&text("SM1", &format!("Heron {}", "x".repeat(20_000)), now())).await.unwrap();
    store.take(&text("SM2", "Adder", now())).await.unwrap();
    store.take(&text("SM3", "Otter", later(now(), 3_600))).await.unwrap();
    assert!(["Badger", "Heron", "Adder", "Otter"].iter().all(|word| holds(&data, word)));

    store.release(&call).await.unwrap();
    let months = later(now(), 91 * 24 * 3_600);
    for minutes in [0, 5] {
        store.expire(later(now(), minutes * 60)).await.unwrap();
    }
    assert!(!holds(&data, "Badger") && holds(&data, "Heron"));
    // Claims on their texts expire last; the words are gone long before.
    for hours in 0..90 {
        store.expire(later(months, hours * 3_600)).await.unwrap();
    }
    assert!(["Heron", "Adder", "Otter"].iter().all(|word| !holds(&data, word)));
}

/// However often somebody asks whether it can be written to.
#[tokio::test]
async fn test_writes_leave_one_document_for_a_day() {
    let folder = tempfile::tempdir().unwrap();
    let store = crate::sqlite(&folder);
    let file = Connection::open(folder.path().join("data/textback.db")).unwrap();
    let tries = || {
        let count = "SELECT count(*) FROM tries";
        file.query_one(count, [], |row| row.get::<_, i64>(0)).unwrap()
    };
    for second in 0..3 {
        store.try_writing(later(now(), second * 10)).await.unwrap();
    }
    assert_eq!(tries(), 1);
    for days in 0..=2 {
        store.expire(later(now(), days * 24 * 3_600)).await.unwrap();
    }
    assert_eq!(tries(), 0);
}

fn refused(data: &Path) -> String {
    Store::open(&data_dir(data)).err().expect("it is refused").to_string()
}

fn cut(file: &Path, length: u64) {
    fs::File::options().write(true).open(file).unwrap().set_len(length).unwrap();
}

fn change(data: &Path, statements: &str) {
    Connection::open(data.join("textback.db")).unwrap().execute_batch(statements).unwrap();
}

fn rights(data: &Path) -> Vec<u32> {
    let mode = |name| fs::metadata(data.join(name)).unwrap().permissions().mode() & 0o777;
    FILES.map(mode).to_vec()
}

fn names(data: &Path) -> Vec<String> {
    contents(data).into_iter().map(|(name, _)| name).collect()
}

fn contents(data: &Path) -> Vec<(String, Vec<u8>)> {
    let entries = fs::read_dir(data).unwrap().map(|entry| entry.unwrap());
    let mut all: Vec<_> = entries
        .map(|entry| (entry.file_name().into_string().unwrap(), fs::read(entry.path()).unwrap()))
        .collect();
    all.sort();
    all
}

fn holds(data: &Path, word: &str) -> bool {
    let word = word.as_bytes();
    contents(data).iter().any(|(_, bytes)| bytes.windows(word.len()).any(|here| here == word))
}
