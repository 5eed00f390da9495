//! The sweep of every minute.

use conversations::StatusUpdate;
use fakes::Mode;
use futures::FutureExt;
use scene::Scene;
use sms::Status;

#[tokio::test]
async fn wakes_what_is_due_once() {
    let mut scene = Scene::sending_by("twilio").await;
    scene.text("My sink leaks").await;
    scene.restart();
    for _ in 0..3 {
        scene.process.sweep.run(scene.now).await.unwrap();
        scene.pass(1);
    }
    let received = scene.process.queue.receive().await.unwrap();
    assert_eq!(received.wake_up.conversation, scene.id().to_string());
    received.done().await.unwrap();
    assert!(scene.process.queue.receive().now_or_never().is_none());
}

#[tokio::test]
async fn never_sends() {
    let mut scene = Scene::sending_by("twilio").await;
    scene.text("My sink leaks").await;
    for _ in 0..5 {
        scene.pass(60);
        scene.process.sweep.run(scene.now).await.unwrap();
    }
    assert!(scene.heard().is_empty() && scene.openai.requests().is_empty());
}

#[tokio::test]
async fn wakes_nothing_that_is_not_due() {
    let mut scene = Scene::sending_by("twilio").await;
    scene.say("My sink leaks").await;
    scene.restart();
    scene.pass(3_600);
    scene.process.sweep.run(scene.now).await.unwrap();
    assert!(scene.process.queue.receive().now_or_never().is_none());
}

#[tokio::test]
async fn joins_a_receipt_that_was_stored_separately() {
    let mut scene = Scene::sending_by("twilio").await;
    scene.companies.twilio.switch.set(Mode::HangsAfter);
    scene.text("My sink leaks").await;
    scene.die_when(async |scene| !scene.heard().is_empty()).await;
    let sid = scene.companies.twilio.messages()[0].sid.clone();
    let fields = [("MessageSid", sid.as_str()), ("MessageStatus", "delivered")];
    let nameless = scene.made(|by, to| by.twilio.signed(to, "/webhooks/twilio/status", &fields));
    assert_eq!(scene.report(&nameless).await, None);
    // As if it had died between writing the message down and looking for its receipts.
    let store = &scene.process.store;
    let attempt = store.attempts_of(&scene.id()).await.unwrap().remove(0);
    let message = Some(("twilio".to_owned(), sid));
    let learned = StatusUpdate::new(&attempt.id, Status::Accepted, scene.now);
    store.update_status(&StatusUpdate { message, ..learned }).await.unwrap();
    scene.pass(60);
    scene.process.sweep.run(scene.now).await.unwrap();
    assert_eq!(scene.attempts().await, ["twilio: delivered"]);
}

#[tokio::test]
async fn forgets_what_has_expired() {
    let mut scene = Scene::sending_by("twilio").await;
    scene.say("My sink leaks").await;
    let trace = scene.trace().await.0;
    for (days, conversations, traces) in [(29, 1, true), (31, 1, false), (31, 0, false)] {
        for _ in 0..days {
            scene.pass(24 * 3_600);
            scene.sweep().await;
        }
        let store = &scene.process.store;
        assert_eq!(store.latest(10).await.unwrap().len(), conversations);
        assert_eq!(store.trace(&trace).await.unwrap().is_some(), traces);
    }
}
