mod diagnosis;

use std::collections::{BTreeMap, BTreeSet};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use hmac::{Hmac, KeyInit, Mac};
use http::HeaderValue;
use jiff::Timestamp;
use providers::Twilio;
use sha1::Sha1;
use sha2::Sha256;
use sms::{Found, Handled, Outgoing, Provider, Receipt, SendError, Status, WebhookError};
use url::form_urlencoded;

use crate::harness::{
    ReceiveCase, SECRET, Script, SendCase, Texts, check_receive, check_send, check_texts, outgoing,
    patient, receive, received_line, request,
};
use crate::hostile::{Covers, Described, check_hostile};

const PUBLIC_URL: &str = "https://text.example";
const INBOUND: &str = "POST /webhooks/twilio/inbound";
const STATUS: &str = "POST /webhooks/twilio/status?attempt=attempt-1";

/// `AC1` and the secret, encoded for HTTP.
const BASIC: &str = "Basic QUMxOk9wZW4tU2VzYW1lLTcx";

const NOON: &str = "POST /2010-04-01/Accounts/AC1/Messages.json \
    To=%2B12025550143&From=%2B12025550100&Body=Noon%3F\
    &StatusCallback=https%3A%2F%2Ftext.example%2Fwebhooks%2Ftwilio%2Fstatus%3Fattempt%3Dattempt-1 \
    Basic QUMxOk9wZW4tU2VzYW1lLTcx";

#[tokio::test]
async fn sends() {
    check_send(
        |url| twilio(url, SECRET),
        &[
            answered("accepted", (201, CREATED), "sent SM00000000000000000000000000000001"),
            answered("the person said STOP", (400, r#"{"code":21610}"#), "opted out: 21610"),
            answered("no such number", (400, r#"{"code":21211}"#), "undeliverable: 21211"),
            answered("a landline", (400, r#"{"code":21614}"#), "undeliverable: 21614"),
            answered("too long", (400, r#"{"code":21617}"#), "undeliverable: 21617"),
            answered("a country switched off", (403, r#"{"code":21408}"#), "refused: 21408"),
            answered("not reachable from here", (400, r#"{"code":21612}"#), "refused: 21612"),
            answered("a trial account", (400, r#"{"code":21608}"#), "refused: 21608"),
            answered("a wrong token", (401, r#"{"code":20003}"#), "refused: 20003"),
            answered("too many at once", (429, r#"{"code":20429}"#), "refused: 20429"),
            answered("a full queue", (429, r#"{"code":21611}"#), "refused: 21611"),
            answered("a fault of theirs", (500, r#"{"code":20500}"#), "unknown: http 500"),
            answered("a gateway's own code", (404, r#"{"code":404}"#), "unknown: http 404"),
            answered("an id that is none", (201, r#"{"sid":"SM1"}"#), "unknown: unreadable"),
            answered("created, but it says 200", (200, CREATED), "unknown: unreadable"),
        ],
    )
    .await;
}

fn answered<'a>(name: &'a str, answer: (u16, &'a str), outcome: &'a str) -> SendCase<'a> {
    SendCase { name, text: "Noon?", exchange: vec![(NOON, answer)], outcome }
}

const CREATED: &str = r#"{"sid":"SM00000000000000000000000000000001","status":"queued",
    "body":"Noon?","to":"+12025550143","from":"+12025550100","num_segments":"1",
    "direction":"outbound-api","error_code":null,
    "date_created":"Thu, 24 Aug 2023 05:01:45 +0000"}"#;

#[tokio::test]
async fn sends_from_the_number_that_was_texted_and_from_a_service() {
    let form = "POST /2010-04-01/Accounts/AC1/Messages.json \
        To=%2B12025550143&From=%2B12025550101&MessagingServiceSid=MG1&Body=Noon%3F";
    let script = Script::answering(&[(&format!("{form} {BASIC}"), (201, CREATED))]).await;
    let twilio = Twilio {
        messaging_service_sid: Some("MG1".into()),
        // Twilio refuses a message that wants its receipts there.
        public_url: "http://localhost:5000".parse().unwrap(),
        ..twilio(script.url.clone(), SECRET)
    };
    let message = Outgoing { from: Some("+12025550101".into()), ..outgoing("Noon?") };
    assert!(twilio.send(&patient(), &message).await.is_ok());
}

#[tokio::test]
async fn receives() {
    check_receive(
        |secret| twilio(String::new(), secret),
        sign,
        &[
            ReceiveCase {
                name: "a text",
                call: INBOUND,
                body: "ToCountry=US&ToState=&SmsMessageSid=SM00000000000000000000000000000002\
                   &NumMedia=0&SmsSid=SM00000000000000000000000000000002&SmsStatus=received\
                   &Body=Noon+%26+caf%C3%A9+%F0%9F%8E%89%0A&To=%2B12025550100&NumSegments=1\
                   &MessageSid=SM00000000000000000000000000000002&AccountSid=AC1\
                   &From=%2B12025550143&ApiVersion=2010-04-01",
                outcome: "SM00000000000000000000000000000002 +12025550143 -> +12025550100: \
                          Noon & café 🎉\n",
            },
            ReceiveCase {
                name: "a picture without words",
                call: INBOUND,
                body: "MessageSid=MM00000000000000000000000000000002&AccountSid=AC1&NumMedia=2\
                   &Body=&From=%2B12025550143&To=%2B12025550100&SmsStatus=received",
                outcome: "MM00000000000000000000000000000002 +12025550143 -> +12025550100 +2: ",
            },
            ReceiveCase {
                name: "a keyword of the owner's",
                call: INBOUND,
                body: "SmsMessageSid=SM00000000000000000000000000000001\
                   &MessageSid=SM00000000000000000000000000000001&SmsStatus=received\
                   &From=%2B12025550143&To=%2B12025550100&Body=ARRET&OptOutType=STOP\
                   &MessagingServiceSid=MG00000000000000000000000000000000&NumMedia=0\
                   &AccountSid=AC1",
                outcome: "SM00000000000000000000000000000001 +12025550143 -> +12025550100 \
                          (Stop): ARRET",
            },
            ReceiveCase {
                name: "pictures, without a field for words",
                call: INBOUND,
                body: "MessageSid=MM00000000000000000000000000000003\
                   &SmsSid=MM00000000000000000000000000000003&SmsStatus=received\
                   &From=%2B12025550143&To=%2B12025550100&NumMedia=2\
                   &MediaUrl0=https%3A%2F%2Fexample.test%2F0&MediaUrl1=https%3A%2F%2Fexample.test%2F1\
                   &AccountSid=AC1",
                outcome: "MM00000000000000000000000000000003 +12025550143 -> +12025550100 +2: ",
            },
            ReceiveCase {
                name: "a picture that nobody counted",
                call: INBOUND,
                body: "MessageSid=MM00000000000000000000000000000003&From=%2B12025550143\
                   &To=%2B12025550100&MediaUrl0=https%3A%2F%2Fexample.test%2F0&AccountSid=AC1",
                outcome: "MM00000000000000000000000000000003 +12025550143 -> +12025550100 +1: ",
            },
            ReceiveCase {
                name: "a stop by RCS",
                call: INBOUND,
                body: "MessageSid=SM00000000000000000000000000000005&SmsStatus=received\
                   &From=rcs%3A%2B12025550143&To=rcs%3Abrand_agent&Body=STOP\
                   &MessagingServiceSid=MG00000000000000000000000000000000&NumMedia=0\
                   &AccountSid=AC1",
                outcome: "SM00000000000000000000000000000005 +12025550143 -> +12025550100: STOP",
            },
            ReceiveCase {
                name: "a stop in two words",
                call: INBOUND,
                body: "MessageSid=SM00000000000000000000000000000007&SmsStatus=received\
                   &From=%2B12025550143&To=%2B12025550100&Body=opt+out&NumMedia=0&AccountSid=AC1",
                outcome: "SM00000000000000000000000000000007 +12025550143 -> +12025550100: opt out",
            },
            ReceiveCase {
                name: "a text to a short code",
                call: INBOUND,
                body: "MessageSid=SM00000000000000000000000000000008&SmsStatus=received\
                   &From=%2B12025550143&To=384387&Body=HELP&NumMedia=0&AccountSid=AC1",
                outcome: "SM00000000000000000000000000000008 +12025550143 -> 384387: HELP",
            },
            ReceiveCase {
                name: "a text by GET",
                call: "GET /webhooks/twilio/inbound?MessageSid=SM00000000000000000000000000000002\
                   &AccountSid=AC1&Body=Noon&From=%2B12025550143&To=%2B12025550100",
                body: "",
                outcome: "SM00000000000000000000000000000002 +12025550143 -> +12025550100: Noon",
            },
            ReceiveCase {
                name: "a text as JSON",
                call: "POST /webhooks/twilio/inbound?bodySHA256=\
                   3ebe0d4e4150ea030340688232e8add3e9d35b2f2ab472250aefbe740bf330ec",
                body: r#"{"MessageSid":"SM00000000000000000000000000000002","AccountSid":"AC1",
                    "From":"+12025550143","To":"+12025550100","Body":"Noon","NumMedia":1}"#,
                outcome: "SM00000000000000000000000000000002 +12025550143 -> +12025550100 +1: Noon",
            },
            ReceiveCase {
                name: "a short code",
                call: INBOUND,
                body: "MessageSid=SM00000000000000000000000000000002&AccountSid=AC1&Body=Noon\
                   &From=384387&To=%2B12025550100&SmsStatus=received",
                outcome: "unreadable: the sender is a short code or a name, which cannot be answered",
            },
            ReceiveCase {
                name: "another account's text",
                call: INBOUND,
                body: "MessageSid=SM00000000000000000000000000000002&AccountSid=AC2&Body=Noon\
                   &From=%2B12025550143&To=%2B12025550100&SmsStatus=received",
                outcome: "forged",
            },
            ReceiveCase {
                name: "delivered",
                call: STATUS,
                body: "MessageSid=SM00000000000000000000000000000001&MessageStatus=delivered\
                   &SmsStatus=delivered&AccountSid=AC1&From=%2B12025550100&To=%2B12025550143",
                outcome: "SM00000000000000000000000000000001 of attempt-1: Delivered (delivered)",
            },
            ReceiveCase {
                name: "undelivered",
                call: STATUS,
                body: "MessageSid=SM00000000000000000000000000000001&MessageStatus=undelivered\
                   &ErrorCode=30034&AccountSid=AC1",
                outcome: "SM00000000000000000000000000000001 of attempt-1: \
                          Undelivered (undelivered 30034)",
            },
            ReceiveCase {
                name: "opted out, found late",
                call: "POST /webhooks/twilio/status",
                body: "MessageSid=SM00000000000000000000000000000001&MessageStatus=failed\
                   &ErrorCode=21610&AccountSid=AC1",
                outcome: "SM00000000000000000000000000000001 of -: Failed (failed 21610)",
            },
            ReceiveCase {
                name: "sent",
                call: STATUS,
                body: "MessageSid=SM00000000000000000000000000000001&MessageStatus=sent&ErrorCode=",
                outcome: "SM00000000000000000000000000000001 of attempt-1: Sent (sent)",
            },
            ReceiveCase {
                name: "queued",
                call: STATUS,
                body: "MessageSid=SM00000000000000000000000000000001&MessageStatus=queued",
                outcome: "SM00000000000000000000000000000001 of attempt-1: Accepted (queued)",
            },
            ReceiveCase {
                name: "partly delivered",
                call: STATUS,
                body: "MessageSid=SM00000000000000000000000000000001\
                   &MessageStatus=partially_delivered",
                outcome: "SM00000000000000000000000000000001 of attempt-1: Sent \
                          (partially_delivered)",
            },
            ReceiveCase {
                name: "by RCS, under the older of two names",
                call: STATUS,
                body: "MessageSid=&SmsSid=SM00000000000000000000000000000001&MessageStatus=\
                   &SmsStatus=delivered&From=rcs%3Abrand_agent&To=rcs%3A%2B12025550143",
                outcome: "SM00000000000000000000000000000001 of attempt-1: Delivered (delivered)",
            },
            ReceiveCase {
                name: "a word that nobody documents",
                call: STATUS,
                body: "MessageSid=SM00000000000000000000000000000001&MessageStatus=vaporized",
                outcome: "unreadable: an unknown status",
            },
            ReceiveCase {
                name: "something else altogether",
                call: INBOUND,
                body: "EventType=onConversationAdded&AccountSid=AC1",
                outcome: "unreadable: no message id",
            },
            ReceiveCase {
                name: "nothing at all",
                call: INBOUND,
                body: "",
                outcome: "unreadable: no message id",
            },
        ],
    )
    .await;
}

#[tokio::test]
async fn reads_what_every_provider_has_to_read() {
    const HANDLED: [(&str, Handled); 3] = [
        (
            concat!(
                "MessageSid=SM00000000000000000000000000000002&From=%2B12025550143",
                "&To=%2B12025550100&Body=Noon&OptOutType=STOP"
            ),
            Handled::Stop,
        ),
        (
            concat!(
                "MessageSid=SM00000000000000000000000000000002&From=%2B12025550143",
                "&To=%2B12025550100&Body=Noon&OptOutType=START"
            ),
            Handled::Start,
        ),
        (
            concat!(
                "MessageSid=SM00000000000000000000000000000002&From=%2B12025550143",
                "&To=%2B12025550100&Body=Noon&OptOutType=HELP"
            ),
            Handled::Help,
        ),
    ];
    let texts = Texts {
        call: INBOUND,
        pictures: "SmsSid=MM00000000000000000000000000000002&From=%2B12025550143\
            &MediaUrl0=https%3A%2F%2Fa.test%2F0&MediaUrl1=https%3A%2F%2Fa.test%2F1",
        hollow: "MessageSid=&SmsSid=SM00000000000000000000000000000002&AccountSid=&From=12025550143\
            &To=&Body=Noon&SmsStatus=&MessageStatus=&NumMedia=&MediaUrl0=&OptOutType=&NumSegments=x",
        by_rcs: "MessageSid=SM00000000000000000000000000000002&From=rcs%3A%2B12025550143\
            &To=rcs%3Abrand_agent&Body=Noon",
        by_another: Some(
            "MessageSid=SM00000000000000000000000000000002\
            &From=whatsapp%3A%2B12025550143&To=whatsapp%3A%2B12025550100&Body=Noon",
        ),
        of_nobody: "MessageSid=SM00000000000000000000000000000002&From=Oakwood&Body=Noon",
        unreadable: "EventType=onMessageAdded&Author=whatsapp%3A%2B12025550143&Body=STOP\
            &To=%2B12025550100",
        handled: &HANDLED,
    };
    check_texts(twilio(String::new(), SECRET), sign, &texts).await;
}

/// An RCS agent sends no SMS, so its answers go from the configured sender: a service that picks
/// the number, not a number itself.
#[tokio::test]
async fn answers_what_was_said_to_an_agent_of_rcs_by_the_service() {
    let form = "POST /2010-04-01/Accounts/AC1/Messages.json \
        To=%2B12025550143&MessagingServiceSid=MG1&Body=Noon%3F";
    let script = Script::answering(&[(&format!("{form} {BASIC}"), (201, CREATED))]).await;
    let twilio = Twilio {
        from: None,
        messaging_service_sid: Some("MG1".into()),
        public_url: "http://localhost:5000".parse().unwrap(),
        ..twilio(script.url.clone(), SECRET)
    };
    let message = Outgoing { from: Some(twilio.sender().into()), ..outgoing("Noon?") };
    assert!(twilio.send(&patient(), &message).await.is_ok());
}

/// By default, a short code does not know either who has opted out.
#[test]
fn leaves_to_twilio_what_it_answers_at_that_number() {
    let twilio = twilio(String::new(), SECRET);
    let words = ["Stop", "CANCEL", "start\n", "UNSTOP", "yes", "HELP", "stop it"];
    let answered = |to: &str| words.map(|word| twilio.answers(word, to));
    assert_eq!(answered("+12025550100"), [true, true, true, true, true, true, false]);
    assert_eq!(answered("+18885550100"), [true, false, true, true, false, true, false]);
    assert_eq!(answered("384387"), [false; 7]);
}

#[tokio::test]
async fn believes_no_hostile_call() {
    let headers = &["x-twilio-signature"];
    let form = Described {
        call: INBOUND,
        body: "MessageSid=SM00000000000000000000000000000002&AccountSid=AC1&NumMedia=0&Body=Noon\
            &From=%2B12025550143&To=%2B12025550100",
        headers,
        covers: &[Covers::Body, Covers::Path, Covers::Query],
    };
    let json = Described {
        call: "POST /webhooks/twilio/inbound?bodySHA256=\
            3ebe0d4e4150ea030340688232e8add3e9d35b2f2ab472250aefbe740bf330ec",
        body: r#"{"MessageSid":"SM00000000000000000000000000000002","AccountSid":"AC1",
                    "From":"+12025550143","To":"+12025550100","Body":"Noon","NumMedia":1}"#,
        ..form
    };
    for described in [form, json] {
        check_hostile(|secret| twilio(String::new(), secret), sign, &described).await;
    }
}

/// From Twilio, whose libraries use them in tests. They are not texts, so an accepted call is then
/// not understood.
#[tokio::test]
async fn believes_the_signatures_that_twilio_publishes() {
    const FORM: &str = "CallSid=CA1234567890ABCDE&Caller=%2B14158675309&Digits=1234\
                        &From=%2B14158675309&To=%2B18005551212";
    const REPEATED: &str = "Sid=CA123&SidAccount=AC123&Digits=5678&Digits=1234&Digits=1234";
    const JSON: &str = r#"{"property": "value", "boolean": true}"#;
    const PATH: &str = "POST /myapp.php?foo=1&bar=2";
    let json_path = format!(
        "{PATH}&bodySHA256=0a1ff7634d9ab3b95db5c9a2dfe9416e41502b283a80c7cf19632632f96e6620"
    );
    let believed = async |public_url: &str, call: &str, body: &str, signature: &str| {
        let mut call = request(call, body);
        call.headers_mut().insert("x-twilio-signature", signature.parse().unwrap());
        let public_url = public_url.parse().unwrap();
        let twilio = Twilio { public_url, ..twilio(String::new(), "12345") };
        match receive(&twilio, &call).await {
            Err(WebhookError::Unreadable("no message id")) => true,
            Err(WebhookError::Forged) => false,
            other => panic!("{other:?}"),
        }
    };
    let secure = "https://mycompany.com";
    assert!(believed(secure, PATH, FORM, "RSOYDt4T1cUTdK1PDd93/VVr8B8=").await);
    assert!(believed(secure, PATH, FORM, "kvajT1Ptam85bY51eRf/AJRuM3w=").await);
    assert!(
        believed("https://mycompany.com:443", PATH, FORM, "RSOYDt4T1cUTdK1PDd93/VVr8B8=").await
    );
    assert!(believed("http://mycompany.com", PATH, FORM, "0ZXoZLH/DfblKGATFgpif+LLRf4=").await);
    assert!(
        believed("http://mycompany.com:1234", PATH, FORM, "Zmvh+3yNM1Phv2jhDCwEM3q5ebU=").await
    );
    assert!(believed(secure, &json_path, JSON, "a9nBmqA0ju/hNViExpshrM61xv4=").await);
    assert!(believed(secure, PATH, REPEATED, "IK+Dwps556ElfBT0I3Rgjkr1wJU=").await);

    assert!(!believed(secure, PATH, FORM, "Zmvh+3yNM1Phv2jhDCwEM3q5ebU=").await);
    assert!(!believed(secure, &json_path, "{}", "a9nBmqA0ju/hNViExpshrM61xv4=").await);
    assert!(!believed(secure, &json_path, FORM, "a9nBmqA0ju/hNViExpshrM61xv4=").await);
    assert!(!believed(secure, "POST /myapp.php?foo=1", FORM, "RSOYDt4T1cUTdK1PDd93/VVr8B8=").await);
    assert!(!believed(secure, PATH, "", "RSOYDt4T1cUTdK1PDd93/VVr8B8=").await);
    assert!(!believed(secure, PATH, FORM, "not even Base64").await);
}

#[tokio::test]
async fn believes_a_signed_text_in_utf_8() {
    let mut call = request(
        "POST /hooks/twilio/inbound",
        "AccountSid=AC00000000000000000000000000000001&ApiVersion=2010-04-01\
         &Body=hello+%26+caf%C3%A9&From=%2B14155550100&FromCity=&FromCountry=US\
         &MessageSid=SM00000000000000000000000000000001&NumMedia=0&NumSegments=1\
         &SmsStatus=received&To=%2B14155550101",
    );
    call.headers_mut()
        .insert("x-twilio-signature", "n7KGbFKyVmGjbDn7GSf/ywZSkxI=".parse().unwrap());
    // A caller's own headers are not what it signed.
    call.headers_mut().insert("host", "elsewhere.example".parse().unwrap());
    let twilio = Twilio {
        account_sid: "AC00000000000000000000000000000001".into(),
        public_url: "https://example.test".parse().unwrap(),
        ..twilio(String::new(), "test_auth_token")
    };
    assert_eq!(
        received_line(&receive(&twilio, &call).await),
        "SM00000000000000000000000000000001 +14155550100 -> +14155550101: hello & café"
    );
}

#[tokio::test]
async fn believes_the_next_token_but_no_unsigned_call() {
    let body = "MessageSid=SM00000000000000000000000000000001&MessageStatus=sent";
    let twilio =
        Twilio { next_auth_token: Some("the next".into()), ..twilio(String::new(), SECRET) };
    assert!(receive(&twilio, &sign("the next", request(STATUS, body))).await.is_ok());
    assert!(receive(&twilio, &sign(SECRET, request(STATUS, body))).await.is_ok());
    assert_eq!(receive(&twilio, &request(STATUS, body)).await, Err(WebhookError::Forged));
}

/// It is not documented whether the fragment of the entered address is signed.
#[tokio::test]
async fn believes_a_signature_over_the_address_as_it_was_entered() {
    let body = "MessageSid=SM00000000000000000000000000000001&MessageStatus=sent";
    let believed = async |entered: &str| {
        let mut call = request(STATUS, body);
        let signature = signed_over::<Hmac<Sha1>>(SECRET, entered, body);
        call.headers_mut().insert("x-twilio-signature", signature);
        receive(&twilio(String::new(), SECRET), &call).await.is_ok()
    };
    let ours = "https://text.example/webhooks/twilio/status?attempt=attempt-1";
    assert!(believed(ours).await);
    assert!(believed(&format!("{ours}#rc=5&rp=all")).await);
    assert!(!believed(&format!("{ours}#/webhooks/twilio/inbound")).await);
}

#[tokio::test]
async fn believes_a_shared_key_that_it_knows_and_says_what_it_lacks_otherwise() {
    const KEY: &str = "Shut-Rye-33";
    let body = "MessageSid=SM00000000000000000000000000000001&MessageStatus=sent";
    let ours = "https://text.example/webhooks/twilio/status?attempt=attempt-1";
    let outcome = async |known: Option<&str>, how: Option<&str>, signature: HeaderValue| {
        let mut call = request(STATUS, body);
        call.headers_mut().insert("x-twilio-signature", signature);
        let how = how.map(|how| how.parse().unwrap());
        how.map(|how| call.headers_mut().insert("x-twilio-webhooks-signature-settings", how));
        let shared_key = known.map(Into::into);
        let twilio = Twilio { shared_key, ..twilio(String::new(), SECRET) };
        received_line(&receive(&twilio, &call).await)
    };
    let by_256 = || signed_over::<Hmac<Sha256>>(KEY, ours, body);
    let by_1 = || signed_over::<Hmac<Sha1>>(KEY, ours, body);
    let (of_256, of_1) = ("key=webhooks_key_1,algorithm=HMAC_SHA256", "algorithm=HMAC_SHA1, key=1");
    let believed = "SM00000000000000000000000000000001 of attempt-1: Sent (sent)";
    assert_eq!(outcome(Some(KEY), Some(of_256), by_256()).await, believed);
    assert_eq!(outcome(Some(KEY), Some(of_1), by_1()).await, believed);
    assert_eq!(outcome(Some(KEY), Some("algorithm=NONE"), by_256()).await, "forged");
    assert_eq!(outcome(Some(KEY), None, by_256()).await, "forged");
    assert_eq!(outcome(Some("another"), Some(of_256), by_256()).await, "forged");
    assert_eq!(
        outcome(None, Some(of_256), by_256()).await,
        "unverifiable: it is signed with a shared key, as a webhook rule in Twilio says, and not \
         with the account's token: set TWILIO_SHARED_KEY to that key's secret, or take the \
         signature out of the rule's setting"
    );
}

/// The signature of a form to this address.
fn signed_over<M: Mac + KeyInit>(key: &str, address: &str, body: &str) -> HeaderValue {
    let fields: BTreeMap<_, _> = form_urlencoded::parse(body.as_bytes()).collect();
    let mut mac = <M as KeyInit>::new_from_slice(key.as_bytes()).unwrap().chain_update(address);
    for (name, value) in &fields {
        mac = mac.chain_update(&**name).chain_update(&**value);
    }
    STANDARD.encode(mac.finalize().into_bytes()).parse().unwrap()
}

#[tokio::test]
async fn finds_a_message_that_it_lost_sight_of() {
    const TEXT: &str = "We’ll meet at “Noon” – ok?";
    let message = |sid, body, direction, created, status| {
        format!(
            r#"{{"sid":"{sid}","status":"{status}","body":"{body}","direction":"{direction}",
                "date_created":"{created}","date_sent":null}}"#
        )
    };
    let first = [
        message(
            "SM_later",
            "Noon it is",
            "outbound-api",
            "Thu, 24 Aug 2023 05:01:50 +0000",
            "sent",
        ),
        message("SM_theirs", TEXT, "inbound", "Thu, 24 Aug 2023 05:01:46 +0000", "received"),
        message("SM_earlier", TEXT, "outbound-api", "Thu, 24 Aug 2023 05:01:30 +0000", "sent"),
    ];
    // As a messaging service changed it.
    let rewritten = "We'll meet at \\\"Noon\\\" - ok?";
    let second =
        [message("SM_it", rewritten, "outbound-api", "Thu, 24 Aug 2023 05:01:44 +0000", "queued")];
    let found = Found::Known(Receipt {
        message: "SM_it".into(),
        attempt: None,
        part: None,
        status: Status::Accepted,
        raw_status: "queued".into(),
        code: None,
        opted_out: false,
    });
    assert_eq!(find(TEXT, &[&first, &second], None).await, Ok(found.clone()));
    assert_eq!(find(TEXT, &[&first, &[]], Some(&[])).await, Ok(Found::Absent));
    assert_eq!(find(TEXT, &[&[]], Some(&first)).await, Ok(Found::Absent));
    // It went by RCS.
    assert_eq!(find(TEXT, &[&first], Some(&second)).await, Ok(found));

    let undated = [message("SM_it", "Noon", "outbound-api", "yesterday", "sent")];
    let unreadable = Err(SendError::Unknown { code: "unreadable".into() });
    assert_eq!(find("Noon", &[&undated], None).await, unreadable);
    assert_eq!(find("Noon", &[&[]], Some(&undated)).await, unreadable);
}

#[tokio::test]
async fn takes_its_token_to_no_other_host() {
    let path = "/2010-04-01/Accounts/AC1/Messages.json?To=%2B12025550143&PageSize=50";
    let elsewhere = r#"{"messages":[],"next_page_uri":"http://elsewhere.invalid/"}"#;
    let script = Script::answering(&[(&format!("GET {path} {BASIC}"), (200, elsewhere))]).await;
    let twilio = twilio(script.url.clone(), SECRET);
    let found = twilio.find(&patient(), &outgoing("Noon"), Timestamp::UNIX_EPOCH).await;
    assert_eq!(found, Err(SendError::Unknown { code: "unreadable".into() }));
}

/// Looks for a message of 2023-08-24 05:01:46, when Twilio lists these pages for the number, and
/// these messages for its RCS address, if that is requested.
async fn find(
    text: &str,
    pages: &[&[String]],
    by_rcs: Option<&[String]>,
) -> Result<Found, SendError> {
    let path = "/2010-04-01/Accounts/AC1/Messages.json?To=%2B12025550143&PageSize=50";
    let mut exchange = Vec::new();
    for (number, messages) in pages.iter().enumerate() {
        let token = |number| match number {
            0 => format!("GET {path} {BASIC}"),
            number => format!("GET {path}&PageToken=PA{number} {BASIC}"),
        };
        let next = match number + 1 < pages.len() {
            true => format!(r#""{path}&PageToken=PA{}""#, number + 1),
            false => "null".into(),
        };
        let page = format!(r#"{{"messages":[{}],"next_page_uri":{next}}}"#, messages.join(","));
        exchange.push((token(number), page));
    }
    exchange.extend(by_rcs.map(|messages| {
        let path = path.replace("To=", "To=rcs%3A");
        let page = format!(r#"{{"messages":[{}],"next_page_uri":null}}"#, messages.join(","));
        (format!("GET {path} {BASIC}"), page)
    }));
    let exchange: Vec<_> =
        exchange.iter().map(|(line, page)| (line.as_str(), (200, page.as_str()))).collect();
    let script = Script::answering(&exchange).await;
    let twilio = twilio(script.url.clone(), SECRET);
    let since = "2023-08-24T05:01:46.7Z".parse().unwrap();
    let found = twilio.find(&patient(), &outgoing(text), since).await;
    let lines: Vec<_> = exchange.iter().map(|(line, _)| *line).collect();
    assert_eq!(script.seen(), lines);
    found
}

#[test]
fn answers_with_an_empty_document() {
    let acknowledgement = twilio(String::new(), SECRET).acknowledgement();
    assert_eq!(
        (acknowledgement.content_type, acknowledgement.body),
        ("text/xml", r#"<?xml version="1.0" encoding="UTF-8"?><Response/>"#)
    );
}

fn twilio(base_url: String, token: &str) -> Twilio {
    Twilio {
        account_sid: "AC1".into(),
        auth_token: token.into(),
        next_auth_token: None,
        shared_key: None,
        from: Some("+12025550100".into()),
        messaging_service_sid: None,
        base_url,
        public_url: PUBLIC_URL.parse().unwrap(),
    }
}

/// Signs a call as Twilio does.
fn sign(token: &str, mut call: http::Request<Bytes>) -> http::Request<Bytes> {
    let mut signed = format!("{PUBLIC_URL}{}", call.uri());
    if call.method() == "POST" && !signed.contains("bodySHA256") {
        let mut values: BTreeMap<_, BTreeSet<_>> = BTreeMap::new();
        for (name, value) in form_urlencoded::parse(call.body()) {
            values.entry(name).or_default().insert(value);
        }
        for (name, values) in values {
            values.iter().for_each(|value| signed.extend([&*name, value]));
        }
    }
    let mac = Hmac::<Sha1>::new_from_slice(token.as_bytes()).unwrap().chain_update(signed);
    let signature = STANDARD.encode(mac.finalize().into_bytes());
    call.headers_mut().insert("x-twilio-signature", signature.parse().unwrap());
    call
}
