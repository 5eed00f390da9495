//! STOP, START and HELP: who may be texted, and who answers.

use std::time::Duration;

use fakes::Mode;
use product::{ANN, BOB, Product, between, until};

const STOPPED: &str = "Handy Home: You are unsubscribed and will get no more texts from us. \
                       Reply START if you change your mind.";
const STARTED: &str = "Handy Home: You are back, and can text us any time. Message and data rates \
                       may apply. Reply STOP to stop.";
const HELP: &str = "Handy Home: Call (202) 555-0120 or write to hello@handy-home.test. Msg & data rates \
                    may apply. Reply STOP to opt out.";

#[tokio::test]
async fn a_stop_while_the_agent_thinks_is_the_end_by_every_provider() {
    let mut product = Product::start(&["messagecentral", "twilio"]).await;
    product.openai.switch.set(Mode::Holds);
    product.text_by("twilio", ANN, "My tap drips").await;
    product.openai.wait_for_requests(1).await;
    product.text_by("twilio", ANN, "Stop").await;
    product.openai.switch.set(Mode::Works);
    product.settled().await;
    product.text_by("twilio", ANN, "Hello?").await;
    product.text_by("messagecentral", ANN, "Hello there?").await;
    product.settled().await;
    assert!(
        product.companies.twilio.messages().is_empty()
            && product.companies.messagecentral.messages().is_empty()
    );
    assert_eq!(product.openai.requests().len(), 1);

    product.text_by("twilio", ANN, "START").await;
    product.text_by("twilio", ANN, "My tap still drips").await;
    product.settled().await;
    let replies = product.companies.twilio.texts_to(ANN);
    assert!(
        matches!(&replies[..], [reply] if reply.ends_with("My tap still drips")),
        "{replies:?}"
    );
    assert!(product.companies.messagecentral.messages().is_empty());
    // Twilio itself sent the rest.
    assert_eq!(product.companies.twilio.own_replies_to(ANN).len(), 2);
}

#[tokio::test]
async fn a_stop_that_no_provider_confirms_is_confirmed_once() {
    let mut product = Product::start(&["messagecentral", "twilio"]).await;
    product.openai.switch.set(Mode::Holds);
    product.text_by("messagecentral", ANN, "My tap drips").await;
    product.openai.wait_for_requests(1).await;
    product.text_by("messagecentral", ANN, " stop. ").await;
    product.openai.switch.set(Mode::Works);
    product.settled().await;
    for text in ["Unsubscribe", "HELP", "Please answer"] {
        product.text_by("messagecentral", ANN, text).await;
        product.settled().await;
    }
    assert_eq!(product.companies.messagecentral.texts_to(ANN), [STOPPED]);
    assert!(product.companies.twilio.messages().is_empty());
}

#[tokio::test]
async fn a_stop_to_one_number_of_ours_holds_for_the_others() {
    let mut product = Product::start(&["messagecentral", "twilio"]).await;
    product.openai.switch.set(Mode::Holds);
    product.text_by("twilio", ANN, "My tap drips").await;
    product.openai.wait_for_requests(1).await;
    product.text_by("messagecentral", ANN, "STOP").await;
    product.companies.messagecentral.wait_for_messages(1).await;
    product.openai.switch.set(Mode::Works);
    product.settled().await;
    assert_eq!(product.companies.messagecentral.texts_to(ANN), [STOPPED]);
    assert!(product.companies.twilio.messages().is_empty());
}

#[tokio::test]
async fn a_stop_while_the_first_provider_is_slow_spares_the_second() {
    let mut product = Product::start(&["messagecentral", "twilio"]).await;
    product.companies.twilio.switch.set(Mode::Holds);
    product.text_by("twilio", ANN, "My tap drips").await;
    let id = between("twilio", ANN);
    until("the reply to be sent", async || {
        !product.store.attempts_of(&id).await.unwrap().is_empty()
    })
    .await;
    product.text_by("twilio", ANN, "STOP").await;
    product.companies.twilio.switch.set(Mode::Fails(429, String::new()));
    product.settled().await;
    assert!(
        product.companies.messagecentral.messages().is_empty()
            && product.companies.twilio.messages().is_empty()
    );
}

#[tokio::test]
async fn a_stop_that_only_twilio_knows_is_recorded_when_it_refuses() {
    let mut product = Product::start(&["messagecentral", "twilio"]).await;
    product.companies.twilio.opt_out(ANN);
    product.companies.messagecentral.no_credit();
    product.text_by("twilio", ANN, "My tap drips").await;
    product.settled().await;
    product.companies.messagecentral.accept();
    product.text_by("twilio", ANN, "Hello?").await;
    product.text_by("messagecentral", ANN, "Hello there?").await;
    product.settled().await;
    assert!(
        product.companies.messagecentral.messages().is_empty()
            && product.companies.twilio.messages().is_empty()
    );
    assert_eq!(product.openai.requests().len(), 1);
}

#[tokio::test]
async fn a_keyword_that_twilio_took_for_a_stop_is_one_in_any_language() {
    let mut product = Product::start(&["messagecentral", "twilio"]).await;
    let fields = [
        ("MessageSid", "SM00000000000000000000000000000001"),
        ("From", ANN),
        ("To", product.companies.twilio.number()),
        ("Body", "ARRET"),
        ("OptOutType", "STOP"),
        ("AccountSid", product.companies.twilio.account_sid()),
    ];
    let call =
        product.companies.twilio.signed(&product.route(), "/webhooks/twilio/inbound", &fields);
    assert_eq!(product.post(&call).await.status, 200);
    product.text_by("twilio", ANN, "Hello?").await;
    product.text_by("messagecentral", ANN, "Hello there?").await;
    product.settled().await;
    assert!(
        product.companies.twilio.messages().is_empty()
            && product.companies.messagecentral.messages().is_empty()
    );
    assert!(product.openai.requests().is_empty());
}

#[tokio::test]
async fn yes_opts_in_again_after_a_stop_and_is_an_ordinary_word_otherwise() {
    let mut product = Product::start(&["messagecentral"]).await;
    for text in ["Yes", "STOP", "Yes", "Yes"] {
        product.text_by("messagecentral", ANN, text).await;
        product.settled().await;
    }
    let replies = ["You said: Yes", STOPPED, STARTED, "You said: Yes"];
    assert_eq!(product.companies.messagecentral.texts_to(ANN), replies);
}

#[tokio::test]
async fn help_is_answered_once_by_us_or_by_twilio() {
    let mut product = Product::start(&["messagecentral", "twilio"]).await;
    product.text_by("messagecentral", ANN, "help").await;
    product.text_by("twilio", BOB, "HELP").await;
    product.settled().await;
    assert_eq!(product.companies.messagecentral.texts_to(ANN), [HELP]);
    assert!(
        product.companies.messagecentral.texts_to(BOB).is_empty()
            && product.companies.twilio.messages().is_empty()
    );
    assert_eq!(product.companies.twilio.own_replies_to(BOB).len(), 1);
    assert!(product.openai.requests().is_empty());
}

#[tokio::test]
async fn the_pretend_phone_is_told_of_its_stop_once() {
    let mut product = Product::start(&["mock"]).await;
    for text in ["STOP", "STOP", "Anybody there?", "START"] {
        product.text_mock(ANN, text).await;
        product.settled().await;
    }
    assert_eq!(product.replies(&between("mock", ANN)).await, [STOPPED, STARTED]);
}

#[tokio::test]
async fn a_captured_stop_has_no_effect_later() {
    let mut product = Product::start(&["messagecentral"]).await;
    let shape = fakes::InboundShape::default();
    let token = product::WEBHOOK_TOKEN;
    let stop =
        product.companies.messagecentral.inbound(&product.route(), token, &shape, ANN, "STOP");
    assert_eq!(product.post(&stop).await.status, 200);
    product.text_by("messagecentral", ANN, "START").await;
    product.settled().await;
    product.as_if_later(Duration::from_hours(72));
    assert_eq!(product.post(&stop).await.status, 200);
    product.settled().await;
    product.text_by("messagecentral", ANN, "My tap drips").await;
    product.settled().await;
    let replies = product.companies.messagecentral.texts_to(ANN);
    assert!(replies.last().unwrap().ends_with("My tap drips"), "{replies:?}");
}
