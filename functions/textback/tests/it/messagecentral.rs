//! `MessageCentral`'s inbound calls, whose form is documented nowhere.

use std::time::Duration;

use fakes::InboundShape;
use jiff::Timestamp;
use product::{ANN, BOB, Product, WEBHOOK_TOKEN, between};
use sms::Status;

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
        let call = product.companies.messagecentral.inbound(
            &product.route(),
            WEBHOOK_TOKEN,
            &shape,
            &person,
            "My tap drips",
        );
        assert_eq!(product.post(&call).await.status, 200);
        assert_eq!(product.post(&call).await.status, 200);
        product.settled().await;
        let replies = product.companies.messagecentral.texts_to(&person);
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
        let call = product.companies.messagecentral.raw(&route, WEBHOOK_TOKEN, "text/plain", body);
        assert_eq!(product.post(&call).await.status, 200);
        product.settled().await;
    }
    assert_eq!(
        product.companies.messagecentral.texts_to(ANN),
        ["My tap", "My sink", "My roof", "My nose", "Everything"]
            .map(|what| format!("You said: {what} drips"))
    );
}

#[tokio::test]
async fn fields_with_other_names_are_found_by_a_setting() {
    let fields = [("MC_INBOUND_FIELDS", "from=cli,text=payload,id=ref")];
    let mut product = Product::start_with(&["messagecentral"], &fields).await;
    let shape =
        InboundShape { from: "cli", text: "payload", id: Some("ref"), ..Default::default() };
    let route = product.route();
    let call = product.companies.messagecentral.inbound(
        &route,
        WEBHOOK_TOKEN,
        &shape,
        ANN,
        "My tap drips",
    );
    product.post(&call).await;
    product.settled().await;
    assert_eq!(product.companies.messagecentral.texts_to(ANN), ["You said: My tap drips"]);
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
        let call =
            product.companies.messagecentral.inbound(&route, WEBHOOK_TOKEN, &shape, person, text);
        assert_eq!(product.post(&call).await.status, 200);
        product.settled().await;
    }
    let replies = ["You said: My tap drips", "You said: Yes", "You said: My tap drips"];
    assert_eq!(product.companies.messagecentral.texts_to(ANN), replies);
    assert_eq!(product.companies.messagecentral.texts_to(BOB), ["You said: My tap drips"]);
}

#[tokio::test]
async fn a_report_in_the_form_of_a_text_is_not_answered() {
    let mut product = Product::start(&["messagecentral"]).await;
    product.openai.says("Could you tell me what is to be done?");
    let route = product.route();
    let post = async |product: &mut Product, body: &str| {
        let call =
            product.companies.messagecentral.raw(&route, WEBHOOK_TOKEN, "application/json", body);
        assert_eq!(product.post(&call).await.status, 200);
        product.settled().await;
    };
    post(&mut product, r#"{"from":"12025550143","message":"My tap drips"}"#).await;
    let sent = product.companies.messagecentral.messages().remove(0).verification_id;
    let report = format!(
        r#"{{"messageId":"{sent}","mobileNumber":"12025550143","senderId":"TEXTBK",
        "status":"DELIVRD","messageBody":"Could you tell me what is to be done?"}}"#
    );
    post(&mut product, &report).await;
    // The same without its status field.
    post(&mut product, &report.replace(r#""status":"DELIVRD","#, "")).await;
    assert_eq!(product.companies.messagecentral.texts_to(ANN).len(), 1);
    assert_eq!(product.openai.requests().len(), 1);
    let id = between("messagecentral", ANN);
    let attempt = product.store.attempts_of(&id).await.unwrap().remove(0);
    assert_eq!(attempt.status(), Status::Delivered);
}

#[tokio::test]
async fn an_id_shared_by_all_texts_swallows_none() {
    let mut product = Product::start(&["messagecentral"]).await;
    for body in [
        r#"[{"from":"12025550143","message":"First","messageId":0},
            {"from":"12025550143","message":"Second, other words","messageId":0}]"#,
        r#"{"from":"12025550143","message":"Third","messageId":"474098"}"#,
        r#"{"from":"12025550143","message":"Fourth","messageId":"474098"}"#,
        r#"{"from":"12025550143","message":"Fourth","messageId":"474098"}"#,
        r#"{"from":"12025550143","message":"yes","time":"29/11/2026 10:15"}"#,
        r#"{"from":"12025550143","message":"yes","time":"29/11/2026 10:16"}"#,
        r#"{"from":"12025550143","message":"yes","time":"29/11/2026 10:16"}"#,
    ] {
        let route = product.route();
        let call =
            product.companies.messagecentral.raw(&route, WEBHOOK_TOKEN, "application/json", body);
        assert_eq!(product.post(&call).await.status, 200);
        product.settled().await;
    }
    let said = ["First", "Second, other words", "Third", "Fourth", "yes", "yes"];
    let asked = product.openai.requests();
    let prompts = asked.last().unwrap()["messages"].to_string();
    for words in &said[..4] {
        assert!(prompts.contains(words), "{words}");
    }
    assert_eq!(prompts.matches(r#""yes""#).count(), 2);
}

#[tokio::test]
async fn a_national_number_is_kept_until_its_country_is_known() {
    const INDIA: &str = "+919876543211";
    let mut product = Product::start(&["messagecentral"]).await;
    for body in [
        r#"{"from":"9876543211","to":"TEXTBK","message":"My tap drips","messageId":"m-1"}"#,
        r#"{"from":"9876543211","to":"TEXTBK","message":"Stop","messageId":"m-2"}"#,
    ] {
        let route = product.route();
        let call =
            product.companies.messagecentral.raw(&route, WEBHOOK_TOKEN, "application/json", body);
        assert_eq!(product.post(&call).await.status, 200);
    }
    product.settled().await;
    assert!(product.companies.messagecentral.messages().is_empty());
    let logged = product.process.logged();
    let unheard = logged.iter().filter(|line| line.contains(r#""alarm":"stop.unheard""#)).count();
    assert_eq!(unheard, 1);

    product.stop().await;
    product.settings.insert("MC_COUNTRY".into(), "91".into());
    product.start_again().await;
    assert_eq!(product.run(&["quarantine", "replay"], "").await.code, Some(0));
    product.settled().await;
    let id = between("messagecentral", INDIA);
    let loaded = product.store.load(&id, Timestamp::now()).await.unwrap().unwrap();
    assert!(loaded.stop.is_some());
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
        let call = product.companies.messagecentral.raw(
            &product.route(),
            WEBHOOK_TOKEN,
            "application/json",
            body,
        );
        assert_eq!(product.post(&call).await.status, 200);
    }
    let mut call =
        product.companies.messagecentral.raw(&product.route(), WEBHOOK_TOKEN, "text/plain", "");
    call.body = b"text=\xff\xfe".to_vec();
    assert_eq!(product.post(&call).await.status, 200);

    let kept = product.store.quarantined(10).await.unwrap();
    for body in bodies {
        assert!(kept.iter().any(|call| call.body == body && !call.base64), "{body}");
    }
    assert!(kept.iter().any(|call| call.body == "dGV4dD3//g==" && call.base64));
    // One notice for each form: a call with known names, one with only a text, and those without
    // any. A sender that is a name needs no notice.
    assert_eq!(product.notices().await.len(), 3);
    assert!(product.openai.requests().is_empty());
}
