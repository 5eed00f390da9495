//! The store or the model is away for a while.

use jiff::Timestamp;
use product::{ANN, Product, between, until};
use std::time::Duration;

use fakes::{Mode, OpenAi};
use sms::Status;

/// However many there are: each waits for all the others too.
#[tokio::test]
async fn while_the_store_is_away_texts_are_refused_before_twilios_timeout() {
    let mut product = Product::start(&["twilio"]).await;
    let people: Vec<_> = (101..131).map(|last| format!("+12025550{last}")).collect();
    let route = product.route();
    let calls = people
        .iter()
        .map(|person| product.companies.twilio.inbound(&route, person, "My tap drips"));
    let calls: Vec<_> = calls.collect();
    let database = product.database();
    database.execute_batch("BEGIN EXCLUSIVE").unwrap();
    // An answer after 15 seconds fails the test here, as Twilio gives up then.
    let answers = product.post_all(&calls).await;
    assert!(answers.iter().all(|answer| answer.status == 503));
    database.execute_batch("ROLLBACK").unwrap();
    let answers = product.post_all(&calls).await;
    assert!(answers.iter().all(|answer| answer.status == 200));
    product.settled().await;
    for person in &people {
        assert_eq!(product.companies.twilio.texts_to(person), ["You said: My tap drips"]);
    }
    assert_eq!(product.openai.requests().len(), people.len());
}

#[tokio::test]
async fn a_reply_sent_while_the_store_is_away_is_recorded_later() {
    let mut product = Product::start(&["twilio"]).await;
    let database = product.database();
    product.openai.switch.set(Mode::Holds);
    product.text(ANN, "My tap drips").await;
    product.openai.wait_for_requests(1).await;
    database.execute_batch("BEGIN IMMEDIATE").unwrap();
    product.openai.switch.set(Mode::Works);
    product.process.logs("the store did not answer a commit").await;
    assert!(product.companies.twilio.messages().is_empty());
    product.companies.twilio.switch.set(Mode::Holds);
    database.execute_batch("ROLLBACK").unwrap();

    let id = between("twilio", ANN);
    until("the reply to be sent", async || {
        !product.store.attempts_of(&id).await.unwrap().is_empty()
    })
    .await;
    database.execute_batch("BEGIN IMMEDIATE").unwrap();
    product.companies.twilio.switch.set(Mode::Works);
    product.companies.twilio.wait_for_messages(1).await;
    product.process.logs("sent a reply").await;
    database.execute_batch("ROLLBACK").unwrap();
    product.settled().await;
    assert_eq!(product.companies.twilio.texts_to(ANN), ["You said: My tap drips"]);
    assert_eq!(product.openai.requests().len(), 1);
    let attempts = product.store.attempts_of(&id).await.unwrap();
    assert_eq!((attempts.len(), attempts[0].status()), (1, Status::Accepted));
}

#[tokio::test]
async fn while_firestore_is_away_texts_are_refused() {
    let firestore =
        [("GOOGLE_CLOUD_PROJECT", "nowhere"), ("FIRESTORE_EMULATOR_HOST", "127.0.0.1:1")];
    let mut product = Product::start_with(&["twilio"], &firestore).await;
    let call = product.companies.twilio.inbound(&product.route(), ANN, "My tap drips");
    assert_eq!(product.post(&call).await.status, 503);
}

#[tokio::test]
async fn a_model_that_is_away_for_a_moment_is_not_noticed() {
    let mut product = Product::start(&["twilio"]).await;
    product.openai.switch.set(OpenAi::overloaded());
    product.text(ANN, "My tap drips").await;
    product.openai.wait_for_requests(2).await;
    product.openai.switch.set(OpenAi::rate_limited());
    product.openai.wait_for_requests(3).await;
    product.openai.switch.set(Mode::CutsAfter);
    product.openai.wait_for_requests(4).await;
    product.openai.switch.set(Mode::Works);
    product.settled().await;
    assert_eq!(product.companies.twilio.texts_to(ANN), ["You said: My tap drips"]);
    assert!(product.notices().await.is_empty());
}

#[tokio::test]
async fn a_model_that_stays_away_costs_one_apology_and_the_answer_follows_unasked() {
    let mut product = Product::start(&["twilio"]).await;
    // It is not waited for: only the owner can make it answer.
    product.openai.switch.set(OpenAi::out_of_quota());
    product.text(ANN, "My tap drips").await;
    product.companies.twilio.wait_for_messages(1).await;
    product.text(ANN, "Hello?").await;
    let id = between("twilio", ANN);
    for tries in 1..4 {
        until("the model to be asked again", async || {
            let loaded = product.store.load(&id, Timestamp::now()).await.unwrap().unwrap();
            loaded.conversation.tries == tries
        })
        .await;
        product.as_if_later(Duration::from_secs(130));
    }
    product.stop().await;
    product.as_if_later(Duration::from_secs(130));
    product.openai.switch.set(Mode::Works);
    product.start_again().await;
    product.settled().await;
    let sorry = "Handy Home: We can't answer right now, sorry. We have your text and will answer \
                 it. You need not ask again.";
    assert_eq!(product.companies.twilio.texts_to(ANN), [sorry, "You said: My tap drips | Hello?"]);
}
