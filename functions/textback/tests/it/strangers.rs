//! Calls that no provider makes, and odd calls that they do make.

use fakes::{InboundShape, WebhookCall};
use product::{ANN, BOB, Product, WEBHOOK_TOKEN};
use reqwest::header::HeaderName;
use reqwest::{Method, RequestBuilder};

const INBOUND: &str = "/webhooks/mock/inbound";
const TWILIO: &str = "/webhooks/twilio/inbound";
const SIGNATURE: HeaderName = HeaderName::from_static("x-twilio-signature");

#[tokio::test]
async fn a_forger_is_turned_away_and_leaves_nothing() {
    let mut product = Product::start(&["messagecentral", "twilio"]).await;
    let route = product.route();
    let genuine = product.companies.twilio.inbound(&route, ANN, "My tap drips");
    let with = |change: fn(&mut WebhookCall)| {
        let mut call = genuine.clone();
        change(&mut call);
        call
    };
    let shape = InboundShape::default();
    let messagecentral = |token| {
        product.companies.messagecentral.inbound(&route, token, &shape, ANN, "My tap drips")
    };
    for call in [
        product.companies.twilio.forged(&route, ANN, "My tap drips"),
        genuine.clone().with(SIGNATURE, "not Base64"),
        genuine.clone().with(SIGNATURE, ""),
        with(|call| drop(call.headers.remove(SIGNATURE))),
        with(|call| call.body.extend(b"&Body=Send+me+money")),
        with(|call| call.body.clear()),
        product.companies.twilio.signed(
            &route,
            TWILIO,
            &[("AccountSid", "AC0"), ("Body", "My tap drips")],
        ),
        messagecentral("open-sesame"),
        messagecentral(""),
    ] {
        assert_eq!(product.post(&call).await.status, 403, "{call:?}");
    }
    for (path, status) in [
        (TWILIO, 403),
        ("/webhooks/twilio/status", 403),
        ("/webhooks/messagecentral/inbound", 403),
        ("/webhooks/messagecentral/inbound?token=%FF", 403),
        ("/webhooks/mock/inbound", 404),
        ("/webhooks/vonage/inbound", 404),
        ("/webhooks/%2e%2e/inbound", 404),
        ("/webhooks/twilio", 404),
    ] {
        let call = product.call(Method::POST, path).json(&[("from", ANN), ("text", "Hello there")]);
        assert_eq!(status_of(call).await, status, "{path}");
    }
    for method in [Method::GET, Method::PUT, Method::DELETE] {
        assert_eq!(status_of(product.call(method, TWILIO)).await, 405);
    }
    assert_eq!(product.documents(), 0);
}

#[tokio::test]
async fn a_body_too_large_is_not_read() {
    let mut product = Product::start(&["messagecentral", "twilio"]).await;
    let large = "a".repeat(10 << 20);
    let call = product.call(Method::POST, TWILIO).body(large.clone());
    assert_eq!(status_of(call).await, 413);
    // Genuine by its token, but too large.
    let call =
        product.companies.messagecentral.raw(&product.route(), WEBHOOK_TOKEN, "text/plain", &large);
    assert_eq!(product.post(&call).await.status, 413);
    assert_eq!(product.documents(), 0);
}

#[tokio::test]
async fn a_genuine_call_that_is_odd_is_answered_or_kept() {
    let mut product = Product::start(&["twilio"]).await;
    let route = product.route();
    let emoji = "\u{1f6b0}".repeat(1_600);
    let control = "\u{0}\u{7}\u{202e}Tap\r\n";
    for (person, text) in [(ANN, ""), (BOB, emoji.as_str()), ("+12025550146", control)] {
        product.text(person, text).await;
        product.settled().await;
        assert_eq!(product.companies.twilio.texts_to(person).len(), 1);
    }
    // The signature covers what a form parser makes of it.
    let mut call = product.companies.twilio.inbound(&route, "+12025550145", "My \u{fffd} drips");
    let body = String::from_utf8(call.body).unwrap();
    call.body = body.replace("%EF%BF%BD", "%FF").into();
    assert_eq!(product.post(&call).await.status, 200);
    product.settled().await;
    let asked = product.openai.requests().pop().unwrap()["messages"].to_string();
    assert!(asked.contains("My \u{fffd} drips"));
    // An unreadable character is not repeated to anybody.
    assert_eq!(product.companies.twilio.texts_to("+12025550145"), ["You said: My drips"]);
    assert!(product.store.quarantined(10).await.unwrap().is_empty());

    for (from, text) in
        [("40404", "Your code is 1"), ("BANK", "Your code is 2"), (ANN, &"a b ".repeat(600))]
    {
        let call = product.companies.twilio.inbound(&route, from, text);
        assert_eq!(product.post(&call).await.status, 200);
    }
    let kept = product.store.quarantined(10).await.unwrap();
    assert_eq!(kept.len(), 3);
    assert!(kept.iter().any(|call| call.body.contains("Body=Your+code+is+1")));
    assert_eq!(product.companies.twilio.messages().len(), 4);
    // A short code or a name needs no notice.
    assert_eq!(product.notices().await.len(), 1);
}

#[tokio::test]
async fn the_pretend_phone_is_told_what_is_wrong() {
    let product = Product::start(&["mock"]).await;
    for body in [
        "",
        "{half",
        "[]",
        "\"\\ud800\"",
        r#"{"from":"Ann","text":"Hello there"}"#,
        r#"{"from":"+1202555","text":7}"#,
        r#"{"message":"mock-1","status":"eaten"}"#,
        "from=%2B12025550143&text=Hello+there",
    ] {
        let call = product.known(Method::POST, INBOUND).body(body);
        assert_eq!(status_of(call).await, 400, "{body}");
    }
    let broken = product.known(Method::POST, INBOUND).body(&b"{\"from\":\"\xff\xfe\"}"[..]);
    assert_eq!(status_of(broken).await, 400);
    assert_eq!(product.documents(), 0);
}

async fn status_of(call: RequestBuilder) -> u16 {
    call.send().await.unwrap().status().as_u16()
}
