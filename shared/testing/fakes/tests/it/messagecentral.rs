use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use fakes::{InboundShape, MessageCentral, Mode, Shown};
use jiff::Timestamp;
use serde_json::Value;

use crate::listener;

const TEXT: [(&str, &str); 6] = [
    ("countryCode", "1"),
    ("mobileNumber", "2025550143"),
    ("flowType", "SMS"),
    ("type", "SMS"),
    ("message", "Hi"),
    ("senderId", "UTOMOB"),
];

async fn token(messagecentral: &MessageCentral, password: &str) -> Value {
    let key = STANDARD.encode(password);
    let query = [("customerId", messagecentral.customer_id()), ("key", &key), ("scope", "NEW")];
    let url = format!("{}/auth/v1/authentication/token", messagecentral.url());
    let response = reqwest::Client::new().get(url).query(&query).send().await.unwrap();
    assert_eq!(response.status(), 200);
    response.json().await.unwrap()
}

/// Sends with a fresh token, and returns the HTTP status and the body.
async fn send(messagecentral: &MessageCentral, query: &[(&str, &str)]) -> (u16, String) {
    let token = token(messagecentral, messagecentral.password()).await;
    send_with(messagecentral, token["token"].as_str().unwrap(), query).await
}

async fn send_with(
    messagecentral: &MessageCentral,
    token: &str,
    query: &[(&str, &str)],
) -> (u16, String) {
    let url = format!("{}/verification/v3/send", messagecentral.url());
    let request = reqwest::Client::new().post(url).query(query).header("authToken", token);
    let response = request.send().await.unwrap();
    (response.status().as_u16(), response.text().await.unwrap())
}

fn code((status, body): (u16, String)) -> (u16, u64) {
    let body: Value = serde_json::from_str(&body).unwrap();
    (status, body["responseCode"].as_u64().unwrap())
}

#[tokio::test]
async fn texts() {
    let messagecentral = MessageCentral::start().await;
    assert_eq!(code(send(&messagecentral, &TEXT).await), (200, 200));
    assert_eq!(messagecentral.texts_to("+12025550143"), ["Hi"]);
}

#[tokio::test]
async fn texts_a_one_time_password_when_the_type_is_forgotten() {
    let messagecentral = MessageCentral::start().await;
    assert_eq!(code(send(&messagecentral, &TEXT[..3]).await), (200, 200));
    assert_eq!(messagecentral.texts_to("+12025550143"), ["1234 is your one-time password"]);
}

#[tokio::test]
async fn says_that_a_password_is_wrong_under_status_200() {
    let messagecentral = MessageCentral::start().await;
    assert_eq!(token(&messagecentral, "guess").await["status"], 400);
    assert_eq!(messagecentral.tokens_issued(), 0);
}

#[tokio::test]
async fn accepts_nothing_without_a_valid_token() {
    let messagecentral = MessageCentral::start().await;
    assert_eq!(send_with(&messagecentral, "", &TEXT).await, (401, String::new()));

    let issued = token(&messagecentral, messagecentral.password()).await;
    messagecentral.revoke_tokens();
    let issued = issued["token"].as_str().unwrap();
    assert_eq!(send_with(&messagecentral, issued, &TEXT).await, (401, String::new()));

    messagecentral.issue_tokens_for(Duration::ZERO);
    assert_eq!(send(&messagecentral, &TEXT).await, (401, String::new()));
    assert_eq!(messagecentral.messages(), []);
}

#[tokio::test]
async fn refuses_what_is_not_documented() {
    let messagecentral = MessageCentral::start().await;
    let changed = |name, value| {
        TEXT.into_iter().filter(|(n, _)| *n != name).chain([(name, value)]).collect::<Vec<_>>()
    };
    for (query, expected) in [
        (changed("text", "Hi"), (400, 400)),
        (changed("countryCode", "+1"), (200, 511)),
        (changed("mobileNumber", "12025550143"), (200, 400)),
        (changed("flowType", "sms"), (200, 400)),
        (changed("messageType", "transactional"), (200, 400)),
        (changed("senderId", ""), (200, 400)),
        (changed("customerId", "C-1"), (200, 501)),
    ] {
        assert_eq!(code(send(&messagecentral, &query).await), expected, "{query:?}");
    }
    let url = format!("{}/sms/v1/send", messagecentral.url());
    assert_eq!(reqwest::Client::new().post(url).send().await.unwrap().status(), 404);
}

#[tokio::test]
async fn refuses_in_every_style() {
    let messagecentral = MessageCentral::start().await;
    messagecentral.no_credit();
    assert_eq!(code(send(&messagecentral, &TEXT).await), (200, 508));
    messagecentral.refuse_with(500, 500);
    assert_eq!(code(send(&messagecentral, &TEXT).await), (500, 500));
    messagecentral.refuse_inside(913);
    assert_eq!(code(send(&messagecentral, &TEXT).await), (200, 200));
    assert_eq!(messagecentral.messages(), []);
    messagecentral.accept();
    send(&messagecentral, &TEXT).await;
    assert_eq!(messagecentral.messages().len(), 1);
}

#[tokio::test]
async fn reports_a_text_in_the_requested_shape() {
    let messagecentral = MessageCentral::start().await;
    let (route, calls) = listener().await;
    let shape = InboundShape { from: "mobile", text: "text", id: None, ..InboundShape::default() };
    for shape in [shape.clone(), InboundShape { json: false, ..shape }] {
        let call = messagecentral.inbound(&route, "s&cret", &shape, "12025550143", "Hi you");
        assert_eq!(call.post().await.status, 200);
    }
    let path = "/webhooks/messagecentral/inbound?token=s%26cret";
    assert_eq!(
        *calls.lock().unwrap(),
        [
            format!(r#"{path} {{"mobile":"12025550143","text":"Hi you","to":"UTOMOB"}}"#),
            format!("{path} mobile=12025550143&to=UTOMOB&text=Hi+you"),
        ]
    );
}

#[tokio::test]
async fn shows_rows_of_messages_it_has_not_lost() {
    let messagecentral = MessageCentral::start().await;
    send(&messagecentral, &TEXT).await;
    messagecentral.decide(Shown::Undelivered);
    send(&messagecentral, &TEXT).await;
    messagecentral.decide(Shown::Delivered);
    send(&messagecentral, &TEXT).await;

    let today = Timestamp::now().strftime("%-d/%-m/%Y").to_string();
    let words = async |from: &str| {
        let (status, body) = report(&messagecentral, from, &today).await;
        let rows = body["data"]["data"].as_array().cloned().unwrap_or_default();
        (status, rows.iter().map(|row| row["status"].to_string()).collect::<Vec<_>>().join(" "))
    };
    assert_eq!(words("1/1/2020").await, (200, r#""DELIVRD" "UNDELIV""#.into()));
    assert_eq!(words("2020-01-01").await, (400, String::new()));
    messagecentral.reports.set(Mode::Fails(404, String::new()));
    assert_eq!(words("1/1/2020").await, (404, String::new()));
}

async fn report(messagecentral: &MessageCentral, from: &str, to: &str) -> (u16, Value) {
    let token = token(messagecentral, messagecentral.password()).await;
    let url = format!("{}/reports/getDetailedReports", messagecentral.url());
    let query = [
        ("customerId", messagecentral.customer_id()),
        ("from", from),
        ("to", to),
        ("pageNo", "0"),
        ("size", "10"),
        ("type", "SMS"),
    ];
    let request = reqwest::Client::new().post(url).query(&query);
    let response = request.header("authToken", token["token"].as_str().unwrap()).send().await;
    let response = response.unwrap();
    (response.status().as_u16(), response.json().await.unwrap_or_default())
}
