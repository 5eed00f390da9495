use bytes::Bytes;
use fakes::{AwsSms, Mode, Route, forge};
use providers::{Aws, Role};
use serde_json::{Value, json};
use settings::Settings;
use sms::{Check, Event, Finding, Found, Outgoing, Provider, Verdict, WebhookError};

use crate::harness::{
    ReceiveCase, SECRET, SendCase, Texts, check_receive, check_send, check_texts, outgoing,
    patient, receive, received_line, request, told,
};
use crate::hostile::{Covers, Described, check_hostile};

const PUBLIC_URL: &str = "https://text.example";
const INBOUND: &str = "POST /webhooks/aws/inbound";
const STATUS: &str = "POST /webhooks/aws/status";
const TOPIC: &str = "arn:aws:sns:us-east-1:123456789012:texts";

const NOON: &str = "POST / PinpointSMSVoiceV2.SendTextMessage \
    {\"ConfigurationSetName\":\"textback\",\"Context\":{\"attempt\":\"attempt-1\"},\
    \"DestinationPhoneNumber\":\"+12025550143\",\"MessageBody\":\"Noon?\",\
    \"MessageType\":\"TRANSACTIONAL\",\"OriginationIdentity\":\"+12025550100\",\"TimeToLive\":600} \
    AWS4-HMAC-SHA256 …";

#[tokio::test]
async fn sends() {
    let says = |name, body, outcome| answered(name, (400, body), outcome);
    check_send(
        at,
        &[
            answered("accepted", (200, r#"{"MessageId":"862a8790"}"#), "sent 862a8790"),
            says("the person said STOP", OPTED_OUT, "opted out: DESTINATION_PHONE_NUMBER_OPTED_OUT"),
            says("no such number", NO_NUMBER, "undeliverable: INVALID_PARAMETER:DestinationPhoneNumber"),
            says("something else is wrong", NO_TTL, "refused: INVALID_PARAMETER"),
            says(
                "the sandbox",
                r#"{"__type":"ConflictException","Reason":"DESTINATION_PHONE_NUMBER_NOT_VERIFIED"}"#,
                "refused: DESTINATION_PHONE_NUMBER_NOT_VERIFIED",
            ),
            says(
                "the month's money is spent",
                r#"{"__type":"ServiceQuotaExceededException","Reason":"MONTHLY_SPEND_LIMIT_REACHED_FOR_TEXT"}"#,
                "refused: MONTHLY_SPEND_LIMIT_REACHED_FOR_TEXT",
            ),
            says(
                "the account is switched off",
                r#"{"__type":"AccessDeniedException","Reason":"ACCOUNT_DISABLED"}"#,
                "refused: ACCOUNT_DISABLED",
            ),
            says("not allowed", r#"{"__type":"AccessDeniedException"}"#, "refused: AccessDeniedException"),
            says(
                "too many at once",
                r#"{"__type":"ThrottlingException","Message":"slow down"}"#,
                "refused: ThrottlingException",
            ),
            says(
                "an exception with names around it",
                r#"{"__type":"com.amazon.coral.service#UnrecognizedClientException:http://a.test/"}"#,
                "refused: UnrecognizedClientException",
            ),
            says(
                "a reason that nobody knows yet",
                r#"{"__type":"ValidationException","Reason":"MOON_IS_FULL"}"#,
                "refused: MOON_IS_FULL",
            ),
            says(
                "a reason that would quote the number",
                r#"{"__type":"ValidationException","Reason":"not +12025550143"}"#,
                "refused: ValidationException",
            ),
            answered(
                "a fault of AWS's own, after which nothing is certain",
                (500, r#"{"__type":"InternalServerException"}"#),
                "unknown: http 500",
            ),
        ],
    )
    .await;
}

const OPTED_OUT: &str =
    r#"{"__type":"ConflictException","Reason":"DESTINATION_PHONE_NUMBER_OPTED_OUT"}"#;
const NO_NUMBER: &str = r#"{"__type":"ValidationException","Reason":"INVALID_PARAMETER",
    "Fields":[{"Name":"DestinationPhoneNumber","Message":"+12025550143 is not valid"}]}"#;
const NO_TTL: &str = r#"{"__type":"ValidationException","Reason":"INVALID_PARAMETER",
    "Fields":[{"Name":"TimeToLive","Message":"600 is not valid"}]}"#;

fn answered<'a>(name: &'a str, answer: (u16, &'a str), outcome: &'a str) -> SendCase<'a> {
    SendCase { name, text: "Noon?", exchange: vec![(NOON, answer)], outcome }
}

#[tokio::test]
async fn receives() {
    let sns = AwsSms::start().await;
    let text = |from: &str, words: &str| {
        json!({
            "originationNumber": from,
            "destinationNumber": "+12025550100",
            "messageKeyword": "KEYWORD",
            "messageBody": words,
            "inboundMessageId": "cae173d2",
            "previousPublishedMessageId": "862a8790",
        })
        .to_string()
    };
    let said = |words: &str| format!("cae173d2 +12025550143 -> +12025550100: {words}");
    let mut cases = vec![
        ("a text", INBOUND, text("+12025550143", "Noon? ☀"), said("Noon? ☀")),
        ("a text from digits alone", INBOUND, text("12025550143", "Noon?"), said("Noon?")),
        ("a text without words", INBOUND, text("+12025550143", ""), said("")),
        ("a short code", INBOUND, text("12345", "Noon?"), NOBODY.into()),
        ("an alarm of CloudWatch's", INBOUND, r#"{"AlarmName":"Noon"}"#.into(), NEITHER.into()),
        ("words for people", STATUS, "Successfully validated the topic".into(), NEITHER.into()),
        ("an event of tomorrow", STATUS, event("TEXT_SUNG"), "unreadable: an unknown event".into()),
        ("an event of a call", STATUS, event("VOICE_ANSWERED"), String::new()),
    ];
    for kind in ["TEXT_QUEUED", "TEXT_PENDING", "TEXT_UNKNOWN"] {
        cases.push((kind, STATUS, event(kind), format!("{OURS}: Accepted ({kind})")));
    }
    // A carrier took it, which does not show that it arrived.
    for kind in ["TEXT_SENT", "TEXT_SUCCESSFUL"] {
        cases.push((kind, STATUS, event(kind), format!("{OURS}: Sent ({kind})")));
    }
    for kind in ["TEXT_INVALID", "TEXT_INVALID_MESSAGE", "TEXT_PROTECT_BLOCKED"] {
        cases.push((kind, STATUS, event(kind), format!("{OURS}: Failed ({kind} {kind})")));
    }
    for kind in [
        "TEXT_UNREACHABLE",
        "TEXT_CARRIER_UNREACHABLE",
        "TEXT_BLOCKED",
        "TEXT_CARRIER_BLOCKED",
        "TEXT_SPAM",
        "TEXT_TTL_EXPIRED",
    ] {
        cases.push((kind, STATUS, event(kind), format!("{OURS}: Undelivered ({kind} {kind})")));
    }
    cases.push((
        "TEXT_DELIVERED",
        STATUS,
        event("TEXT_DELIVERED"),
        format!("{OURS}: Delivered (TEXT_DELIVERED)"),
    ));
    let cases: Vec<_> = cases
        .iter()
        .map(|(name, call, body, outcome)| ReceiveCase { name, call, body, outcome })
        .collect();
    check_receive(|_| aws(&sns), |secret, call| sign(&sns, secret, call), &cases).await;
}

#[tokio::test]
async fn reads_what_every_provider_has_to_read() {
    let sns = AwsSms::start().await;
    let texts = Texts {
        call: INBOUND,
        pictures: r#"{"inboundMessageId":"1","originationNumber":"+12025550143",
            "mediaUrls":["s3://a/0","s3://a/1"]}"#,
        hollow: r#"{"inboundMessageId":"1","originationNumber":12025550143,"destinationNumber":"",
            "messageBody":"Noon","messageKeyword":null,"previousPublishedMessageId":null}"#,
        by_rcs: r#"{"inboundMessageId":"1","originationNumber":"rcs:+12025550143",
            "destinationNumber":"rcs-1a2b3c4d","messageBody":"Noon"}"#,
        by_another: Some(
            r#"{"inboundMessageId":"1","originationNumber":"whatsapp:+12025550143",
            "messageBody":"Noon"}"#,
        ),
        of_nobody: r#"{"inboundMessageId":"1","originationNumber":"Oakwood","messageBody":"Noon"}"#,
        unreadable: r#"{"originationNumber":"+12025550143","destinationNumber":"+12025550100",
            "messageBody":"STOP"}"#,
        handled: &[],
    };
    check_texts(aws(&sns), |secret, call| sign(&sns, secret, call), &texts).await;
}

#[tokio::test]
async fn believes_no_hostile_call() {
    let sns = AwsSms::start().await;
    let described = Described {
        call: INBOUND,
        body: r#"{"originationNumber":"+12025550143","destinationNumber":"+12025550100",
            "messageBody":"Noon","inboundMessageId":"cae173d2"}"#,
        headers: &[],
        covers: &[Covers::Body],
    };
    check_hostile(|_| aws(&sns), |secret, call| sign(&sns, secret, call), &described).await;
}

/// Posts what is published as SNS does, or as a forger with another key would.
fn sign(sns: &AwsSms, secret: &str, call: http::Request<Bytes>) -> http::Request<Bytes> {
    let message = sns.notification(TOPIC, std::str::from_utf8(call.body()).unwrap());
    let message = if secret == SECRET { message } else { forge(&message) };
    call.map(|_| message.into())
}

const NOBODY: &str = "unreadable: the sender is a short code or a name, which cannot be answered";
const NEITHER: &str = "unreadable: neither a text nor an event";
const OURS: &str = "862a8790 of attempt-1";

/// An event about one of our messages, as AWS sends it.
fn event(kind: &str) -> String {
    json!({
        "eventType": kind,
        "eventVersion": "1.0",
        "eventTimestamp": 1_686_975_103_470_u64,
        "isFinal": true,
        "originationPhoneNumber": "+12025550100",
        "destinationPhoneNumber": "+12025550143",
        "isInternationalSend": false,
        "mcc": "310",
        "mnc": "800",
        "messageId": "862a8790",
        "messageRequestTimestamp": 1_686_975_103_170_u64,
        "messageEncoding": "GSM",
        "messageType": "TRANSACTIONAL",
        "messageStatus": kind.trim_start_matches("TEXT_"),
        "messageStatusDescription": "As it is called",
        "context": { "attempt": "attempt-1" },
        "totalMessageParts": 1,
        "totalMessagePrice": 0.09582,
        "totalCarrierFee": 0.0,
    })
    .to_string()
}

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

    sns.certificates.set(Mode::Fails(200, include_str!("aws/expired.pem").into()));
    assert_eq!(
        received_line(&receive(&aws, &call).await),
        "unverifiable: the certificate is not valid today, unless the clock is wrong"
    );
    sns.certificates.set(Mode::Fails(200, include_str!("aws/certificate.pem").into()));
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

#[tokio::test]
async fn signs_what_aws_takes() {
    let account = AwsSms::start().await;
    let sent = aws(&account).send(&patient(), &outgoing("Noon?")).await;
    let messages = account.messages();
    assert_eq!(sent, Ok(messages[0].id.clone()));
    assert_eq!((&*messages[0].body, messages[0].time_to_live), ("Noon?", 600));

    let from = Some("arn:aws:sms-voice:us-east-1:1:phone-number/+12025550100".to_owned());
    let from_another = Outgoing { from, ..outgoing("Noon?") };
    aws(&account).send(&patient(), &from_another).await.unwrap();
    assert_eq!(account.messages()[1].from, from_another.from.unwrap());

    let wrong = with(&account, &[("AWS_SECRET_ACCESS_KEY", "Open-Barley-17")]);
    let refused = wrong.send(&patient(), &outgoing("Noon?")).await;
    assert_eq!(told(&refused), "refused: InvalidSignatureException");
    assert_eq!(account.messages().len(), 2);
}

/// Its events name the attempt, whenever they come.
#[tokio::test]
async fn cannot_be_asked_about_a_message() {
    let account = AwsSms::start().await;
    let aws = aws(&account);
    let (http, message, at) = (patient(), outgoing("Noon?"), jiff::Timestamp::UNIX_EPOCH);
    assert_eq!(aws.find(&http, &message, at).await, Ok(Found::CannotAsk));
    assert_eq!(aws.poll(&http, "862a8790", &message, at).await, Ok(Found::CannotAsk));
}

/// A text with STOP or HELP comes here only if AWS leaves the answer to us.
#[tokio::test]
async fn leaves_every_answer_to_us() {
    let account = AwsSms::start().await;
    let words = ["STOP", "HELP", "START"];
    let answered = |to: &str| words.map(|word| aws(&account).answers(word, to));
    assert_eq!(answered("+12025550100"), [false; 3]);
    // The network of toll-free numbers is not AWS's.
    assert_eq!(answered("+18005550100"), [true, false, true]);
}

#[test]
fn has_one_sentence_for_each_code() {
    let aws = at("http://127.0.0.1:1".into());
    let mut codes: Vec<_> = aws.codes().iter().map(|code| code.code).collect();
    codes.sort_unstable();
    codes.dedup();
    assert_eq!(codes.len(), aws.codes().len());
    let sentence = |text: &str| text.is_empty() || text.ends_with('.');
    assert!(aws.codes().iter().all(|code| sentence(code.happened) && sentence(code.fix)));
}

#[tokio::test]
async fn finds_nothing_wrong_with_a_sound_account() {
    let account = subscribed().await;
    let findings = aws(&account).diagnose(&patient()).await;
    assert_eq!(
        findings.iter().map(line).collect::<Vec<_>>(),
        [
            "Works Credentials: AWS lets us in",
            "Works Account: the account texts everybody",
            "Works Balance: 50 US dollars a month may be spent on texts",
            "Works Number: +12025550100 is ours and can text",
            "Works Webhook: arn:aws:sns:us-east-1:123456789012:texts calls https://text.example/webhooks/aws/inbound",
            "Works Registration: the registration of +12025550100 is COMPLETE",
            "Works Webhook: arn:aws:sns:us-east-1:123456789012:events calls https://text.example/webhooks/aws/status",
        ]
    );
    for origination in ["phone-1", "pool-1", "arn:aws:sms-voice:us-east-1:123456789012:pool/pool-1"]
    {
        let same = with(&account, &[("AWS_SMS_ORIGINATION", origination)]);
        assert_eq!(same.diagnose(&patient()).await, findings, "{origination}");
    }
}

#[tokio::test]
async fn finds_what_is_wrong_and_nothing_else() {
    let number = |name: &'static str, value: Value| {
        move |shown: &mut Value| shown["PhoneNumbers"][0][name] = value
    };
    let numbers = "DescribePhoneNumbers";
    type Change = Box<dyn FnOnce(&mut Value)>;
    let cases: Vec<(&str, Change, &str)> = vec![
        (
            "DescribeAccountAttributes",
            Box::new(|shown| shown["AccountAttributes"][0]["Value"] = "SANDBOX".into()),
            "Doubtful Account: the account is in the SMS sandbox, which texts at most ten verified numbers",
        ),
        (
            "DescribeSpendLimits",
            Box::new(|shown| shown["SpendLimits"][0]["EnforcedLimit"] = 1.into()),
            "Doubtful Balance: 1 US dollars a month may be spent on texts",
        ),
        (
            "DescribeSpendLimits",
            Box::new(|shown| shown["SpendLimits"][0]["EnforcedLimit"] = 0.into()),
            "Broken Balance: 0 US dollars a month may be spent on texts",
        ),
        (
            numbers,
            Box::new(number("Status", json!("PENDING"))),
            "Broken Number: +12025550100 is PENDING",
        ),
        (
            numbers,
            Box::new(number("NumberCapabilities", json!(["VOICE"]))),
            "Broken Number: +12025550100 cannot text",
        ),
        (
            numbers,
            Box::new(number("MessageType", json!("PROMOTIONAL"))),
            "Broken Number: +12025550100 is for promotional texts",
        ),
        (
            numbers,
            Box::new(number("NumberType", json!("SIMULATOR"))),
            "Doubtful Number: +12025550100 is a simulator, which only texts other simulators",
        ),
        (
            numbers,
            Box::new(number("SelfManagedOptOutsEnabled", json!(false))),
            "Doubtful Number: AWS keeps STOP and HELP to +12025550100 to itself",
        ),
        (
            numbers,
            Box::new(number("TwoWayEnabled", json!(false))),
            "Broken Webhook: texts to +12025550100 go nowhere",
        ),
        (
            numbers,
            Box::new(number("TwoWayChannelArn", json!("arn:aws:sns:us-east-1:1:others"))),
            "Broken Webhook: texts to +12025550100 go to arn:aws:sns:us-east-1:1:others",
        ),
        (
            numbers,
            Box::new(number("RegistrationId", Value::Null)),
            "Broken Registration: +12025550100 is not registered",
        ),
        (
            "DescribeRegistrations",
            Box::new(|shown| shown["Registrations"][0]["RegistrationStatus"] = "REVIEWING".into()),
            "Doubtful Registration: the registration of +12025550100 is REVIEWING",
        ),
        (
            "DescribeRegistrations",
            Box::new(|it| it["Registrations"][0]["RegistrationStatus"] = "REQUIRES_UPDATES".into()),
            "Broken Registration: the registration of +12025550100 is REQUIRES_UPDATES",
        ),
        (
            "DescribeConfigurationSets",
            Box::new(|it| {
                it["ConfigurationSets"][0]["EventDestinations"][0]["Enabled"] = false.into()
            }),
            "Broken Webhook: the configuration set textback reports to no topic of AWS_SMS_TOPIC_ARN",
        ),
    ];
    for (action, change, expected) in cases {
        let account = subscribed().await;
        account.show(action, change);
        assert_eq!(wrong_with(&aws(&account)).await, [expected]);
    }

    let account = subscribed().await;
    assert_eq!(
        wrong_with(&with(&account, &[("AWS_SMS_ORIGINATION", "+12025550177")])).await,
        ["Broken Number: +12025550177 is neither a number nor a pool of the account in us-east-1"]
    );
}

#[tokio::test]
async fn tells_wrong_credentials_from_those_that_may_not_ask() {
    let account = subscribed().await;
    let secret = with(&account, &[("AWS_SECRET_ACCESS_KEY", "Open-Barley-17")]);
    let key = with(&account, &[("AWS_ACCESS_KEY_ID", "AKIAOTHER")]);
    assert_eq!(
        secret.diagnose(&patient()).await.iter().map(line).collect::<Vec<_>>(),
        ["Broken Credentials: AWS rejects the signature: the secret key or the clock is wrong"]
    );
    assert_eq!(
        key.diagnose(&patient()).await.iter().map(line).collect::<Vec<_>>(),
        ["Broken Credentials: AWS does not know the access key"]
    );

    account.deny("DescribeAccountAttributes");
    account.deny("ListSubscriptionsByTopic");
    let findings = aws(&account).diagnose(&patient()).await;
    let fixes: Vec<_> = findings.iter().filter_map(|finding| finding.fix.as_deref()).collect();
    assert_eq!(
        fixes,
        [
            "Allow sms-voice:DescribeAccountAttributes, which only reads.",
            "Allow sns:ListSubscriptionsByTopic, which only reads.",
            "Allow sns:ListSubscriptionsByTopic, which only reads.",
        ]
    );
}

#[tokio::test]
async fn finds_subscriptions_that_are_missing_or_wait() {
    let account = AwsSms::start().await;
    account.subscribe_texts(&route());
    assert_eq!(
        wrong_with(&aws(&account)).await,
        [
            "Broken Webhook: arn:aws:sns:us-east-1:123456789012:texts waits for https://text.example/webhooks/aws/inbound to confirm",
            "Broken Webhook: arn:aws:sns:us-east-1:123456789012:events does not call https://text.example/webhooks/aws/status",
        ]
    );
}

#[test]
fn is_not_switched_on_by_credentials_alone() {
    let keys = [("AWS_ACCESS_KEY_ID", "AKIA1"), ("AWS_SECRET_ACCESS_KEY", SECRET)];
    assert!(
        Aws::from_settings(&Settings::from(keys), PUBLIC_URL, Role::Everything).unwrap().is_none()
    );
}

#[test]
fn says_what_is_missing_or_wrong() {
    let said = |values: &[(&str, &str)]| {
        let settings: Settings = values.iter().copied().collect();
        Aws::from_settings(&settings, PUBLIC_URL, Role::Everything)
            .err()
            .map(|error| error.to_string())
    };
    let number = ("AWS_SMS_ORIGINATION", "+12025550100");
    let set = ("AWS_SMS_CONFIGURATION_SET", "textback");
    assert_eq!(
        said(&[number]).unwrap(),
        "AWS End User Messaging is half configured: \
         set AWS_SMS_CONFIGURATION_SET, AWS_SMS_TOPIC_ARN as well"
    );
    let two = format!("{TOPIC}, arn:aws-cn:sns:cn-north-1:1:events");
    let topic = |topic| said(&[number, set, ("AWS_SMS_TOPIC_ARN", topic)]);
    assert_eq!(topic(TOPIC), None);
    assert_eq!(topic(&two), None);
    for wrong in [
        "texts",
        "arn:aws:sqs:us-east-1:1:texts",
        "arn:aws:sns:us-east-1:1:a.fifo",
        "arn:aws:sns:us/east:1:texts",
        ",",
    ] {
        assert!(topic(wrong).unwrap().contains("write the ARN of a standard topic"), "{wrong}");
    }
    assert_eq!(
        said(&[number, set, ("AWS_SMS_TOPIC_ARN", TOPIC), ("AWS_ACCESS_KEY_ID", "AKIA1")]).unwrap(),
        "AWS is half configured: set AWS_SECRET_ACCESS_KEY as well"
    );
}

/// An account whose topics call us.
async fn subscribed() -> AwsSms {
    let account = AwsSms::start().await;
    let http = patient();
    for call in [account.subscribe_texts(&route()), account.subscribe_events(&route())] {
        let message: Value = serde_json::from_slice(&call.body).unwrap();
        http.send(http.get(message["SubscribeURL"].as_str().unwrap())).await.unwrap();
    }
    account
}

fn route() -> Route {
    Route::new(PUBLIC_URL, ([127, 0, 0, 1], 1).into())
}

/// The findings that are not in order.
async fn wrong_with(aws: &Aws) -> Vec<String> {
    let findings = aws.diagnose(&patient()).await;
    assert_eq!(findings[0], Finding::works(Check::Credentials, "AWS lets us in"));
    let wrong = findings.iter().filter(|finding| finding.verdict != Verdict::Works);
    wrong.map(line).collect()
}

fn line(finding: &Finding) -> String {
    let Finding { check, verdict, seen, fix } = finding;
    assert_eq!(fix.is_none(), *verdict == Verdict::Works, "{seen}");
    format!("{verdict:?} {check:?}: {seen}")
}

fn aws(account: &AwsSms) -> Aws {
    with(account, &[])
}

/// With these settings instead of the account's.
fn with(account: &AwsSms, others: &[(&str, &str)]) -> Aws {
    let settings = account.settings();
    let settings = settings.iter().map(|(name, value)| (*name, value.as_str()));
    let settings: Settings = settings.chain(others.iter().copied()).collect();
    Aws::from_settings(&settings, PUBLIC_URL, Role::Everything).unwrap().unwrap()
}

/// At a scripted server, which checks no signature.
fn at(url: String) -> Aws {
    let settings = Settings::from([
        ("AWS_ACCESS_KEY_ID", "AKIA1"),
        ("AWS_SECRET_ACCESS_KEY", SECRET),
        ("AWS_ENDPOINT_URL", &url),
        ("AWS_SMS_ORIGINATION", "+12025550100"),
        ("AWS_SMS_CONFIGURATION_SET", "textback"),
        ("AWS_SMS_TOPIC_ARN", TOPIC),
    ]);
    Aws::from_settings(&settings, PUBLIC_URL, Role::Everything).unwrap().unwrap()
}

fn posted(message: String) -> http::Request<Bytes> {
    request(INBOUND, &message)
}
