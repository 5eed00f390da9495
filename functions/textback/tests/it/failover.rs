//! Two providers, one or both of which fail.

use std::time::Duration;

use fakes::{MessageCentral, Mode};
use product::{ANN, Product, between, until};
use sms::Status;

const BOTH: [&str; 2] = ["messagecentral", "twilio"];

#[tokio::test]
async fn only_the_first_provider_that_works_sends_the_reply() {
    let mut product = Product::start(&BOTH).await;
    product.text_by("messagecentral", ANN, "My tap drips").await;
    product.settled().await;
    assert_eq!(product.companies.messagecentral.texts_to(ANN), ["You said: My tap drips"]);
    assert!(product.companies.twilio.messages().is_empty());
}

#[tokio::test]
async fn a_reply_that_the_first_provider_refuses_goes_out_by_the_second() {
    type Refuse = fn(&MessageCentral);
    let refusals: [(&str, Refuse); 11] = [
        ("no credit", MessageCentral::no_credit),
        ("no credit, said inside a success", |it| it.refuse_inside(508)),
        ("a fault of theirs", |it| it.refuse_with(500, 200)),
        ("a fault of theirs, as a status", |it| it.refuse_with(500, 500)),
        ("not activated", |it| it.refuse_with(913, 200)),
        ("not activated, said inside a success", |it| it.refuse_inside(913)),
        ("a limit", |it| it.refuse_with(800, 400)),
        ("no token is good enough", |it| it.refuse_with(401, 401)),
        ("forbidden", |it| it.refuse_with(403, 403)),
        ("too many requests", |it| it.switch.set(Mode::Fails(429, String::new()))),
        ("no token to be had", |it| {
            it.revoke_tokens();
            it.tokens.set(Mode::Fails(503, "busy".into()));
        }),
    ];
    for (refusal, refuse) in refusals {
        let mut product = Product::start(&BOTH).await;
        refuse(&product.companies.messagecentral);
        product.text_by("messagecentral", ANN, "My tap drips").await;
        product.settled().await;
        assert_eq!(product.companies.twilio.texts_to(ANN), ["You said: My tap drips"], "{refusal}");
        assert!(product.companies.messagecentral.messages().is_empty(), "{refusal}");
    }
}

#[tokio::test]
async fn a_provider_that_cannot_be_reached_is_passed_over() {
    let nobody = [("MC_BASE_URL", "http://127.0.0.1:1")];
    let mut product = Product::start_with(&BOTH, &nobody).await;
    product.text_by("messagecentral", ANN, "My tap drips").await;
    product.settled().await;
    assert_eq!(product.companies.twilio.texts_to(ANN), ["You said: My tap drips"]);
}

#[tokio::test]
async fn a_token_that_ends_early_is_renewed_and_no_other_provider_is_tried() {
    let mut product = Product::start(&BOTH).await;
    product.text_by("messagecentral", ANN, "My tap drips").await;
    product.settled().await;
    product.companies.messagecentral.revoke_tokens();
    product.text_by("messagecentral", ANN, "In the kitchen").await;
    product.settled().await;
    let replies = ["You said: My tap drips", "You said: In the kitchen"];
    assert_eq!(product.companies.messagecentral.texts_to(ANN), replies);
    assert!(product.companies.twilio.messages().is_empty());
}

#[tokio::test]
async fn a_reply_that_both_refuse_goes_out_once_when_one_is_back() {
    let mut product = Product::start(&BOTH).await;
    product.companies.messagecentral.no_credit();
    product.companies.twilio.refuse_with(20429);
    product.text_by("messagecentral", ANN, "My tap drips").await;
    until("both to refuse", async || {
        let notices = product.notices().await.concat();
        notices.contains("messagecentral refuses") && notices.contains("twilio refuses")
    })
    .await;
    product.companies.twilio.accept();
    product.settled().await;
    assert_eq!(product.companies.twilio.texts_to(ANN), ["You said: My tap drips"]);
    assert!(product.companies.messagecentral.messages().is_empty());
    assert_eq!(product.openai.requests().len(), 1);
}

#[tokio::test]
async fn a_reply_that_all_refuse_for_ten_minutes_is_given_up_and_reported() {
    let mut product = Product::start(&BOTH).await;
    product.companies.messagecentral.no_credit();
    product.companies.twilio.refuse_with(20429);
    product.text_by("messagecentral", ANN, "My tap drips").await;
    let told = async |words: &str| product.notices().await.iter().any(|it| it.contains(words));
    until("both to refuse", async || told("twilio refuses").await).await;
    product.as_if_later(Duration::from_mins(10));
    product.settled().await;
    product.companies.messagecentral.accept();
    product.companies.twilio.accept();
    let notices = product.notices().await;
    assert!(notices.iter().any(|it| it.starts_with("A reply was given up")), "{notices:?}");
    product.text_by("messagecentral", ANN, "Hello?").await;
    product.settled().await;
    let heard =
        [product.companies.messagecentral.texts_to(ANN), product.companies.twilio.texts_to(ANN)]
            .concat();
    assert_eq!(heard, ["You said: Hello?"]);
    let prompt = product.openai.requests()[1]["messages"][0]["content"].to_string();
    assert!(prompt.contains("Your last reply did not reach the person."), "{prompt}");
}

#[tokio::test]
async fn a_reply_that_may_have_been_sent_goes_by_no_other_provider_and_is_reported() {
    let mut product = Product::start(&BOTH).await;
    let modes = [
        (Mode::HangsAfter, 1),
        (Mode::CutsAfter, 1),
        (Mode::Nonsense, 1),
        (Mode::Fails(502, "Bad Gateway".into()), 0),
    ];
    // The first request hangs until its timeout, and the others are made meanwhile.
    for (number, (mode, _)) in (10..).zip(&modes) {
        product.companies.messagecentral.switch.set(mode.clone());
        product.text_by("messagecentral", &format!("+120255501{number}"), "My tap drips").await;
        let id = between("twilio", &format!("+120255501{number}"));
        until("the request to arrive", async || match mode {
            Mode::HangsAfter => product.companies.messagecentral.messages().len() == 1,
            _ => product.store.attempts_of(&id).await.unwrap().iter().any(is_unknown),
        })
        .await;
    }
    product.settled().await;
    for (number, (mode, sent)) in (10..).zip(&modes) {
        let person = format!("+120255501{number}");
        assert_eq!(product.companies.messagecentral.texts_to(&person).len(), *sent, "{mode:?}");
    }
    assert!(product.companies.twilio.messages().is_empty());
    let told = product.notices().await;
    let told = told.iter().filter(|notice| notice.contains("It is not known whether a reply was"));
    assert_eq!(told.count(), modes.len());
}

#[tokio::test]
async fn a_reply_that_twilio_took_without_an_answer_is_found_there() {
    let mut product = Product::start(&["twilio"]).await;
    product.companies.twilio.switch.set(Mode::CutsAfter);
    product.text(ANN, "My tap drips").await;
    product.settled().await;
    assert_eq!(product.companies.twilio.texts_to(ANN), ["You said: My tap drips"]);
    let id = between("twilio", ANN);
    let attempts = product.store.attempts_of(&id).await.unwrap();
    assert_eq!((attempts.len(), attempts[0].status()), (1, Status::Accepted));
    assert!(product.notices().await.is_empty());
}

fn is_unknown(attempt: &conversations::Attempt) -> bool {
    attempt.status() == Status::Unknown
}
