use fakes::{AwsSms, Route};
use serde_json::Value;
use sms::{Check, Finding, Provider as _, Verdict};

use super::{PUBLIC_URL, aws, with};
use crate::aws::Aws;
use crate::harness::patient;

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
    for (action, field, value, expected) in WRONG {
        let account = subscribed().await;
        account.show(action, |shown| {
            let (of, name) = field.rsplit_once('/').unwrap();
            shown.pointer_mut(of).unwrap()[name] = serde_json::from_str(value).unwrap();
        });
        assert_eq!(wrong_with(&aws(&account)).await, [*expected]);
    }

    let account = subscribed().await;
    assert_eq!(
        wrong_with(&with(&account, &[("AWS_SMS_ORIGINATION", "+12025550177")])).await,
        ["Broken Number: +12025550177 is neither a number nor a pool of the account in us-east-1"]
    );
}

/// What AWS is asked, which field of its answer has which value instead, and what is found.
const WRONG: &[(&str, &str, &str, &str)] = &[
    (
        "DescribeAccountAttributes",
        "/AccountAttributes/0/Value",
        r#""SANDBOX""#,
        "Doubtful Account: the account is in the SMS sandbox, which texts at most ten verified numbers",
    ),
    (
        "DescribeSpendLimits",
        "/SpendLimits/0/EnforcedLimit",
        "1",
        "Doubtful Balance: 1 US dollars a month may be spent on texts",
    ),
    (
        "DescribeSpendLimits",
        "/SpendLimits/0/EnforcedLimit",
        "0",
        "Broken Balance: 0 US dollars a month may be spent on texts",
    ),
    (
        "DescribePhoneNumbers",
        "/PhoneNumbers/0/Status",
        r#""PENDING""#,
        "Broken Number: +12025550100 is PENDING",
    ),
    (
        "DescribePhoneNumbers",
        "/PhoneNumbers/0/NumberCapabilities",
        r#"["VOICE"]"#,
        "Broken Number: +12025550100 cannot text",
    ),
    (
        "DescribePhoneNumbers",
        "/PhoneNumbers/0/MessageType",
        r#""PROMOTIONAL""#,
        "Broken Number: +12025550100 is for promotional texts",
    ),
    (
        "DescribePhoneNumbers",
        "/PhoneNumbers/0/NumberType",
        r#""SIMULATOR""#,
        "Doubtful Number: +12025550100 is a simulator, which only texts other simulators",
    ),
    (
        "DescribePhoneNumbers",
        "/PhoneNumbers/0/SelfManagedOptOutsEnabled",
        "false",
        "Doubtful Number: AWS keeps STOP and HELP to +12025550100 to itself",
    ),
    (
        "DescribePhoneNumbers",
        "/PhoneNumbers/0/TwoWayEnabled",
        "false",
        "Broken Webhook: texts to +12025550100 go nowhere",
    ),
    (
        "DescribePhoneNumbers",
        "/PhoneNumbers/0/TwoWayChannelArn",
        r#""arn:aws:sns:us-east-1:1:others""#,
        "Broken Webhook: texts to +12025550100 go to arn:aws:sns:us-east-1:1:others",
    ),
    (
        "DescribePhoneNumbers",
        "/PhoneNumbers/0/RegistrationId",
        "null",
        "Broken Registration: +12025550100 is not registered",
    ),
    (
        "DescribeRegistrations",
        "/Registrations/0/RegistrationStatus",
        r#""REVIEWING""#,
        "Doubtful Registration: the registration of +12025550100 is REVIEWING",
    ),
    (
        "DescribeRegistrations",
        "/Registrations/0/RegistrationStatus",
        r#""REQUIRES_UPDATES""#,
        "Broken Registration: the registration of +12025550100 is REQUIRES_UPDATES",
    ),
    (
        "DescribeConfigurationSets",
        "/ConfigurationSets/0/EventDestinations/0/Enabled",
        "false",
        "Broken Webhook: the configuration set textback reports to no topic of AWS_SMS_TOPIC_ARN",
    ),
];

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
