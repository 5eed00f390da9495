//! A person who is erased in the middle of a turn.

use fakes::Mode;
use scene::Scene;
use sms::Number;

#[tokio::test]
async fn heeds_a_stop_of_somebody_who_was_erased_while_the_model_thought() {
    let scene = Scene::sending_by("messagecentral").await;
    scene.openai.calls("stop", "{}");
    scene.openai.switch.set(Mode::Holds);
    scene.text("You lot drive me up the wall with this").await;
    let erased = async {
        scene.openai.wait_for_requests(1).await;
        erase(&scene).await;
        scene.openai.switch.set(Mode::Works);
    };
    tokio::join!(scene.work(), erased);
    scene.say("Hello?").await;
    assert!(scene.heard().is_empty() && scene.openai.requests().len() == 1);
}

#[tokio::test]
async fn heeds_what_twilio_says_of_somebody_who_was_erased_while_it_was_asked() {
    let scene = Scene::sending_by("twilio").await;
    scene.companies.twilio.opt_out(scene.person);
    erased_while_sending(&scene, async || {}).await;
    scene.text("Hello?").await;
    assert!(scene.loaded().await.stop.is_some());
}

#[tokio::test]
async fn the_outcome_of_an_attempt_that_was_erased_brings_nothing_of_it_back() {
    let scene = Scene::sending_by("twilio").await;
    let attempt = erased_while_sending(&scene, async || {
        scene.text("Hello?").await;
    })
    .await;
    assert!(scene.process.store.attempt(&attempt).await.unwrap().is_none());
}

/// Erases the person while a provider is asked to send, and then does this. Returns the attempt.
async fn erased_while_sending(scene: &Scene, then: impl AsyncFnOnce()) -> String {
    scene.companies.twilio.switch.set(Mode::Holds);
    scene.text("My sink leaks").await;
    let erased = async {
        while scene.attempts().await.is_empty() {
            tokio::task::yield_now().await;
        }
        let attempt = scene.process.store.attempts_of(&scene.id()).await.unwrap().remove(0).id;
        erase(scene).await;
        then().await;
        scene.companies.twilio.switch.set(Mode::Works);
        attempt
    };
    tokio::join!(scene.work(), erased).1
}

async fn erase(scene: &Scene) {
    let theirs = Number::parse(scene.person).unwrap();
    scene.process.store.erase(&theirs, || scene.now).await.unwrap();
}
