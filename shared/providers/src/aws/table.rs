mod diagnosis;
mod sns;

use bytes::Bytes;
use fakes::{AwsSms, forge};
use serde_json::json;
use settings::Settings;
use sms::{Found, Outgoing, Provider as _};

use super::{Aws, Role};
use crate::harness::hostile::{Covers, Described, check_hostile};
use crate::harness::{
    ReceiveCase, SECRET, SendCase, Texts, check_receive, check_send, check_texts, outgoing,
    patient, request, told,
};

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

/// The kinds of events, each with what it means.
fn meant() -> Vec<(&'static str, String)> {
    let all: [(&str, &[&str]); 5] = [
        ("Accepted", &["TEXT_QUEUED", "TEXT_PENDING", "TEXT_UNKNOWN"]),
        // A carrier took it, which does not show that it arrived.
        ("Sent", &["TEXT_SENT", "TEXT_SUCCESSFUL"]),
        ("Failed", &["TEXT_INVALID", "TEXT_INVALID_MESSAGE", "TEXT_PROTECT_BLOCKED"]),
        (
            "Undelivered",
            &[
                "TEXT_UNREACHABLE",
                "TEXT_CARRIER_UNREACHABLE",
                "TEXT_BLOCKED",
                "TEXT_CARRIER_BLOCKED",
                "TEXT_SPAM",
                "TEXT_TTL_EXPIRED",
            ],
        ),
        ("Delivered", &["TEXT_DELIVERED"]),
    ];
    let meant = |(status, kinds): (&str, &[&'static str])| {
        let code = |kind: &str| match status {
            "Failed" | "Undelivered" => format!("{kind} {kind}"),
            _ => kind.to_owned(),
        };
        kinds.iter().map(|kind| (*kind, format!("{status} ({})", code(kind)))).collect::<Vec<_>>()
    };
    all.into_iter().flat_map(meant).collect()
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
    let reported = |(kind, meant): (&'static str, String)| {
        // With the fee of the carrier.
        (kind, STATUS, event(kind), format!("{OURS}: {meant}, 0.09882 USD"))
    };
    cases.extend(meant().into_iter().map(reported));
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
        "totalCarrierFee": 0.003,
    })
    .to_string()
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
