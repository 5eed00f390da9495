//! `MessageCentral`'s inbound calls, whose form nobody knows for certain.

use std::time::Duration;

use fakes::InboundShape;

use crate::product::{ANN, BOB, Product, WEBHOOK_TOKEN};

#[tokio::test]
async fn every_likely_form_of_a_call_is_understood() {
    let likely = InboundShape::default();
    let shapes = [
        likely.clone(),
        InboundShape { json: false, ..likely.clone() },
        InboundShape { from: "mobileNumber", text: "text", id: Some("msgId"), ..likely.clone() },
        InboundShape { from: "sender", to: "recipient", text: "body", ..likely.clone() },
        InboundShape { json: false, from: "msisdn", text: "content", ..likely.clone() },
        InboundShape { id: None, time: Some("timestamp"), ..likely.clone() },
    ];
    let mut product = Product::start(&["messagecentral"]).await;
    for (number, shape) in (10..).zip(shapes) {
        let person = format!("+120255501{number}");
        let call = product.messagecentral.inbound(
            &product.route(),
            WEBHOOK_TOKEN,
            &shape,
            &person,
            "My tap drips",
        );
        assert_eq!(product.post(&call).await.status, 200);
        assert_eq!(product.post(&call).await.status, 200);
        product.settled().await;
        let replies = product.messagecentral.texts_to(&person);
        assert_eq!(replies, ["You said: My tap drips"], "{shape:?}");
    }
}

#[tokio::test]
async fn numbers_are_read_however_they_are_written() {
    let mut product = Product::start(&["messagecentral"]).await;
    let bodies = [
        r#"{"from":"+1 (202) 555-0143","text":"My tap drips"}"#,
        r#"{"from":12025550143,"text":"My sink drips"}"#,
        r#"{"mobileNumber":"2025550143","countryCode":"1","text":"My roof drips"}"#,
        r#"{"data":{"messages":[{"msisdn":"0012025550143","content":"My nose drips"}]}}"#,
        "from=+12025550143&text=Everything+drips",
    ];
    for body in bodies {
        let route = product.route();
        let call = product.messagecentral.raw(&route, WEBHOOK_TOKEN, "text/plain", body);
        assert_eq!(product.post(&call).await.status, 200);
        product.settled().await;
    }
    assert_eq!(
        product.messagecentral.texts_to(ANN),
        ["My tap", "My sink", "My roof", "My nose", "Everything"]
            .map(|what| format!("You said: {what} drips"))
    );
}

#[tokio::test]
async fn fields_of_other_names_are_found_where_the_owner_says() {
    let fields = [("MC_INBOUND_FIELDS", "from=cli,text=payload,id=ref")];
    let mut product = Product::start_with(&["messagecentral"], &fields).await;
    let shape =
        InboundShape { from: "cli", text: "payload", id: Some("ref"), ..Default::default() };
    let route = product.route();
    let call = product.messagecentral.inbound(&route, WEBHOOK_TOKEN, &shape, ANN, "My tap drips");
    product.post(&call).await;
    product.settled().await;
    assert_eq!(product.messagecentral.texts_to(ANN), ["You said: My tap drips"]);
}

#[tokio::test]
async fn without_an_id_the_same_words_are_a_repeat_for_two_minutes() {
    let shape = InboundShape { id: None, ..Default::default() };
    let mut product = Product::start(&["messagecentral"]).await;
    for (person, text, passed) in [
        (ANN, "My tap drips", 0),
        (ANN, "My tap drips", 100),
        (BOB, "My tap drips", 0),
        (ANN, "Yes", 0),
        (ANN, "My tap drips", 100),
    ] {
        product.as_if_later(Duration::from_secs(passed));
        let route = product.route();
        let call = product.messagecentral.inbound(&route, WEBHOOK_TOKEN, &shape, person, text);
        assert_eq!(product.post(&call).await.status, 200);
        product.settled().await;
    }
    let replies = ["You said: My tap drips", "You said: Yes", "You said: My tap drips"];
    assert_eq!(product.messagecentral.texts_to(ANN), replies);
    assert_eq!(product.messagecentral.texts_to(BOB), ["You said: My tap drips"]);
}

#[tokio::test]
async fn a_genuine_call_that_cannot_be_read_is_kept_whole_and_the_operator_is_told() {
    let mut product = Product::start(&["messagecentral"]).await;
    let bodies = [
        r#"{"cli":"+12025550143","payload":"My tap drips"}"#,
        r#"{"from":"+12025550143","#,
        "from=Ann&text=My+tap+drips",
        "",
        &"[".repeat(100_000),
    ];
    for body in bodies {
        let call =
            product.messagecentral.raw(&product.route(), WEBHOOK_TOKEN, "application/json", body);
        assert_eq!(product.post(&call).await.status, 200);
    }
    let mut call = product.messagecentral.raw(&product.route(), WEBHOOK_TOKEN, "text/plain", "");
    call.body = b"text=\xff\xfe".to_vec();
    assert_eq!(product.post(&call).await.status, 200);

    let kept = product.store.quarantined(10).await.unwrap();
    for body in bodies {
        assert!(kept.iter().any(|call| call.body == body && !call.base64), "{body}");
    }
    assert!(kept.iter().any(|call| call.body == "dGV4dD3//g==" && call.base64));
    // One for each form: two calls with known names, one with a text alone, and those without any.
    assert_eq!(product.notices().await.len(), 4);
    assert!(product.openai.requests().is_empty());
}
