use http::HeaderValue;

use sms::{Http, Mock, Provider, WebhookError};

use crate::harness::{
    ReceiveCase, SECRET, check_receive, outgoing, receive, received_line, request,
};

const INBOUND: &str = "POST /webhooks/mock/inbound";
const TEXT: &str = r#"{"from":"+12025550143","to":"+12025550100","text":"Noon?","id":"1"}"#;

#[tokio::test]
async fn accepts_everything_and_carries_nothing() {
    let sent = mock("http://localhost:5000").send(&Http::new(), &outgoing("Noon")).await;
    assert_eq!(sent.unwrap(), "mock-attempt-1");
}

#[tokio::test]
async fn receives() {
    check_receive(
        |_| mock("http://localhost:5000"),
        |secret, call| {
            let ours = secret == SECRET;
            from_page(call, if ours { "http://localhost:5000" } else { "https://evil.example" })
        },
        &[
            ReceiveCase {
                name: "a text",
                call: INBOUND,
                body: TEXT,
                outcome: "1 +12025550143 -> +12025550100: Noon?",
            },
            ReceiveCase {
                name: "a text, as short as can be",
                call: INBOUND,
                body: r#"{"from":"+12025550143","text":""}"#,
                outcome: "- +12025550143 -> mock: ",
            },
            ReceiveCase {
                name: "a receipt",
                call: "POST /webhooks/mock/status",
                body: r#"{"message":"mock-7","attempt":"7","status":"delivered"}"#,
                outcome: "mock-7 of 7: Delivered (delivered)",
            },
            ReceiveCase {
                name: "a receipt with a code",
                call: "POST /webhooks/mock/status",
                body: r#"{"message":"mock-7","status":"failed","code":"508"}"#,
                outcome: "mock-7 of -: Failed (failed 508)",
            },
            ReceiveCase {
                name: "a receipt of nothing known",
                call: "POST /webhooks/mock/status",
                body: r#"{"message":"mock-7","status":"evaporated"}"#,
                outcome: "malformed: no such status",
            },
            ReceiveCase {
                name: "a number that is none",
                call: INBOUND,
                body: r#"{"from":"Noon","text":"Hi"}"#,
                outcome: "malformed: neither a text nor a receipt as JSON",
            },
            ReceiveCase {
                name: "broken JSON",
                call: INBOUND,
                body: "{",
                outcome: "malformed: neither a text nor a receipt as JSON",
            },
        ],
    )
    .await;
}

#[tokio::test]
async fn believes_pages_of_ours_and_of_this_machine() {
    let believed = async |public_url, origin| {
        let call = from_page(request(INBOUND, TEXT), origin);
        receive(&mock(public_url), &call).await != Err(WebhookError::Forged)
    };
    assert!(believed("http://localhost:5000", "http://127.0.0.1:5000").await);
    assert!(believed("http://localhost:5000", "http://[::1]:5000").await);
    assert!(believed("https://text.example", "https://text.example").await);
    assert!(!believed("https://text.example", "http://text.example").await);
    assert!(!believed("https://text.example", "https://text.example.evil.example").await);
    assert!(!believed("http://localhost:5000", "http://localhost:5001").await);
    assert!(!believed("http://localhost:5000", "http://evil.example:5000").await);
    assert!(!believed("http://localhost:5000", "null").await);
}

#[tokio::test]
async fn believes_a_program_but_no_form() {
    let typed = async |content_type: &str| {
        let mut call = request(INBOUND, TEXT);
        call.headers_mut().insert("content-type", content_type.parse().unwrap());
        received_line(&receive(&mock("http://localhost:5000"), &call).await)
    };
    assert_eq!(
        typed("application/json; charset=utf-8").await,
        "1 +12025550143 -> +12025550100: Noon?"
    );
    assert_eq!(typed("text/plain").await, "forged");
    let untyped = receive(&mock("http://localhost:5000"), &request(INBOUND, TEXT)).await;
    assert_eq!(untyped, Err(WebhookError::Forged));
}

fn mock(public_url: &str) -> Mock {
    Mock { public_url: public_url.parse().unwrap() }
}

fn from_page(mut call: http::Request<bytes::Bytes>, origin: &str) -> http::Request<bytes::Bytes> {
    call.headers_mut().insert("content-type", HeaderValue::from_static("application/json"));
    call.headers_mut().insert("origin", origin.parse().unwrap());
    call
}
