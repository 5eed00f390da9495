use fakes::{Fate, Twilio, twilio_signature};
use serde_json::Value;

use crate::listener;

const PERSON: &str = "+12025550143";
const SID: &str = "SM0123456789abcdef0123456789abcdef";
const ELSEWHERE: &str = "+12025550177";

/// Sends a form to the account and returns the HTTP status and the answer.
async fn send(twilio: &Twilio, form: &[(&str, &str)]) -> (u16, Value) {
    let url =
        format!("{}/2010-04-01/Accounts/{}/Messages.json", twilio.url(), twilio.account_sid());
    let request = reqwest::Client::new().post(url).form(form);
    answer(request.basic_auth(twilio.account_sid(), Some(twilio.auth_token()))).await
}

async fn say(twilio: &Twilio, body: &str) -> (u16, Value) {
    send(twilio, &[("To", PERSON), ("From", twilio.number()), ("Body", body)]).await
}

/// Reads a resource below the account.
async fn ask(twilio: &Twilio, path: &str) -> (u16, Value) {
    let url = format!("{}/2010-04-01/Accounts/{}/{path}", twilio.url(), twilio.account_sid());
    let request = reqwest::Client::new().get(url);
    answer(request.basic_auth(twilio.account_sid(), Some(twilio.auth_token()))).await
}

async fn answer(request: reqwest::RequestBuilder) -> (u16, Value) {
    let response = request.send().await.unwrap();
    (response.status().as_u16(), response.json().await.unwrap())
}

#[tokio::test]
async fn keeps_accepted_messages() {
    let twilio = Twilio::start().await;
    let (status, message) = say(&twilio, "Hi").await;
    assert_eq!((status, &message["status"]), (201, &"queued".into()));
    assert_eq!(twilio.texts_to(PERSON), ["Hi"]);

    let sid = message["sid"].as_str().unwrap();
    assert_eq!(ask(&twilio, &format!("Messages/{sid}.json")).await, (200, message));
}

#[tokio::test]
async fn refuses_what_twilio_would() {
    let twilio = Twilio::start().await;
    let from = twilio.number();
    let long = "x".repeat(1601);
    for (form, expected) in [
        (vec![("From", from), ("Body", "Hi")], (400, 21604)),
        (vec![("To", "12025550143"), ("From", from), ("Body", "Hi")], (400, 21211)),
        (vec![("To", PERSON), ("Body", "Hi")], (400, 21603)),
        (vec![("To", PERSON), ("From", "me"), ("Body", "Hi")], (400, 21212)),
        (vec![("To", PERSON), ("From", ELSEWHERE), ("Body", "Hi")], (400, 21606)),
        (vec![("To", PERSON), ("MessagingServiceSid", "MG1"), ("Body", "Hi")], (400, 21701)),
        (vec![("To", PERSON), ("From", from), ("Body", "")], (400, 21602)),
        (vec![("To", PERSON), ("From", from), ("Body", &long)], (400, 21617)),
        (vec![("To", PERSON), ("From", from), ("Body", "Hi"), ("Text", "Hi")], (400, 20001)),
        (vec![("To", PERSON), ("To", PERSON), ("From", from), ("Body", "Hi")], (400, 20001)),
        (
            vec![
                ("To", PERSON),
                ("From", from),
                ("Body", "Hi"),
                ("StatusCallback", "http://localhost:5000/webhooks/twilio/status"),
            ],
            (400, 21609),
        ),
    ] {
        let (status, error) = send(&twilio, &form).await;
        assert_eq!((status, error["code"].as_u64().unwrap()), expected, "{form:?}");
    }
    assert_eq!(twilio.messages(), []);
}

#[tokio::test]
async fn knows_no_other_path_and_no_stranger() {
    let twilio = Twilio::start().await;
    assert_eq!(ask(&twilio, "SMS/Messages.json").await.0, 404);
    assert_eq!(ask(&twilio, "Messages/SM1.json").await.0, 404);
    assert_eq!(ask(&twilio, "Messages.json?Recipient=anyone").await.1["code"], 20001);

    let url = format!("{}/2010-04-01/Accounts/AC1/Messages.json", twilio.url());
    let (status, error) = answer(reqwest::Client::new().get(url)).await;
    assert_eq!((status, &error["code"]), (401, &20003.into()));
}

#[tokio::test]
async fn refuses_for_the_reason_that_it_is_given_until_it_accepts() {
    let twilio = Twilio::start().await;
    twilio.refuse_with(20429);
    assert_eq!(say(&twilio, "early").await.0, 429);
    twilio.accept();
    assert_eq!(say(&twilio, "late").await.0, 201);
    assert_eq!(twilio.texts_to(PERSON), ["late"]);
}

#[tokio::test]
async fn lists_by_recipient_and_day_in_pages() {
    let twilio = Twilio::start().await;
    for body in ["one", "two", "three"] {
        say(&twilio, body).await;
    }
    let mut bodies = Vec::new();
    let mut next =
        Some("Messages.json?To=%2B12025550143&DateSent%3E=2026-01-01&PageSize=2".to_owned());
    while let Some(path) = next {
        let (_, page) = ask(&twilio, path.rsplit_once('/').map_or(&*path, |(_, path)| path)).await;
        let messages = page["messages"].as_array().unwrap();
        bodies.extend(messages.iter().map(|message| message["body"].as_str().unwrap().to_owned()));
        next = page["next_page_uri"].as_str().map(Into::into);
    }
    assert_eq!(bodies, ["three", "two", "one"]);

    let nothing = |page: (u16, Value)| page.1["messages"] == Value::Array(Vec::new());
    assert!(nothing(ask(&twilio, "Messages.json?To=%2B12025550177").await));
    assert!(nothing(ask(&twilio, "Messages.json?DateSent%3C=2026-01-01").await));
}

#[tokio::test]
async fn blocks_a_person_who_says_stop_until_they_say_start() {
    let twilio = Twilio::start().await;
    let (route, calls) = listener().await;

    twilio.text(&route, PERSON, "stop").await;
    assert_eq!(say(&twilio, "Please stay").await.1["code"], 21610);
    twilio.text(&route, PERSON, "START").await;
    assert_eq!(say(&twilio, "Welcome back").await.0, 201);

    assert_eq!(twilio.texts_to(PERSON), ["Welcome back"]);
    assert_eq!(twilio.own_replies_to(PERSON).len(), 2);
    assert_eq!(calls.lock().unwrap().len(), 2);
}

#[tokio::test]
async fn reports_what_became_of_a_message() {
    let twilio = Twilio::start().await;
    let (route, calls) = listener().await;
    let callback = "https://sms.example.test/webhooks/twilio/status?attempt=7";
    let form = [("To", PERSON), ("Body", "Hi"), ("StatusCallback", callback)];
    let form = [&form[..], &[("MessagingServiceSid", twilio.messaging_service())]].concat();
    let (_, message) = send(&twilio, &form).await;
    assert_eq!((&message["status"], &message["from"]), (&"accepted".into(), &Value::Null));

    let sid = message["sid"].as_str().unwrap();
    let answer = twilio.report(&route, sid, "undelivered", Some(30034)).await;
    assert_eq!(answer.status, 200);
    let call = calls.lock().unwrap().remove(0);
    assert!(call.contains("MessageStatus=undelivered") && call.contains("ErrorCode=30034"));
    assert_eq!(twilio.messages()[0].status, "undelivered");
}

#[tokio::test]
async fn delivers_when_that_outcome_is_decided() {
    let twilio = Twilio::start().await;
    let (route, calls) = listener().await;
    twilio.decide(Fate::Delivered(route));
    let callback = ("StatusCallback", "https://sms.example.test/webhooks/twilio/status");
    send(&twilio, &[("To", PERSON), ("From", twilio.number()), ("Body", "Hi"), callback]).await;
    twilio.wait_for_reports(2).await;
    let calls = calls.lock().unwrap();
    assert!(calls[0].contains("MessageStatus=sent"));
    assert!(calls[1].contains("MessageStatus=delivered"));
}

#[tokio::test]
async fn makes_a_call_again_or_as_a_forger() {
    let twilio = Twilio::start().await;
    let (route, calls) = listener().await;
    let call = twilio.inbound_as(&route, SID, PERSON, "Hi");
    assert_eq!(call.post().await, call.post().await);
    let calls = calls.lock().unwrap();
    assert_eq!(calls[0], calls[1]);

    let forged = twilio.forged(&route, PERSON, "Hi");
    assert_eq!(forged.headers.len(), call.headers.len());
    assert_ne!(forged.headers["x-twilio-signature"], call.headers["x-twilio-signature"]);
}

#[test]
fn signs_like_the_published_vectors() {
    let call = [
        ("CallSid", "CA1234567890ABCDE"),
        ("Caller", "+14158675309"),
        ("Digits", "1234"),
        ("From", "+14158675309"),
        ("To", "+18005551212"),
    ];
    let repeated = [
        ("Sid", "CA123"),
        ("SidAccount", "AC123"),
        ("Digits", "5678"),
        ("Digits", "1234"),
        ("Digits", "1234"),
    ];
    let url = "https://mycompany.com/myapp.php?foo=1&bar=2";
    let with_port = "http://mycompany.com:1234/myapp.php?foo=1&bar=2";
    assert_eq!(twilio_signature("12345", url, &call), "RSOYDt4T1cUTdK1PDd93/VVr8B8=");
    assert_eq!(twilio_signature("12345", with_port, &call), "Zmvh+3yNM1Phv2jhDCwEM3q5ebU=");
    assert_eq!(twilio_signature("12345", url, &repeated), "IK+Dwps556ElfBT0I3Rgjkr1wJU=");
}
