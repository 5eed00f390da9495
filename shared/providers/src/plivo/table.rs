mod diagnosis;
mod signatures;
mod stand_in;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use hmac::{Hmac, KeyInit as _, Mac as _};
use jiff::Timestamp;
use settings::Settings;
use sha2::Sha256;
use sms::{Charge, Found, Handled, Outgoing, Provider as _, Receipt, SendError, Status};
use url::form_urlencoded;

use super::{Plivo, Role};
use crate::harness::hostile::{Covers, Described, check_hostile};
use crate::harness::{
    ReceiveCase, SECRET, Script, SendCase, Texts, check_receive, check_send, check_texts, outgoing,
    patient,
};

const PUBLIC_URL: &str = "https://text.example";
const TOKEN: &str = "Shut-Rye-33";
const INBOUND: &str = "POST /webhooks/plivo/inbound?token=Shut-Rye-33";
const STATUS: &str = "POST /webhooks/plivo/status?attempt=attempt-1&token=Shut-Rye-33";

const NOON: &str = r#"POST /v1/Account/MA1/Message/ {"dst":"12025550143","method":"POST","src":"12025550100","text":"Noon?","type":"sms","url":"https://text.example/webhooks/plivo/status?attempt=attempt-1&token=Shut-Rye-33"} Basic TUExOk9wZW4tU2VzYW1lLTcx"#;

const BASIC: &str = "Basic TUExOk9wZW4tU2VzYW1lLTcx";

const QUEUED: &str = r#"{"api_id":"1","message":"message(s) queued","message_uuid":["uuid-1"]}"#;
const REFUSED: &str = r#"{"api_id":"1","error":"dst is invalid"}"#;

#[tokio::test]
async fn sends() {
    check_send(
        |url| plivo(url, SECRET),
        &[
            answered("queued", (202, QUEUED), "sent uuid-1"),
            answered("queued, with another success", (200, QUEUED), "sent uuid-1"),
            answered("not what they want", (400, REFUSED), "refused: http 400"),
            answered("a wrong token", (401, REFUSED), "refused: http 401"),
            answered("no such account", (404, REFUSED), "refused: http 404"),
            answered("too many at once", (429, REFUSED), "refused: http 429"),
            answered("a fault of theirs", (500, REFUSED), "unknown: http 500"),
            answered("no id", (202, r#"{"message_uuid":[]}"#), "unknown: unreadable"),
        ],
    )
    .await;
}

fn answered<'a>(name: &'a str, answer: (u16, &'a str), outcome: &'a str) -> SendCase<'a> {
    SendCase { name, text: "Noon?", exchange: vec![(NOON, answer)], outcome }
}

#[tokio::test]
async fn sends_from_the_number_that_was_texted_and_asks_for_no_receipt_on_loopback() {
    let line = r#"POST /v1/Account/MA1/Message/ {"dst":"12025550143","src":"12025550101","text":"Noon?","type":"sms"} Basic TUExOk9wZW4tU2VzYW1lLTcx"#;
    let script = Script::answering(&[(line, (202, QUEUED))]).await;
    let plivo = Plivo {
        public_url: "http://localhost:5000".parse().unwrap(),
        ..plivo(script.url.clone(), SECRET)
    };
    let message = Outgoing { from: Some("+12025550101".into()), ..outgoing("Noon?") };
    assert!(plivo.send(&patient(), &message).await.is_ok());
}

const CASES: &[ReceiveCase<'_>] = &[
    ReceiveCase {
        name: "a text",
        call: INBOUND,
        body: "To=12025550100&From=12025550143&TotalRate=0&Units=1&Type=sms&TotalAmount=0\
               &Text=Noon+%26+caf%C3%A9+%F0%9F%8E%89%0A&MessageUUID=uuid-2&MessageIntent=",
        outcome: "uuid-2 +12025550143 -> +12025550100: Noon & café 🎉\n",
    },
    ReceiveCase {
        name: "a text in another spelling",
        call: INBOUND,
        body: "to=%2B12025550100&from=%2B12025550143&text=Noon&messageuuid=uuid-2\
               &Status=received",
        outcome: "uuid-2 +12025550143 -> +12025550100: Noon",
    },
    ReceiveCase {
        name: "a picture",
        call: INBOUND,
        body: "To=12025550100&From=12025550143&Type=mms&Body=&MediaCount=2&MessageUUID=uuid-2\
               &Media0=https%3A%2F%2Fmedia.plivo.com%2F0",
        outcome: "uuid-2 +12025550143 -> +12025550100 +2: ",
    },
    ReceiveCase {
        name: "a keyword in another language",
        call: INBOUND,
        body: "MessageUUID=11111111-0000-4000-8000-000000000001&From=12025550143&To=12025550102\
               &Type=sms&Text=ARRET&MessageIntent=optout&Units=1",
        outcome: "11111111-0000-4000-8000-000000000001 +12025550143 -> +12025550102 (Stop): ARRET",
    },
    ReceiveCase {
        name: "a picture, without a field for words",
        call: INBOUND,
        body: "MessageUUID=11111111-0000-4000-8000-000000000004&From=12025550143&To=12025550102\
               &Type=mms&MediaCount=1&Media0=https%3A%2F%2Fexample.test%2F0",
        outcome: "11111111-0000-4000-8000-000000000004 +12025550143 -> +12025550102 +1: ",
    },
    ReceiveCase {
        name: "words in the other field",
        call: INBOUND,
        body: "MessageUUID=uuid-2&From=12025550143&To=12025550100&Type=mms&Text=&Body=Noon\
               &MediaCount=&Media1=https%3A%2F%2Fexample.test%2F1",
        outcome: "uuid-2 +12025550143 -> +12025550100 +1: Noon",
    },
    ReceiveCase {
        name: "a short code",
        call: INBOUND,
        body: "To=12025550100&From=2020&Text=Noon&Type=sms&MessageUUID=uuid-2",
        outcome: "unreadable: the sender is a short code or a name, which cannot be answered",
    },
    ReceiveCase {
        name: "delivered",
        call: STATUS,
        body: "MessageUUID=uuid-1&To=12025550143&From=12025550100&Type=sms&Status=delivered\
               &Units=2&TotalRate=0.0055&TotalAmount=0.01100&MCC=310&MNC=260&ErrorCode=&Sequence=3\
               &ParentMessageUUID=uuid-1&PartInfo=",
        outcome: "uuid-1 of attempt-1: Delivered (delivered), 0.011 USD",
    },
    ReceiveCase {
        name: "the second part of two",
        call: STATUS,
        body: "MessageUUID=uuid-9&Status=undelivered&ErrorCode=30&ParentMessageUUID=uuid-1\
               &PartInfo=2+of+2&TotalAmount=0.0055",
        outcome: "uuid-1 of attempt-1, 2/2: Undelivered (undelivered 30)",
    },
    ReceiveCase {
        name: "a part that is none",
        call: STATUS,
        body: "messageuuid=uuid-1&status=sent&PartInfo=3+of+2&ErrorCode=000",
        outcome: "uuid-1 of attempt-1: Sent (sent)",
    },
    ReceiveCase {
        name: "opted out",
        call: "POST /webhooks/plivo/status?token=Shut-Rye-33",
        body: "MessageUUID=uuid-1&Status=failed&ErrorCode=200",
        outcome: "uuid-1 of -: Failed (failed 200)",
    },
    ReceiveCase {
        name: "queued",
        call: STATUS,
        body: "MessageUUID=uuid-1&Status=queued",
        outcome: "uuid-1 of attempt-1: Accepted (queued)",
    },
    ReceiveCase {
        name: "a word that nobody documents",
        call: STATUS,
        body: "MessageUUID=uuid-1&Status=vaporized",
        outcome: "unreadable: an unknown status",
    },
    ReceiveCase {
        name: "neither",
        call: INBOUND,
        body: "MessageUUID=uuid-1&From=12025550143",
        outcome: "unreadable: neither a text nor a status",
    },
    ReceiveCase { name: "nothing", call: INBOUND, body: "", outcome: "unreadable: no message id" },
];

#[tokio::test]
async fn receives_what_is_signed_whole() {
    check_receive(|secret| plivo(String::new(), secret), sign_3, CASES).await;
}

#[tokio::test]
async fn receives_what_is_signed_in_part_and_knows_the_token() {
    check_receive(|secret| plivo(String::new(), secret), sign_2, CASES).await;
    let by_get = ReceiveCase {
        name: "a text by GET",
        call: "GET /webhooks/plivo/inbound?token=Shut-Rye-33&From=12025550143&To=12025550100\
               &Text=Noon&MessageUUID=uuid-2",
        body: "",
        outcome: "uuid-2 +12025550143 -> +12025550100: Noon",
    };
    check_receive(|secret| plivo(String::new(), secret), sign_2, &[by_get]).await;
}

#[tokio::test]
async fn reads_what_every_provider_has_to_read() {
    const HANDLED: [(&str, Handled); 3] = [
        ("MessageUUID=1&From=12025550143&Text=Noon&MessageIntent=optout", Handled::Stop),
        ("MessageUUID=1&From=12025550143&Text=Noon&MessageIntent=optin", Handled::Start),
        ("MessageUUID=1&From=12025550143&Text=Noon&MessageIntent=help", Handled::Help),
    ];
    let texts = Texts {
        call: INBOUND,
        pictures: "MessageUUID=1&From=12025550143&Media0=https%3A%2F%2Fa.test%2F0\
            &Media1=https%3A%2F%2Fa.test%2F1",
        hollow: "MessageUUID=1&From=12025550143&To=&Text=&text=Noon&Body=&Type=&MediaCount=\
            &Status=&MessageIntent=&Units=x&PowerpackUUID=",
        by_rcs: "MessageUUID=1&From=rcs%3A%2B12025550143&To=rcs%3Abrand_agent&Text=Noon&Type=rcs",
        by_another: Some("MessageUUID=1&From=12025550143&To=12025550100&Body=Noon&Type=whatsapp"),
        of_nobody: "MessageUUID=1&From=Oakwood&Text=Noon",
        unreadable: "From=12025550143&To=12025550100&Text=STOP",
        handled: &HANDLED,
    };
    check_texts(plivo(String::new(), SECRET), sign_3, &texts).await;
}

/// The older signature only covers the address: whoever has seen one call could invent others.
#[tokio::test]
async fn believes_no_hostile_call() {
    let whole = Described {
        call: INBOUND,
        body: "From=12025550143&To=12025550100&Text=Noon&MessageUUID=uuid-1&Type=sms",
        headers: &["x-plivo-signature-v3", "x-plivo-signature-v3-nonce"],
        covers: &[Covers::Body, Covers::Path, Covers::Query],
    };
    check_hostile(|secret| plivo(String::new(), secret), sign_3, &whole).await;
    let in_part = Described {
        headers: &["x-plivo-signature-v2", "x-plivo-signature-v2-nonce"],
        covers: &[Covers::Path],
        ..whole
    };
    check_hostile(|secret| plivo(String::new(), secret), sign_2, &in_part).await;
}

#[tokio::test]
async fn asks_what_became_of_a_message() {
    let poll = async |answer| {
        let line = format!("GET /v1/Account/MA1/Message/uuid-1/ {BASIC}");
        let script = Script::answering(&[(&line, answer)]).await;
        let plivo = plivo(script.url.clone(), SECRET);
        plivo.poll(&patient(), "uuid-1", &outgoing("Noon?"), Timestamp::UNIX_EPOCH).await
    };
    let undelivered = r#"{"message_uuid":"uuid-1","message_state":"undelivered","error_code":"200",
        "to_number":"12025550143","message_direction":"outbound","units":1,"total_amount":"0.00550"}"#;
    assert_eq!(
        poll((200, undelivered)).await,
        Ok(Found::Known(Receipt {
            message: "uuid-1".into(),
            attempt: None,
            part: None,
            status: Status::Undelivered,
            raw_status: "undelivered".into(),
            code: Some("200".into()),
            opted_out: true,
            charge: Charge::parse("0.0055", "USD"),
        }))
    );
    let unknown = |code: &str| Err(SendError::Unknown { code: code.into() });
    assert_eq!(poll((404, REFUSED)).await, unknown("http 404"));
    assert_eq!(poll((200, "{}")).await, unknown("unreadable"));
}

#[tokio::test]
async fn cannot_look_for_a_message_by_its_words() {
    let script = Script::answering(&[]).await;
    let plivo = plivo(script.url.clone(), SECRET);
    let found = plivo.find(&patient(), &outgoing("Noon?"), Timestamp::UNIX_EPOCH).await;
    assert_eq!(found, Ok(Found::CannotAsk));
}

#[test]
fn leaves_to_plivo_what_it_answers_itself_in_north_america() {
    let plivo = plivo(String::new(), SECRET);
    let words = ["stop", "Help\n", "QUIT", "stop it", "UNSUBSCRIBE", "START"];
    let answered = |to: &str| words.map(|word| plivo.answers(word, to));
    assert_eq!(answered("+12025550100"), [true, true, true, false, false, false]);
    assert_eq!(answered("+18885550100"), [true, true, true, false, false, true]);
    assert_eq!(answered("+447700900100"), [false; 6]);
    assert_eq!(answered("2020"), [false; 6]);
}

#[test]
fn reads_its_number_however_it_is_written() {
    let from = |from: &str| {
        let settings = Settings::from([
            ("PLIVO_AUTH_ID", "MA1"),
            ("PLIVO_AUTH_TOKEN", "token"),
            ("PLIVO_FROM", from),
        ]);
        let plivo = Plivo::from_settings(&settings, PUBLIC_URL, Role::Everything).unwrap().unwrap();
        plivo.sender().to_owned()
    };
    assert_eq!(from("12025550100"), "+12025550100");
    assert_eq!(from("+12025550100"), "+12025550100");
    assert_eq!(from("Oakwood"), "Oakwood");
}

fn plivo(base_url: String, auth_token: &str) -> Plivo {
    Plivo {
        auth_id: "MA1".into(),
        auth_token: auth_token.into(),
        webhook_token: Some(TOKEN.into()),
        from: "+12025550100".into(),
        base_url,
        public_url: PUBLIC_URL.parse().unwrap(),
    }
}

/// Signs a call as Plivo does by version 3.
fn sign_3(token: &str, call: http::Request<Bytes>) -> http::Request<Bytes> {
    let sorted = |encoded: &[u8]| {
        let mut pairs: Vec<_> = form_urlencoded::parse(encoded).into_owned().collect();
        pairs.sort();
        pairs
    };
    let query = sorted(call.uri().query().unwrap_or_default().as_bytes());
    let query: Vec<_> = query.iter().map(|(name, value)| format!("{name}={value}")).collect();
    let form: String = sorted(call.body()).into_iter().flat_map(<[String; 2]>::from).collect();
    let follows = match (query.is_empty(), form.is_empty()) {
        (true, true) => String::new(),
        (false, true) => format!("?{}", query.join("&")),
        (true, false) => format!("?{form}"),
        (false, false) => format!("?{}.{form}", query.join("&")),
    };
    signed(token, call, "x-plivo-signature-v3", &format!("{follows}."))
}

/// Signs a call as Plivo does by version 2.
fn sign_2(token: &str, call: http::Request<Bytes>) -> http::Request<Bytes> {
    signed(token, call, "x-plivo-signature-v2", "")
}

fn signed(
    token: &str,
    mut call: http::Request<Bytes>,
    name: &'static str,
    follows: &str,
) -> http::Request<Bytes> {
    let nonce = "05429567804466091622";
    let mac = Hmac::<Sha256>::new_from_slice(token.as_bytes())
        .unwrap()
        .chain_update(format!("{PUBLIC_URL}{}{follows}{nonce}", call.uri().path()));
    let signature = STANDARD.encode(mac.finalize().into_bytes());
    call.headers_mut().insert(name, signature.parse().unwrap());
    let of_nonce: http::HeaderName = format!("{name}-nonce").parse().unwrap();
    call.headers_mut().insert(of_nonce, nonce.parse().unwrap());
    call
}
