//! One text, one answer.

use std::time::Duration;

use fakes::{InboundShape, WEBHOOK_TOKEN};
use scene::{Call, Scene};

#[tokio::test]
async fn answers_a_text_once() {
    let scene = Scene::sending_by("twilio").await;
    scene.say("My sink leaks").await;
    assert_eq!(scene.heard(), ["You said: My sink leaks"]);
    assert!(scene.is_at_rest().await);
}

#[tokio::test]
async fn introduces_itself_ahead_of_the_first_answer_ever() {
    let page = tempfile::NamedTempFile::new().unwrap();
    let first = "Elm: an AI assistant answers. Reply STOP to stop.";
    let front = format!("name: Elm\nturns: 1\ntexts: {{ first: '{first}' }}");
    std::fs::write(page.path(), format!("---\n{front}\n---\nBe kind.\n")).unwrap();
    let page = page.path().to_str().unwrap();
    let scene = Scene::with("twilio", &[("AGENT_FILE", page)]).await;
    scene.say("Hi").await;
    scene.say("And again, in the next conversation").await;
    let introduced = format!("{first}\nYou said: Hi");
    assert_eq!(scene.heard(), [&introduced, "You said: And again, in the next conversation"]);
    let ended = scene.process.store.ended(&scene.id()).await.unwrap();
    assert!(ended.iter().any(|ended| ended.turns[1]["text"] == introduced.as_str()));
}

#[tokio::test]
async fn introduces_itself_within_the_budget() {
    let page = tempfile::NamedTempFile::new().unwrap();
    let first =
        format!("“Elm”: an AI assistant’s answers – {} Reply STOP to stop.", "x".repeat(90));
    let long = "We are open on Monday. ".repeat(99);
    for segments in [2, 10] {
        let front = format!(
            "name: Elm\nsegments: {segments}\ntexts: {{ first: '{}' }}",
            first.replace('\'', "''")
        );
        std::fs::write(page.path(), format!("---\n{front}\n---\nBe kind.\n")).unwrap();
        let settings = [("AGENT_FILE", page.path().to_str().unwrap()), ("CAP_TURN", "0.50")];
        let scene = Scene::with("twilio", &settings).await;
        // It is asked once for a shorter one.
        for _ in 0..2 {
            scene.openai.says(&long);
        }
        scene.say("Hi").await;
        let heard = scene.heard();
        assert_eq!(sms::segments(&heard[0]).count, segments);
        assert!(heard[0].starts_with("\"Elm\": an AI assistant's answers - x"));
        assert!(heard[0].ends_with("Monday."));
    }
}

#[tokio::test]
async fn answers_by_the_provider_that_was_texted() {
    let mut scene = Scene::sending_by("messagecentral,twilio").await;
    scene.carrier = "twilio";
    scene.say("My sink leaks").await;
    assert_eq!(scene.companies.twilio.texts_to(scene.person), ["You said: My sink leaks"]);
    assert_eq!(scene.attempts().await, ["twilio: accepted"]);
}

#[tokio::test]
async fn acknowledges_a_repeat_an_hour_later_without_effect() {
    let mut scene = Scene::sending_by("twilio").await;
    let call = scene.text("My sink leaks").await;
    scene.work().await;
    scene.pass(3_600);
    scene.restart();
    assert_eq!(scene.post(&call).await, 200);
    scene.work().await;
    assert_eq!((scene.heard().len(), scene.openai.requests().len()), (1, 1));
}

#[tokio::test]
async fn answers_a_text_once_though_it_comes_five_times_at_once() {
    let scene = Scene::sending_by("twilio").await;
    let call = scene.call("My sink leaks");
    let posts = std::iter::repeat_with(|| scene.post(&call)).take(5);
    assert_eq!(futures::future::join_all(posts).await, [200; 5]);
    scene.work().await;
    assert_eq!((scene.heard().len(), scene.openai.requests().len()), (1, 1));
}

#[tokio::test]
async fn recognises_a_call_that_is_replayed_days_later() {
    let mut scene = Scene::sending_by("twilio").await;
    let call = scene.text("My sink leaks").await;
    scene.work().await;
    scene.live(30).await;
    scene.pass(399 * 24 * 3_600);
    scene.sweep().await;
    assert_eq!(scene.post(&call).await, 200);
    scene.sweep().await;
    assert_eq!(scene.heard().len(), 1);
}

#[tokio::test]
async fn answers_the_same_words_twice_if_they_are_said_twice() {
    let scene = Scene::sending_by("twilio").await;
    for _ in 0..2 {
        scene.say("Is anybody there?").await;
    }
    assert_eq!(scene.heard(), ["You said: Is anybody there?"; 2]);
}

#[tokio::test]
async fn takes_the_same_words_without_an_id_for_a_repeat_for_two_minutes() {
    let mut scene = Scene::sending_by("messagecentral").await;
    let call = bare(&scene, "Is anybody there?");
    for (pause, heard) in [(0, 1), (60, 1), (90, 2)] {
        scene.pass(pause);
        scene.restart();
        assert_eq!(scene.post(&call).await, 200);
        scene.work().await;
        assert_eq!(scene.heard().len(), heard, "after {pause} s");
    }
}

#[tokio::test]
async fn takes_nothing_from_a_forger() {
    let scene = Scene::sending_by("twilio").await;
    let genuine = scene.call("My sink leaks").request();
    let (parts, _) = genuine.into_parts();
    let forged = http::Request::from_parts(parts, "From=%2B12025550143&Body=Hi".into());
    let trace = telemetry::TraceId::fresh();
    let answer = scene.process.inbound.receive("twilio", forged, &trace, scene.now).await;
    assert_eq!(answer.status(), 403);
    assert!(scene.process.store.latest(10).await.unwrap().is_empty());
}

#[tokio::test]
async fn promises_nothing_without_a_store() {
    let scene = Scene::sending_by("twilio").await;
    let call = scene.call("My sink leaks");
    scene.lose_store();
    assert_eq!(scene.post(&call).await, 503);
    scene.find_store();
    assert_eq!(scene.post(&call).await, 200);
    scene.work().await;
    assert_eq!(scene.heard(), ["You said: My sink leaks"]);
}

#[tokio::test]
async fn makes_nobody_wait_for_a_stranger() {
    let mut scene = Scene::sending_by("twilio").await;
    scene.openai.switch.set(fakes::Mode::Slow(Duration::from_millis(300)));
    let people = ["+12025550141", "+12025550142", "+12025550143"];
    for person in people {
        scene.person = person;
        scene.text("My sink leaks").await;
    }
    let began = std::time::Instant::now();
    futures::join!(scene.work(), scene.work(), scene.work());
    assert!(began.elapsed() < Duration::from_millis(800), "one after the other");
    for person in people {
        assert_eq!(scene.companies.twilio.texts_to(person), ["You said: My sink leaks"]);
    }
}

/// The call for a text without an id or a time.
pub(crate) fn bare(scene: &Scene, body: &str) -> Call {
    let shape = InboundShape { id: None, ..InboundShape::default() };
    scene.made(|by, to| by.messagecentral.inbound(to, WEBHOOK_TOKEN, &shape, scene.person, body))
}
