use bytes::Bytes;
use jiff::Timestamp;
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use providers::{Role, Vonage};
use serde_json::{Value, json};
use settings::Settings;
use sha2::{Digest as _, Sha256};
use sms::{Outgoing, Provider as _, WebhookError};

use crate::harness::{
    ReceiveCase, SECRET, Script, SendCase, Texts, check_receive, check_send, check_texts,
    diagnosed, outgoing, patient, receive, received_line, request, told,
};
use crate::hostile::{Covers, Described, check_hostile};

const PRIVATE_KEY: &str = include_str!("../throwaway-private-key.pem");
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
async fn receives() {
    let text = |fields: Value| {
        let mut text = json!({
            "message_uuid": "aaaaaaaa-bbbb-4ccc-8ddd-000000000002", "channel": "sms",
            "to": "12025550100", "from": "12025550143", "message_type": "text",
            "timestamp": "2026-01-01T14:00:00.000Z",
        });
        text.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
        text.to_string()
    };
    let status = |word: &str, fields: Value| {
        let mut status = json!({
            "message_uuid": "aaaaaaaa-bbbb-4ccc-8ddd-000000000001", "channel": "sms",
            "to": "12025550143", "from": "12025550100", "timestamp": "2026-01-01T14:00:00Z",
            "status": word, "client_ref": "attempt-1", "sms": { "count_total": "2" },
            "usage": { "currency": "EUR", "price": "0.0333" },
            "destination": { "network_code": "310260" },
        });
        status.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
        status.to_string()
    };
    let error = |fields: Value| json!({ "error": fields });
    let cases = [
        (
            "a text of two parts",
            INBOUND,
            text(json!({
                "text": "Noon & café 🎉\n", "sms": { "num_messages": "2", "keyword": "NOON" },
                "client_ref": null, "origin": { "network_code": "310260" },
            })),
            "aaaaaaaa-bbbb-4ccc-8ddd-000000000002 +12025550143 -> +12025550100 \
             at 2026-01-01T14:00:00Z: Noon & café 🎉\n",
        ),
        (
            "a picture",
            INBOUND,
            text(json!({
                "channel": "mms", "message_type": "image", "text": "Noon",
                "image": { "url": "https://api.nexmo.com/v3/media/1", "caption": "Noon" },
            })),
            "aaaaaaaa-bbbb-4ccc-8ddd-000000000002 +12025550143 -> +12025550100 \
             at 2026-01-01T14:00:00Z +1: Noon",
        ),
        (
            "a name",
            INBOUND,
            text(json!({ "from": "Oakwood", "text": "Noon" })),
            "unreadable: the sender is a short code or a name, which cannot be answered",
        ),
        (
            "something else than a text",
            INBOUND,
            text(json!({ "channel": "whatsapp", "text": "Noon" })),
            "unreadable: it came by another channel than SMS, MMS and RCS",
        ),
        (
            "an empty text",
            INBOUND,
            text(json!({ "text": null })),
            "aaaaaaaa-bbbb-4ccc-8ddd-000000000002 +12025550143 -> +12025550100 \
             at 2026-01-01T14:00:00Z: ",
        ),
        (
            "neither",
            INBOUND,
            text(json!({ "message_type": null })),
            "unreadable: neither a text nor a status",
        ),
        (
            "a caption in a list",
            INBOUND,
            r#"{"channel":"mms","message_type":"content",
                "message_uuid":"11111111-0000-4000-8000-000000000006","from":"12025550143",
                "to":"12025550101","timestamp":"2026-11-29T00:00:00Z",
                "content":[{},{"type":"file","url":"https://example.test/f.zip","caption":"STOP"}]}"#
                .into(),
            "11111111-0000-4000-8000-000000000006 +12025550143 -> +12025550101 \
             at 2026-11-29T00:00:00Z +1: STOP",
        ),
        (
            "words and pictures in a list",
            INBOUND,
            text(json!({
                "channel": "mms", "message_type": "content", "content": [
                    { "type": "text", "text": "Noon" },
                    { "type": "image", "image": { "url": "https://a.test/1", "caption": "Two" } },
                    { "type": "video", "url": "https://a.test/2", "caption": "" },
                ],
            })),
            "aaaaaaaa-bbbb-4ccc-8ddd-000000000002 +12025550143 -> +12025550100 \
             at 2026-01-01T14:00:00Z +2: Noon\nTwo",
        ),
        (
            "what was tapped",
            INBOUND,
            text(json!({
                "channel": "rcs", "message_type": "reply", "to": "Oakwood",
                "reply": { "id": "1", "title": "Noon" },
            })),
            "aaaaaaaa-bbbb-4ccc-8ddd-000000000002 +12025550143 -> +12025550100 \
             at 2026-01-01T14:00:00Z: Noon",
        ),
        (
            "a time in another form",
            STATUS,
            r#"{"message_uuid":"11111111-0000-4000-8000-000000000012","to":"12025550143",
                "from":"12025550101","timestamp":"2026-11-29 00:00:00 +0000","status":"delivered",
                "channel":"sms","client_ref":null}"#
                .into(),
            "11111111-0000-4000-8000-000000000012 of -: Delivered (delivered)",
        ),
        (
            "numbers for words, and an error that is none",
            STATUS,
            status("delivered", json!({ "to": 12025550143_u64, "timestamp": 1, "error": null, "from": {} })),
            "aaaaaaaa-bbbb-4ccc-8ddd-000000000001 of attempt-1: Delivered (delivered)",
        ),
        (
            "version 0.1",
            INBOUND,
            text(json!({ "from": { "type": "sms", "number": "12025550143" } })),
            "unreadable: not of the Messages API, version 1",
        ),
        ("no JSON", INBOUND, String::new(), "unreadable: not of the Messages API, version 1"),
        (
            "delivered",
            STATUS,
            status("delivered", json!({})),
            "aaaaaaaa-bbbb-4ccc-8ddd-000000000001 of attempt-1: Delivered (delivered)",
        ),
        (
            "submitted, by somebody else",
            STATUS,
            status("submitted", json!({ "client_ref": "" })),
            "aaaaaaaa-bbbb-4ccc-8ddd-000000000001 of -: Sent (submitted)",
        ),
        (
            "rejected",
            STATUS,
            status(
                "rejected",
                error(json!({
                    "type": "https://developer.vonage.com/api-errors/messages#1260",
                    "title": 1260, "detail": "Destination unreachable", "instance": "1",
                })),
            ),
            "aaaaaaaa-bbbb-4ccc-8ddd-000000000001 of attempt-1: Failed (rejected 1260)",
        ),
        (
            "opted out, found late",
            STATUS,
            status("rejected", error(json!({ "title": "1240" }))),
            "aaaaaaaa-bbbb-4ccc-8ddd-000000000001 of attempt-1: Failed (rejected 1240)",
        ),
        (
            "undeliverable, without a code",
            STATUS,
            status("undeliverable", error(json!({ "title": "Text to +12025550143 failed" }))),
            "aaaaaaaa-bbbb-4ccc-8ddd-000000000001 of attempt-1: Undelivered (undeliverable)",
        ),
        (
            "a word that nobody documents",
            STATUS,
            status("vaporized", json!({})),
            "unreadable: an unknown status",
        ),
    ];
    let cases: Vec<_> = cases
        .iter()
        .map(|(name, call, body, outcome)| ReceiveCase { name, call, body, outcome })
        .collect();
    check_receive(|secret| vonage(String::new(), secret), sign, &cases).await;
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

#[tokio::test]
async fn says_what_can_be_seen_of_the_account() {
    let found = async |answer| diagnosed(|url| vonage(url, SECRET), &[(NOBODY, answer)]).await;
    let let_in = "Works Credentials: Vonage accepts the application's key";
    assert_eq!(found((422, INVALID)).await, [let_in]);
    assert_eq!(
        found((401, UNAUTHORIZED)).await,
        ["Broken Credentials: Vonage does not let us in: application and private key do not \
          belong together. Copy VONAGE_APPLICATION_ID from Vonage's dashboard again, and set \
          VONAGE_PRIVATE_KEY to that application's key; a lost key is replaced by making a new \
          one there."]
    );
    assert_eq!(
        found((402, LOW_BALANCE)).await,
        [
            let_in,
            "Broken Balance: The account has too little credit. Top it up in Vonage's dashboard, \
             and switch automatic reload on."
        ]
    );
    let suspended = r#"{"type":"https://developer.vonage.com/api-errors#account-suspended"}"#;
    assert_eq!(
        found((403, suspended)).await,
        [let_in, "Broken Account: The account is suspended. Write to Vonage's support."]
    );
    for answer in [(200, "<html>It works!</html>"), (202, ACCEPTED), (404, ""), (503, "")] {
        assert_eq!(
            found(answer).await,
            [format!(
                "Doubtful Credentials: Vonage gives no usable answer (http {}). See the provider's status \
                 page, and try again.",
                answer.0
            )]
        );
    }
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
    for key in ["private.key", cut, include_str!("../throwaway-public-key.pem")] {
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
