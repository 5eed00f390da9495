//! `textback person`: what is held about somebody, erasing it, and blocking a number.

use std::fs;

use fakes::Mode;
use product::{ANN, BOB, Product};
use serde_json::Value;

const WORDS: [&str; 3] = ["2025550143", "my tap drips", "Elm Street"];

#[tokio::test]
async fn says_what_is_held_in_words_and_as_json() {
    let mut product = Product::start(&["twilio"]).await;
    product.text(ANN, "My tap drips, 143 Elm Street").await;
    product.settled().await;
    let ran = product.run(&["person", ANN], "").await;
    assert_eq!(ran.code, Some(0), "{ran:?}");
    for line in ["texts sent           1, the latest of ", "stopped              no"] {
        assert!(ran.printed.iter().any(|it| it.trim_start().starts_with(line)), "{line}: {ran:?}");
    }
    assert!(!ran.printed.join(" ").contains("Elm"), "{ran:?}");

    let said = as_json(&mut product, &["person", ANN, "--json"]).await;
    assert_eq!((&said["texts_sent"], &said["stopped"]), (&1.into(), &Value::Null));
    assert_eq!(said["cost"]["currency"], "USD");
    let reply = &said["documents"]["attempts"][0];
    assert_eq!((&reply["to"], &reply["provider"]), (&ANN.into(), &"twilio".into()));
    assert!(reply["at"].as_str().unwrap().ends_with('Z'), "{reply}");
    assert!(said["documents"]["conversations"].to_string().contains("143 Elm Street"));
    assert_eq!(as_json(&mut product, &["person", BOB, "--json"]).await["documents"], json_none());
}

#[tokio::test]
async fn erases_a_person_while_it_serves_and_knows_them_no_more() {
    let mut product = Product::start(&["twilio"]).await;
    product.text(BOB, "My roof leaks").await;
    product.text(ANN, "My tap drips, 143 Elm Street").await;
    product.settled().await;
    product.text(ANN, "STOP").await;
    product.settled().await;
    let ran = product.run(&["person", ANN, "erase"], "").await;
    assert_eq!(ran.code, Some(0), "{ran:?}");
    assert!(ran.printed.iter().any(|it| it.contains("that they said STOP")), "{ran:?}");
    assert!(!holds(&product, "2025550143") && !holds(&product, "Elm Street"));
    assert!(holds(&product, "My roof leaks"));

    product.text(ANN, "Hello?").await;
    product.settled().await;
    assert_eq!(product.companies.twilio.texts_to(ANN).len(), 1, "the opt-out stays");
    product.text(ANN, "START").await;
    product.text(ANN, "Hello again").await;
    product.settled().await;
    let asked = product.openai.requests().pop().unwrap()["messages"].to_string();
    assert!(asked.contains("Hello again") && !asked.contains("Elm"), "{asked}");
}

#[tokio::test]
async fn an_erasure_while_the_agent_thinks_is_the_end_of_it() {
    let mut product = Product::start(&["twilio"]).await;
    product.openai.switch.set(Mode::Holds);
    product.text(ANN, "My tap drips, 143 Elm Street").await;
    product.openai.wait_for_requests(1).await;
    assert_eq!(product.run(&["person", ANN, "erase"], "").await.code, Some(0));
    product.openai.switch.set(Mode::Works);
    product.text(BOB, "My roof leaks").await;
    product.settled().await;
    assert!(product.companies.twilio.texts_to(ANN).is_empty());
    let said = as_json(&mut product, &["person", ANN, "--json"]).await;
    let held: Vec<_> = said["documents"].as_object().unwrap().keys().collect();
    assert_eq!(held, ["erasures"]);
    product.stop().await;
    assert!(!WORDS.iter().any(|word| holds(&product, word)));
}

#[tokio::test]
async fn says_what_it_could_not_erase_again() {
    let mut product = Product::start(&["twilio"]).await;
    product.text(ANN, "My tap drips, 143 Elm Street").await;
    product.settled().await;
    assert_eq!(product.run(&["person", ANN, "erase"], "").await.code, Some(0));
    product.stop().await;
    let reader = rusqlite::Connection::open(product.folder().join("textback.db")).unwrap();
    reader.execute_batch("BEGIN; SELECT count(*) FROM heads;").unwrap();
    let ran = product.run(&["restore", "--set-aside"], "").await;
    assert_eq!(ran.code, Some(1), "{ran:?}");
    assert!(ran.printed.last().unwrap().starts_with("Not done yet: another program"), "{ran:?}");
    drop(reader);
    assert_eq!(product.run(&["restore", "--set-aside"], "").await.code, Some(0));
}

#[tokio::test]
async fn a_blocked_number_is_counted_and_hears_nothing() {
    let mut product = Product::start(&["messagecentral"]).await;
    product.openai.switch.set(Mode::Holds);
    product.text(ANN, "My tap drips").await;
    product.openai.wait_for_requests(1).await;
    assert_eq!(product.run(&["person", ANN, "block"], "").await.code, Some(0));
    product.openai.switch.set(Mode::Works);
    let long = format!("Buy my pills {}", "now ".repeat(600));
    for text in ["Buy my pills", "HELP", "START", &long] {
        assert_eq!(product.text(ANN, text).await.status, 200, "{text}");
    }
    product.text(BOB, "My roof leaks").await;
    product.settled().await;
    assert!(product.companies.messagecentral.texts_to(ANN).is_empty());
    assert_eq!(product.companies.messagecentral.texts_to(BOB).len(), 1);
    assert!(!holds(&product, "pills"));
    let said = as_json(&mut product, &["person", ANN, "--json"]).await;
    assert_eq!((&said["blocked"]["texts"], &said["stopped"]), (&4.into(), &Value::Null));
    assert_eq!(said["documents"]["texts"][0]["why"], "blocked");

    product.text(ANN, "STOP").await;
    assert_eq!(product.run(&["person", ANN, "unblock"], "").await.code, Some(0));
    product.text(ANN, "Hello?").await;
    product.settled().await;
    let confirmed = product.companies.messagecentral.texts_to(ANN);
    assert!(confirmed.len() == 1 && confirmed[0].contains("unsubscribed"), "{confirmed:?}");
    assert_eq!(product.run(&["person", ANN, "start"], "").await.code, Some(0));
    product.text(ANN, "Hello again").await;
    product.settled().await;
    let replies = product.companies.messagecentral.texts_to(ANN);
    assert_eq!(replies[1..], ["You said: Hello again"]);
}

#[tokio::test]
async fn a_stop_by_hand_holds_like_any_other() {
    let mut product = Product::start(&["twilio"]).await;
    for (action, code) in [("start", 0), ("stop", 0)] {
        assert_eq!(product.run(&["person", BOB, action], "").await.code, Some(code), "{action}");
    }
    product.text(BOB, "My tap drips").await;
    product.settled().await;
    assert!(product.companies.twilio.texts_to(BOB).is_empty());
    let ran = product.run(&["person", "nobody", "stop"], "").await;
    assert_eq!(ran.code, Some(2), "{ran:?}");
}

async fn as_json(product: &mut Product, arguments: &[&str]) -> Value {
    let ran = product.run(arguments, "").await;
    serde_json::from_str(&ran.printed.join("\n")).unwrap()
}

fn json_none() -> Value {
    Value::Object(serde_json::Map::new())
}

/// Whether a file of the store contains these bytes.
fn holds(product: &Product, word: &str) -> bool {
    fs::read_dir(product.folder()).unwrap().any(|file| {
        let bytes = fs::read(file.unwrap().path()).unwrap();
        bytes.windows(word.len()).any(|window| window == word.as_bytes())
    })
}
