//! The store or the model is away for a while.

use fakes::{Mode, OpenAi};

use crate::product::{ANN, Product};

#[tokio::test]
async fn while_the_store_is_away_nothing_is_promised() {
    let mut product = Product::start(&["twilio"]).await;
    let call = product.twilio.inbound(&product.route(), ANN, "My tap drips");
    let database = product.database();
    database.execute_batch("BEGIN IMMEDIATE").unwrap();
    assert_eq!(product.post(&call).await.status, 503);
    database.execute_batch("ROLLBACK").unwrap();
    assert_eq!(call.post_until_taken().await.unwrap().status, 200);
    product.settled().await;
    assert_eq!(product.twilio.texts_to(ANN), ["You said: My tap drips"]);
    assert_eq!(product.openai.requests().len(), 1);
}

#[tokio::test]
async fn while_firestore_is_away_nothing_is_promised() {
    let firestore =
        [("GOOGLE_CLOUD_PROJECT", "nowhere"), ("FIRESTORE_EMULATOR_HOST", "127.0.0.1:1")];
    let mut product = Product::start_with(&["twilio"], &firestore).await;
    let call = product.twilio.inbound(&product.route(), ANN, "My tap drips");
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
    assert_eq!(product.twilio.texts_to(ANN), ["You said: My tap drips"]);
    assert!(product.notices().await.is_empty());
}
