//! Delivery of results to the business's own system.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use fakes::{Mode, Switch};
use hmac::{Hmac, KeyInit, Mac};
use jiff::SignedDuration;
use scene::Scene;
use serde_json::{Value, json};
use sha2::Sha256;
use sms::Number;

use crate::alarms::raised;

const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

#[tokio::test]
async fn hands_over_what_was_collected() {
    let business = Business::open().await;
    let scene = business.scene().await;
    let ended = end(&scene).await;
    let [(headers, body)] = &business.received()[..] else { panic!("one result") };
    business.verify(headers, body);
    let body: Value = serde_json::from_str(body).unwrap();
    let conversation = scene.id().to_string();
    assert_eq!(body["type"], "conversation.handed_over");
    assert_eq!(
        body["data"],
        json!({
            "conversation": conversation,
            "cost": { "amount": "0.0133", "currency": "USD" },
            "number": 1,
            "from": scene.person,
            "to": scene.companies.twilio.number(),
            "ending": "handed_over",
            "reason": "wants a human",
            "brief": { "name": "Ann" },
            "trace": ended,
        })
    );
    scene.sweep().await;
    assert_eq!(business.received().len(), 1, "it is deleted once it was taken");
}

#[tokio::test]
async fn keeps_from_the_business_what_a_test_number_said() {
    let business = Business::open().await;
    let mut scene = business.scene().await;
    scene.person = "+15005550006";
    end(&scene).await;
    scene.say("One more thing").await;
    scene.live(25 * 3_600).await;
    let ended = scene.process.store.ended(&scene.id()).await.unwrap();
    let endings: Vec<_> = ended.iter().map(|ended| ended.ending.as_str()).collect();
    assert_eq!(endings, ["handed_over", "quiet"]);
    assert!(business.received().is_empty() && scene.notices().await.is_empty());
}

#[tokio::test]
async fn retries_a_refused_result_after_growing_pauses() {
    let business = Business::open().await;
    let mut scene = business.scene().await;
    business.switch.set(Mode::Fails(500, String::new()));
    end(&scene).await;
    scene.live(4 * 3_600).await;
    let tries = business.received().len();
    assert!((8..17).contains(&tries), "tried {tries} times in four hours");
    let notices = scene.notices().await;
    let told = |words| notices.iter().any(|sentence| sentence.contains(words));
    assert!(told("cannot be delivered (http 500)"), "{notices:?}");
    assert!(told("RESULT_WEBHOOK_URL takes no results (http 500)."), "{notices:?}");

    business.switch.set(Mode::Works);
    scene.live(3_700).await;
    let received = business.received();
    assert_eq!(received.len(), tries + 1);
    let id = |(headers, _): &(HeaderMap, String)| headers["webhook-id"].clone();
    assert!(received.iter().all(|call| id(call) == id(&received[0])), "each is the same result");
    scene.live(3_700).await;
    assert_eq!(business.received().len(), tries + 1);
}

#[tokio::test]
async fn a_receiver_that_takes_nothing_is_one_alarm_however_many_wait() {
    let business = Business::open().await;
    let mut scene = business.scene().await;
    business.switch.set(Mode::Fails(500, String::new()));
    for person in ["+12025550110", "+12025550111", "+12025550112"] {
        scene.person = person;
        end(&scene).await;
    }
    scene.live(100).await;
    assert_eq!(raised(&scene, "results.refused"), 0);
    scene.live(1_000).await;
    scene.restart();
    scene.live(1_000).await;
    assert_eq!(raised(&scene, "results.refused"), 1);
    business.switch.set(Mode::Works);
    scene.live(3_700).await;
    assert_eq!(scene.logged().matches("RESULT_WEBHOOK_URL takes results again.").count(), 1);
    assert_eq!(raised(&scene, "results.refused"), 1);
}

#[tokio::test]
async fn delivers_the_result_that_it_died_with() {
    let business = Business::open().await;
    let mut scene = business.scene().await;
    scene.companies.twilio.switch.set(Mode::HangsAfter);
    script(&scene);
    scene.text("A human please").await;
    scene.die_when(async |scene| !scene.heard().is_empty()).await;
    assert!(business.received().is_empty());
    scene.companies.twilio.switch.set(Mode::Works);
    scene.live(60).await;
    assert_eq!((business.received().len(), scene.heard().len()), (1, 1));
}

#[tokio::test]
async fn delivers_at_once_even_if_the_reply_does_not_go_out() {
    let business = Business::open().await;
    let scene = business.scene().await;
    scene.companies.twilio.refuse_with(20003);
    end(&scene).await;
    assert_eq!((business.received().len(), scene.heard().len()), (1, 0));
}

#[tokio::test]
async fn delivers_during_an_outage_of_the_model() {
    let business = Business::open().await;
    let mut scene = business.scene().await;
    business.switch.set(Mode::Fails(500, String::new()));
    end(&scene).await;
    scene.openai.switch.set(fakes::OpenAi::overloaded());
    scene.say("Is anybody there?").await;
    business.switch.set(Mode::Works);
    scene.live(90).await;
    assert_eq!(business.received().len(), 2);
}

#[tokio::test]
async fn tells_the_business_what_the_person_changed_since_and_nothing_else() {
    let business = Business::open().await;
    let scene = business.scene().await;
    finish(&scene, "Ann").await;
    for (text, name) in [("It is Anne", "Anne"), ("Anne it is", "Anne")] {
        scene.openai.calls("record", &json!({ "field": "name", "value": name }).to_string());
        scene.openai.says("Noted.");
        scene.say(text).await;
    }
    let received = business.received();
    let [(first, finished), (second, updated)] = &received[..] else { panic!("{received:?}") };
    let [finished, updated]: [Value; 2] =
        [finished, updated].map(|body| serde_json::from_str(body).unwrap());
    assert_eq!(finished["type"], "conversation.finished");
    assert_eq!(
        (&finished["data"]["brief"]["name"], updated["type"].as_str()),
        (&json!("Ann"), Some("conversation.updated"))
    );
    let trace = finished["data"]["trace"].as_str().unwrap();
    let name = format!("{}-1-{}", scene.id(), &trace[24..]);
    assert_eq!(first["webhook-id"], *name);
    assert_eq!(second["webhook-id"], format!("{name}-2"));
    let mut expected = finished["data"].clone();
    expected["brief"]["name"] = "Anne".into();
    expected["revises"] = name.into();
    expected["trace"] = updated["data"]["trace"].clone();
    // As it costs one text more.
    let costs = [&finished, &updated].map(|it| it["data"]["cost"]["amount"].clone());
    assert_eq!(costs, ["0.0931", "0.1064"]);
    expected["cost"] = updated["data"]["cost"].clone();
    assert_eq!(updated["data"], expected);
}

/// A receiver recognises repeats by the id.
#[tokio::test]
async fn no_two_results_have_the_same_id_though_the_person_was_erased_in_between() {
    let business = Business::open().await;
    let scene = business.scene().await;
    finish(&scene, "Ann").await;
    let theirs = Number::parse(scene.person).unwrap();
    scene.process.store.erase(&theirs, || scene.now).await.unwrap();
    finish(&scene, "Ann").await;
    let received = business.received();
    let ids: BTreeSet<_> =
        received.iter().map(|(headers, _)| headers["webhook-id"].to_str().unwrap()).collect();
    assert_eq!((received.len(), ids.len()), (2, 2), "{ids:?}");
}

#[tokio::test]
async fn tells_the_business_what_the_person_took_back() {
    let business = Business::open().await;
    let scene = business.scene().await;
    finish(&scene, "Ann").await;
    for _ in 0..2 {
        scene.openai.calls("forget", r#"{"field":"name"}"#);
        scene.openai.says("It is forgotten.");
        scene.say("Please forget my name").await;
    }
    let bodies: Vec<Value> =
        business.received().iter().map(|(_, body)| serde_json::from_str(body).unwrap()).collect();
    let told: Vec<_> = bodies.iter().map(|body| (&body["type"], &body["data"]["brief"])).collect();
    let [finished, updated] = ["conversation.finished", "conversation.updated"].map(Value::from);
    assert_eq!(told, [(&finished, &json!({ "name": "Ann" })), (&updated, &json!({}))]);
}

#[tokio::test]
async fn delivers_a_change_after_the_result_it_changes() {
    let business = Business::open().await;
    let mut scene = business.scene().await;
    business.switch.set(Mode::Fails(500, String::new()));
    finish(&scene, "Ann").await;
    scene.openai.calls("record", r#"{"field":"name","value":"Anne"}"#);
    scene.openai.says("Noted.");
    // The change is made by a machine whose clock is behind.
    scene.now -= SignedDuration::from_secs(2);
    scene.say("It is Anne").await;
    let before = business.received().len();
    business.switch.set(Mode::Works);
    scene.live(3_600).await;
    let received = business.received();
    let taken: Vec<_> =
        received[before..].iter().map(|(headers, _)| &headers["webhook-id"]).collect();
    let first: Value = serde_json::from_str(&received[0].1).unwrap();
    let name = format!("{}-1-{}", scene.id(), &first["data"]["trace"].as_str().unwrap()[24..]);
    assert_eq!(taken, [&*name, &*format!("{name}-2")]);
    assert!(received[..before].iter().all(|(headers, _)| headers["webhook-id"] == *name));
}

#[tokio::test]
async fn tries_a_change_again_together_with_what_it_changes() {
    let business = Business::open().await;
    let mut scene = business.scene().await;
    business.switch.set(Mode::Fails(500, String::new()));
    finish(&scene, "Ann").await;
    scene.openai.calls("record", r#"{"field":"name","value":"Anne"}"#);
    scene.openai.says("Noted.");
    scene.say("It is Anne").await;
    scene.pass(600);
    scene.sweep().await;
    let effects = scene.process.store.effects_of(&scene.id()).await.unwrap();
    let due: Vec<_> = effects.iter().map(|effect| effect.due_at).collect();
    let [first, second] = due[..] else { panic!("{due:?}") };
    assert!(first == second && first > scene.now, "{due:?}");
}

#[tokio::test]
async fn sends_no_empty_result() {
    let business = Business::open().await;
    let mut scene = business.scene().await;
    scene.say("Hello").await;
    scene.pass(24 * 3_600);
    scene.sweep().await;
    let ended = scene.process.store.ended(&scene.id()).await.unwrap();
    assert_eq!((ended[0].ending.as_str(), business.received().len()), ("quiet", 0));
    // A person who waits for a colleague is reported even if nothing was collected.
    scene.openai.calls("hand_over", r#"{"reason":"wants a human"}"#);
    scene.say("A human please").await;
    assert_eq!(business.received().len(), 1);
}

#[tokio::test]
async fn brings_no_result_back_that_another_process_has_delivered() {
    let business = Business::open().await;
    let mut scene = business.scene().await;
    business.switch.set(Mode::Fails(500, String::new()));
    end(&scene).await;
    let store = scene.process.store.clone();
    let effect = store.effects_of(&scene.id()).await.unwrap().pop().unwrap();
    store.delivered(&effect).await.unwrap();
    store.put_off(&effect, scene.now).await.unwrap();
    business.switch.set(Mode::Works);
    scene.live(10).await;
    assert_eq!(business.received().len(), 1, "the one that failed here");
    assert!(store.effects_of(&scene.id()).await.unwrap().is_empty());
}

/// A conversation that is handed over. Returns its trace.
async fn end(scene: &Scene) -> String {
    script(scene);
    scene.say("A human please").await;
    scene.trace().await.0.to_string()
}

/// A conversation that ends as its last answer is given.
async fn finish(scene: &Scene, name: &str) {
    for text in 1..=6 {
        scene.say(&format!("Text {text}")).await;
    }
    scene.openai.calls("record", &json!({ "field": "name", "value": name }).to_string());
    scene.openai.says("Goodbye.");
    scene.say("My name at last").await;
}

fn script(scene: &Scene) {
    let record = ("record", r#"{"field":"name","value":"Ann"}"#);
    scene.openai.calls_many(&[record, ("hand_over", r#"{"reason":"wants a human"}"#)]);
    scene.openai.says("Somebody calls you.");
}

/// The receiver of results.
struct Business {
    switch: Arc<Switch>,
    calls: Arc<Mutex<Vec<(HeaderMap, String)>>>,
    url: String,
}

impl Business {
    async fn open() -> Self {
        let (switch, calls) = (Arc::new(Switch::default()), Arc::default());
        let router =
            Router::new().fallback(take).with_state((Arc::clone(&switch), Arc::clone(&calls)));
        let listener = tokio::net::TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let url = format!("http://{}/results", listener.local_addr().unwrap());
        tokio::spawn(async move { axum::serve(listener, router).await });
        Self { switch, calls, url }
    }

    /// A product that delivers its results to us.
    async fn scene(&self) -> Scene {
        let settings =
            [("RESULT_WEBHOOK_URL", self.url.as_str()), ("RESULT_WEBHOOK_SECRET", SECRET)];
        Scene::with("twilio", &settings).await
    }

    fn received(&self) -> Vec<(HeaderMap, String)> {
        self.calls.lock().unwrap().clone()
    }

    /// Verifies as Standard Webhooks describes.
    fn verify(&self, headers: &HeaderMap, body: &str) {
        let header = |name| headers[name].to_str().unwrap();
        let key = BASE64_STANDARD.decode(SECRET.strip_prefix("whsec_").unwrap()).unwrap();
        let mut mac = Hmac::<Sha256>::new_from_slice(&key).unwrap();
        let (id, time) = (header("webhook-id"), header("webhook-timestamp"));
        mac.update(format!("{id}.{time}.{body}").as_bytes());
        let signature = BASE64_STANDARD.encode(mac.finalize().into_bytes());
        assert_eq!(header("webhook-signature"), format!("v1,{signature}"));
    }
}

type Calls = Arc<Mutex<Vec<(HeaderMap, String)>>>;

async fn take(
    State((switch, calls)): State<(Arc<Switch>, Calls)>,
    headers: HeaderMap,
    body: String,
) -> Response {
    calls.lock().unwrap().push((headers, body));
    switch.apply(async { StatusCode::NO_CONTENT.into_response() }).await
}
