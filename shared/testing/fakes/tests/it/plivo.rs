use fakes::{Fate, Plivo, plivo_signature};
use serde_json::{Value, json};

use crate::listener;

const PERSON: &str = "+12025550143";

async fn send(plivo: &Plivo, message: Value) -> (u16, Value) {
    let url = format!("{}/v1/Account/{}/Message/", plivo.url(), plivo.auth_id());
    answer(plivo, reqwest::Client::new().post(url).json(&message)).await
}

/// A text to the person, with one field changed.
fn saying(body: &str, name: &str, value: Value) -> Value {
    let mut message = json!({ "src": "12025550120", "dst": "12025550143", "text": body });
    message[name] = value;
    message
}

/// Reads a resource below the account.
async fn ask(plivo: &Plivo, path: &str) -> (u16, Value) {
    let url = format!("{}/v1/Account/{}/{path}", plivo.url(), plivo.auth_id());
    answer(plivo, reqwest::Client::new().get(url)).await
}

async fn answer(plivo: &Plivo, request: reqwest::RequestBuilder) -> (u16, Value) {
    let request = request.basic_auth(plivo.auth_id(), Some(plivo.auth_token()));
    let answer = request.send().await.unwrap();
    (answer.status().as_u16(), answer.json().await.unwrap())
}

#[tokio::test]
async fn keeps_accepted_messages() {
    let plivo = Plivo::start().await;
    let (status, queued) = send(&plivo, saying("Hi", "type", "sms".into())).await;
    assert_eq!((status, &queued["message"]), (202, &"message(s) queued".into()));
    assert_eq!(plivo.texts_to(PERSON), ["Hi"]);

    let uuid = queued["message_uuid"][0].as_str().unwrap();
    let (status, message) = ask(&plivo, &format!("Message/{uuid}/")).await;
    assert_eq!((status, &message["message_state"]), (200, &"queued".into()));
    assert!(!message.to_string().contains("Hi"));
}

#[tokio::test]
async fn refuses_what_plivo_would() {
    let plivo = Plivo::start().await;
    for message in [
        saying("", "type", "sms".into()),
        saying("Hi", "type", "mms".into()),
        saying("Hi", "dst", "12025550143<12025550144".into()),
        saying("Hi", "src", "12025550177".into()),
        saying("Hi", "url", "http://localhost:5000/".into()),
        saying("Hi", "reference", "7".into()),
        saying(&"x".repeat(1601), "type", "sms".into()),
    ] {
        let (status, refused) = send(&plivo, message.clone()).await;
        assert!(status == 400 && refused["error"].is_string(), "{message}");
    }
    assert_eq!(plivo.messages(), []);

    let url = format!("{}/v1/Account/{}/", plivo.url(), plivo.auth_id());
    let stranger = reqwest::Client::new().get(url).basic_auth(plivo.auth_id(), Some("guess"));
    assert_eq!(stranger.send().await.unwrap().status(), 401);
}

#[tokio::test]
async fn refuses_for_the_reason_that_it_is_given_until_it_accepts() {
    let plivo = Plivo::start().await;
    plivo.refuse_with(429);
    assert_eq!(send(&plivo, saying("early", "type", "sms".into())).await.0, 429);
    plivo.accept();
    assert_eq!(send(&plivo, saying("late", "type", "sms".into())).await.0, 202);
    assert_eq!(plivo.texts_to(PERSON), ["late"]);
}

#[tokio::test]
async fn shows_the_account_and_knows_no_other_path() {
    let plivo = Plivo::start().await;
    plivo.enter("https://sms.example.test/webhooks/plivo/inbound");
    plivo.leave("0.00000");
    plivo.register("UNREGISTERED");
    assert_eq!(ask(&plivo, "").await.1["cash_credits"], "0.00000");

    let number = ask(&plivo, &format!("Number/{}/", plivo.number())).await.1;
    assert_eq!(number["tendlc_registration_status"], "UNREGISTERED");
    let application = number["application"].as_str().unwrap();
    let (_, application) = application.split_once(&format!("{}/", plivo.auth_id())).unwrap();
    let application = ask(&plivo, application).await.1;
    assert_eq!(application["message_url"], "https://sms.example.test/webhooks/plivo/inbound");

    for path in ["Number/12025550177/", "Message/1/", "Messages/", "Number/"] {
        assert_eq!(ask(&plivo, path).await.0, 404, "{path}");
    }
    assert_eq!(ask(&plivo, "Message/?state=failed").await.0, 400);
}

#[tokio::test]
async fn delivers_when_that_outcome_is_decided() {
    let plivo = Plivo::start().await;
    let (route, calls) = listener().await;
    plivo.decide(Fate::Undelivered(route, 30));
    let callback = "https://sms.example.test/webhooks/plivo/status?attempt=7";
    send(&plivo, saying("Hi", "url", callback.into())).await;
    plivo.wait_for_reports(2).await;
    let calls = calls.lock().unwrap().clone();
    assert!(calls[0].starts_with("/webhooks/plivo/status?attempt=7 "));
    assert!(calls[0].contains("Status=sent"));
    assert!(calls[1].contains("Status=undelivered") && calls[1].contains("ErrorCode=30"));

    let list = ask(&plivo, "Message/?message_state=undelivered").await.1;
    assert_eq!(list["objects"][0]["error_code"], "30");
    assert_eq!(ask(&plivo, "Message/?message_state=failed").await.1["objects"], json!([]));
}

#[tokio::test]
async fn texts_us_at_the_address_that_was_entered() {
    let plivo = Plivo::start().await;
    let (route, calls) = listener().await;
    plivo.enter("https://sms.example.test/webhooks/plivo/inbound?token=word");
    assert_eq!(plivo.text(&route, PERSON, "Hi").await.status, 200);
    let call = calls.lock().unwrap().remove(0);
    assert!(call.starts_with("/webhooks/plivo/inbound?token=word ") && call.contains("Text=Hi"));
}

#[test]
fn signs_like_the_published_vector() {
    assert_eq!(
        plivo_signature("my_auth_token", "https://answer.url", "12345"),
        "ehV3IKhLysWBxC1sy8INm0qGoQYdYsHwuoKjsX7FsXc="
    );
}
