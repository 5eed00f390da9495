//! What is kept of a turn.

use fakes::{Mode, OpenAi};
use scene::Scene;
use serde_json::Value;

#[tokio::test]
async fn keeps_every_step_of_a_turn() {
    let mut scene = Scene::sending_by("messagecentral,twilio").await;
    scene.companies.messagecentral.no_credit();
    scene.openai.calls("record", r#"{"field":"name","value":"Ann"}"#);
    scene.say("My sink leaks").await;
    scene.pass(10);
    let sid = scene.companies.twilio.messages()[0].sid.clone();
    scene.report(&scene.receipt(&sid, "delivered", None)).await;

    let (_, trace) = scene.trace().await;
    let steps: Vec<_> = trace.steps.iter().map(|step| step.what.as_str()).collect();
    assert_eq!(
        steps,
        [
            "received",
            "took up",
            "asked the model",
            "ran record",
            "asked the model",
            "fitted",
            "committed",
            "sent",
            "sent",
            "receipt",
        ]
    );
    let details = |index: usize| Value::Object(trace.steps[index].details.clone());
    assert_eq!(details(1)["texts"], 1);
    assert!(
        details(2)["tokens_in"].as_u64() > Some(100) && details(2)["tokens_out"].as_u64() > Some(1)
    );
    assert_eq!(details(5)["segments"], 1);
    let sent = |index| (details(index)["provider"].clone(), details(index)["outcome"].clone());
    assert_eq!(sent(7), ("messagecentral".into(), "refused (508)".into()));
    assert_eq!(sent(8), ("twilio".into(), "accepted".into()));
    assert_eq!(
        (&details(9)["word"], &details(9)["provider"]),
        (&"delivered".into(), &"twilio".into())
    );
}

#[tokio::test]
async fn keeps_no_word_and_no_number() {
    let scene = Scene::sending_by("twilio").await;
    scene.say("My sink leaks").await;
    let trace = serde_json::to_string(&scene.trace().await.1).unwrap();
    for secret in ["sink", "2025550143", "2025550100"] {
        assert!(!trace.contains(secret), "{secret} is in {trace}");
    }
}

#[tokio::test]
async fn leads_from_every_text_to_the_trace_of_its_answer() {
    let scene = Scene::sending_by("twilio").await;
    for text in ["My sink leaks", "In the kitchen"] {
        scene.text(text).await;
    }
    let waiting = scene.loaded().await.waiting;
    scene.work().await;
    let store = &scene.process.store;
    let first = store.trace(&waiting[0].trace).await.unwrap().unwrap();
    let second = store.trace(&waiting[1].trace).await.unwrap().unwrap();
    assert_eq!((first.answered_in, second.answered_in), (None, Some(waiting[0].trace.clone())));
}

#[tokio::test]
async fn does_not_count_thinking_as_waiting() {
    let mut scene = Scene::sending_by("twilio").await;
    scene.openai.switch.set(Mode::Slow(std::time::Duration::from_millis(200)));
    scene.text("My sink leaks").await;
    scene.pass(3);
    scene.work().await;
    let (_, trace) = scene.trace().await;
    let took_up = trace.steps.iter().find(|step| step.what == "took up").unwrap();
    let waited = took_up.details["waited_ms"].as_i64().unwrap();
    assert!((3_000..3_100).contains(&waited), "waited {waited} ms");
}

#[tokio::test]
async fn says_which_page_answered() {
    let scene = Scene::sending_by("twilio").await;
    scene.say("My sink leaks").await;
    let (_, trace) = scene.trace().await;
    let took_up = trace.steps.iter().find(|step| step.what == "took up").unwrap();
    assert_eq!(took_up.details["page"], *scene.process.turn.agent.page.version);
}

#[tokio::test]
async fn logs_a_turn_under_the_trace_of_its_text() {
    let mut scene = Scene::sending_by("twilio").await;
    scene.openai.switch.set(OpenAi::overloaded());
    scene.say("My sink leaks").await;
    scene.restart();
    scene.openai.switch.set(Mode::Works);
    scene.pass(60);
    // Woken by the sweep, which knows of no text.
    scene.sweep().await;
    let trace = format!("trace.id={}", scene.trace().await.0);
    let logged = scene.logged();
    let lines: Vec<_> = logged.lines().filter(|line| line.contains(" turn::")).collect();
    assert!(lines.len() >= 4, "{logged}");
    assert!(lines.iter().all(|line| line.contains(&trace)), "{trace} is missing in {lines:#?}");
}
