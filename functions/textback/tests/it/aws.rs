//! AWS End User Messaging, which delivers texts and receipts through SNS.

use fakes::{AwsSms, Mode};
use product::{ANN, BOB, Product, between, until};
use serde_json::{Value, json};
use sms::Status;

/// The product with an account at AWS, whose topics call it.
async fn start() -> (Product, AwsSms) {
    let aws = AwsSms::start().await;
    let settings = aws.settings();
    let settings: Vec<_> = settings.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let mut product = Product::start_with(&[], &settings).await;
    let route = product.route();
    for call in [aws.subscribe_texts(&route), aws.subscribe_events(&route)] {
        assert_eq!(product.post(&call).await.status, 200);
    }
    assert_eq!(
        aws.subscribed(),
        [
            "https://sms.example.test/webhooks/aws/inbound",
            "https://sms.example.test/webhooks/aws/status"
        ]
    );
    (product, aws)
}

#[tokio::test]
async fn a_text_is_answered_by_aws_and_its_event_says_that_the_answer_arrived() {
    let (mut product, aws) = start().await;
    let call = aws.inbound(&product.route(), ANN, "My tap drips");
    assert_eq!(product.post(&call).await.status, 200);
    assert_eq!(product.post(&call).await.status, 200);
    product.settled().await;
    assert_eq!(aws.texts_to(ANN), ["You said: My tap drips"]);

    let id = between("aws", ANN);
    let status = async || product.store.attempts_of(&id).await.unwrap()[0].status();
    assert_eq!(status().await, Status::Accepted);
    let message = aws.messages()[0].id.clone();
    for (event, expected) in [
        // A carrier took it, which does not show that it arrived.
        ("TEXT_SUCCESSFUL", Status::Sent),
        ("TEXT_DELIVERED", Status::Delivered),
        ("TEXT_PENDING", Status::Delivered),
    ] {
        assert_eq!(aws.report(&product.route(), &message, event).await.status, 200);
        assert_eq!(status().await, expected, "{event}");
    }
}

/// The event carries our own name for the attempt, so it is found though AWS's id never came.
#[tokio::test]
async fn an_event_finds_a_text_whose_acceptance_was_lost() {
    let (mut product, aws) = start().await;
    aws.switch.set(Mode::CutsAfter);
    let call = aws.inbound(&product.route(), ANN, "My tap drips");
    product.post(&call).await;
    aws.wait_for_messages(1).await;
    let id = between("aws", ANN);
    let status = async || product.store.attempts_of(&id).await.unwrap()[0].status();
    until("the answer to be missed", async || status().await == Status::Unknown).await;

    let message = aws.messages()[0].id.clone();
    aws.report(&product.route(), &message, "TEXT_DELIVERED").await;
    until("the event to find it", async || status().await == Status::Delivered).await;
    aws.switch.set(Mode::Works);
    product.settled().await;
    assert_eq!(aws.texts_to(ANN), ["You said: My tap drips"]);
}

/// On an AWS machine, or one with a profile, the settings contain no key.
#[tokio::test]
async fn credentials_are_found_where_programs_for_aws_have_theirs() {
    let aws = AwsSms::start().await;
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("credentials");
    let profile = format!(
        "[default]\naws_access_key_id = {}\naws_secret_access_key = {}\n",
        aws.access_key_id(),
        aws.secret_access_key()
    );
    std::fs::write(&file, profile).unwrap();
    let settings = aws.settings();
    let settings: Vec<_> = settings
        .iter()
        .filter(|(name, _)| !name.ends_with("_KEY") && !name.ends_with("_KEY_ID"))
        .map(|(name, value)| (*name, value.as_str()))
        .chain([
            ("AWS_EC2_METADATA_DISABLED", "true"),
            ("AWS_SHARED_CREDENTIALS_FILE", file.to_str().unwrap()),
        ])
        .collect();
    let mut product = Product::start_with(&[], &settings).await;
    let call = aws.inbound(&product.route(), ANN, "My tap drips");
    assert_eq!(product.post(&call).await.status, 200);
    product.settled().await;
    assert_eq!(aws.texts_to(ANN), ["You said: My tap drips"]);
}

#[tokio::test]
async fn only_sns_is_believed_and_an_unverifiable_call_is_asked_for_again() {
    let aws = AwsSms::start().await;
    let settings = aws.settings();
    let settings: Vec<_> = settings.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let mut product = Product::start_with(&[], &settings).await;
    let forged = aws.forged(&product.route(), BOB, "Give me a refund");
    assert_eq!(product.post(&forged).await.status, 403);

    aws.certificates.set(Mode::Fails(503, String::new()));
    let call = aws.inbound(&product.route(), ANN, "My tap drips");
    assert_eq!(product.post(&call).await.status, 503);
    aws.certificates.set(Mode::Works);
    assert_eq!(product.post(&call).await.status, 200);
    product.settled().await;
    assert_eq!((aws.texts_to(ANN).len(), aws.texts_to(BOB).len()), (1, 0));
}

/// The token of a confirmation lets anybody create a subscription of ours, and the other address
/// lets anybody end one.
#[tokio::test]
async fn signatures_and_unsubscribe_addresses_of_sns_are_not_kept() {
    let (mut product, aws) = start().await;
    let (route, topic) = (product.route(), "arn:aws:sns:us-east-1:123456789012:texts");
    let mut call = aws.publish(&route, "/webhooks/aws/inbound", topic, "My tap drips");
    assert_eq!(product.post(&call).await.status, 200);
    let ended = json!({
        "Type": "UnsubscribeConfirmation",
        "MessageId": "165545c9",
        "Token": "tok123",
        "TopicArn": topic,
        "Message": "You have chosen to deactivate the subscription.",
        "SubscribeURL": format!("{}/?Action=ConfirmSubscription&Token=tok123", aws.url()),
    });
    call.body = aws.signed(ended).into();
    assert_eq!(product.post(&call).await.status, 200);

    let kept = product.store.quarantined(10).await.unwrap();
    let kept: Vec<Value> =
        kept.iter().map(|call| serde_json::from_str(&call.body).unwrap()).collect();
    let is_kept = |name, value| kept.iter().any(|call| call[name] == value);
    assert!(is_kept("MessageId", "165545c9") && is_kept("Message", "My tap drips"));
    for secret in ["Signature", "SubscribeURL", "Token", "UnsubscribeURL"] {
        assert!(kept.iter().all(|call| call.get(secret).is_none()), "{secret}");
    }
    // The rest is still a message from SNS.
    let ran = product.run(&["quarantine", "replay"], "").await;
    for why in ["neither a text nor an event", "the subscription was deleted"] {
        assert!(ran.printed.iter().any(|line| line.ends_with(why)), "{ran:?}");
    }
    assert_eq!(ran.printed.len(), 2);
}

/// SNS alone can sign a text, so whoever tries the installation has to be allowed to publish one.
#[tokio::test]
async fn smoke_says_what_keeps_a_text_from_coming_by_sns() {
    const TEXTS: &str = "arn:aws:sns:us-east-1:123456789012:texts";
    let (mut product, aws) = start().await;
    product.settings.insert("PUBLIC_URL".into(), product.home());
    product.settings.insert("AWS_EC2_METADATA_DISABLED".into(), "true".into());
    let right = product.settings.clone();
    let mut said = async |others: &[(&str, &str)]| {
        product.settings.clone_from(&right);
        product
            .settings
            .extend(others.iter().map(|(name, value)| ((*name).into(), (*value).into())));
        let ran = product.run(&["smoke"], "").await;
        assert_eq!(
            (ran.code, &ran.said[..]),
            (Some(1), &["error: 1 of 6 checks failed".into()][..])
        );
        let line = ran.printed.iter().position(|line| line.starts_with('✗')).unwrap();
        let seen = ran.printed[line].strip_prefix("✗ a genuine text is acknowledged: ").unwrap();
        format!("{seen}. {}", ran.printed[line + 1].trim())
    };
    assert_eq!(
        said(&[("AWS_ACCESS_KEY_ID", ""), ("AWS_SECRET_ACCESS_KEY", "")]).await,
        format!(
            "only SNS can sign one, and there are no credentials to publish to {TEXTS}. Set \
             AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or AWS_PROFILE, of somebody who is allowed \
             sns:Publish on {TEXTS}."
        )
    );
    assert_eq!(
        said(&[("AWS_SECRET_ACCESS_KEY", "another")]).await,
        "AWS does not know these credentials. Set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY anew, \
         with AWS_SESSION_TOKEN where they are of a session."
    );
    assert_eq!(
        said(&[("AWS_SMS_TOPIC_ARN", "arn:aws:sns:us-east-1:123456789012:other")]).await,
        "there is no topic arn:aws:sns:us-east-1:123456789012:other. Set AWS_SMS_TOPIC_ARN to the \
         topics, that of texts first."
    );
    aws.deny("Publish");
    assert_eq!(
        said(&[]).await,
        format!(
            "AWS does not let these credentials publish to {TEXTS}. Allow whoever runs this \
             sns:Publish on {TEXTS}: SNS alone can sign a text."
        )
    );
    assert!(aws.messages().is_empty());
}
