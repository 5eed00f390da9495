use fakes::{AwsSms, Mode};
use serde_json::{Value, json};
use sms::{Event, WebhookError};

use super::{TOPIC, aws, event, posted};
use crate::harness::{receive, received_line};

#[tokio::test]
async fn reports_on_what_another_program_sent_too() {
    let sns = AwsSms::start().await;
    let message = r#"{"eventType":"TEXT_DELIVERED","messageId":"1","context":{"attempt":7}}"#;
    let received = receive(&aws(&sns), &posted(sns.notification(TOPIC, message))).await;
    assert_eq!(received_line(&received), "1 of -: Delivered (TEXT_DELIVERED)");
}

/// SNS's signature is accepted for these reasons together; if one does not hold, it is refused.
#[tokio::test]
async fn believes_no_other_topic_host_or_time() {
    let sns = AwsSms::start().await;
    let elsewhere = AwsSms::start().await;
    let aws = aws(&sns);
    let with = |name: &str, value: &str| {
        let mut message = json!({
            "Type": "Notification",
            "MessageId": "22b80b92",
            "TopicArn": TOPIC,
            "Message": event("TEXT_SENT"),
        });
        message[name] = value.into();
        posted(sns.signed(message))
    };
    assert!(receive(&aws, &with("Subject", "Hello")).await.is_ok());

    let signed: Value = serde_json::from_str(&elsewhere.notification(TOPIC, "Noon?")).unwrap();
    let certificate = signed["SigningCertURL"].as_str().unwrap();
    let at = |url: &str| certificate.replace(&elsewhere.url(), url);
    for (name, value) in [
        ("TopicArn", "arn:aws:sns:us-east-1:210987654321:texts"),
        ("Timestamp", "2026-01-01T00:00:00.000Z"),
        ("Timestamp", "yesterday"),
        ("Timestamp", "2126-01-01T00:00:00.000Z"),
        ("SigningCertURL", certificate),
        ("SigningCertURL", &at("https://sns.elsewhere.example")),
        ("SigningCertURL", &at("https://sns.us-east-1.amazonaws.com")),
        ("SigningCertURL", &at(&format!("{}/a", sns.url()))),
        ("SigningCertURL", &format!("{}?Action=GetEndpointAttributes", at(&sns.url()))),
        ("SignatureVersion", "3"),
    ] {
        let received = receive(&aws, &with(name, value)).await;
        assert_eq!(received, Err(WebhookError::Forged), "{name} {value}");
    }
}

#[tokio::test]
async fn says_how_to_get_a_signature_where_there_is_none() {
    let sns = AwsSms::start().await;
    let mut raw = posted(event("TEXT_SENT"));
    raw.headers_mut().insert("x-amz-sns-rawdelivery", "true".parse().unwrap());
    assert_eq!(
        received_line(&receive(&aws(&sns), &raw).await),
        "malformed: raw message delivery leaves the signature out: \
         switch it off in the subscription"
    );
    let anything = receive(&aws(&sns), &posted("Noon?".into())).await;
    assert_eq!(received_line(&anything), "malformed: no message of SNS's");
}

#[tokio::test]
async fn waits_for_a_certificate_and_asks_for_it_once() {
    let sns = AwsSms::start().await;
    let aws = aws(&sns);
    let call = posted(sns.notification(TOPIC, &event("TEXT_SENT")));

    sns.certificates.set(Mode::Fails(503, String::new()));
    let unproven = receive(&aws, &call).await;
    assert_eq!(received_line(&unproven), "unverifiable: SNS does not give its certificate");
    sns.certificates.set(Mode::Nonsense);
    let unproven = receive(&aws, &call).await;
    assert_eq!(received_line(&unproven), "unverifiable: what SNS gives is no certificate");

    sns.certificates.set(Mode::Works);
    assert!(receive(&aws, &call).await.is_ok());
    sns.certificates.set(Mode::Fails(503, String::new()));
    assert!(receive(&aws, &call).await.is_ok());
}

#[tokio::test]
async fn believes_no_certificate_that_is_over_and_keeps_none_that_proves_nothing() {
    let sns = AwsSms::start().await;
    let aws = aws(&sns);
    let call = posted(sns.notification(TOPIC, &event("TEXT_SENT")));

    sns.certificates.set(Mode::Fails(200, include_str!("expired.pem").into()));
    assert_eq!(
        received_line(&receive(&aws, &call).await),
        "unverifiable: the certificate is not valid today, unless the clock is wrong"
    );
    sns.certificates.set(Mode::Fails(200, include_str!("certificate.pem").into()));
    assert_eq!(receive(&aws, &call).await, Err(WebhookError::Forged));

    sns.certificates.set(Mode::Works);
    assert!(receive(&aws, &call).await.is_ok());
}

#[tokio::test]
async fn confirms_subscriptions_of_our_topics_and_tells_of_their_end() {
    let sns = AwsSms::start().await;
    let aws = aws(&sns);
    let message = |kind: &str, topic: &str, url: &str| {
        posted(sns.signed(json!({
            "Type": kind,
            "MessageId": "165545c9",
            "Token": "tok123",
            "TopicArn": topic,
            "Message": "You have chosen …",
            "SubscribeURL": url,
        })))
    };
    let confirm = "SubscriptionConfirmation";
    let url = format!("{}/?Action=ConfirmSubscription&Token=tok123", sns.url());
    let received = receive(&aws, &message(confirm, TOPIC, &url)).await;
    assert_eq!(received, Ok(vec![Event::Subscription(url.parse().unwrap())]));

    let of_a_stranger = message(confirm, "arn:aws:sns:us-east-1:210987654321:texts", &url);
    assert_eq!(receive(&aws, &of_a_stranger).await, Err(WebhookError::Forged));
    let elsewhere = receive(&aws, &message(confirm, TOPIC, "https://elsewhere.example/")).await;
    assert_eq!(
        received_line(&elsewhere),
        "unreadable: it is to be confirmed at an address that is not SNS's"
    );
    let ended = receive(&aws, &message("UnsubscribeConfirmation", TOPIC, &url)).await;
    assert_eq!(
        received_line(&ended),
        "unreadable: SNS calls no more: the subscription was deleted"
    );
}
