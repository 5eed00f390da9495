mod diagnosis;
mod reports;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use bytes::Bytes;
use futures::future::join_all;
use jiff::Timestamp;
use providers::{InboundFields, MessageCentral, MessageCentralSettings};
use serde_json::{Value, json};
use sms::{Event, Outgoing, Provider, Rest, WebhookError};

use crate::harness::{
    ReceiveCase, SECRET, Script, SendCase, Texts, check_receive, check_send, check_texts, outgoing,
    patient, receive, received_line, request, told,
};
use crate::hostile::{Described, check_hostile};

const INBOUND: &str = "POST /webhooks/messagecentral/inbound";

/// Expires in the year 2100.
const LASTING: &str = r#"{"status":200,"token":"e30.eyJleHAiOjQxMDI0NDQ4MDB9.x"}"#;
/// Expired in the year 1970.
const OVER: &str = r#"{"status":200,"token":"e30.eyJleHAiOjF9.x"}"#;

const TOKEN: &str = "GET /auth/v1/authentication/token?customerId=C-1&key=T3Blbi1TZXNhbWUtNzE%3D\
    &scope=NEW&email=owner%40text.example";
const NOON: &str = "POST /verification/v3/send?countryCode=1&mobileNumber=2025550143&flowType=SMS\
    &type=SMS&message=Noon%3F&senderId=TEXTBK e30.eyJleHAiOjQxMDI0NDQ4MDB9.x";
const NOON_BY_ONE_THAT_IS_OVER: &str = "POST /verification/v3/send?countryCode=1\
    &mobileNumber=2025550143&flowType=SMS&type=SMS&message=Noon%3F&senderId=TEXTBK \
    e30.eyJleHAiOjF9.x";

const TAKEN: (u16, &str) = (
    200,
    r#"{"responseCode":200,"message":"SUCCESS","data":{"verificationId":"474097",
        "mobileNumber":"2025550143","responseCode":"200","errorMessage":null,"timeout":"60",
        "smsCLI":null,"transactionId":null}}"#,
);

#[tokio::test]
async fn sends() {
    check_send(
        |url| messagecentral(url, SECRET),
        &[
            answered("taken", TAKEN, "sent 474097"),
            answered(
                "taken, in numbers",
                (200, r#"{"responseCode":"200","data":{"verificationId":474097}}"#),
                "sent 474097",
            ),
            answered(
                "taken, by its other id",
                (200, r#"{"responseCode":200,"data":{"transactionId":"T1"}}"#),
                "sent T1",
            ),
            answered(
                "taken without an id",
                (200, r#"{"responseCode":200}"#),
                "unknown: unreadable",
            ),
            answered("no credit", (200, r#"{"responseCode":508}"#), "refused: 508"),
            answered("no credit, as HTTP has it", (400, r#"{"responseCode":508}"#), "refused: 508"),
            answered("not activated", (200, r#"{"responseCode":"913"}"#), "refused: 913"),
            answered("a destination without a price", (400, NOT_PRICED), "refused: 400"),
            answered("a fault of theirs", (200, r#"{"responseCode":500}"#), "refused: 500"),
            answered("a fault, as HTTP has it", (500, r#"{"responseCode":500}"#), "refused: 500"),
            answered("one is still open", (200, r#"{"responseCode":506}"#), "refused: 506"),
            answered("refused further in", (200, REFUSED_WITHIN), "refused: 508"),
            answered("a success with an error", (200, SUCCESS_WITH_ERROR), "unknown: unreadable"),
            answered("a code nobody explains", (200, r#"{"responseCode":707}"#), "unknown: 707"),
            answered("the same in an error", (502, r#"{"responseCode":707}"#), "unknown: http 502"),
            answered("not handled", (503, r#"{"responseCode":503}"#), "refused: http 503"),
            answered("a success in an error", (500, TAKEN.1), "unknown: http 500"),
            answered("the same, not handled", (503, TAKEN.1), "unknown: http 503"),
            answered("nothing at all", (200, ""), "unknown: unreadable"),
            SendCase {
                name: "a wrong password",
                text: "Noon?",
                exchange: vec![(TOKEN, (200, r#"{"status":400,"error":"password is invalid"}"#))],
                outcome: "refused: token: 400",
            },
            SendCase {
                name: "no token, and no word about it",
                text: "Noon?",
                exchange: vec![(TOKEN, (502, "<html>"))],
                outcome: "refused: token: 502",
            },
            SendCase {
                name: "a token further in",
                text: "Noon?",
                exchange: vec![
                    (TOKEN, (200, r#"{"data":{"token":"e30.eyJleHAiOjQxMDI0NDQ4MDB9.x"}}"#)),
                    (NOON, TAKEN),
                ],
                outcome: "sent 474097",
            },
            renewed("a token that ended early", (401, ""), TAKEN, "sent 474097"),
            renewed("the same as a success", (200, UNAUTHORIZED), TAKEN, "sent 474097"),
            renewed(
                "an account that may not",
                (403, r#"{"responseCode":403}"#),
                (403, r#"{"responseCode":403}"#),
                "refused: 403",
            ),
            renewed("a second refusal", (401, ""), (401, ""), "refused: http 401"),
        ],
    )
    .await;
}

const NOT_PRICED: &str = r#"{"responseCode":400,"message":"pricing not found for +12025550143"}"#;
const UNAUTHORIZED: &str = r#"{"responseCode":401,"message":"Unauthorized"}"#;
const REFUSED_WITHIN: &str = r#"{"responseCode":200,"data":{"verificationId":"1",
    "responseCode":"508","errorMessage":"no credit"}}"#;
const SUCCESS_WITH_ERROR: &str = r#"{"responseCode":200,"data":{"verificationId":"1",
    "responseCode":"200","errorMessage":"no idea"}}"#;

fn answered<'a>(name: &'a str, answer: (u16, &'a str), outcome: &'a str) -> SendCase<'a> {
    let exchange = vec![(TOKEN, (200, LASTING)), (NOON, answer)];
    SendCase { name, text: "Noon?", exchange, outcome }
}

fn renewed<'a>(
    name: &'a str,
    first: (u16, &'a str),
    second: (u16, &'a str),
    outcome: &'a str,
) -> SendCase<'a> {
    let token = (TOKEN, (200, LASTING));
    let exchange = vec![token, (NOON, first), token, (NOON, second)];
    SendCase { name, text: "Noon?", exchange, outcome }
}

#[tokio::test]
async fn fetches_a_token_once_for_all() {
    let script =
        Script::answering(&[(TOKEN, (200, LASTING)), (NOON, TAKEN), (NOON, TAKEN), (NOON, TAKEN)])
            .await;
    let (messagecentral, http) = (messagecentral(script.url.clone(), SECRET), patient());
    let message = outgoing("Noon?");
    let sent = join_all([(); 3].map(|()| messagecentral.send(&http, &message))).await;
    assert_eq!(sent.iter().map(told).collect::<Vec<_>>(), ["sent 474097"; 3]);
    assert_eq!(script.seen(), [TOKEN, NOON, NOON, NOON]);
}

#[tokio::test]
async fn fails_once_for_all_who_wait_for_a_token() {
    let script = Script::answering(&[(TOKEN, (503, ""))]).await;
    let (messagecentral, http) = (messagecentral(script.url.clone(), SECRET), patient());
    let message = outgoing("Noon?");
    let sent = join_all([(); 3].map(|()| messagecentral.send(&http, &message))).await;
    assert_eq!(sent.iter().map(told).collect::<Vec<_>>(), ["refused: token: 503"; 3]);
    assert_eq!(script.seen(), [TOKEN]);
}

#[tokio::test]
async fn fetches_a_token_ahead() {
    let script = Script::answering(&[(TOKEN, (200, LASTING)), (NOON, TAKEN)]).await;
    let (messagecentral, http) = (messagecentral(script.url.clone(), SECRET), patient());
    messagecentral.prepare(&http).await;
    messagecentral.prepare(&http).await;
    assert_eq!(script.seen(), [TOKEN]);
    assert_eq!(told(&messagecentral.send(&http, &outgoing("Noon?")).await), "sent 474097");
    assert_eq!(script.seen(), [TOKEN, NOON]);
}

#[tokio::test]
async fn renews_a_token_ahead_of_its_end() {
    let short_lived = ending_in(70);
    let script = Script::answering(&[(TOKEN, (200, &short_lived)), (TOKEN, (200, LASTING))]).await;
    let (messagecentral, http) = (messagecentral(script.url.clone(), SECRET), patient());
    for _ in 0..3 {
        messagecentral.prepare(&http).await;
    }
    assert_eq!(script.seen(), [TOKEN, TOKEN]);
}

#[tokio::test]
async fn uses_a_token_until_it_is_near_its_end() {
    let short_lived = ending_in(5 * 60);
    let payload = short_lived.split('.').nth(1).unwrap();
    let noon = format!("{} e30.{payload}.x", NOON.rsplit_once(' ').unwrap().0);
    let script =
        Script::answering(&[(TOKEN, (200, &short_lived)), (&noon, TAKEN), (&noon, TAKEN)]).await;
    let (messagecentral, http) = (messagecentral(script.url.clone(), SECRET), patient());
    messagecentral.prepare(&http).await;
    for _ in 0..2 {
        assert_eq!(told(&messagecentral.send(&http, &outgoing("Noon?")).await), "sent 474097");
    }
}

/// An answer with a token that expires in so many seconds.
fn ending_in(seconds: i64) -> String {
    let end = Timestamp::now().as_second() + seconds;
    let payload = URL_SAFE_NO_PAD.encode(format!(r#"{{"iat":0,"exp":{end}}}"#));
    format!(r#"{{"token":"e30.{payload}.x"}}"#)
}

#[tokio::test]
async fn uses_a_token_that_is_over_by_our_clock_no_second_time() {
    let script = Script::answering(&[
        (TOKEN, (200, OVER)),
        (NOON_BY_ONE_THAT_IS_OVER, TAKEN),
        (TOKEN, (200, LASTING)),
        (NOON, TAKEN),
    ])
    .await;
    let (messagecentral, http) = (messagecentral(script.url.clone(), SECRET), patient());
    for _ in 0..2 {
        assert_eq!(told(&messagecentral.send(&http, &outgoing("Noon?")).await), "sent 474097");
    }
}

#[tokio::test]
async fn sends_by_the_registered_sender_whichever_was_texted() {
    let token = TOKEN.strip_suffix("&email=owner%40text.example").unwrap();
    let noon = "POST /verification/v3/send?countryCode=1&mobileNumber=2025550143&flowType=SMS\
        &type=SMS&message=%C2%BFNoon+%26+caf%C3%A9%3F&senderId=TEXTBK \
        e30.eyJleHAiOjQxMDI0NDQ4MDB9.x";
    let script = Script::answering(&[(token, (200, LASTING)), (noon, TAKEN)]).await;
    let messagecentral = MessageCentral::new(MessageCentralSettings {
        email: None,
        ..settings(script.url.clone(), SECRET)
    });
    let message = Outgoing { from: Some("12025550100".into()), ..outgoing("¿Noon & café?") };
    assert_eq!(told(&messagecentral.send(&patient(), &message).await), "sent 474097");
}

#[tokio::test]
async fn receives() {
    check_receive(
        |secret| messagecentral(String::new(), secret),
        sign,
        &[
            ReceiveCase {
                name: "JSON",
                call: INBOUND,
                body: r#"{"from":"+12025550143","to":"+12025550100","text":"Noon?","id":"7",
                    "time":"2026-11-01T12:00:00Z"}"#,
                outcome: "7 +12025550143 -> +12025550100 at 2026-11-01T12:00:00Z: Noon?",
            },
            ReceiveCase {
                name: "a form",
                call: INBOUND,
                body: "mobileNumber=12025550143&message=Noon+%26+caf%C3%A9\
                   &messageId=7&timestamp=1793534400",
                outcome: "7 +12025550143 -> TEXTBK at 2026-11-01T12:00:00Z: Noon & café",
            },
            ReceiveCase {
                name: "a query",
                call: "GET /webhooks/messagecentral/inbound?from=12025550143&text=Noon",
                body: "",
                outcome: "- +12025550143 -> TEXTBK: Noon",
            },
            ReceiveCase {
                name: "numbers as numbers, a country code of its own",
                call: INBOUND,
                body: r#"{"countryCode":1,"mobileNumber":2025550143,"senderId":"TEXTBK",
                    "message":"Noon","messageId":7,"receivedAt":1793534400000}"#,
                outcome: "7 +12025550143 -> TEXTBK at 2026-11-01T12:00:00Z: Noon",
            },
            ReceiveCase {
                name: "a national number that begins like its country code",
                call: INBOUND,
                body: r#"{"Country_Code":"+91","Mobile_Number":"9198765432","Message":"Noon"}"#,
                outcome: "- +919198765432 -> TEXTBK: Noon",
            },
            ReceiveCase {
                name: "a country code that is said twice",
                call: INBOUND,
                body: r#"{"countryCode":"91","from":"919198765432","message":"Noon"}"#,
                outcome: "- +919198765432 -> TEXTBK: Noon",
            },
            ReceiveCase {
                name: "further in",
                call: INBOUND,
                body: r#"{"event":"inbound","data":{"sender":"0012025550143",
                    "recipient":"12025550100","body":"Noon","message_id":"7"}}"#,
                outcome: "7 +12025550143 -> 12025550100: Noon",
            },
            ReceiveCase {
                name: "several at once",
                call: INBOUND,
                body: r#"{"id":"batch","to":"TEXTBK","data":{"messages":[
                    {"from":"12025550143","text":"Noon","id":"7"},
                    {"from":"12025550144","text":"No","meta":{"text":"x"}}]}}"#,
                outcome: "7 +12025550143 -> TEXTBK: Noon; - +12025550144 -> TEXTBK: No",
            },
            ReceiveCase {
                name: "several, of which some cannot be read",
                call: INBOUND,
                body: r#"[null,{"from":"MYBANK","text":"Noon"},{"from":"12025550143","text":"STOP"},
                    {"text":"Noon"},7,{"from":{},"text":"Noon"}]"#,
                outcome: "- +12025550143 -> TEXTBK: STOP; \
                    left, no sender or no text was found in it: \
                    [null,{\"from\":\"MYBANK\",\"text\":\"Noon\"},{\"text\":\"Noon\"},7,\
                    {\"from\":{},\"text\":\"Noon\"}]",
            },
            ReceiveCase {
                name: "what is said around those that cannot be read",
                call: INBOUND,
                body: r#"{"to":"12025550100","data":{"messages":[{"from":"12025550143","text":"No"},
                    {"from":"MYBANK","text":"Noon"},{"of":{"from":"12025550144","text":"So"}}]},
                    "batches":[[{"from":"12025550145","text":"On"}]]}"#,
                outcome: "- +12025550145 -> 12025550100: On; - +12025550143 -> 12025550100: No; \
                    - +12025550144 -> 12025550100: So; \
                    left, the sender is a short code or a name, which cannot be answered: \
                    {\"data\":{\"messages\":[{\"from\":\"MYBANK\",\"text\":\"Noon\"}]},\
                    \"to\":\"12025550100\"}",
            },
            ReceiveCase {
                name: "the words apart from the sender",
                call: INBOUND,
                body: r#"{"from":"12025550143","message":{"id":"7","text":"Noon"}}"#,
                outcome: "7 +12025550143 -> TEXTBK: Noon",
            },
            ReceiveCase {
                name: "an empty text, on a day without a time",
                call: INBOUND,
                body: r#"{"from":"12025550143","text":"","id":"","time":"2026-11-01"}"#,
                outcome: "- +12025550143 -> TEXTBK: ",
            },
            ReceiveCase {
                name: "ids that are of no message",
                call: INBOUND,
                body: r#"[{"from":"12025550143","message":"First","messageId":0},
                    {"from":"12025550143","message":"Second","messageId":"0000-00","id":"7"},
                    {"from":"12025550143","message":"Third","messageId":"null"},
                    {"from":"12025550143","message":"Fourth","messageId":null}]"#,
                outcome: "- +12025550143 -> TEXTBK: First; 7 +12025550143 -> TEXTBK: Second; \
                    - +12025550143 -> TEXTBK: Third; - +12025550143 -> TEXTBK: Fourth",
            },
            ReceiveCase {
                name: "a national number",
                call: INBOUND,
                body: r#"{"from":"9876543211","to":"TEXTBK","message":"My tap drips",
                    "messageId":"m-1"}"#,
                outcome: "unreadable: the sender is not a number that can be answered",
            },
            ReceiveCase {
                name: "seven digits",
                call: INBOUND,
                body: r#"{"from":"5550143","message":"My tap drips"}"#,
                outcome: "unreadable: the sender is not a number that can be answered",
            },
            ReceiveCase {
                name: "a report at the address for texts",
                call: INBOUND,
                body: r#"{"messageId":"474098","mobileNumber":"12025550143","senderId":"TEXTBK",
                    "status":"DELIVRD","messageBody":"Could you tell me what is to be done?"}"#,
                outcome: "474098 of -: Delivered (DELIVRD)",
            },
            ReceiveCase {
                name: "a report without words, around a message",
                call: INBOUND,
                body: r#"{"data":{"deliveryStatus":"undelivered","message":{"id":"474098"},
                    "msgId":474098}}"#,
                outcome: "474098 of -: Accepted (undelivered)",
            },
            ReceiveCase {
                name: "a report of nobody knows what",
                call: INBOUND,
                body: r#"{"mobileNumber":"12025550143","status":"EXPIRED","message":"Hello"}"#,
                outcome: "unreadable: a receipt that does not say of which message",
            },
            ReceiveCase {
                name: "a text whose call went well",
                call: INBOUND,
                body: r#"{"status":"received","from":"12025550143","message":"Noon","state":1}"#,
                outcome: "- +12025550143 -> TEXTBK: Noon",
            },
            ReceiveCase {
                name: "a sender with a name",
                call: INBOUND,
                body: r#"{"from":"MYBANK","text":"Noon"}"#,
                outcome: "unreadable: the sender is a short code or a name, which cannot be answered",
            },
            ReceiveCase {
                name: "a name beside a number, which settings can tell apart",
                call: INBOUND,
                body: r#"{"sender":"TEXTBK","mobile":"12025550143","text":"Noon"}"#,
                outcome: "unreadable: the sender is not a number that can be answered",
            },
            ReceiveCase {
                name: "fields of other names",
                call: INBOUND,
                body: r#"{"who":"12025550143","what":"Noon"}"#,
                outcome: "unreadable: no sender or no text was found in it",
            },
            ReceiveCase {
                name: "words that are not the sender's",
                call: INBOUND,
                body: r#"{"message":"SUCCESS","data":{"from":"12025550143","id":"7"}}"#,
                outcome: "unreadable: no sender or no text was found in it",
            },
            ReceiveCase {
                name: "neither JSON nor a form",
                call: INBOUND,
                body: "\u{1}\u{2}{",
                outcome: "unreadable: no sender or no text was found in it",
            },
            ReceiveCase {
                name: "nothing",
                call: INBOUND,
                body: "",
                outcome: "unreadable: no sender or no text was found in it",
            },
            ReceiveCase {
                name: "a receipt that quotes what we said",
                call: "POST /webhooks/messagecentral/status",
                body: r#"{"mobileNumber":"12025550143","message":"Noon","status":"DELIVRD"}"#,
                outcome: "unreadable: a receipt, whose form nothing documents",
            },
        ],
    )
    .await;
}

#[tokio::test]
async fn takes_a_hundred_texts_from_one_call_and_leaves_the_others() {
    let text = |number| json!({ "from": "12025550143", "text": "Noon", "id": number });
    let call = |texts: Vec<_>| sign(SECRET, request(INBOUND, &Value::from(texts).to_string()));
    let provider = messagecentral(String::new(), SECRET);
    let mut events = receive(&provider, &call((0..100).map(text).collect())).await.unwrap();
    assert_eq!(events.len(), 100);
    events = receive(&provider, &call((0..103).map(text).collect())).await.unwrap();
    let rest = events.pop().unwrap();
    assert_eq!(events.len(), 100);
    let left = Value::from((100..103).map(text).collect::<Vec<_>>());
    let reason = "more texts than are taken from one call";
    assert_eq!(rest, Event::Rest(Rest { body: left.to_string(), reason }));
}

/// The longest body that is read at all. The context of a value must not be copied for each.
#[tokio::test]
async fn reads_a_call_of_many_values_no_slower_than_it_is_long() {
    let said = (0..20_000).map(|number| format!(r#""n{number}":[]"#)).collect::<Vec<_>>().join(",");
    let body = format!(r#"{{{said},"zz":{{"from":"12025550143","text":"Noon"}}}}"#);
    assert!((220_000..256 * 1024).contains(&body.len()), "{}", body.len());
    let call = sign(SECRET, request(INBOUND, &body));
    let received = receive(&messagecentral(String::new(), SECRET), &call).await;
    assert_eq!(received_line(&received), "- +12025550143 -> TEXTBK: Noon");
}

#[tokio::test]
async fn receives_fields_under_configured_names() {
    let name = |name: &str| Some(name.to_owned());
    let messagecentral = MessageCentral::new(MessageCentralSettings {
        inbound_fields: InboundFields {
            from: name("who"),
            to: name("Whom"),
            text: name("what_was_said"),
            id: name("nr"),
            time: name("when"),
        },
        ..settings(String::new(), SECRET)
    });
    let body = r#"{"who":"12025550143","whom":"TEXTBK","whatWasSaid":"Noon","nr":7,
        "when":1793534400,"from":"12025550199","message":"Hi","id":"8"}"#;
    assert_eq!(
        received_line(&receive(&messagecentral, &sign(SECRET, request(INBOUND, body))).await),
        "7 +12025550143 -> TEXTBK at 2026-11-01T12:00:00Z: Noon"
    );
    let around = r#"{"who":"12025550143","from":"TEXTBK","of":{"from":"MYBANK","text":"Noon"}}"#;
    assert_eq!(
        received_line(&receive(&messagecentral, &sign(SECRET, request(INBOUND, around))).await),
        "- +12025550143 -> TEXTBK: Noon"
    );
}

#[tokio::test]
async fn reads_what_every_provider_has_to_read() {
    let texts = Texts {
        call: INBOUND,
        pictures: r#"{"from":"12025550143","message":"","mediaUrls":["https://a.test/0","https://a.test/1"]}"#,
        hollow: r#"{"from":"12025550143","message":"Noon","messageId":"","to":null,"time":"noon",
            "media":""}"#,
        by_rcs: r#"{"from":"rcs:+12025550143","message":"Noon"}"#,
        by_another: Some(r#"{"from":"whatsapp:+12025550143","message":"Noon"}"#),
        of_nobody: r#"{"from":"Oakwood","message":"Noon"}"#,
        unreadable: r#"{"cli":"12025550143","did":"12025550100","payload":"STOP","ref":"1"}"#,
        handled: &[],
    };
    check_texts(messagecentral(String::new(), SECRET), sign, &texts).await;
}

#[tokio::test]
async fn completes_the_numbers_of_its_country_and_guesses_at_no_other() {
    for (country, written, number) in [
        ("91", "9876543211", "+919876543211"),
        ("91", "09876543211", "+919876543211"),
        ("91", "98765 43211", "+919876543211"),
        ("91", "919876543211", "+919876543211"),
        ("91", "12025550143", "+12025550143"),
        ("91", "98765432", "-"),
        ("36", "9876543211", "-"),
        ("36", "201234567", "+36201234567"),
        ("1", "2025550143", "+12025550143"),
        ("45", "4520123456", "+4520123456"),
        // The zero belongs to the number there.
        ("225", "0102030405", "+2250102030405"),
        ("55", "11987654321", "+5511987654321"),
    ] {
        let messagecentral = MessageCentral::new(MessageCentralSettings {
            country: Some(country.into()),
            ..settings(String::new(), SECRET)
        });
        let body = json!({ "from": written, "message": "Noon" }).to_string();
        let received = receive(&messagecentral, &sign(SECRET, request(INBOUND, &body))).await;
        let from = match received.as_deref() {
            Ok([Event::Text(text)]) => text.from.as_str(),
            _ => "-",
        };
        assert_eq!(from, number, "{written} in +{country}");
    }
}

#[tokio::test]
async fn tells_texts_apart_by_a_time_that_it_cannot_read() {
    let messagecentral = messagecentral(String::new(), SECRET);
    let mut ids = std::collections::BTreeSet::new();
    for time in ["29/11/2026 10:15", "29/11/2026 10:16", "10.16.30 on 29.11.2026", "10:15"] {
        let body = json!({ "from": "12025550143", "message": "yes", "time": time }).to_string();
        for _ in 0..2 {
            let call = sign(SECRET, request(INBOUND, &body));
            let Some(Event::Text(text)) = receive(&messagecentral, &call).await.unwrap().pop()
            else {
                panic!("{time}");
            };
            ids.insert(text.id.unwrap());
        }
    }
    assert_eq!(ids.len(), 4);
}

#[tokio::test]
async fn believes_no_hostile_call() {
    let described = Described {
        call: INBOUND,
        body: r#"{"from":"12025550143","text":"Noon"}"#,
        headers: &[],
        covers: &[],
    };
    check_hostile(|secret| messagecentral(String::new(), secret), sign, &described).await;
    // It counts where it was pasted and nowhere else.
    let closed = messagecentral(String::new(), SECRET);
    for query in ["Token=Open-Sesame-71", "token[]=Open-Sesame-71", "a=1;token=Open-Sesame-71"] {
        let call = request(&format!("{INBOUND}?{query}"), described.body);
        assert_eq!(receive(&closed, &call).await, Err(WebhookError::Forged), "{query}");
    }
    let mut call =
        request(INBOUND, r#"{"from":"12025550143","text":"Noon","token":"Open-Sesame-71"}"#);
    for name in ["token", "authorization", "x-token"] {
        call.headers_mut().insert(name, "Open-Sesame-71".parse().unwrap());
    }
    assert_eq!(receive(&closed, &call).await, Err(WebhookError::Forged));
}

#[tokio::test]
async fn believes_nobody_without_a_token() {
    let body = r#"{"from":"12025550143","text":"Noon"}"#;
    let open = MessageCentral::new(MessageCentralSettings {
        webhook_token: None,
        ..settings(String::new(), SECRET)
    });
    let closed = messagecentral(String::new(), SECRET);
    for call in [INBOUND.to_owned(), format!("{INBOUND}?token="), format!("{INBOUND}?token=Open")] {
        assert_eq!(receive(&open, &request(&call, body)).await, Err(WebhookError::Forged));
        assert_eq!(receive(&closed, &request(&call, body)).await, Err(WebhookError::Forged));
    }
}

/// Base64 contains characters that addresses escape.
#[tokio::test]
async fn believes_a_token_pasted_as_it_was_printed_and_escaped() {
    let closed = messagecentral(String::new(), "b3Blbi+z/ZX=");
    for token in ["b3Blbi+z/ZX=", "b3Blbi%2Bz%2FZX%3D"] {
        let call = sign(token, request(INBOUND, r#"{"from":"12025550143","text":"Noon"}"#));
        assert!(receive(&closed, &call).await.is_ok(), "{token}");
    }
}

fn messagecentral(base_url: String, secret: &str) -> MessageCentral {
    MessageCentral::new(settings(base_url, secret))
}

/// The account's password and the token of its webhook are the same here.
fn settings(base_url: String, secret: &str) -> MessageCentralSettings {
    MessageCentralSettings {
        customer_id: "C-1".into(),
        password_base64: Some(STANDARD.encode(secret).into()),
        email: Some("owner@text.example".into()),
        sender_id: "TEXTBK".into(),
        base_url,
        webhook_token: Some(secret.into()),
        inbound_fields: InboundFields::default(),
        country: None,
    }
}

/// Adds the token, as the owner does when pasting the address.
fn sign(token: &str, mut call: http::Request<Bytes>) -> http::Request<Bytes> {
    let separator = if call.uri().query().is_some() { '&' } else { '?' };
    *call.uri_mut() = format!("{}{separator}token={token}", call.uri()).parse().unwrap();
    call
}
