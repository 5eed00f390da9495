//! The program ends on the spot and is started again.

use std::time::Duration;

use fakes::Mode;
use sms::Status;

use crate::process::until;
use crate::product::{ANN, Product, between};

/// After this nobody is at an attempt any more, and its absence at Twilio is certain.
const LATER: Duration = Duration::from_secs(60);

#[tokio::test]
async fn a_crash_while_the_agent_thinks_costs_nothing() {
    let mut product = Product::start(&["twilio"]).await;
    product.openai.switch.set(Mode::Holds);
    product.text(ANN, "My tap drips").await;
    product.openai.wait_for_requests(1).await;
    product.kill();
    product.openai.switch.set(Mode::Works);
    product.start_again().await;
    product.settled().await;
    assert_eq!(product.twilio.texts_to(ANN), ["You said: My tap drips"]);
}

#[tokio::test]
async fn a_crash_while_twilio_is_asked_is_settled_by_asking_what_it_took() {
    for mode in [Mode::HangsBefore, Mode::HangsAfter] {
        let mut product = Product::start(&["twilio"]).await;
        crash_while_sending(&mut product, &mode).await;
        product.as_if_later(LATER);
        product.start_again().await;
        product.settled().await;
        assert_eq!(product.twilio.texts_to(ANN), ["You said: My tap drips"], "{mode:?}");
        assert!(product.notices().await.is_empty());
    }
}

#[tokio::test]
async fn a_crash_while_messagecentral_is_asked_leaves_it_open_and_everybody_is_told() {
    for (mode, sent) in [(Mode::HangsBefore, 0), (Mode::HangsAfter, 1)] {
        let mut product = Product::start(&["messagecentral", "twilio"]).await;
        crash_while_sending(&mut product, &mode).await;
        product.as_if_later(LATER);
        product.start_again().await;
        product.settled().await;
        assert_eq!(product.messagecentral.messages().len(), sent, "{mode:?}");
        assert!(product.twilio.messages().is_empty());
        assert!(product.notices().await[0].starts_with("It is not known whether a reply was sent"));
        let id = between(product.twilio.number(), ANN);
        let attempts = product.store.attempts_of(&id).await.unwrap();
        assert_eq!((attempts.len(), attempts[0].status()), (1, Status::Unknown));

        product.text(ANN, "Hello?").await;
        product.settled().await;
        let prompt = product.openai.requests()[1]["messages"][0]["content"].to_string();
        assert!(prompt.contains("It is not known whether your last reply reached"), "{prompt}");
    }
}

#[tokio::test]
async fn two_that_share_a_folder_answer_once() {
    let mut product = Product::start(&["twilio"]).await;
    let _other = product.start_another().await;
    product.openai.switch.set(Mode::Holds);
    product.text(ANN, "My tap drips").await;
    // The other finds it due, and cannot know that somebody thinks about it already.
    product.openai.wait_for_requests(2).await;
    product.openai.switch.set(Mode::Works);
    product.settled().await;
    product.stop().await;
    assert_eq!(product.twilio.texts_to(ANN), ["You said: My tap drips"]);
}

/// Ends the program while a reply is at a provider that has not answered.
async fn crash_while_sending(product: &mut Product, mode: &Mode) {
    product.twilio.switch.set(mode.clone());
    product.messagecentral.switch.set(mode.clone());
    product.text(ANN, "My tap drips").await;
    let id = between(product.twilio.number(), ANN);
    until("the request to arrive", async || {
        let taken = product.twilio.messages().len() + product.messagecentral.messages().len();
        let begun = !product.store.attempts_of(&id).await.unwrap().is_empty();
        begun && taken == usize::from(*mode == Mode::HangsAfter)
    })
    .await;
    product.kill();
    product.twilio.switch.set(Mode::Works);
    product.messagecentral.switch.set(Mode::Works);
}
