//! The mock: open only to those whom the console lets in, and separate from real people.

use product::{ANN, PASSWORD, Product};
use reqwest::{Method, RequestBuilder};
use serde_json::json;

const INBOUND: &str = "/webhooks/mock/inbound";
const STATUS: &str = "/webhooks/mock/status";

const AT_HOME: (&str, &str) = ("PUBLIC_URL", "");
const NO_PASSWORD: (&str, &str) = ("CONSOLE_PASSWORD", "");

/// It would text anybody at the owner's cost, silence customers, and lift their opt-outs.
#[tokio::test]
async fn a_stranger_neither_texts_nor_stops_nor_starts_anybody() {
    for settings in [&[][..], &[AT_HOME, NO_PASSWORD], &[("SMS_PROVIDERS", "twilio,mock")]] {
        let product = Product::start_with(&["twilio", "mock"], settings).await;
        product.settled().await;
        for text in ["Buy now", "STOP", "START", "HELP"] {
            let body = json!({ "from": ANN, "text": text });
            for call in disguised(&product, INBOUND) {
                assert_eq!(status_of(call.json(&body)).await, 403, "{text}");
            }
        }
        for call in disguised(&product, STATUS) {
            let body = json!({ "message": "mock-1", "status": "delivered" });
            assert_eq!(status_of(call.json(&body)).await, 403);
        }
        assert_eq!(product.documents(), 0);
        assert!(
            product.companies.twilio.messages().is_empty() && product.openai.requests().is_empty()
        );
    }
}

#[tokio::test]
async fn a_stop_that_a_person_sent_is_not_lifted_by_a_stranger() {
    let settings = [("SMS_PROVIDERS", "mock,twilio")];
    let mut product = Product::start_with(&["twilio", "mock"], &settings).await;
    product.text(ANN, "STOP").await;
    product.settled().await;
    let before = product.documents();
    for call in disguised(&product, INBOUND) {
        assert_eq!(status_of(call.json(&json!({ "from": ANN, "text": "START" }))).await, 403);
    }
    assert_eq!(product.documents(), before);
    let ran = product.run(&["send", ANN, "We are on our way"], "").await;
    assert_eq!(ran.said, ["error: this person has said STOP: nothing was sent"]);
}

#[tokio::test]
async fn a_stranger_on_this_machine_spends_nothing_either() {
    let mut product = Product::start_with(&[], &[AT_HOME, NO_PASSWORD]).await;
    for call in disguised(&product, INBOUND) {
        assert_eq!(status_of(call.json(&json!({ "from": ANN, "text": "Hi" }))).await, 403);
    }
    assert!(product.documents() == 0 && product.openai.requests().is_empty());
    product.text_mock(ANN, "Hi").await;
    product.settled().await;
    assert_eq!(product.openai.requests().len(), 1);
}

#[tokio::test]
async fn a_page_of_somebody_elses_texts_nobody_whatever_the_browser_shows_for_it() {
    let product = Product::start_with(&["mock"], &[AT_HOME, NO_PASSWORD]).await;
    let body = json!({ "from": ANN, "text": "Hi" });
    for (name, value) in [
        ("origin", "https://evil.example.test"),
        ("origin", "http://localhost:3000"),
        ("origin", "null"),
        ("sec-fetch-site", "cross-site"),
        ("sec-fetch-site", "same-site"),
    ] {
        let call = product.known(Method::POST, INBOUND).header(name, value).json(&body);
        assert_eq!(status_of(call).await, 403, "{name}: {value}");
    }
    assert_eq!(product.documents(), 0);
}

/// Texts from the mock are answered through the mock, whichever provider comes first.
#[tokio::test]
async fn what_comes_by_the_mock_leaves_by_no_company_and_the_other_way_round() {
    for order in ["twilio,mock", "mock,twilio"] {
        let settings = [("SMS_PROVIDERS", order)];
        let mut product = Product::start_with(&["twilio", "mock"], &settings).await;
        product.text_mock("+12025550101", "My tap drips").await;
        product.settled().await;
        assert!(product.companies.twilio.messages().is_empty(), "{order}");
        product.text(ANN, "My sink leaks").await;
        product.settled().await;
        assert_eq!(product.companies.twilio.texts_to(ANN), ["You said: My sink leaks"], "{order}");
    }
}

/// Calls without proof, or with something that is not proof.
fn disguised(product: &Product, path: &str) -> Vec<RequestBuilder> {
    let call = || product.call(Method::POST, path);
    let home = product.home();
    vec![
        call(),
        call().header("host", "localhost").header("origin", &home),
        call().header("sec-fetch-site", "same-origin"),
        call().header("cookie", "console-5000=0"),
        call().query(&[("token", PASSWORD)]),
        call().bearer_auth(PASSWORD),
        call().basic_auth(PASSWORD, Some("")),
    ]
}

async fn status_of(call: RequestBuilder) -> u16 {
    call.send().await.unwrap().status().as_u16()
}
