//! The ledger beside the embedded store: how yesterday's backup learns about today.

use std::fs::{self, File};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use conversations::{Attempt, Consent, Given, Stop, Store};
use serde_json::{Value, json};
use sms::Number;
use tempfile::TempDir;

use crate::common::{arrival, attempt_called, claim, later, now, said};
use crate::form::{Place, in_folder, open, settings};

#[tokio::test]
async fn yesterdays_backup_knows_who_stopped_today_and_who_came_back() {
    let (_folder, place, data) = fresh();
    let [yesterday, today, tomorrow] = [143, 144, 145].map(person);
    let store = open(&place);
    stop(&store, &yesterday).await;
    store.take(&arrival("SM1", "Hi", now())).await.unwrap();
    let backup = backed_up(store, &data);

    let store = open(&place);
    stop(&store, &today).await;
    start(&store, &yesterday).await;
    assert_eq!(store.consent(&consent(&today), None).await.unwrap(), Given::Recorded);
    put_back(store, &data, &backup);
    // Its end was cut off when the machine crashed.
    File::options()
        .append(true)
        .open(data.join("textback.ledger"))
        .unwrap()
        .write_all(CUT)
        .unwrap();

    let store = open(&place);
    assert_eq!(store.consents_of(&today).await.unwrap(), [consent(&today)]);
    assert_eq!(stopped(&store, &[&yesterday, &today, &tomorrow]).await, [false, true, false]);
    stop(&store, &tomorrow).await;
    put_back(store, &data, &backup);
    let store = open(&place);
    assert_eq!(stopped(&store, &[&yesterday, &today, &tomorrow]).await, [false, true, true]);
}

#[tokio::test]
async fn a_missing_or_truncated_ledger_is_rebuilt_from_the_store() {
    let cut: [fn(&Path); 2] = [
        |ledger| fs::remove_file(ledger).unwrap(),
        |ledger| {
            let ledger = File::options().write(true).open(ledger).unwrap();
            ledger.set_len(ledger.metadata().unwrap().len() - 10).unwrap();
        },
    ];
    for cut in cut {
        let (_folder, place, data) = fresh();
        let [one, other, third] = [143, 144, 145].map(person);
        let store = open(&place);
        stop(&store, &one).await;
        let backup = backed_up(store, &data);
        let store = open(&place);
        stop(&store, &other).await;
        drop(store);
        cut(&data.join("textback.ledger"));
        let store = open(&place);
        stop(&store, &third).await;
        put_back(store, &data, &backup);
        assert_eq!(stopped(&open(&place), &[&one, &other, &third]).await, [true; 3]);
    }
}

/// The state left by a commit that failed after its line was on the disk.
#[tokio::test]
async fn an_old_ledger_line_does_not_undo_a_later_change() {
    let (_folder, place, data) = fresh();
    let (store, ledger) = (open(&place), data.join("textback.ledger"));
    stop(&store, &person(143)).await;
    let last = fs::read_to_string(&ledger).unwrap();
    let last: Value = serde_json::from_str(last.lines().last().unwrap()).unwrap();
    let back = json!({ "collection": "stops", "id": last["id"], "fields": null });
    let mut ledger = File::options().append(true).open(&ledger).unwrap();
    writeln!(ledger, "{back}").unwrap();
    let again = Stop { at: later(now(), 60), provider: "twilio".into(), confirmed: false };
    store.stop(&claim("again"), &person(143), &again, &said("STOP")).await.unwrap();
    assert_eq!(stopped(&store, &[&person(143)]).await, [true]);
    drop(store);
    assert_eq!(stopped(&open(&place), &[&person(143)]).await, [true]);
}

/// In the ledger one person came back who has stopped again since, one stopped, and one came back.
#[tokio::test]
async fn an_older_ledger_restores_its_last_stops_and_lifts_no_later_one() {
    let (_folder, place, data) = fresh();
    let (ledger, older) = (data.join("textback.ledger"), data.join("older"));
    let (store, all) = (open(&place), [person(143), person(144), person(145)]);
    for person in &all {
        stop(&store, person).await;
    }
    start(&store, &all[0]).await;
    start(&store, &all[2]).await;
    fs::rename(&ledger, &older).unwrap();
    let again = Stop { at: later(now(), 120), provider: "twilio".into(), confirmed: false };
    store.stop(&claim("again"), &all[0], &again, &said("STOP")).await.unwrap();
    drop(store);
    fs::rename(&older, &ledger).unwrap();
    let [one, two, three] = &all;
    assert_eq!(stopped(&open(&place), &[one, two, three]).await, [true, true, false]);
}

/// Another process began it again meanwhile.
#[tokio::test]
async fn of_two_erasures_of_a_person_the_later_one_counts() {
    let (_folder, place, data) = fresh();
    let (theirs, store) = (person(143), open(&place));
    store.erase(&theirs, now).await.unwrap();
    let backup = backed_up(store, &data);
    fs::remove_file(data.join("textback.ledger")).unwrap();
    let store = open(&place);
    store.erase(&theirs, || later(now(), 60)).await.unwrap();
    put_back(store, &data, &backup);
    let erased = open(&place).held(&theirs).await.unwrap().latest("erasures");
    assert_eq!(erased, Some(later(now(), 60)));
}

#[tokio::test]
async fn an_older_ledger_makes_no_erasure_earlier() {
    let (_folder, place, data) = fresh();
    let (theirs, store) = (person(143), open(&place));
    let (ledger, older) = (data.join("textback.ledger"), data.join("older"));
    store.erase(&theirs, now).await.unwrap();
    fs::rename(&ledger, &older).unwrap();
    store.erase(&theirs, || later(now(), 60)).await.unwrap();
    drop(store);
    fs::rename(&older, &ledger).unwrap();
    let erased = open(&place).held(&theirs).await.unwrap().latest("erasures");
    assert_eq!(erased, Some(later(now(), 60)));
}

#[tokio::test]
async fn two_processes_share_one_ledger() {
    let (_folder, place, data) = fresh();
    let (one, other) = (open(&place), open(&place));
    stop(&one, &person(143)).await;
    fs::remove_file(data.join("textback.ledger")).unwrap();
    stop(&other, &person(144)).await;
    start(&one, &person(143)).await;
    drop((one, other));
    let ledger = fs::read_to_string(data.join("textback.ledger")).unwrap();
    // A person who had stopped, one who stops, and one who is back, each with what shows it.
    for collection in ["stops", "consent_events"] {
        let of = |line: &&str| line.contains(&format!("\"collection\":\"{collection}\""));
        assert_eq!(ledger.lines().filter(of).count(), 3, "{ledger}");
    }
    assert_eq!(ledger.lines().count(), 7, "{ledger}");
    let all = [person(143), person(144)];
    assert_eq!(stopped(&open(&place), &[&all[0], &all[1]]).await, [false, true]);
}

#[tokio::test]
async fn a_ledger_of_another_store_or_of_none_is_refused() {
    let (_folder, place, data) = fresh();
    let store = open(&place);
    stop(&store, &person(143)).await;
    drop(store);
    let (ledger, database) = (data.join("textback.ledger"), data.join("textback.db"));
    let kept = [fs::read(&ledger).unwrap(), fs::read(&database).unwrap()];

    fs::remove_file(&database).unwrap();
    assert!(refused(&place).contains("textback.db is gone, and what belongs to it"));
    // A ledger with another key.
    let (_other, mut others, elsewhere) = fresh();
    others.retain(|(name, _)| *name != "NAME_KEY");
    drop(open(&others));
    fs::copy(elsewhere.join("textback.db"), &database).unwrap();
    let keyless: Place = place.iter().filter(|(name, _)| *name != "NAME_KEY").cloned().collect();
    assert!(refused(&keyless).contains("textback.ledger belongs to another textback.db"));
    fs::write(&database, &kept[1]).unwrap();
    fs::write(&ledger, &kept[0][10..]).unwrap();
    assert!(refused(&place).contains("textback.ledger does not begin as a ledger does"));
    fs::write(&ledger, &kept[0]).unwrap();
    assert_eq!(stopped(&open(&place), &[&person(143)]).await, [true]);
}

const CUT: &[u8] = br#"{"collection":"stops","id":"3f2a"#;

/// A folder for a store, which exists as long as the first of these values.
pub(crate) fn fresh() -> (TempDir, Place, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let (place, data) = (in_folder(&folder), folder.path().join("data"));
    (folder, place, data)
}

fn refused(place: &Place) -> String {
    Store::open(&settings(place)).err().expect("it is refused").to_string()
}

/// Closes the store, and copies its file elsewhere.
fn backed_up(store: Arc<Store>, data: &Path) -> PathBuf {
    drop(store);
    let backup = data.parent().unwrap().join("backup.db");
    fs::copy(data.join("textback.db"), &backup).unwrap();
    backup
}

/// Closes the store, and puts a copy in place of its file. The ledger stays as it is.
fn put_back(store: Arc<Store>, data: &Path, backup: &Path) {
    drop(store);
    for gone in ["textback.db", "textback.db-wal", "textback.db-shm"] {
        let _ = fs::remove_file(data.join(gone));
    }
    fs::copy(backup, data.join("textback.db")).unwrap();
}

pub(crate) async fn stop(store: &Store, theirs: &Number) {
    let stop = Stop { at: now(), provider: "twilio".into(), confirmed: false };
    store
        .stop(&claim(&format!("stop {}", theirs.as_str())), theirs, &stop, &said("STOP"))
        .await
        .unwrap();
}

pub(crate) async fn start(store: &Store, theirs: &Number) {
    let (claim, at) = (claim(&format!("start {}", theirs.as_str())), later(now(), 60));
    assert!(store.start(&claim, "twilio", theirs, &said("START"), at, at).await.unwrap());
}

/// Whether nothing may be sent to each of them.
pub(crate) async fn stopped(store: &Store, all: &[&Number]) -> Vec<bool> {
    let mut stopped = Vec::new();
    for theirs in all {
        let name = format!("a-{}", uuid::Uuid::new_v4().simple());
        let attempt = Attempt { to: (*theirs).clone(), ..attempt_called(&name) };
        stopped.push(!store.begin(&attempt).await.unwrap());
    }
    stopped
}

pub(crate) fn consent(theirs: &Number) -> Consent {
    Consent {
        theirs: theirs.clone(),
        page: "0a1b".into(),
        address: "https://home.example/opt-in".into(),
        language: "en".into(),
        words: "I agree.".into(),
        network: "192.0.2.0/24".into(),
        at: now(),
    }
}

pub(crate) fn person(last: u32) -> Number {
    Number::parse(&format!("+12025550{last}")).unwrap()
}
