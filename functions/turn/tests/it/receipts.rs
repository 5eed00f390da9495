//! Reports that providers send afterwards.

use access::Access;
use axum::body::Body;
use scene::Scene;
use tower::ServiceExt;

use crate::proxy::Proxy;

#[tokio::test]
async fn believes_the_highest_status_whatever_the_order() {
    let scene = answered().await;
    for (word, status) in [("delivered", "delivered"), ("sent", "delivered")] {
        scene.report(&scene.receipt(&sid(&scene), word, None)).await;
        assert_eq!(scene.attempts().await, [format!("twilio: {status}")]);
    }
}

#[tokio::test]
async fn believes_a_receipt_that_is_faster_than_the_answer() {
    for named in [true, false] {
        let mut scene = Scene::sending_by("twilio").await;
        let twilio = scene.companies.twilio.url().replace("http://", "");
        let proxy = Proxy::before(twilio).await;
        scene.reach("TWILIO_BASE_URL", &format!("http://{}", proxy.host));
        scene.text("My sink leaks").await;
        proxy.hold_answers_back();
        let report = async {
            scene.companies.twilio.wait_for_messages(1).await;
            let sid = sid(&scene);
            let receipt = match named {
                true => scene.receipt(&sid, "delivered", None),
                false => scene.made(|by, to| {
                    by.twilio.signed(to, "/webhooks/twilio/status", &status(&sid, "delivered"))
                }),
            };
            assert_eq!(scene.report(&receipt).await.is_some(), named);
            proxy.let_answers_through();
        };
        tokio::join!(scene.work(), report);
        if !named {
            // Twilio's receipts name their attempts, so nobody looks for those that do not.
            scene.live(60).await;
        }
        assert_eq!(scene.attempts().await, ["twilio: delivered"]);
        assert!(scene.is_at_rest().await);
    }
}

#[tokio::test]
async fn takes_a_repeat_without_effect() {
    let scene = answered().await;
    let receipt = scene.receipt(&sid(&scene), "delivered", None);
    for _ in 0..2 {
        scene.report(&receipt).await;
    }
    let steps = scene.trace().await.1.steps;
    assert_eq!(steps.iter().filter(|step| step.what == "receipt").count(), 1);
}

#[tokio::test]
async fn answers_under_the_trace_of_the_text() {
    let scene = answered().await;
    let receipt = scene.receipt(&sid(&scene), "delivered", None).request().map(Body::from);
    let router = receipts::Receipts {
        providers: scene.process.turn.providers.clone(),
        access: Access::nobody(),
        store: scene.process.store.clone(),
        queue: scene.process.queue.clone(),
    };
    let answer = router.router().oneshot(receipt).await.unwrap();
    let (trace, _) = scene.trace().await;
    assert_eq!(
        (answer.status().as_u16(), answer.headers()["x-trace-id"].to_str().unwrap()),
        (200, trace.as_str())
    );
    assert!(scene.logged().contains(trace.as_str()));
}

#[tokio::test]
async fn keeps_a_receipt_of_a_message_that_nobody_knows() {
    let mut scene = answered().await;
    let nobodys = "SM00000000000000000000000000000001";
    let call = scene.made(|by, to| {
        by.twilio.signed(to, "/webhooks/twilio/status", &status(nobodys, "delivered"))
    });
    assert_eq!(scene.report(&call).await, None);
    scene.live(60).await;
    assert_eq!(scene.attempts().await, ["twilio: accepted"]);
}

#[tokio::test]
async fn joins_a_receipt_that_does_not_name_its_attempt() {
    let scene = answered().await;
    let sid = sid(&scene);
    let call = scene
        .made(|by, to| by.twilio.signed(to, "/webhooks/twilio/status", &status(&sid, "delivered")));
    assert_eq!(scene.report(&call).await, Some(scene.trace().await.0));
    assert_eq!(scene.attempts().await, ["twilio: delivered"]);
}

#[tokio::test]
async fn believes_no_attempt_that_a_stranger_names() {
    let scene = answered().await;
    let genuine = scene.receipt(&sid(&scene), "delivered", None).request();
    let (mut parts, body) = genuine.into_parts();
    parts.uri = "/webhooks/twilio/status?attempt=another".parse().unwrap();
    let forged = http::Request::from_parts(parts, body);
    let trace = telemetry::TraceId::fresh();
    let receipts = &scene.process.receipts;
    let (answer, _) = receipts.receive("twilio", forged, &trace, scene.now).await;
    assert_eq!(answer.status(), 403);
    assert_eq!(scene.attempts().await, ["twilio: accepted"]);
}

#[tokio::test]
async fn keeps_a_text_that_came_to_the_wrong_address() {
    let scene = answered().await;
    let fields = [
        ("MessageSid", "SM00000000000000000000000000000001"),
        ("From", scene.person),
        ("To", scene.companies.twilio.number()),
        ("Body", "My sink leaks"),
    ];
    scene
        .report(&scene.made(|by, to| by.twilio.signed(to, "/webhooks/twilio/status", &fields)))
        .await;
    assert_eq!(scene.process.store.quarantined(10).await.unwrap().len(), 1);
    assert_eq!(scene.notices().await.len(), 1);
}

async fn answered() -> Scene {
    let scene = Scene::sending_by("twilio").await;
    scene.say("My sink leaks").await;
    scene
}

fn sid(scene: &Scene) -> String {
    scene.companies.twilio.messages()[0].sid.clone()
}

fn status<'a>(sid: &'a str, word: &'a str) -> [(&'static str, &'a str); 2] {
    [("MessageSid", sid), ("MessageStatus", word)]
}
