use fakes::{Fate, Vonage};
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use serde_json::{Value, json};

use crate::listener;

const PERSON: &str = "+12025550143";

/// A text to the person, with unusual fields.
fn saying(body: &str, others: Value) -> Value {
    let mut message = json!({
        "channel": "sms", "message_type": "text", "to": "12025550143", "from": "12025550110",
        "text": body,
    });
    message.as_object_mut().unwrap().extend(others.as_object().unwrap().clone());
    message
}

async fn send(vonage: &Vonage, message: Value) -> (u16, Value) {
    send_as(vonage, vonage.application_id(), message).await
}

async fn send_as(vonage: &Vonage, application: &str, message: Value) -> (u16, Value) {
    let now = jiff::Timestamp::now().as_second();
    let claims = json!({
        "application_id": application, "iat": now, "exp": now + 900,
        "jti": "11111111-2222-4333-8444-555555555555",
    });
    let key = EncodingKey::from_rsa_pem(vonage.private_key().as_bytes()).unwrap();
    let token = jsonwebtoken::encode(&Header::new(Algorithm::RS256), &claims, &key).unwrap();
    let request = reqwest::Client::new().post(format!("{}/v1/messages", vonage.url()));
    let answer = request.bearer_auth(token).json(&message).send().await.unwrap();
    (answer.status().as_u16(), answer.json().await.unwrap())
}

/// The status and the code of a refusal.
fn code((status, body): (u16, Value)) -> (u16, String) {
    (status, body["type"].as_str().unwrap().rsplit_once('#').unwrap().1.to_owned())
}

#[tokio::test]
async fn keeps_accepted_messages() {
    let vonage = Vonage::start().await;
    let (status, accepted) = send(&vonage, saying("Hi", json!({ "client_ref": "7" }))).await;
    assert_eq!(status, 202);
    assert_eq!(vonage.texts_to(PERSON), ["Hi"]);
    let message = vonage.messages().remove(0);
    assert_eq!(accepted["message_uuid"], message.uuid);
    assert_eq!(message.client_ref.as_deref(), Some("7"));
}

#[tokio::test]
async fn refuses_what_vonage_would() {
    let vonage = Vonage::start().await;
    for (message, expected) in [
        (json!({ "channel": "sms" }), "1010"),
        (saying("", json!({})), "1010"),
        (saying(&"x".repeat(1001), json!({})), "1150"),
        (saying("Hi", json!({ "channel": "mms" })), "1150"),
        (saying("Hi", json!({ "client_ref": "x".repeat(101) })), "1150"),
        (saying("Hi", json!({ "webhook_url": "http://localhost:5000/" })), "1150"),
        (saying("Hi", json!({ "reference": "7" })), "1150"),
        (saying("Hi", json!({ "to": PERSON })), "1170"),
        (saying("Hi", json!({ "from": "12025550177" })), "1120"),
    ] {
        assert_eq!(code(send(&vonage, message.clone()).await), (422, expected.into()), "{message}");
    }
    let stranger = send_as(&vonage, "another", saying("Hi", json!({}))).await;
    assert_eq!(code(stranger), (401, "unauthorized".into()));
    assert_eq!(vonage.messages(), []);
}

#[tokio::test]
async fn refuses_for_the_reason_that_it_is_given_until_it_accepts() {
    let vonage = Vonage::start().await;
    for (reason, status) in [("1000", 429), ("low-balance", 402), ("account-suspended", 403)] {
        vonage.refuse_with(reason);
        let refused = code(send(&vonage, saying("early", json!({}))).await);
        assert_eq!(refused, (status, reason.into()));
    }
    vonage.accept();
    assert_eq!(send(&vonage, saying("late", json!({}))).await.0, 202);
    assert_eq!(vonage.texts_to(PERSON), ["late"]);
}

#[tokio::test]
async fn delivers_when_that_outcome_is_decided() {
    let vonage = Vonage::start().await;
    let (route, calls) = listener().await;
    vonage.decide(Fate::Undelivered(route, 1240));
    let callback = json!({
        "client_ref": "7", "webhook_version": "v1",
        "webhook_url": "https://sms.example.test/webhooks/vonage/status",
    });
    send(&vonage, saying("Hi", callback)).await;
    vonage.wait_for_reports(2).await;
    let calls = calls.lock().unwrap();
    assert!(
        calls[0].contains(r#""status":"submitted""#) && calls[0].contains(r#""client_ref":"7""#)
    );
    assert!(calls[1].contains(r#""status":"rejected""#) && calls[1].contains("#1240"));
}

#[tokio::test]
async fn texts_us_genuinely_and_as_a_forger() {
    let vonage = Vonage::start().await;
    let (route, calls) = listener().await;
    assert_eq!(vonage.text(&route, PERSON, "Hi").await.status, 200);
    let call = calls.lock().unwrap().remove(0);
    assert!(call.starts_with("/webhooks/vonage/inbound ") && call.contains(r#""text":"Hi""#));

    let forged = vonage.forged(&route, PERSON, "Hi");
    let genuine = vonage.inbound(&route, PERSON, "Hi");
    assert_eq!(forged.headers.len(), genuine.headers.len());
}
