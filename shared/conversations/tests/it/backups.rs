//! Backups of the embedded store, and what a restored one knows.

use std::fs::{self, File};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use conversations::budget::{Booking, Payer, Period, Reservation};
use conversations::{
    Aside, Change, Reply, Restore, Restored, Sending, Since, StatusUpdate, Stop, Store, Taken,
    back_up,
};
use jiff::tz::TimeZone;
use money::Amount;
use rusqlite::Connection;
use serde_json::json;
use sha2::{Digest as _, Sha256};
use sms::Status;
use tempfile::TempDir;

use crate::common::{arrival, attempt, claim, id, later, load, now, reply, said, taken, waiting};
use crate::form::{Place, open, settings};
use crate::ledger::{consent, fresh, person, start, stop, stopped};

#[tokio::test]
async fn a_restored_backup_knows_who_stopped_came_back_and_agreed_since() {
    let all = [143, 144, 145, 146].map(person);
    for lost in [None, Some("textback.db"), Some("textback.ledger")] {
        let (home, place, data) = fresh();
        let store = open(&place);
        for person in &all[..2] {
            stop(&store, person).await;
        }
        store.take(&arrival("SM1", "Hi", now())).await.unwrap();
        let backup = backed_up(&home, &place);
        start(&store, &all[1]).await;
        stop(&store, &all[2]).await;
        store.consent(&consent(&all[3]), None).await.unwrap();
        drop(store);
        lost.into_iter().for_each(|file| fs::write(data.join(file), "damaged").unwrap());

        let (since, _) = restore(&place, &backup).await.unwrap();
        assert_eq!(matches!(since, Since::Ledger(_)), lost == Some("textback.db"), "{since:?}");
        for _ in 0..2 {
            let store = open(&place);
            let people: Vec<_> = all.iter().collect();
            assert_eq!(stopped(&store, &people).await, [true, false, true, false], "{lost:?}");
            assert_eq!(store.consents_of(&all[3]).await.unwrap(), [consent(&all[3])], "{lost:?}");
            assert!(store.knows_opt_outs().await.unwrap(), "{lost:?}");
        }
        // The ledger was begun again or continued: it alone brings the older file up to date.
        fs::remove_file(data.join("textback.db")).unwrap();
        restore(&place, &backup).await.unwrap();
        let people: Vec<_> = all.iter().collect();
        let known = stopped(&open(&place), &people).await;
        assert_eq!((known[0], known[2]), (true, true), "{lost:?}");
    }
}

#[tokio::test]
async fn a_text_that_was_taken_since_is_not_taken_again() {
    let (home, place, _data) = fresh();
    let store = open(&place);
    store.take(&arrival("SM1", "Hi", now())).await.unwrap();
    let backup = backed_up(&home, &place);
    store.take(&arrival("SM2", "Are you there?", now())).await.unwrap();
    drop(store);
    restore(&place, &backup).await.unwrap();
    let store = open(&place);
    for message in ["SM1", "SM2"] {
        let again = store.take(&arrival(message, "Hi", later(now(), 60))).await.unwrap();
        assert_eq!(again, Taken::Repeat, "{message}");
    }
    let notice = &store.notices(5).await.unwrap()[0].sentence;
    assert!(notice.contains(" 1 texts that waited in the store before are only in "), "{notice}");
}

#[tokio::test]
async fn what_was_spent_since_a_backup_stays_counted() {
    for (is_anew, spent) in [(false, [3, 4]), (true, [9, 4]), (true, [3, 4])] {
        let (home, place, data) = fresh();
        let store = open(&place);
        store.take(&arrival("SM1", "Hi", now())).await.unwrap();
        spend(&store, spent[0]).await;
        let backup = backed_up(&home, &place);
        if is_anew {
            drop(store);
            fs::remove_dir_all(&data).unwrap();
            let store = open(&place);
            store.take(&arrival("SM2", "Hi", now())).await.unwrap();
            spend(&store, spent[1]).await;
        } else {
            spend(&store, spent[1]).await;
            drop(store);
        }
        for _ in 0..2 {
            restore(&place, &backup).await.unwrap();
            let shard = open(&place).shard(Payer::Owner).await.unwrap();
            assert_eq!(shard.sums(today()).total, cents(spent[0] + spent[1]), "{spent:?}");
        }
    }
}

#[tokio::test]
async fn whatever_was_open_in_a_backup_is_set_aside() {
    let (home, place, _data) = fresh();
    let store = open(&place);
    store.take(&arrival("SM1", "Hi", now())).await.unwrap();
    let backup = backed_up(&home, &place);
    drop(store);
    let (_, restored) = restore(&place, &backup).await.unwrap();
    assert_eq!(restored.aside, Aside { texts: 1, replies: 0, unknown: 0 });
    let store = open(&place);
    assert!(waiting(&store).await.is_empty());
    store.take(&arrival("SM3", "Hello?", later(now(), 60))).await.unwrap();
    assert_eq!(waiting(&store).await, ["Hello?"]);
}

pub(crate) async fn sets_aside_whatever_was_open_with_one_notice(store: Arc<Store>) {
    taken(&store).await;
    for number in 2..=25 {
        store.take(&arrival(&format!("SM{number}"), "Are you there?", now())).await.unwrap();
    }
    let mut loaded = load(&store).await;
    let mut next = loaded.conversation.clone();
    next.open = Some(under_way("a-1"));
    let (shard, amount) = ("0".to_owned(), cents(1));
    next.account.reserved = Some(Reservation { shard, hour: 0, amount, nonce: 0 });
    next.account.turn = amount;
    let begun = vec![attempt("a-1"), attempt("a-2")];
    store.commit(&mut loaded, next, begun).await.unwrap();
    let accepted = StatusUpdate::new("a-2", Status::Accepted, now());
    store.update_status(&accepted).await.unwrap();

    let note = json!({"note": "unknown"});
    let aside = store.set_open_aside(&note, 3, later(now(), 60)).await.unwrap();
    assert_eq!(aside, Aside { texts: 25, replies: 1, unknown: 1 });
    let loaded = load(&store).await;
    assert!(loaded.waiting.is_empty() && loaded.conversation.open.is_none());
    assert!(!loaded.conversation.is_waiting());
    let account = &loaded.conversation.account;
    assert_eq!((&account.reserved, account.turn), (&None, cents(0)));
    assert_eq!(loaded.conversation.turns, [note]);
    let aside = store.set_aside(&id(), 50).await.unwrap();
    assert!(aside.len() == 25 && aside.iter().all(|text| text.why == "restored"));
    for (name, status) in [("a-1", Status::Unknown), ("a-2", Status::Accepted)] {
        let attempt = store.attempt(name).await.unwrap().unwrap();
        assert_eq!((attempt.status(), attempt.settled), (status, true), "{name}");
    }
    let notices = store.notices(5).await.unwrap();
    assert_eq!(notices.len(), 1);
    for told in
        ["waiting texts: 25, and open replies: 1.", " 3 texts that waited in the store before"]
    {
        assert!(notices[0].sentence.contains(told), "{}", notices[0].sentence);
    }
}

#[tokio::test]
async fn where_nothing_says_who_has_stopped_nothing_may_be_sent_until_the_owner_agrees() {
    let (home, place, data) = fresh();
    let store = open(&place);
    stop(&store, &person(143)).await;
    let backup = backed_up(&home, &place);
    drop(store);
    for damage in [
        |data: &Path| fs::remove_dir_all(data).unwrap(),
        |data: &Path| {
            fs::write(data.join("textback.db"), "damaged").unwrap();
            fs::write(data.join("textback.ledger"), "damaged").unwrap();
        },
    ] {
        damage(&data);
        let (since, restored) = restore(&place, &backup).await.unwrap();
        assert!(matches!(since, Since::Nothing(_)), "{since:?}");
        assert_eq!(restored.kept.is_some(), !since_nothing_was_there(&since));
        let store = open(&place);
        assert!(!store.knows_opt_outs().await.unwrap());
        store.opt_outs_imported().await.unwrap();
        assert!(store.knows_opt_outs().await.unwrap());
        assert_eq!(stopped(&store, &[&person(143)]).await, [true]);
    }
}

/// As after a disk was lost and the service was started without its backup.
#[tokio::test]
async fn a_store_that_was_begun_anew_with_the_same_key_lifts_no_stop() {
    let (home, place, data) = fresh();
    let [before, after] = [143, 144].map(person);
    let store = open(&place);
    stop(&store, &before).await;
    let backup = backed_up(&home, &place);
    drop(store);
    fs::remove_dir_all(&data).unwrap();
    let store = open(&place);
    stop(&store, &after).await;
    drop(store);
    for _ in 0..2 {
        restore(&place, &backup).await.unwrap();
        assert_eq!(stopped(&open(&place), &[&before, &after]).await, [true; 2]);
        fs::remove_file(data.join("textback.db")).unwrap();
    }
}

/// A ledger is begun again at a start when it is a month old.
#[tokio::test]
async fn a_person_who_came_back_is_not_stopped_by_a_backup_from_before_the_ledger() {
    let (home, place, data) = fresh();
    let store = open(&place);
    store.take(&arrival("SM1", "Hi", now())).await.unwrap();
    stop(&store, &person(143)).await;
    let again = Stop { at: later(now(), 9), provider: "twilio".into(), confirmed: true };
    let backup = backed_up(&home, &place);
    start(&store, &person(143)).await;
    fs::remove_file(data.join("textback.ledger")).unwrap();
    store.stop(&claim("other"), &person(144), &again, &said("STOP")).await.unwrap();
    drop(store);
    restore(&place, &backup).await.unwrap();
    assert_eq!(stopped(&open(&place), &[&person(143), &person(144)]).await, [false, true]);
}

#[tokio::test]
async fn the_store_before_is_kept_as_it_was() {
    let (home, place, data) = fresh();
    let store = open(&place);
    let backup = backed_up(&home, &place);
    // As after a crash: the latest commits are beside the database.
    store.take(&arrival("SM1", "Hi", now())).await.unwrap();
    let crashed = home.path().join("crashed");
    copy_folder(&data, &crashed);
    drop(store);
    fs::remove_dir_all(&data).unwrap();
    fs::rename(&crashed, &data).unwrap();
    let _ = fs::remove_file(data.join("textback.db-shm"));
    let before = contents(&data);
    assert!(fs::metadata(data.join("textback.db-wal")).unwrap().len() > 0);

    let (since, restored) = restore(&place, &backup).await.unwrap();
    assert_eq!(since, Since::All);
    let kept = restored.kept.unwrap();
    assert!(kept.to_str().unwrap().contains("data.before-20"), "{kept:?}");
    assert_eq!(contents(&kept), before);
    assert_eq!(names(home.path()).len(), 3, "the two stores and the backup");
    assert_eq!(open(&place).take(&arrival("SM1", "Hi", now())).await.unwrap(), Taken::Repeat);
}

#[tokio::test]
async fn a_backup_that_cannot_be_restored_changes_nothing() {
    type Change<'a> = &'a dyn Fn(&Path);
    let sql = |file: &Path, sql: &str| Connection::open(file).unwrap().execute_batch(sql).unwrap();
    let cases: [(&str, Change); 6] = [
        ("there is no such file", &|file| fs::remove_file(file).unwrap()),
        ("it is no backup of textback", &|file| fs::write(file, "").unwrap()),
        ("it is damaged (", &|file| {
            File::options().write(true).open(file).unwrap().set_len(9_000).unwrap()
        }),
        ("a part of it is missing", &|file| sql(file, "DROP TABLE heads")),
        ("a newer version of textback wrote it", &|file| sql(file, "PRAGMA user_version = 99")),
        (
            "its names were made with another NAME_KEY than those of the store in DATA_DIR",
            &|file| {
                sql(file, "UPDATE names SET key = randomblob(32)");
            },
        ),
    ];
    for (told, change) in cases {
        let (home, place, data) = fresh();
        let store = open(&place);
        stop(&store, &person(143)).await;
        let backup = backed_up(&home, &place);
        drop(store);
        change(&backup);
        let before = contents(&data);
        let said = restore(&place, &backup).await.expect_err(told);
        assert!(said.contains(&format!("backup.db cannot be restored: {told}")), "{told}: {said}");
        assert_eq!(contents(&data), before, "{told}");
        assert!(names(home.path()).iter().all(|name| !name.contains("restoring")), "{told}");
    }
}

#[tokio::test]
async fn another_installation_is_restored_only_where_there_is_none() {
    let (home, mut place, data) = fresh();
    drop(open(&place));
    let backup = backed_up(&home, &place);
    fs::remove_dir_all(&data).unwrap();
    let said = {
        let mut other = place.clone();
        other.retain(|(name, _)| *name != "NAME_KEY");
        other.push(("NAME_KEY", "YW5vdGhlciBrZXksIHdoaWNoIG5hbWVzIG5vYm9keSE=".into()));
        restore(&other, &backup).await.err().unwrap()
    };
    assert!(said.contains("leave NAME_KEY out, since the backup holds it"), "{said}");
    place.retain(|(name, _)| *name != "NAME_KEY");
    restore(&place, &backup).await.unwrap();
}

#[tokio::test]
async fn a_store_that_somebody_uses_is_not_replaced() {
    let (home, place, _data) = fresh();
    let store = open(&place);
    let backup = backed_up(&home, &place);
    let said = restore(&place, &backup).await.err().unwrap();
    assert!(said.contains("another process uses the store in "), "{said}");
    drop(store);
    let served = conversations::reserve(&settings(&place)).unwrap();
    let said = restore(&place, &backup).await.err().unwrap();
    assert!(said.contains("another process uses the store in "), "{said}");
    drop(served);
    restore(&place, &backup).await.unwrap();
}

#[tokio::test]
async fn a_backup_is_whole_private_and_overwrites_nothing() {
    let (home, place, data) = fresh();
    let store = open(&place);
    stop(&store, &person(143)).await;
    store.take(&arrival("SM1", "Hi", now())).await.unwrap();
    // The state left by a commit that failed after its line was on the disk.
    let ledger = fs::read_to_string(data.join("textback.ledger")).unwrap();
    let line = ledger.lines().find(|line| line.contains("\"stops\"")).unwrap();
    let line = line.replace("\"id\":\"", "\"id\":\"0");
    fs::write(data.join("textback.ledger"), format!("{ledger}{line}\n")).unwrap();

    let backup = home.path().join("backup.db");
    let held = back_up(&settings(&place), &backup).unwrap();
    assert_eq!((held.people, held.waiting, held.stops, held.consents), (1, 1, 2, 0));
    assert_eq!(held.latest, Some(now()));
    assert_eq!(fs::metadata(&backup).unwrap().permissions().mode() & 0o777, 0o600);
    assert_eq!(names(home.path()), ["backup.db", "data"]);
    let said = back_up(&settings(&place), &backup).unwrap_err().to_string();
    assert!(said.contains("backup.db exists, and is not overwritten"), "{said}");
}

/// Whoever writes meanwhile, all that was acknowledged before is in it.
#[tokio::test]
async fn a_backup_is_consistent_while_others_write() {
    let (home, place, _data) = fresh();
    let store = open(&place);
    let writes = tokio::spawn({
        let store = Arc::clone(&store);
        async move {
            for number in 0..400 {
                store.take(&arrival(&format!("SM{number}"), "Hi", now())).await.unwrap();
            }
        }
    });
    let mut last = 0;
    for number in 0.. {
        let done = writes.is_finished();
        let (place, file) = (place.clone(), home.path().join(format!("{number}.db")));
        let made = tokio::task::spawn_blocking(move || back_up(&settings(&place), &file));
        let held = made.await.unwrap().unwrap();
        assert!(held.waiting >= last, "{} after {last}", held.waiting);
        last = held.waiting;
        if done {
            break;
        }
    }
    assert_eq!(last, 400);
}

fn since_nothing_was_there(since: &Since) -> bool {
    matches!(since, Since::Nothing(why) if why == "DATA_DIR holds no store")
}

fn under_way(attempt: &str) -> Reply {
    let sending = Sending {
        attempt: attempt.into(),
        provider: "twilio".into(),
        at: now(),
        until: later(now(), 30),
    };
    Reply { sending: Some(sending), ..reply() }
}

fn cents(cents: i64) -> Amount {
    Amount::from_billionths(cents * 10_000_000)
}

fn today() -> Period {
    Period::of(now(), &TimeZone::UTC)
}

/// Books this for somebody who has texted.
async fn spend(store: &Store, spent: i64) {
    let mut loaded = load(store).await;
    let (next, shard) = (loaded.conversation.clone(), "owner".to_owned());
    let booking = Booking { shard, period: today(), spent: cents(spent), released: None };
    store.commit(&mut loaded, next, vec![Change::Booked(booking)]).await.unwrap();
}

fn backed_up(home: &TempDir, place: &Place) -> PathBuf {
    let backup = home.path().join("backup.db");
    back_up(&settings(place), &backup).unwrap();
    backup
}

async fn restore(place: &Place, backup: &Path) -> Result<(Since, Restored), String> {
    let (settings, now) = (settings(place), jiff::Timestamp::now());
    let restore = Restore::begin(&settings, backup, now).map_err(|error| error.to_string())?;
    let since = restore.since().clone();
    let note = json!({"note": "unknown"});
    let restored = restore.finish(&settings, &note, false, now).await.unwrap();
    Ok((since, restored))
}

/// Every file, and a digest of its content. The lock has none.
fn contents(folder: &Path) -> Vec<(String, Vec<u8>)> {
    let names = names(folder).into_iter().filter(|name| name != "textback.lock");
    let digest = |name: &String| Sha256::digest(fs::read(folder.join(name)).unwrap())[..4].to_vec();
    names.map(|name| (name.clone(), digest(&name))).collect()
}

fn names(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).unwrap().map(Result::unwrap);
    let mut names: Vec<_> = entries.map(|it| it.file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

fn copy_folder(from: &Path, to: &Path) {
    fs::create_dir(to).unwrap();
    fs::set_permissions(to, fs::Permissions::from_mode(0o700)).unwrap();
    for name in names(from) {
        fs::copy(from.join(&name), to.join(&name)).unwrap();
    }
}
