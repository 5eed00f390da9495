use serde_json::{Value, json};
use sms::{Event, Rest};

use super::{INBOUND, messagecentral, settings, sign};
use crate::harness::{ReceiveCase, SECRET, check_receive, receive, received_line, request};
use crate::messagecentral::{InboundFields, MessageCentral, MessageCentralSettings};

#[tokio::test]
async fn receives() {
    check_receive(|secret| messagecentral(String::new(), secret), sign, CALLS).await;
}

const CALLS: &[ReceiveCase<'_>] = &[
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
];

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
