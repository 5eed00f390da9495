use std::time::SystemTime;

use aws_credential_types::Credentials;
use fakes::{AwsSms, forge};
use http::Request;
use serde_json::{Value, json};

use crate::listener;

const PERSON: &str = "+12025550143";

/// Sends this, signed with this secret, and returns the HTTP status and the answer.
async fn send(aws: &AwsSms, secret: &str, body: &Value) -> (u16, Value) {
    ask(aws, secret, "SendTextMessage", body).await
}

async fn ask(aws: &AwsSms, secret: &str, action: &str, body: &Value) -> (u16, Value) {
    let keys = Credentials::new(aws.access_key_id(), secret, None, None, "test");
    let request = Request::post(aws.url())
        .header("content-type", "application/x-amz-json-1.0")
        .header("x-amz-target", format!("PinpointSMSVoiceV2.{action}"))
        .body(body.to_string())
        .unwrap();
    let signed = amazon::sign(request, "sms-voice", "us-east-1", keys, SystemTime::now());
    let response = reqwest::Client::new().execute(signed.try_into().unwrap()).await.unwrap();
    (response.status().as_u16(), response.json().await.unwrap())
}

fn text(aws: &AwsSms) -> Value {
    json!({
        "DestinationPhoneNumber": PERSON,
        "OriginationIdentity": aws.number(),
        "MessageBody": "Hi",
        "ConfigurationSetName": aws.configuration_set(),
        "Context": { "attempt": "7" },
    })
}

async fn say(aws: &AwsSms) -> (u16, Value) {
    send(aws, aws.secret_access_key(), &text(aws)).await
}

#[tokio::test]
async fn keeps_accepted_messages() {
    let aws = AwsSms::start().await;
    let (status, answer) = say(&aws).await;
    assert_eq!((status, answer["MessageId"].as_str().unwrap()), (200, &*aws.messages()[0].id));
    assert_eq!(aws.texts_to(PERSON), ["Hi"]);
}

#[tokio::test]
async fn accepts_only_requests_signed_with_its_key() {
    let aws = AwsSms::start().await;
    let (status, answer) = send(&aws, "guess", &text(&aws)).await;
    assert_eq!(status, 400);
    assert!(answer["__type"].as_str().unwrap().ends_with("#InvalidSignatureException"));

    let unsigned = reqwest::Client::new().post(aws.url());
    assert_eq!(unsigned.body("{}").send().await.unwrap().status(), 400);
    assert_eq!(aws.messages(), []);
}

#[tokio::test]
async fn refuses_what_aws_would() {
    let aws = AwsSms::start().await;
    let long = "x".repeat(1601);
    for (name, value, expected) in [
        ("DestinationPhoneNumber", json!("nobody"), "ValidationException"),
        ("MessageBody", json!(" "), "ValidationException"),
        ("MessageBody", json!(long), "ValidationException"),
        ("TimeToLive", json!(4), "ValidationException"),
        ("Context", json!({ "attempt": 7 }), "ValidationException"),
        ("OriginationIdentity", json!("+12025550177"), "ResourceNotFoundException"),
        ("ConfigurationSetName", json!("another"), "ResourceNotFoundException"),
        ("ClientToken", json!("once"), "SerializationException"),
    ] {
        let mut body = text(&aws);
        body[name] = value;
        let (status, answer) = send(&aws, aws.secret_access_key(), &body).await;
        let exception = answer["__type"].as_str().unwrap();
        assert_eq!((status, exception.rsplit('#').next().unwrap()), (400, expected), "{name}");
    }
    assert_eq!(aws.messages(), []);
}

#[tokio::test]
async fn refuses_for_the_reason_that_it_is_given_until_it_accepts() {
    let aws = AwsSms::start().await;
    aws.refuse_with("ServiceQuotaExceededException", Some("MONTHLY_SPEND_LIMIT_REACHED_FOR_TEXT"));
    assert_eq!(say(&aws).await.1["Reason"], "MONTHLY_SPEND_LIMIT_REACHED_FOR_TEXT");
    aws.accept();
    assert_eq!(say(&aws).await.0, 200);
    aws.opt_out(PERSON);
    assert_eq!(say(&aws).await.1["Reason"], "DESTINATION_PHONE_NUMBER_OPTED_OUT");
}

#[tokio::test]
async fn shows_an_account_and_only_what_may_be_asked() {
    let aws = AwsSms::start().await;
    let ask = async |action| ask(&aws, aws.secret_access_key(), action, &json!({})).await;
    aws.show("DescribeSpendLimits", |shown| shown["SpendLimits"][0]["EnforcedLimit"] = 1.into());
    assert_eq!(ask("DescribeSpendLimits").await.1["SpendLimits"][0]["EnforcedLimit"], 1);
    aws.deny("DescribeSpendLimits");
    assert_eq!(ask("DescribeSpendLimits").await.0, 400);
    assert_eq!(ask("DeletePhoneNumber").await.0, 400);
}

#[tokio::test]
async fn delivers_texts_and_events_through_sns() {
    let aws = AwsSms::start().await;
    let (route, calls) = listener().await;
    say(&aws).await;
    let id = aws.messages()[0].id.clone();
    assert_eq!(aws.text(&route, PERSON, "Hello").await.status, 200);
    assert_eq!(aws.report(&route, &id, "TEXT_DELIVERED").await.status, 200);
    let calls = calls.lock().unwrap().clone();
    assert!(calls[0].starts_with("/webhooks/aws/inbound") && calls[0].contains("Hello"));
    assert!(calls[1].starts_with("/webhooks/aws/status") && calls[1].contains("TEXT_DELIVERED"));

    let message: Value = serde_json::from_str(calls[0].split_once(' ').unwrap().1).unwrap();
    let forged: Value = serde_json::from_str(&forge(&message.to_string())).unwrap();
    assert_eq!(forged["Message"], message["Message"]);
    assert_ne!(forged["Signature"], message["Signature"]);
    let certificate = reqwest::get(message["SigningCertURL"].as_str().unwrap()).await.unwrap();
    assert!(certificate.text().await.unwrap().starts_with("-----BEGIN CERTIFICATE-----"));
}

#[tokio::test]
async fn calls_an_address_that_has_confirmed() {
    let aws = AwsSms::start().await;
    let (route, _) = listener().await;
    let call = aws.subscribe_texts(&route);
    let message: Value = serde_json::from_slice(&call.body).unwrap();
    assert!(aws.subscribed().is_empty());
    let url = message["SubscribeURL"].as_str().unwrap();
    assert_eq!(reqwest::get(url.replace("Token=", "Token=0")).await.unwrap().status(), 404);
    assert_eq!(reqwest::get(url).await.unwrap().status(), 200);
    assert_eq!(aws.subscribed(), ["https://sms.example.test/webhooks/aws/inbound"]);
}
