use jiff::Timestamp;
use sms::{Charge, Found, Provider as _, Receipt, SendError, Status};

use super::{BASIC, twilio};
use crate::harness::{SECRET, Script, outgoing, patient};

#[tokio::test]
async fn finds_a_message_that_it_lost_sight_of() {
    const TEXT: &str = "We’ll meet at “Noon” – ok?";
    let message = |sid, body, direction, created, status| {
        format!(
            r#"{{"sid":"{sid}","status":"{status}","body":"{body}","direction":"{direction}",
                "date_created":"{created}","date_sent":null,
                "price":"-0.00790","price_unit":"USD"}}"#
        )
    };
    let first = [
        message(
            "SM_later",
            "Noon it is",
            "outbound-api",
            "Thu, 24 Aug 2023 05:01:50 +0000",
            "sent",
        ),
        message("SM_theirs", TEXT, "inbound", "Thu, 24 Aug 2023 05:01:46 +0000", "received"),
        message("SM_earlier", TEXT, "outbound-api", "Thu, 24 Aug 2023 05:01:30 +0000", "sent"),
    ];
    // As a messaging service changed it.
    let rewritten = "We'll meet at \\\"Noon\\\" - ok?";
    let second =
        [message("SM_it", rewritten, "outbound-api", "Thu, 24 Aug 2023 05:01:44 +0000", "queued")];
    let found = Found::Known(Receipt {
        message: "SM_it".into(),
        attempt: None,
        part: None,
        status: Status::Accepted,
        raw_status: "queued".into(),
        code: None,
        opted_out: false,
        charge: Charge::parse("0.0079", "USD"),
    });
    assert_eq!(find(TEXT, &[&first, &second], None).await, Ok(found.clone()));
    assert_eq!(find(TEXT, &[&first, &[]], Some(&[])).await, Ok(Found::Absent));
    assert_eq!(find(TEXT, &[&[]], Some(&first)).await, Ok(Found::Absent));
    // It went by RCS.
    assert_eq!(find(TEXT, &[&first], Some(&second)).await, Ok(found));

    let undated = [message("SM_it", "Noon", "outbound-api", "yesterday", "sent")];
    let unreadable = Err(SendError::Unknown { code: "unreadable".into() });
    assert_eq!(find("Noon", &[&undated], None).await, unreadable);
    assert_eq!(find("Noon", &[&[]], Some(&undated)).await, unreadable);
}

#[tokio::test]
async fn takes_its_token_to_no_other_host() {
    let path = "/2010-04-01/Accounts/AC1/Messages.json?To=%2B12025550143&PageSize=50";
    let elsewhere = r#"{"messages":[],"next_page_uri":"http://elsewhere.invalid/"}"#;
    let script = Script::answering(&[(&format!("GET {path} {BASIC}"), (200, elsewhere))]).await;
    let twilio = twilio(script.url.clone(), SECRET);
    let found = twilio.find(&patient(), &outgoing("Noon"), Timestamp::UNIX_EPOCH).await;
    assert_eq!(found, Err(SendError::Unknown { code: "unreadable".into() }));
}

/// Looks for a message of 2023-08-24 05:01:46, when Twilio lists these pages for the number, and
/// these messages for its RCS address, if that is requested.
async fn find(
    text: &str,
    pages: &[&[String]],
    by_rcs: Option<&[String]>,
) -> Result<Found, SendError> {
    let path = "/2010-04-01/Accounts/AC1/Messages.json?To=%2B12025550143&PageSize=50";
    let mut exchange = Vec::new();
    for (number, messages) in pages.iter().enumerate() {
        let token = |number| match number {
            0 => format!("GET {path} {BASIC}"),
            number => format!("GET {path}&PageToken=PA{number} {BASIC}"),
        };
        let next = match number + 1 < pages.len() {
            true => format!(r#""{path}&PageToken=PA{}""#, number + 1),
            false => "null".into(),
        };
        let page = format!(r#"{{"messages":[{}],"next_page_uri":{next}}}"#, messages.join(","));
        exchange.push((token(number), page));
    }
    exchange.extend(by_rcs.map(|messages| {
        let path = path.replace("To=", "To=rcs%3A");
        let page = format!(r#"{{"messages":[{}],"next_page_uri":null}}"#, messages.join(","));
        (format!("GET {path} {BASIC}"), page)
    }));
    let exchange: Vec<_> =
        exchange.iter().map(|(line, page)| (line.as_str(), (200, page.as_str()))).collect();
    let script = Script::answering(&exchange).await;
    let twilio = twilio(script.url.clone(), SECRET);
    let since = "2023-08-24T05:01:46.7Z".parse().unwrap();
    let found = twilio.find(&patient(), &outgoing(text), since).await;
    let lines: Vec<_> = exchange.iter().map(|(line, _)| *line).collect();
    assert_eq!(script.seen(), lines);
    found
}
