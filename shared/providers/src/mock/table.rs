use serde_json::json;
use sms::{Http, Provider, Verified, WebhookError};

use super::Mock;
use crate::harness::{outgoing, receive, received_line, request};

const INBOUND: &str = "POST /webhooks/mock/inbound";
const TEXT: &str = r#"{"from":"+12025550143","to":"+12025550100","text":"Noon?","id":"1"}"#;

#[tokio::test]
async fn accepts_everything_and_carries_nothing() {
    let sent = Mock.send(&Http::new(), &outgoing("Noon")).await;
    assert_eq!(sent.unwrap(), "mock-attempt-1");
}

#[tokio::test]
async fn proves_nothing() {
    let mut call = request(INBOUND, TEXT);
    for (name, value) in [
        ("content-type", "application/json"),
        ("host", "localhost:5000"),
        ("origin", "http://localhost:5000"),
        ("authorization", "Bearer mock"),
    ] {
        call.headers_mut().insert(name, value.parse().unwrap());
        assert_eq!(receive(&Mock, &call).await, Err(WebhookError::Unsigned), "{name}");
    }
}

#[test]
fn reads_what_those_say_who_were_let_in() {
    for (body, outcome) in [
        (TEXT, "1 +12025550143 -> +12025550100: Noon?"),
        (r#"{"from":"+12025550143","text":""}"#, "- +12025550143 -> mock: "),
        (
            r#"{"message":"mock-7","attempt":"7","status":"delivered"}"#,
            "mock-7 of 7: Delivered (delivered)",
        ),
        (
            r#"{"message":"mock-7","status":"failed","code":"508"}"#,
            "mock-7 of -: Failed (failed 508)",
        ),
        (r#"{"message":"mock-7","status":"evaporated"}"#, "malformed: no such status"),
        (r#"{"from":7,"text":"Hi"}"#, "malformed: neither a text nor a receipt as JSON"),
        ("{", "malformed: neither a text nor a receipt as JSON"),
    ] {
        let call = Verified::admitted(request(INBOUND, body));
        assert_eq!(received_line(&Mock.parse(&call)), outcome, "{body}");
    }
    // The second has a digit less than any number of its country.
    for from in ["Noon", "+24051100286"] {
        let body = json!({ "from": from, "text": "Hi" }).to_string();
        let parsed = Mock.parse(&Verified::admitted(request(INBOUND, &body)));
        assert!(received_line(&parsed).starts_with("malformed: `from` is not a telephone number"));
    }
}
