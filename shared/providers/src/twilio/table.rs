mod diagnosis;
mod lookup;
mod received;
mod signatures;

use std::collections::{BTreeMap, BTreeSet};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha1::Sha1;
use sms::{Handled, Outgoing, Provider as _};
use url::form_urlencoded;

use super::Twilio;
use crate::harness::hostile::{Covers, Described, check_hostile};
use crate::harness::{SECRET, Script, SendCase, Texts, check_send, check_texts, outgoing, patient};

const PUBLIC_URL: &str = "https://text.example";
const INBOUND: &str = "POST /webhooks/twilio/inbound";
const STATUS: &str = "POST /webhooks/twilio/status?attempt=attempt-1";

/// `AC1` and the secret, encoded for HTTP.
const BASIC: &str = "Basic QUMxOk9wZW4tU2VzYW1lLTcx";

const NOON: &str = "POST /2010-04-01/Accounts/AC1/Messages.json \
    To=%2B12025550143&From=%2B12025550100&Body=Noon%3F\
    &StatusCallback=https%3A%2F%2Ftext.example%2Fwebhooks%2Ftwilio%2Fstatus%3Fattempt%3Dattempt-1 \
    Basic QUMxOk9wZW4tU2VzYW1lLTcx";

#[tokio::test]
async fn sends() {
    check_send(
        |url| twilio(url, SECRET),
        &[
            answered("accepted", (201, CREATED), "sent SM00000000000000000000000000000001"),
            answered("the person said STOP", (400, r#"{"code":21610}"#), "opted out: 21610"),
            answered("no such number", (400, r#"{"code":21211}"#), "undeliverable: 21211"),
            answered("a landline", (400, r#"{"code":21614}"#), "undeliverable: 21614"),
            answered("too long", (400, r#"{"code":21617}"#), "undeliverable: 21617"),
            answered("a country switched off", (403, r#"{"code":21408}"#), "refused: 21408"),
            answered("not reachable from here", (400, r#"{"code":21612}"#), "refused: 21612"),
            answered("a trial account", (400, r#"{"code":21608}"#), "refused: 21608"),
            answered("a wrong token", (401, r#"{"code":20003}"#), "refused: 20003"),
            answered("too many at once", (429, r#"{"code":20429}"#), "refused: 20429"),
            answered("a full queue", (429, r#"{"code":21611}"#), "refused: 21611"),
            answered("a fault of theirs", (500, r#"{"code":20500}"#), "unknown: http 500"),
            answered("a gateway's own code", (404, r#"{"code":404}"#), "unknown: http 404"),
            answered("an id that is none", (201, r#"{"sid":"SM1"}"#), "unknown: unreadable"),
            answered("created, but it says 200", (200, CREATED), "unknown: unreadable"),
        ],
    )
    .await;
}

fn answered<'a>(name: &'a str, answer: (u16, &'a str), outcome: &'a str) -> SendCase<'a> {
    SendCase { name, text: "Noon?", exchange: vec![(NOON, answer)], outcome }
}

const CREATED: &str = r#"{"sid":"SM00000000000000000000000000000001","status":"queued",
    "body":"Noon?","to":"+12025550143","from":"+12025550100","num_segments":"1",
    "direction":"outbound-api","error_code":null,
    "date_created":"Thu, 24 Aug 2023 05:01:45 +0000"}"#;

#[tokio::test]
async fn sends_from_the_number_that_was_texted_and_from_a_service() {
    let form = "POST /2010-04-01/Accounts/AC1/Messages.json \
        To=%2B12025550143&From=%2B12025550101&MessagingServiceSid=MG1&Body=Noon%3F";
    let script = Script::answering(&[(&format!("{form} {BASIC}"), (201, CREATED))]).await;
    let twilio = Twilio {
        messaging_service_sid: Some("MG1".into()),
        // Twilio refuses a message that wants its receipts there.
        public_url: "http://localhost:5000".parse().unwrap(),
        ..twilio(script.url.clone(), SECRET)
    };
    let message = Outgoing { from: Some("+12025550101".into()), ..outgoing("Noon?") };
    assert!(twilio.send(&patient(), &message).await.is_ok());
}

#[tokio::test]
async fn reads_what_every_provider_has_to_read() {
    const HANDLED: [(&str, Handled); 3] = [
        (
            concat!(
                "MessageSid=SM00000000000000000000000000000002&From=%2B12025550143",
                "&To=%2B12025550100&Body=Noon&OptOutType=STOP"
            ),
            Handled::Stop,
        ),
        (
            concat!(
                "MessageSid=SM00000000000000000000000000000002&From=%2B12025550143",
                "&To=%2B12025550100&Body=Noon&OptOutType=START"
            ),
            Handled::Start,
        ),
        (
            concat!(
                "MessageSid=SM00000000000000000000000000000002&From=%2B12025550143",
                "&To=%2B12025550100&Body=Noon&OptOutType=HELP"
            ),
            Handled::Help,
        ),
    ];
    let texts = Texts {
        call: INBOUND,
        pictures: "SmsSid=MM00000000000000000000000000000002&From=%2B12025550143\
            &MediaUrl0=https%3A%2F%2Fa.test%2F0&MediaUrl1=https%3A%2F%2Fa.test%2F1",
        hollow: "MessageSid=&SmsSid=SM00000000000000000000000000000002&AccountSid=&From=12025550143\
            &To=&Body=Noon&SmsStatus=&MessageStatus=&NumMedia=&MediaUrl0=&OptOutType=&NumSegments=x",
        by_rcs: "MessageSid=SM00000000000000000000000000000002&From=rcs%3A%2B12025550143\
            &To=rcs%3Abrand_agent&Body=Noon",
        by_another: Some(
            "MessageSid=SM00000000000000000000000000000002\
            &From=whatsapp%3A%2B12025550143&To=whatsapp%3A%2B12025550100&Body=Noon",
        ),
        of_nobody: "MessageSid=SM00000000000000000000000000000002&From=Oakwood&Body=Noon",
        unreadable: "EventType=onMessageAdded&Author=whatsapp%3A%2B12025550143&Body=STOP\
            &To=%2B12025550100",
        handled: &HANDLED,
    };
    check_texts(twilio(String::new(), SECRET), sign, &texts).await;
}

/// An RCS agent sends no SMS, so its answers go from the configured sender: a service that picks
/// the number, not a number itself.
#[tokio::test]
async fn answers_what_was_said_to_an_agent_of_rcs_by_the_service() {
    let form = "POST /2010-04-01/Accounts/AC1/Messages.json \
        To=%2B12025550143&MessagingServiceSid=MG1&Body=Noon%3F";
    let script = Script::answering(&[(&format!("{form} {BASIC}"), (201, CREATED))]).await;
    let twilio = Twilio {
        from: None,
        messaging_service_sid: Some("MG1".into()),
        public_url: "http://localhost:5000".parse().unwrap(),
        ..twilio(script.url.clone(), SECRET)
    };
    let message = Outgoing { from: Some(twilio.sender().into()), ..outgoing("Noon?") };
    assert!(twilio.send(&patient(), &message).await.is_ok());
}

/// By default, a short code does not know either who has opted out.
#[test]
fn leaves_to_twilio_what_it_answers_at_that_number() {
    let twilio = twilio(String::new(), SECRET);
    let words = ["Stop", "CANCEL", "start\n", "UNSTOP", "yes", "HELP", "stop it"];
    let answered = |to: &str| words.map(|word| twilio.answers(word, to));
    assert_eq!(answered("+12025550100"), [true, true, true, true, true, true, false]);
    assert_eq!(answered("+18885550100"), [true, false, true, true, false, true, false]);
    assert_eq!(answered("384387"), [false; 7]);
}

#[tokio::test]
async fn believes_no_hostile_call() {
    let headers = &["x-twilio-signature"];
    let form = Described {
        call: INBOUND,
        body: "MessageSid=SM00000000000000000000000000000002&AccountSid=AC1&NumMedia=0&Body=Noon\
            &From=%2B12025550143&To=%2B12025550100",
        headers,
        covers: &[Covers::Body, Covers::Path, Covers::Query],
    };
    let json = Described {
        call: "POST /webhooks/twilio/inbound?bodySHA256=\
            3ebe0d4e4150ea030340688232e8add3e9d35b2f2ab472250aefbe740bf330ec",
        body: r#"{"MessageSid":"SM00000000000000000000000000000002","AccountSid":"AC1",
                    "From":"+12025550143","To":"+12025550100","Body":"Noon","NumMedia":1}"#,
        ..form
    };
    for described in [form, json] {
        check_hostile(|secret| twilio(String::new(), secret), sign, &described).await;
    }
}

#[test]
fn answers_with_an_empty_document() {
    let acknowledgement = twilio(String::new(), SECRET).acknowledgement();
    assert_eq!(
        (acknowledgement.content_type, acknowledgement.body),
        ("text/xml", r#"<?xml version="1.0" encoding="UTF-8"?><Response/>"#)
    );
}

fn twilio(base_url: String, token: &str) -> Twilio {
    Twilio {
        account_sid: "AC1".into(),
        auth_token: token.into(),
        next_auth_token: None,
        shared_key: None,
        from: Some("+12025550100".into()),
        messaging_service_sid: None,
        base_url,
        public_url: PUBLIC_URL.parse().unwrap(),
    }
}

/// Signs a call as Twilio does.
fn sign(token: &str, mut call: http::Request<Bytes>) -> http::Request<Bytes> {
    let mut signed = format!("{PUBLIC_URL}{}", call.uri());
    if call.method() == "POST" && !signed.contains("bodySHA256") {
        let mut values: BTreeMap<_, BTreeSet<_>> = BTreeMap::new();
        for (name, value) in form_urlencoded::parse(call.body()) {
            values.entry(name).or_default().insert(value);
        }
        for (name, values) in values {
            values.iter().for_each(|value| signed.extend([&*name, value]));
        }
    }
    let mac = Hmac::<Sha1>::new_from_slice(token.as_bytes()).unwrap().chain_update(signed);
    let signature = STANDARD.encode(mac.finalize().into_bytes());
    call.headers_mut().insert("x-twilio-signature", signature.parse().unwrap());
    call
}
