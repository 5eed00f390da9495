use jiff::Timestamp;
use serde_json::{Value, json};
use sms::{Found, Provider, SendError};

use super::{LASTING, SECRET, TOKEN, messagecentral};
use crate::harness::{Script, outgoing, patient};

const ROWS: &str = "POST /reports/getDetailedReports?customerId=C-1&from=23%2F8%2F2023\
    &to=25%2F8%2F2023&pageNo=0&size=100&type=SMS e30.eyJleHAiOjQxMDI0NDQ4MDB9.x";

/// A request for the same rows, one page further.
fn page(number: usize) -> String {
    ROWS.replace("pageNo=0", &format!("pageNo={number}"))
}

#[tokio::test]
async fn polls() {
    let at = "2023-08-24T05:01:47Z";
    for (name, rows, outcome) in [
        ("delivered", vec![row("DELIVRD", at)], "Delivered (DELIVRD)"),
        ("not delivered", vec![row("UNDELIV", at)], "Undelivered (UNDELIV carrier: 27)"),
        ("too late", vec![row("EXPIRED", at)], "Undelivered (EXPIRED carrier: 27)"),
        ("refused by a carrier", vec![row("REJECTD", at)], "Undelivered (REJECTD carrier: 27)"),
        ("on its way", vec![row("ENROUTE", at)], "Sent (ENROUTE)"),
        ("with a carrier", vec![row("ACCEPTD", at)], "Sent (ACCEPTD)"),
        ("a word nobody knows", vec![row("DLT-SCRUB", at)], "Accepted (DLT-SCRUB)"),
        ("nearly the word", vec![row("Delivered", at)], "Accepted (Delivered)"),
        ("no word", vec![with(row("", at), "status", Value::Null)], "Accepted ()"),
        ("a number", vec![with(row("DELIVRD", at), "countryCode", 1.into())], DELIVERED),
        ("a whole number", vec![whole(row("DELIVRD", at))], DELIVERED),
        ("spaces about", vec![said(row("DELIVRD", at), " Noon? ")], DELIVERED),
        ("their clock behind", vec![row("DELIVRD", "2023-08-24T05:00:50Z")], DELIVERED),
        ("in another zone", vec![row("DELIVRD", "2023-08-24T07:01:47+02:00")], DELIVERED),
        ("in milliseconds", vec![row("DELIVRD", "1692853307000")], DELIVERED),
        ("in UTC, it seems", vec![row("DELIVRD", "2023-08-24T05:01:47.25")], DELIVERED),
        ("in India, it seems", vec![row("DELIVRD", "2023-08-24 10:31:47")], DELIVERED),
        ("the same twice", vec![row("DELIVRD", at), row("DELIVRD", at)], DELIVERED),
        (
            "two, and only one arrived",
            vec![row("DELIVRD", at), row("UNDELIV", at)],
            "Accepted (DELIVRD or UNDELIV)",
        ),
        ("no row", vec![], "cannot ask"),
        ("other words", vec![said(row("DELIVRD", at), "Noon!")], "cannot ask"),
        (
            "another number",
            vec![with(row("DELIVRD", at), "mobileNumber", "2025550144".into())],
            "cannot ask",
        ),
        (
            "another country",
            vec![with(row("DELIVRD", at), "countryCode", "91".into())],
            "cannot ask",
        ),
        ("earlier", vec![row("DELIVRD", "2023-08-24T04:59:00Z")], "cannot ask"),
        ("later", vec![row("DELIVRD", "2023-08-24T05:04:00Z")], "cannot ask"),
        ("this morning, somewhere", vec![row("DELIVRD", "2023-08-24T02:01:47")], "cannot ask"),
        ("no time", vec![with(row("DELIVRD", ""), "createdAt", Value::Null)], "cannot ask"),
        ("no time that is one", vec![row("DELIVRD", "yesterday")], "cannot ask"),
    ] {
        assert_eq!(poll(&rows).await, outcome, "{name}");
    }
}

const DELIVERED: &str = "Delivered (DELIVRD)";

#[tokio::test]
async fn never_says_that_a_message_is_not_there() {
    for body in [
        r#"{"responseCode":200,"message":"SUCCESS","data":{"count":0,"data":[]}}"#,
        r#"{"responseCode":200,"message":"SUCCESS","data":null}"#,
    ] {
        let script = Script::answering(&[(TOKEN, (200, LASTING)), (ROWS, (200, body))]).await;
        let messagecentral = messagecentral(script.url.clone(), SECRET);
        let found = messagecentral.find(&patient(), &outgoing("Noon?"), at()).await;
        assert_eq!(found, Ok(Found::CannotAsk));
    }
}

#[tokio::test]
async fn finds_a_message_and_knows_it_by_the_attempt_from_then_on() {
    let rows = answer(&[row("DELIVRD", "2023-08-24T05:01:47Z")]);
    let script = Script::answering(&[(TOKEN, (200, LASTING)), (ROWS, (200, &rows))]).await;
    let messagecentral = messagecentral(script.url.clone(), SECRET);
    let found = messagecentral.find(&patient(), &outgoing("Noon?"), at()).await;
    let Ok(Found::Known(receipt)) = found else { panic!("{found:?}") };
    assert_eq!(receipt.message, "attempt:attempt-1");
}

#[tokio::test]
async fn looks_further_while_pages_are_full() {
    let others = vec![said(row("DELIVRD", "2023-08-24T05:01:47Z"), "Else"); 100];
    let (first, second) = (answer(&others), answer(&[row("UNDELIV", "2023-08-24T05:01:47Z")]));
    let further = page(1);
    let exchange = [
        (TOKEN, (200, LASTING)),
        (ROWS, (200, first.as_str())),
        (further.as_str(), (200, second.as_str())),
    ];
    let script = Script::answering(&exchange).await;
    let messagecentral = messagecentral(script.url.clone(), SECRET);
    let found = messagecentral.find(&patient(), &outgoing("Noon?"), at()).await;
    assert_eq!(line(found), "Undelivered (UNDELIV carrier: 27)");
}

#[tokio::test]
async fn leaves_reports_alone_that_cannot_be_read() {
    for answer in [
        (404, "<html>what?</html>"),
        (401, ""),
        (200, "<html>It works!</html>"),
        (200, r#"{"responseCode":403,"message":"FORBIDDEN"}"#),
        (200, r#"{"responseCode":200,"data":{"data":"none"}}"#),
    ] {
        let script = Script::answering(&[(TOKEN, (200, LASTING)), (ROWS, answer)]).await;
        let messagecentral = messagecentral(script.url.clone(), SECRET);
        for _ in 0..3 {
            let found = messagecentral.poll(&patient(), "474097", &outgoing("Noon?"), at()).await;
            assert_eq!(found, Ok(Found::CannotAsk), "{answer:?}");
        }
        assert_eq!(script.seen(), [TOKEN, ROWS], "{answer:?}");
    }
}

#[tokio::test]
async fn says_when_there_is_no_token_to_ask_with() {
    let script = Script::answering(&[(TOKEN, (200, r#"{"status":400}"#))]).await;
    let messagecentral = messagecentral(script.url.clone(), SECRET);
    let found = messagecentral.poll(&patient(), "474097", &outgoing("Noon?"), at()).await;
    assert_eq!(found, Err(SendError::Refused { code: "token: 400".into() }));
}

/// The time at which the message in question was dispatched.
fn at() -> Timestamp {
    "2023-08-24T05:01:46.7Z".parse().unwrap()
}

fn row(status: &str, created: &str) -> Value {
    json!({
        "countryCode": "1",
        "mobileNumber": "2025550143",
        "senderId": "TEXTBK",
        "templateId": null,
        "messageBody": "Noon?",
        "status": status,
        "errorCode": "27",
        "createdAt": created,
        "deliveredAt": created,
        "updatedAt": null,
    })
}

fn with(mut row: Value, name: &str, value: Value) -> Value {
    row[name] = value;
    row
}

fn said(row: Value, words: &str) -> Value {
    with(row, "messageBody", words.into())
}

fn whole(row: Value) -> Value {
    with(with(row, "countryCode", Value::Null), "mobileNumber", "+12025550143".into())
}

fn answer(rows: &[Value]) -> String {
    let data = json!({ "count": rows.len(), "data": rows });
    json!({ "responseCode": 200, "message": "SUCCESS", "data": data }).to_string()
}

/// The status of the message if these rows are shown.
async fn poll(rows: &[Value]) -> String {
    let rows = answer(rows);
    let script = Script::answering(&[(TOKEN, (200, LASTING)), (ROWS, (200, &rows))]).await;
    let messagecentral = messagecentral(script.url.clone(), SECRET);
    let found = messagecentral.poll(&patient(), "474097", &outgoing("Noon?"), at()).await;
    assert_eq!(script.seen(), [TOKEN, ROWS]);
    if let Ok(Found::Known(receipt)) = &found {
        assert_eq!(receipt.message, "474097");
    }
    line(found)
}

fn line(found: Result<Found, SendError>) -> String {
    match found {
        Ok(Found::Known(receipt)) => {
            let code = receipt.code.map_or(String::new(), |code| format!(" {code}"));
            format!("{:?} ({}{code})", receipt.status, receipt.raw_status)
        }
        Ok(Found::CannotAsk) => "cannot ask".into(),
        Ok(Found::Absent) => "absent".into(),
        Err(error) => error.to_string(),
    }
}
