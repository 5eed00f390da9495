mod diagnosis;
mod received;
mod stand_in;

use bytes::Bytes;
use jiff::Timestamp;
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use serde_json::{Value, json};
use settings::Settings;
use sha2::{Digest as _, Sha256};
use sms::{Outgoing, Provider as _, WebhookError};

use super::{Role, Vonage};
use crate::harness::hostile::{Covers, Described, check_hostile};
use crate::harness::{
    SECRET, Script, SendCase, Texts, check_send, check_texts, outgoing, patient, receive,
    received_line, request, told,
};

const PRIVATE_KEY: &str = include_str!("table/private-key.pem");
const APPLICATION: &str = "aaaaaaaa-bbbb-cccc-dddd-0123456789ab";
const INBOUND: &str = "POST /webhooks/vonage/inbound";
const STATUS: &str = "POST /webhooks/vonage/status";

const NOON: &str = r#"POST /v1/messages {"channel":"sms","client_ref":"attempt-1","from":"12025550100","message_type":"text","text":"Noon?","to":"12025550143","webhook_url":"https://text.example/webhooks/vonage/status","webhook_version":"v1"} Bearer …"#;
const NOBODY: &str = r#"POST /v1/messages {"channel":"sms"} Bearer …"#;

const ACCEPTED: &str = r#"{"message_uuid":"aaaaaaaa-bbbb-4ccc-8ddd-000000000001"}"#;
const OPTED_OUT: &str =
    r#"{"type":"https://developer.vonage.com/api-errors/messages#1240","title":"Illegal Number"}"#;
const UNAUTHORIZED: &str = r#"{"type":"https://developer.vonage.com/api-errors#unauthorized",
    "title":"Unauthorized","detail":"You did not provide correct credentials.","instance":"1"}"#;
const LOW_BALANCE: &str = r#"{"type":"https://developer.nexmo.com/api-errors/#low-balance",
    "title":"Low balance","detail":"Your account balance is low.","instance":"1"}"#;
const INVALID: &str = r#"{"type":"https://developer.vonage.com/api-errors/messages#1150",
    "title":"Invalid params","invalid_parameters":[{"name":"to","reason":"invalid value"}]}"#;
const THROTTLED: &str = r#"{"type":"https://developer.vonage.com/api-errors/messages#1000",
    "title":"Throttled"}"#;
const NUMBER: &str = r#"{"type":"https://developer.vonage.com/api-errors/messages#1170"}"#;
const INTERNAL: &str = r#"{"type":"https://developer.vonage.com/api-errors/messages#1030"}"#;
const BY_TITLE: &str =
    r#"{"type":"https://developer.vonage.com/api-errors/messages","title":1120}"#;

#[tokio::test]
async fn sends() {
    check_send(
        |url| vonage(url, SECRET),
        &[
            answered("accepted", (202, ACCEPTED), "sent aaaaaaaa-bbbb-4ccc-8ddd-000000000001"),
            answered("the person said STOP", (422, OPTED_OUT), "opted out: 1240"),
            answered("no such number", (422, NUMBER), "undeliverable: 1170"),
            answered("a wrong key", (401, UNAUTHORIZED), "refused: unauthorized"),
            answered("no credit", (402, LOW_BALANCE), "refused: low-balance"),
            answered("not what they want", (422, INVALID), "refused: 1150"),
            answered("a code in the title", (422, BY_TITLE), "refused: 1120"),
            answered("too many at once", (429, THROTTLED), "refused: 1000"),
            answered("a fault of theirs", (500, INTERNAL), "unknown: http 500"),
            answered("an id that is none", (202, r#"{"message_uuid":"1"}"#), "unknown: unreadable"),
            answered("accepted, but it says 200", (200, ACCEPTED), "unknown: unreadable"),
        ],
    )
    .await;
}

fn answered<'a>(name: &'a str, answer: (u16, &'a str), outcome: &'a str) -> SendCase<'a> {
    SendCase { name, text: "Noon?", exchange: vec![(NOON, answer)], outcome }
}

#[tokio::test]
async fn sends_from_the_number_that_was_texted_and_asks_for_no_receipt_on_loopback() {
    let line = r#"POST /v1/messages {"channel":"sms","client_ref":"attempt-1","from":"12025550101","message_type":"text","text":"Noon?","to":"12025550143"} Bearer …"#;
    let script = Script::answering(&[(line, (202, ACCEPTED))]).await;
    let vonage = Vonage {
        public_url: "http://localhost:5000".parse().unwrap(),
        ..vonage(script.url.clone(), SECRET)
    };
    let message = Outgoing { from: Some("+12025550101".into()), ..outgoing("Noon?") };
    assert!(vonage.send(&patient(), &message).await.is_ok());
}

#[tokio::test]
async fn leaves_a_text_that_is_too_long_to_another_provider() {
    let script = Script::answering(&[]).await;
    let sent =
        vonage(script.url.clone(), SECRET).send(&patient(), &outgoing(&"é".repeat(1001))).await;
    assert_eq!(told(&sent), "refused: text too long");
    assert!(script.seen().is_empty());
}

#[tokio::test]
async fn believes_nothing_that_was_altered_or_is_for_others() {
    const BODY: &str = r#"{"message_uuid":"1","text":"Noon","from":"12025550143"}"#;
    let outcome = async |header: Header, claims: Value, body: &str| {
        let key = EncodingKey::from_secret(SECRET.as_bytes());
        let token = jsonwebtoken::encode(&header, &claims, &key).unwrap();
        let call = bearing(&format!("Bearer {token}"), request(INBOUND, body));
        received_line(&receive(&vonage(String::new(), SECRET), &call).await)
    };
    let claims = |name: &str, value: Value| {
        let mut claims = claims(BODY);
        claims[name] = value;
        claims
    };
    let header = Header::new(Algorithm::HS256);
    let now = Timestamp::now().as_second();
    for (claims, body, expected) in [
        (claims("iss", "Vonage".into()), BODY, "1 +12025550143 -> +12025550100: Noon"),
        (claims("application_id", Value::Null), BODY, "1 +12025550143 -> +12025550100: Noon"),
        (claims("application_id", "another".into()), BODY, "forged"),
        (claims("iss", "Vonage".into()), &BODY.replace("Noon", "Moon"), "forged"),
        (claims("payload_hash", Value::Null), BODY, "forged"),
        (claims("iat", (now - 26 * 3600).into()), BODY, "forged"),
        (claims("iat", (now + 600).into()), BODY, "forged"),
        (claims("jti", Value::Null), BODY, "forged"),
    ] {
        assert_eq!(outcome(header.clone(), claims.clone(), body).await, expected, "{claims}");
    }
    let longer = Header::new(Algorithm::HS512);
    assert_eq!(outcome(longer, claims("iss", "Vonage".into()), BODY).await, "forged");

    let none = "Bearer eyJhbGciOiJub25lIn0.e30.";
    for authorization in [none, "Bearer ", "Bearer a.b.c", "Basic QUMxOk9wZW4="] {
        let call = bearing(authorization, request(INBOUND, BODY));
        let received = receive(&vonage(String::new(), SECRET), &call).await;
        assert_eq!(received, Err(WebhookError::Forged), "{authorization}");
    }
}

#[tokio::test]
async fn reads_what_every_provider_has_to_read() {
    let texts = Texts {
        call: INBOUND,
        pictures: r#"{"message_uuid":"1","from":12025550143,"content":[
            {"type":"image","url":"https://a.test/0"},{"type":"image","url":"https://a.test/1"}]}"#,
        hollow: r#"{"message_uuid":"1","from":"12025550143","to":null,"channel":"","status":"",
            "timestamp":"noon","text":"Noon","message_type":null,"client_ref":7,"image":null,
            "error":"","content":null,"sms":null}"#,
        by_rcs: r#"{"message_uuid":"1","from":"12025550143","to":"brand_agent","channel":"rcs",
            "message_type":"text","text":"Noon"}"#,
        by_another: Some(
            r#"{"message_uuid":"1","from":"12025550143","channel":"messenger",
            "message_type":"text","text":"Noon"}"#,
        ),
        of_nobody: r#"{"message_uuid":"1","from":"Oakwood","text":"Noon"}"#,
        unreadable: r#"{"message_uuid":"1","to":{"type":"sms","number":"12025550100"},
            "from":{"type":"sms","number":"12025550143"},"direction":"inbound",
            "message":{"content":{"type":"text","text":"STOP"}}}"#,
        handled: &[],
    };
    check_texts(vonage(String::new(), SECRET), sign, &texts).await;
}

#[tokio::test]
async fn believes_no_hostile_call() {
    let described = Described {
        call: INBOUND,
        body: r#"{"message_uuid":"1","text":"Noon","from":"12025550143"}"#,
        headers: &["authorization"],
        covers: &[Covers::Body],
    };
    check_hostile(|secret| vonage(String::new(), secret), sign, &described).await;
}

/// Vonage may leave a call unsigned by mistake, and signs it when it has to repeat it.
#[tokio::test]
async fn wants_an_unsigned_call_again() {
    let outcome = async |body: &str| {
        let call = request(INBOUND, body);
        received_line(&receive(&vonage(String::new(), SECRET), &call).await)
    };
    assert_eq!(
        outcome(r#"{"message_uuid":"1","text":"Noon"}"#).await,
        "unverifiable: it is not signed, and Vonage signs it when it sends it again"
    );
    assert_eq!(
        outcome("msisdn=12025550143&to=12025550100&messageId=1&text=Noon&concat=true&sig=1").await,
        "unverifiable: it comes from the SMS API: in Vonage's dashboard, under API settings, make \
         the Messages API the default for SMS"
    );
}

#[test]
fn takes_the_key_as_a_file_has_it_and_in_one_line() {
    let one_line = PRIVATE_KEY.replace('\n', "\\n");
    for (key, from) in [(PRIVATE_KEY, "12025550100"), (&one_line, "+12025550100")] {
        let vonage =
            Vonage::from_settings(&settings(key, from), "https://text.example", Role::Everything);
        assert_eq!(vonage.unwrap().unwrap().sender(), "+12025550100");
    }
    let named = Vonage::from_settings(
        &settings(PRIVATE_KEY, "Oakwood"),
        "https://text.example",
        Role::Everything,
    );
    assert_eq!(named.unwrap().unwrap().sender(), "Oakwood");
}

#[test]
fn reports_an_invalid_key_at_the_start() {
    let cut = &PRIVATE_KEY[..PRIVATE_KEY.len() / 2];
    for key in ["private.key", cut, include_str!("table/public-key.pem")] {
        let error = Vonage::from_settings(
            &settings(key, "12025550100"),
            "https://text.example",
            Role::Everything,
        );
        assert_eq!(
            error.err().unwrap().to_string(),
            "VONAGE_PRIVATE_KEY cannot be used: write the application's private key as Vonage \
             gave it, from -----BEGIN PRIVATE KEY----- to the end"
        );
    }
}

/// As in the functions that do only one of the two.
#[tokio::test]
async fn sends_nothing_without_the_key_and_believes_nobody_without_the_secret() {
    let unarmed = Vonage { private_key: None, ..vonage("http://127.0.0.1:9".into(), SECRET) };
    let sent = unarmed.send(&patient(), &outgoing("Noon?")).await;
    assert_eq!(told(&sent), "refused: private key");
    let call = sign("", request(INBOUND, r#"{"message_uuid":"1","text":"Noon"}"#));
    let deaf = Vonage { signature_secret: None, ..vonage(String::new(), "") };
    assert_eq!(receive(&deaf, &call).await, Err(WebhookError::Forged));
}

fn settings(private_key: &str, from: &str) -> Settings {
    Settings::from([
        ("VONAGE_APPLICATION_ID", APPLICATION),
        ("VONAGE_PRIVATE_KEY", private_key),
        ("VONAGE_SIGNATURE_SECRET", "secret"),
        ("VONAGE_FROM", from),
    ])
}

fn vonage(base_url: String, signature_secret: &str) -> Vonage {
    Vonage {
        application_id: APPLICATION.into(),
        private_key: Some(PRIVATE_KEY.into()),
        signature_secret: Some(signature_secret.into()),
        from: "+12025550100".into(),
        base_url,
        public_url: "https://text.example".parse().unwrap(),
    }
}

fn claims(body: &str) -> Value {
    let hash: String = Sha256::digest(body).iter().map(|byte| format!("{byte:02x}")).collect();
    json!({
        "iat": Timestamp::now().as_second(),
        "jti": "11111111-2222-4333-8444-555555555555",
        "iss": "Vonage",
        "payload_hash": hash,
        "api_key": "abcd1234",
        "application_id": APPLICATION,
    })
}

/// Signs a call as Vonage does.
fn sign(secret: &str, call: http::Request<Bytes>) -> http::Request<Bytes> {
    let claims = claims(std::str::from_utf8(call.body()).unwrap());
    let key = EncodingKey::from_secret(secret.as_bytes());
    let token = jsonwebtoken::encode(&Header::new(Algorithm::HS256), &claims, &key).unwrap();
    bearing(&format!("Bearer {token}"), call)
}

fn bearing(authorization: &str, mut call: http::Request<Bytes>) -> http::Request<Bytes> {
    call.headers_mut().insert("authorization", authorization.parse().unwrap());
    call
}
