use serde_json::{Map, Value};

use super::{INBOUND, STATUS, sign, vonage};
use crate::harness::{ReceiveCase, check_receive};

#[tokio::test]
async fn receives_texts() {
    check(INBOUND, TEXT, TEXTS).await;
}

#[tokio::test]
async fn receives_reports() {
    check(STATUS, REPORT, REPORTS).await;
}

#[tokio::test]
async fn receives_calls_in_another_form() {
    check_receive(|secret| vonage(String::new(), secret), sign, OTHERS).await;
}

/// Receives what is usual with the fields of each row instead.
async fn check(call: &str, usual: &str, rows: &[(&str, &str, &str)]) {
    let with = |fields: &str| {
        let mut all: Map<String, Value> = serde_json::from_str(usual).unwrap();
        all.extend(serde_json::from_str::<Map<_, _>>(fields).unwrap());
        Value::from(all).to_string()
    };
    let bodies: Vec<_> = rows.iter().map(|(_, fields, _)| with(fields)).collect();
    let cases: Vec<_> = rows
        .iter()
        .zip(&bodies)
        .map(|((name, _, outcome), body)| ReceiveCase { name, call, body, outcome })
        .collect();
    check_receive(|secret| vonage(String::new(), secret), sign, &cases).await;
}

const TEXT: &str = r#"{"message_uuid": "aaaaaaaa-bbbb-4ccc-8ddd-000000000002", "channel": "sms",
    "to": "12025550100", "from": "12025550143", "message_type": "text",
    "timestamp": "2026-01-01T14:00:00.000Z"}"#;

/// A name, what is not as usual, and what it comes to.
const TEXTS: &[(&str, &str, &str)] = &[
    (
        "a text of two parts",
        r#"{"text": "Noon & café 🎉\n", "sms": {"num_messages": "2", "keyword": "NOON"},
            "client_ref": null, "origin": {"network_code": "310260"}}"#,
        "aaaaaaaa-bbbb-4ccc-8ddd-000000000002 +12025550143 -> +12025550100 \
         at 2026-01-01T14:00:00Z: Noon & café 🎉\n",
    ),
    (
        "a picture",
        r#"{"channel": "mms", "message_type": "image", "text": "Noon",
            "image": {"url": "https://api.nexmo.com/v3/media/1", "caption": "Noon"}}"#,
        "aaaaaaaa-bbbb-4ccc-8ddd-000000000002 +12025550143 -> +12025550100 \
         at 2026-01-01T14:00:00Z +1: Noon",
    ),
    (
        "a name",
        r#"{"from": "Oakwood", "text": "Noon"}"#,
        "unreadable: the sender is a short code or a name, which cannot be answered",
    ),
    (
        "something else than a text",
        r#"{"channel": "whatsapp", "text": "Noon"}"#,
        "unreadable: it came by another channel than SMS, MMS and RCS",
    ),
    (
        "an empty text",
        r#"{"text": null}"#,
        "aaaaaaaa-bbbb-4ccc-8ddd-000000000002 +12025550143 -> +12025550100 \
         at 2026-01-01T14:00:00Z: ",
    ),
    ("neither", r#"{"message_type": null}"#, "unreadable: neither a text nor a status"),
    (
        "words and pictures in a list",
        r#"{"channel": "mms", "message_type": "content", "content": [
            {"type": "text", "text": "Noon"},
            {"type": "image", "image": {"url": "https://a.test/1", "caption": "Two"}},
            {"type": "video", "url": "https://a.test/2", "caption": ""}]}"#,
        "aaaaaaaa-bbbb-4ccc-8ddd-000000000002 +12025550143 -> +12025550100 \
         at 2026-01-01T14:00:00Z +2: Noon\nTwo",
    ),
    (
        "what was tapped",
        r#"{"channel": "rcs", "message_type": "reply", "to": "Oakwood",
            "reply": {"id": "1", "title": "Noon"}}"#,
        "aaaaaaaa-bbbb-4ccc-8ddd-000000000002 +12025550143 -> +12025550100 \
         at 2026-01-01T14:00:00Z: Noon",
    ),
    (
        "version 0.1",
        r#"{"from": {"type": "sms", "number": "12025550143"}}"#,
        "unreadable: not of the Messages API, version 1",
    ),
];

const REPORT: &str = r#"{"message_uuid": "aaaaaaaa-bbbb-4ccc-8ddd-000000000001", "channel": "sms",
    "to": "12025550143", "from": "12025550100", "timestamp": "2026-01-01T14:00:00Z",
    "client_ref": "attempt-1", "sms": {"count_total": "2"},
    "usage": {"currency": "EUR", "price": "0.0333"}, "destination": {"network_code": "310260"}}"#;

/// The same of reports.
const REPORTS: &[(&str, &str, &str)] = &[
    (
        "numbers for words, and an error that is none",
        r#"{"status": "delivered", "to": 12025550143, "timestamp": 1, "error": null,
            "from": {}}"#,
        "aaaaaaaa-bbbb-4ccc-8ddd-000000000001 of attempt-1: Delivered (delivered), 0.0333 EUR",
    ),
    (
        "delivered",
        r#"{"status": "delivered"}"#,
        "aaaaaaaa-bbbb-4ccc-8ddd-000000000001 of attempt-1: Delivered (delivered), 0.0333 EUR",
    ),
    (
        "submitted, by somebody else",
        r#"{"status": "submitted", "client_ref": ""}"#,
        "aaaaaaaa-bbbb-4ccc-8ddd-000000000001 of -: Sent (submitted), 0.0333 EUR",
    ),
    (
        "a charge that is none",
        r#"{"status": "delivered", "usage": {"currency": "EUR", "price": "free"}}"#,
        "aaaaaaaa-bbbb-4ccc-8ddd-000000000001 of attempt-1: Delivered (delivered)",
    ),
    (
        "rejected",
        r#"{"status": "rejected",
            "error": {"type": "https://developer.vonage.com/api-errors/messages#1260",
            "title": 1260, "detail": "Destination unreachable", "instance": "1"}}"#,
        "aaaaaaaa-bbbb-4ccc-8ddd-000000000001 of attempt-1: Failed (rejected 1260), 0.0333 EUR",
    ),
    (
        "opted out, found late",
        r#"{"status": "rejected", "error": {"title": "1240"}}"#,
        "aaaaaaaa-bbbb-4ccc-8ddd-000000000001 of attempt-1: Failed (rejected 1240), 0.0333 EUR",
    ),
    (
        "undeliverable, without a code",
        r#"{"status": "undeliverable", "error": {"title": "Text to +12025550143 failed"}}"#,
        "aaaaaaaa-bbbb-4ccc-8ddd-000000000001 of attempt-1: Undelivered (undeliverable), 0.0333 EUR",
    ),
    ("a word that nobody documents", r#"{"status": "vaporized"}"#, "unreadable: an unknown status"),
];

const OTHERS: &[ReceiveCase<'_>] = &[
    ReceiveCase {
        name: "a caption in a list",
        call: INBOUND,
        body: r#"{"channel":"mms","message_type":"content",
                "message_uuid":"11111111-0000-4000-8000-000000000006","from":"12025550143",
                "to":"12025550101","timestamp":"2026-11-29T00:00:00Z",
                "content":[{},{"type":"file","url":"https://example.test/f.zip","caption":"STOP"}]}"#,
        outcome: "11111111-0000-4000-8000-000000000006 +12025550143 -> +12025550101 \
         at 2026-11-29T00:00:00Z +1: STOP",
    },
    ReceiveCase {
        name: "a time in another form",
        call: STATUS,
        body: r#"{"message_uuid":"11111111-0000-4000-8000-000000000012","to":"12025550143",
                "from":"12025550101","timestamp":"2026-11-29 00:00:00 +0000","status":"delivered",
                "channel":"sms","client_ref":null}"#,
        outcome: "11111111-0000-4000-8000-000000000012 of -: Delivered (delivered)",
    },
    ReceiveCase {
        name: "no JSON",
        call: INBOUND,
        body: "",
        outcome: "unreadable: not of the Messages API, version 1",
    },
];
