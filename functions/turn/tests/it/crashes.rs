//! Crashes at any moment, and the recovery from them.

use std::future::{Future, poll_fn};
use std::task::Poll;
use std::time::Duration;

use fakes::Mode;
use jiff::SignedDuration;
use scene::{Scene, until};

use crate::proxy::Proxy;

const ANSWER: &str = "You said: My sink leaks";

#[tokio::test]
async fn answers_a_text_whose_wake_up_was_lost() {
    let mut scene = Scene::sending_by("twilio").await;
    scene.text("My sink leaks").await;
    scene.restart();
    scene.sweep().await;
    assert_eq!(scene.heard(), [ANSWER]);
}

#[tokio::test]
async fn answers_a_text_that_it_died_thinking_about() {
    let mut scene = Scene::sending_by("twilio").await;
    scene.openai.switch.set(Mode::HangsBefore);
    scene.text("My sink leaks").await;
    scene.die_when(async |scene| !scene.openai.requests().is_empty()).await;
    scene.openai.switch.set(Mode::Works);
    scene.live(20).await;
    assert_eq!(scene.heard(), [ANSWER]);
}

#[tokio::test]
async fn leaves_an_attempt_alone_while_another_process_may_be_at_it() {
    let mut scene = lost_before_twilio().await;
    scene.live(20).await;
    assert_eq!(scene.attempts().await, ["twilio: sending"]);
    let due = scene.conversation().await.due_at.unwrap();
    assert!(due > scene.now, "it is looked at again");
}

#[tokio::test]
async fn sends_a_reply_after_a_minute_that_twilio_certainly_never_got() {
    let mut scene = lost_before_twilio().await;
    scene.live(50).await;
    assert!(scene.heard().is_empty(), "too early to be certain");
    scene.live(30).await;
    assert_eq!(scene.heard(), [ANSWER]);
    assert_eq!(scene.attempts().await, ["twilio: failed", "twilio: accepted"]);
    assert!(scene.is_at_rest().await);
    assert_eq!(scene.notices().await, [""; 0]);
}

#[tokio::test]
async fn records_a_reply_that_twilio_has_and_does_not_send_it_again() {
    let mut scene = Scene::sending_by("twilio").await;
    scene.companies.twilio.switch.set(Mode::HangsAfter);
    scene.text("My sink leaks").await;
    scene.die_when(async |scene| !scene.heard().is_empty()).await;
    scene.companies.twilio.switch.set(Mode::Works);
    scene.live(120).await;
    assert_eq!((scene.heard().len(), scene.attempts().await), (1, vec!["twilio: accepted".into()]));
    assert!(scene.is_at_rest().await);
    assert_eq!(scene.notices().await, [""; 0]);
    let attempts = scene.process.store.attempts_of(&scene.id()).await.unwrap();
    let sid = &scene.companies.twilio.messages()[0].sid;
    assert_eq!(attempts[0].message, Some(format!("twilio:{sid}")));
}

#[tokio::test]
async fn asks_twilio_again_until_it_answers() {
    let mut scene = lost_before_twilio().await;
    scene.companies.twilio.lookups.set(Mode::Fails(500, String::new()));
    scene.live(300).await;
    assert_eq!(scene.attempts().await, ["twilio: sending"]);
    scene.companies.twilio.lookups.set(Mode::Works);
    scene.live(30).await;
    assert_eq!(scene.heard(), [ANSWER]);
}

#[tokio::test]
async fn gives_a_reply_up_whose_outcome_stays_unknown_for_ten_minutes() {
    let mut scene = lost_before_twilio().await;
    scene.companies.twilio.lookups.set(Mode::Fails(500, String::new()));
    scene.live(700).await;
    assert_eq!(scene.attempts().await, ["twilio: unknown"]);
    assert!(scene.heard().is_empty() && scene.is_at_rest().await);
    assert!(scene.is_told("It is not known whether a reply was sent").await);
}

#[tokio::test]
async fn does_not_send_what_nobody_remembers_asking() {
    let mut scene = lost_before_twilio().await;
    scene.pass(3_600);
    scene.sweep().await;
    assert!(scene.heard().is_empty() && scene.is_at_rest().await);
    let notices = scene.notices().await;
    assert!(notices[0].starts_with("A reply was given up"), "{notices:?}");
    scene.say("Is anybody there?").await;
    assert_eq!(scene.heard(), ["You said: Is anybody there?"]);
    assert!(scene.prompt().contains("Your last reply did not reach the person."));
}

#[tokio::test]
async fn tells_operator_and_agent_of_a_reply_whose_outcome_is_unknown() {
    for mode in [Mode::HangsBefore, Mode::HangsAfter] {
        let mut scene = Scene::sending_by("messagecentral").await;
        let taken = mode == Mode::HangsAfter;
        scene.companies.messagecentral.switch.set(mode);
        scene.text("My sink leaks").await;
        let sent = async |scene: &Scene| {
            if taken { !scene.heard().is_empty() } else { !scene.attempts().await.is_empty() }
        };
        scene.die_when(sent).await;
        scene.companies.messagecentral.switch.set(Mode::Works);
        let heard = scene.heard().len();
        scene.live(700).await;
        assert_eq!(scene.attempts().await, ["messagecentral: unknown"]);
        assert_eq!(scene.heard().len(), heard);
        assert!(scene.is_told("not known whether a reply was sent").await);
        scene.say("Is anybody there?").await;
        assert_eq!(scene.heard().last().unwrap(), "You said: Is anybody there?");
        assert!(scene.prompt().contains("not known whether your last reply reached"));
    }
}

#[tokio::test]
async fn tells_the_agent_of_an_unknown_outcome_even_behind_a_fixed_text() {
    let mut scene = Scene::sending_by("messagecentral").await;
    scene.companies.messagecentral.switch.set(Mode::CutsAfter);
    scene.say("My sink leaks").await;
    scene.companies.messagecentral.switch.set(Mode::Works);
    scene.live(60).await;
    scene.say("HELP").await;
    scene.say("Is anybody there?").await;
    assert!(scene.prompt().contains("not known whether your last reply reached"));
}

#[tokio::test]
async fn believes_a_receipt_that_came_before_the_record() {
    let mut scene = Scene::sending_by("twilio").await;
    scene.companies.twilio.switch.set(Mode::HangsAfter);
    scene.text("My sink leaks").await;
    scene.die_when(async |scene| !scene.heard().is_empty()).await;
    let sid = scene.companies.twilio.messages()[0].sid.clone();
    scene.report(&scene.receipt(&sid, "delivered", None)).await.expect("it names its attempt");
    scene.companies.twilio.lookups.set(Mode::Fails(500, "nobody has to ask".into()));
    scene.live(30).await;
    assert_eq!(scene.attempts().await, ["twilio: delivered"]);
    assert!(scene.is_at_rest().await);
}

#[tokio::test]
async fn sends_nothing_twice_wherever_it_dies() {
    let mut scene = Scene::sending_by("twilio").await;
    for steps in 1.. {
        scene.person = person(steps);
        scene.text("My sink leaks").await;
        let died = scene.die_after(steps).await;
        scene.live(120).await;
        assert_eq!(scene.heard(), [ANSWER], "after {steps} steps");
        assert!(scene.is_at_rest().await, "after {steps} steps");
        if !died {
            break;
        }
    }
}

#[tokio::test]
async fn sends_nothing_twice_by_two_providers_wherever_it_dies() {
    let mut scene = Scene::sending_by("messagecentral,twilio").await;
    scene.companies.messagecentral.no_credit();
    for steps in 1.. {
        scene.person = person(steps);
        scene.text("My sink leaks").await;
        let died = scene.die_after(steps).await;
        scene.live(120).await;
        let unknown = scene.attempts().await.contains(&"messagecentral: unknown".into());
        let heard = if unknown { vec![] } else { vec![ANSWER] };
        assert_eq!(scene.heard(), heard, "after {steps} steps");
        assert!(scene.is_at_rest().await, "after {steps} steps");
        if !died {
            break;
        }
    }
}

#[tokio::test]
async fn sends_nothing_twice_if_it_dies_again_while_it_settles() {
    let mut scene = Scene::sending_by("twilio").await;
    for steps in 1.. {
        scene.person = person(steps);
        lose_before_twilio(&mut scene).await;
        scene.pass(61);
        scene.process.sweep.run(scene.now).await.unwrap();
        let died = scene.die_after(steps).await;
        scene.live(120).await;
        assert_eq!(scene.heard(), [ANSWER], "after {steps} steps");
        assert!(scene.is_at_rest().await, "after {steps} steps");
        if !died {
            break;
        }
    }
}

#[tokio::test]
async fn sends_nothing_when_it_was_frozen_until_another_did() {
    let scene = Scene::sending_by("twilio").await;
    scene.text("My sink leaks").await;
    let wake_up = scene.wake_up().await;
    let mut frozen = Box::pin(scene.process.turn.run(&wake_up, scene.now));
    // As soon as the commit can be read, before its answer is.
    poll_fn(|context| match scene.has_attempted() {
        true => Poll::Ready(()),
        false => frozen.as_mut().poll(context).map(|_| panic!("it did not stop")),
    })
    .await;
    tokio::time::pause();
    tokio::time::advance(Duration::from_secs(90)).await;
    tokio::time::resume();
    let later = scene.now + SignedDuration::from_secs(90);
    scene.process.turn.run(&wake_up, later).await.unwrap();
    assert_eq!(scene.heard(), [ANSWER]);
    frozen.await.unwrap();
    assert_eq!(scene.heard(), [ANSWER]);
    assert!(scene.is_at_rest().await);
}

#[tokio::test]
async fn writes_down_what_became_of_an_attempt_that_was_given_up_meanwhile() {
    let scene = Scene::sending_by("messagecentral").await;
    scene.companies.messagecentral.switch.set(Mode::Holds);
    scene.text("My sink leaks").await;
    let wake_up = scene.wake_up().await;
    let later = async {
        until(async || scene.has_attempted()).await;
        let later = scene.now + SignedDuration::from_secs(30);
        scene.process.turn.run(&wake_up, later).await.unwrap();
        assert_eq!(scene.attempts().await, ["messagecentral: unknown"]);
        scene.companies.messagecentral.switch.set(Mode::Works);
    };
    let (answered, ()) = tokio::join!(scene.turn(&wake_up), later);
    answered.unwrap();
    assert_eq!(scene.attempts().await, ["messagecentral: accepted"]);
}

#[tokio::test]
async fn sends_what_was_committed_though_the_answer_of_the_store_was_lost() {
    let Some((scene, proxy)) = behind_a_proxy().await else { return };
    scene.openai.switch.set(Mode::Holds);
    scene.text("My sink leaks").await;
    let lose = async {
        scene.openai.wait_for_requests(1).await;
        proxy.hold_answers_back();
        scene.openai.switch.set(Mode::Works);
        until(async || scene.attempts().await.len() == 1).await;
        proxy.cut().await;
    };
    tokio::join!(scene.work(), lose);
    assert_eq!(scene.companies.messagecentral.texts_to(scene.person), [ANSWER]);
    assert_eq!(scene.attempts().await, ["messagecentral: accepted"]);
}

#[tokio::test]
async fn sends_by_the_second_provider_though_the_answer_of_the_store_was_lost() {
    let Some((scene, proxy)) = behind_a_proxy().await else { return };
    scene.companies.messagecentral.no_credit();
    scene.companies.messagecentral.switch.set(Mode::Holds);
    scene.text("My sink leaks").await;
    let asked = scene.companies.messagecentral.switch.next_hanging();
    let lose = async {
        // The store's answer to the first attempt has arrived.
        asked.await;
        proxy.hold_answers_back();
        scene.companies.messagecentral.switch.set(Mode::Works);
        until(async || scene.attempts().await.len() == 2).await;
        proxy.cut().await;
    };
    tokio::join!(scene.work(), lose);
    assert_eq!(scene.companies.twilio.texts_to(scene.person), [ANSWER]);
    assert_eq!(scene.attempts().await, ["messagecentral: failed", "twilio: accepted"]);
}

/// A product on a Firestore whose answers can be lost; the test itself sees the real store.
async fn behind_a_proxy() -> Option<(Scene, Proxy)> {
    let emulator = fakes::firestore().await?;
    let proxy = Proxy::before(emulator.host.clone()).await;
    let mut scene = Scene::on_firestore("messagecentral,twilio", &emulator.host).await;
    scene.reach("FIRESTORE_EMULATOR_HOST", &proxy.host);
    Some((scene, proxy))
}

/// A turn that died after its commit, before its request reached Twilio.
async fn lost_before_twilio() -> Scene {
    let mut scene = Scene::sending_by("twilio").await;
    lose_before_twilio(&mut scene).await;
    scene
}

async fn lose_before_twilio(scene: &mut Scene) {
    scene.companies.twilio.switch.set(Mode::HangsBefore);
    scene.text("My sink leaks").await;
    scene.die_when(async |scene| !scene.attempts().await.is_empty()).await;
    scene.companies.twilio.switch.set(Mode::Works);
}

/// A different person each time.
fn person(number: usize) -> &'static str {
    format!("+1202555{:04}", 100 + number).leak()
}
