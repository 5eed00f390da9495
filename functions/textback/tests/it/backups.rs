//! A backup of yesterday in place of the store of today.

use std::collections::BTreeSet;
use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use conversations::Store;
use fakes::Mode;
use jiff::{SignedDuration, Timestamp};
use product::{ANN, BOB, Process, Product, Ran, between, until};
use serde_json::Value;
use tempfile::TempDir;

use crate::crash;

/// A person who texts for the first time after the backup.
const CID: &str = "+12025550145";
const MESSAGE: &str = "SM00000000000000000000000000000145";

#[tokio::test]
async fn yesterdays_backup_texts_nobody_who_stopped_today_and_answers_nothing_twice() {
    let (home, mut product) = (tempfile::tempdir().unwrap(), Product::start(&["twilio"]).await);
    let backup = yesterday(&home, &mut product).await;
    today(&mut product).await;
    let refused = product.run(&["restore", &backup], "").await;
    assert_eq!(refused.code, Some(2));
    assert!(refused.said[0].contains("another process uses the store in "), "{refused:?}");
    product.stop().await;
    let before = [ANN, BOB, CID].map(|person| product.companies.twilio.texts_to(person));
    assert_eq!(before[1], ["You said: My sink leaks"]);

    let ran = restore(&home, &mut product, &["restore", &backup]).await;
    assert_eq!(ran.code, Some(0), "{ran:?}");
    for line in ["  stops          0", "  waiting texts  1", "  open replies   0"] {
        assert!(ran.printed.iter().any(|printed| printed == line), "{line} of {ran:?}");
    }
    assert!(ran.printed.last().unwrap().contains("data.before-"), "{ran:?}");
    product.start_again().await;
    let call = product.companies.twilio.inbound_as(&product.route(), MESSAGE, CID, "A repeat");
    assert_eq!(product.post(&call).await.status, 200);
    product.text(ANN, "Are you still there?").await;
    let ran = product.run(&["send", ANN, "We are on our way"], "").await;
    assert_eq!(ran.said, ["error: this person has said STOP: nothing was sent"]);
    product.settled().await;
    product.stop().await;
    for minutes in [2, 20] {
        crash::run(&product, Timestamp::now() + SignedDuration::from_mins(minutes)).await;
    }
    let after = [ANN, BOB, CID].map(|person| product.companies.twilio.texts_to(person));
    assert_eq!(after, before);
    let notices = product.notices().await.join(" ");
    assert!(notices.contains("waiting texts: 1, and open replies: 0."), "{notices}");

    product.start_again().await;
    product.text(BOB, "Did you get this?").await;
    product.text(CID, "My roof leaks").await;
    product.settled().await;
    product.stop().await;
    assert_eq!(product.companies.twilio.texts_to(BOB)[1..], ["You said: Did you get this?"]);
    assert_eq!(product.companies.twilio.texts_to(CID)[1..], ["You said: My roof leaks"]);
}

#[tokio::test]
async fn a_reply_that_was_on_its_way_is_not_sent_again() {
    let (home, mut product) = (tempfile::tempdir().unwrap(), Product::start(&["twilio"]).await);
    let backup = home.path().join("backup.db").to_str().unwrap().to_owned();
    product.companies.twilio.switch.set(Mode::HangsBefore);
    product.text(ANN, "My tap drips").await;
    until("the reply to be under way", async || {
        product.store.latest(1).await.unwrap()[0].1.open.is_some()
    })
    .await;
    assert_eq!(product.run(&["backup", &backup], "").await.code, Some(0));
    product.kill();
    product.companies.twilio.switch.set(Mode::Works);

    let ran = restore(&home, &mut product, &["restore", &backup, "--json"]).await;
    let said: Value = serde_json::from_str(&ran.printed.join("\n")).unwrap();
    assert_eq!(said["set_aside"], serde_json::json!({"texts": 0, "replies": 1, "unknown": 1}));
    assert_eq!((&said["knows_since"], &said["sends"]), (&"all".into(), &true.into()));
    product.start_again().await;
    product.stop().await;
    for minutes in [2, 20] {
        crash::run(&product, Timestamp::now() + SignedDuration::from_mins(minutes)).await;
    }
    assert!(product.companies.twilio.texts_to(ANN).is_empty());
    product.start_again().await;
    product.text(ANN, "Hello?").await;
    product.settled().await;
    product.stop().await;
    assert_eq!(product.companies.twilio.texts_to(ANN), ["You said: Hello?"]);
    let asked = product.openai.requests().pop().unwrap()["messages"].to_string();
    assert!(asked.contains("not known whether your last reply reached"), "{asked}");
}

/// A file that is too large to be written anew may hold deleted content in its free pages.
#[tokio::test]
async fn a_restore_says_as_json_what_it_has_erased_again_and_what_may_be_readable() {
    let (home, mut product) = (tempfile::tempdir().unwrap(), Product::start(&["twilio"]).await);
    product.text(ANN, "My tap drips").await;
    product.settled().await;
    let backup = home.path().join("backup.db").to_str().unwrap().to_owned();
    assert_eq!(product.run(&["backup", &backup], "").await.code, Some(0));
    assert_eq!(product.run(&["person", ANN, "erase"], "").await.code, Some(0));
    product.stop().await;
    for (megabytes, code, left) in [(0, 0, None), (257, 1, Some("textback.db is too large"))] {
        let grown = format!(
            "CREATE TABLE grown (it); INSERT INTO grown VALUES (zeroblob({megabytes} << 20));
             DROP TABLE grown;"
        );
        rusqlite::Connection::open(&backup).unwrap().execute_batch(&grown).unwrap();
        for (erases, command) in [
            (true, &["restore", &backup, "--json"][..]),
            (false, &["restore", "--set-aside", "--json"]),
        ] {
            let ran = restore(&home, &mut product, command).await;
            assert_eq!(ran.code, Some(code), "{ran:?}");
            let said: Value = serde_json::from_str(&ran.printed.join("\n")).unwrap();
            assert_eq!(said["erased_again"].as_u64() > Some(0), erases, "{said}");
            match left {
                Some(start) => assert!(said["left"].as_str().unwrap().starts_with(start), "{said}"),
                None => assert_eq!(said["left"], Value::Null),
            }
        }
    }
}

#[tokio::test]
async fn where_everything_is_lost_nothing_is_sent_until_the_owner_has_the_opt_outs() {
    let (home, mut product) = (tempfile::tempdir().unwrap(), Product::start(&["twilio"]).await);
    let backup = yesterday(&home, &mut product).await;
    product.kill();
    let lost = |product: &Product| fs::remove_dir_all(product.folder()).unwrap();
    let_go(&home, &mut product);
    lost(&product);
    let ran = product.run(&["restore", &backup], "").await;
    assert_eq!(ran.code, Some(0), "{ran:?}");
    assert!(ran.printed.last().unwrap().starts_with("nothing may be sent from this store"));
    for command in [&["serve"][..], &["send", ANN, "We are on our way"]] {
        let ran = product.run(command, "").await;
        assert_eq!(ran.code, Some(1), "{command:?}");
        assert!(ran.said[0].contains("then run `textback restore --opt-outs-imported`"), "{ran:?}");
    }
    let list = home.path().join("numbers.txt").to_str().unwrap().to_owned();
    for (written, code) in [("2025550144\n", Some(2)), (&*format!("{BOB}\n\n"), Some(0))] {
        fs::write(&list, written).unwrap();
        let ran = product.run(&["restore", "--opt-outs", &list, "--opt-outs-imported"], "").await;
        assert_eq!(ran.code, code, "{ran:?}");
    }
    product.start_again().await;
    let ran = product.run(&["send", BOB, "We are on our way"], "").await;
    assert_eq!(ran.said, ["error: this person has said STOP: nothing was sent"]);
    product.stop().await;

    for (typed, code) in [("no\n", Some(1)), ("yes\n", Some(0))] {
        lost(&product);
        let at_terminal = &["restore", &backup];
        let mut asked = Process::start_at_terminal(at_terminal, &product.settings, typed);
        assert_eq!(asked.end().await, Some(0));
        let sent = product.run(&["send", CID, "We are on our way"], "").await;
        assert_eq!(sent.code, code, "{typed}: {sent:?}");
    }
    take_up(&mut product);
}

/// Whenever it is killed, the folder holds one of the two stores as a whole.
#[tokio::test]
async fn a_restore_that_dies_leaves_the_old_store_or_the_new_one() {
    let (home, mut product) = (tempfile::tempdir().unwrap(), Product::start(&["twilio"]).await);
    let backup = yesterday(&home, &mut product).await;
    today(&mut product).await;
    product.stop().await;
    let_go(&home, &mut product);
    let mut found = BTreeSet::new();
    for life in 0..30_u32 {
        let data = home.path().join(format!("life-{life}"));
        copy_folder(&product.folder(), &data);
        product.settings.insert("DATA_DIR".into(), data.to_str().unwrap().into());
        let mut process = Process::start(&["restore", &backup], &product.settings, "");
        if life < 29 {
            // The only way to hit every step is to kill at any time.
            tokio::time::sleep(Duration::from_millis(4) * life).await;
            process.kill();
        }
        process.end().await;
        let store = Store::open_in(&data).unwrap();
        let ann = store.load(&between("twilio", ANN), Timestamp::now()).await.unwrap().unwrap();
        let cid = store.load(&between("twilio", CID), Timestamp::now()).await.unwrap();
        let bob = store.load(&between("twilio", BOB), Timestamp::now()).await.unwrap().unwrap();
        let is_new = cid.is_none();
        assert!(ann.stop.is_some(), "killed after {life} times 4 ms");
        assert!(bob.waiting.is_empty(), "killed after {life} times 4 ms");
        assert_eq!(bob.conversation.answers, u32::from(!is_new), "killed after {life} times 4 ms");
        found.insert(is_new);
    }
    assert_eq!(found.len(), 2, "both were seen");
    product.settings.insert("DATA_DIR".into(), product.folder().to_str().unwrap().into());
    take_up(&mut product);
}

#[tokio::test]
async fn a_firestore_is_left_to_its_own_backups() {
    let mut product = Product::start(&["twilio"]).await;
    product.stop().await;
    product.settings.insert("GOOGLE_CLOUD_PROJECT".into(), "p".into());
    for command in [["backup", "copy.db"], ["restore", "copy.db"]] {
        let ran = product.run(&command, "").await;
        assert_eq!(ran.code, Some(2));
        assert!(ran.said[0].contains("the store is a Firestore, which has backups of its own"));
    }
    product.settings.remove("GOOGLE_CLOUD_PROJECT");
}

/// Ann was answered, and Bob waits for the model when the backup is made.
async fn yesterday(home: &TempDir, product: &mut Product) -> String {
    product.text(ANN, "My tap drips").await;
    product.settled().await;
    let asked = product.openai.requests().len();
    product.openai.switch.set(Mode::HangsBefore);
    product.text(BOB, "My sink leaks").await;
    product.openai.wait_for_requests(asked + 1).await;
    let backup = home.path().join("backup.db").to_str().unwrap().to_owned();
    let ran = product.run(&["backup", &backup], "").await;
    assert_eq!(ran.code, Some(0), "{ran:?}");
    assert!(ran.printed.iter().any(|line| line == "  waiting texts  1"), "{ran:?}");
    assert!(ran.printed.last().unwrap().contains("It holds NAME_KEY"), "{ran:?}");
    product.openai.switch.set(Mode::Works);
    backup
}

/// Bob is answered, Ann stops, and Cid texts and is answered.
async fn today(product: &mut Product) {
    product.kill();
    product.as_if_later(Duration::from_secs(3_600));
    product.start_again().await;
    product.settled().await;
    product.text(ANN, "STOP").await;
    let call = product.companies.twilio.inbound_as(&product.route(), MESSAGE, CID, "My roof leaks");
    assert_eq!(product.post(&call).await.status, 200);
    product.settled().await;
    assert_eq!(product.companies.twilio.texts_to(CID).len(), 1);
}

/// Restores while nobody has the store open, not even this test.
async fn restore(home: &TempDir, product: &mut Product, command: &[&str]) -> Ran {
    let_go(home, product);
    let ran = product.run(command, "").await;
    take_up(product);
    ran
}

fn let_go(home: &TempDir, product: &mut Product) {
    product.store = Store::open_in(&home.path().join("unused")).unwrap();
}

fn take_up(product: &mut Product) {
    product.store = Store::open_in(&product.folder()).unwrap();
}

fn copy_folder(from: &PathBuf, to: &Path) {
    fs::create_dir(to).unwrap();
    fs::set_permissions(to, Permissions::from_mode(0o700)).unwrap();
    for entry in fs::read_dir(from).unwrap().map(Result::unwrap) {
        fs::copy(entry.path(), to.join(entry.file_name())).unwrap();
    }
}
