//! Nobody is texted after they said stop.

use std::time::Duration;

use fakes::Mode;

use crate::answers::bare;
use crate::scene::Scene;

#[tokio::test]
async fn says_nothing_when_twilio_has_confirmed_a_stop() {
    let scene = Scene::sending_by("twilio").await;
    for text in ["My sink leaks", "STOP", "Is anybody there?"] {
        scene.say(text).await;
    }
    assert_eq!(scene.heard(), ["You said: My sink leaks"]);
    assert_eq!(scene.twilio.own_replies_to(scene.person).len(), 1);
    assert!(scene.is_at_rest().await);
}

#[tokio::test]
async fn confirms_a_stop_once_ever() {
    let mut scene = Scene::sending_by("messagecentral").await;
    for text in ["stop", "Please", "Stop.", "STOP"] {
        scene.say(text).await;
        scene.live(30).await;
    }
    assert_eq!(scene.heard(), [scene.process.turn.agent.page.texts.stop.as_str()]);
    assert!(scene.openai.requests().is_empty());
}

#[tokio::test]
async fn confirms_a_stop_once_though_nobody_took_it_at_first() {
    let mut scene = Scene::sending_by("messagecentral").await;
    scene.messagecentral.no_credit();
    scene.say("STOP").await;
    scene.live(30).await;
    scene.messagecentral.accept();
    scene.live(30).await;
    scene.say("Are you sure?").await;
    assert_eq!(scene.heard(), [scene.process.turn.agent.page.texts.stop.as_str()]);
}

#[tokio::test]
async fn confirms_no_stop_that_was_taken_back() {
    let mut scene = Scene::sending_by("messagecentral").await;
    scene.messagecentral.no_credit();
    scene.say("STOP").await;
    scene.messagecentral.accept();
    scene.text("START").await;
    scene.live(30).await;
    assert_eq!(scene.heard(), [scene.process.turn.agent.page.texts.start.as_str()]);
}

#[tokio::test]
async fn says_nothing_that_it_thought_of_before_the_stop() {
    let scene = Scene::sending_by("twilio").await;
    scene.openai.switch.set(Mode::Holds);
    scene.text("My sink leaks").await;
    let stop = async {
        scene.openai.wait_for_requests(1).await;
        scene.text("STOP").await;
        scene.openai.switch.set(Mode::Works);
    };
    tokio::join!(scene.work(), stop);
    assert!(scene.heard().is_empty() && scene.attempts().await.is_empty());
    assert!(scene.is_at_rest().await);
}

#[tokio::test]
async fn sends_by_no_other_provider_what_was_refused_during_a_stop() {
    let scene = Scene::sending_by("twilio,messagecentral").await;
    scene.twilio.refuse_with(20003);
    scene.twilio.switch.set(Mode::Holds);
    scene.text("My sink leaks").await;
    let stop = async {
        while scene.attempts().await.is_empty() {
            tokio::task::yield_now().await;
        }
        scene.text("STOP").await;
        scene.twilio.switch.set(Mode::Works);
    };
    tokio::join!(scene.work(), stop);
    assert!(scene.heard().is_empty());
    assert_eq!(scene.attempts().await, ["twilio: failed"]);
    assert!(scene.is_at_rest().await);
}

#[tokio::test]
async fn sends_nothing_later_that_waited_for_a_provider_when_the_stop_came() {
    let mut scene = Scene::sending_by("twilio").await;
    scene.twilio.refuse_with(20003);
    scene.say("My sink leaks").await;
    scene.text("STOP").await;
    scene.twilio.accept();
    scene.live(60).await;
    assert!(scene.heard().is_empty() && scene.is_at_rest().await);
}

#[tokio::test]
async fn answers_a_person_who_is_back() {
    let scene = Scene::sending_by("messagecentral").await;
    for text in ["STOP", "START", "My sink leaks"] {
        scene.say(text).await;
    }
    let texts = &scene.process.turn.agent.page.texts;
    assert_eq!(scene.heard(), [&texts.stop, &texts.start, "You said: My sink leaks"]);
}

#[tokio::test]
async fn takes_a_yes_for_an_answer_unless_the_person_has_stopped() {
    let mut scene = Scene::sending_by("messagecentral").await;
    for text in ["YES", "STOP", "yes!", "My sink leaks"] {
        scene.pass(1);
        scene.say(text).await;
    }
    let texts = &scene.process.turn.agent.page.texts;
    let heard = ["You said: YES", &texts.stop, &texts.start, "You said: My sink leaks"];
    assert_eq!(scene.heard(), heard);
}

#[tokio::test]
async fn takes_no_yes_from_before_the_stop_for_a_return() {
    let mut scene = Scene::sending_by("messagecentral").await;
    scene.text("YES").await;
    scene.pass(1);
    scene.text("STOP").await;
    scene.work().await;
    scene.say("Are you sure?").await;
    assert_eq!(scene.heard(), [scene.process.turn.agent.page.texts.stop.as_str()]);
}

#[tokio::test]
async fn leaves_start_and_help_to_twilio_that_answers_them() {
    let scene = Scene::sending_by("twilio").await;
    for text in ["STOP", "START", "HELP"] {
        scene.say(text).await;
    }
    assert!(scene.heard().is_empty() && scene.is_at_rest().await);
    assert_eq!(scene.twilio.own_replies_to(scene.person).len(), 3);
}

#[tokio::test]
async fn forgets_a_stop_that_is_replayed_after_the_return() {
    let mut scene = Scene::sending_by("twilio").await;
    let stop = scene.text("STOP").await;
    scene.say("START").await;
    scene.pass(5 * 24 * 3_600);
    assert_eq!(scene.post(&stop).await, 200);
    scene.say("My sink leaks").await;
    assert_eq!(scene.heard().len(), 1);
}

#[tokio::test]
async fn stops_again_at_a_word_without_an_id() {
    let mut scene = Scene::sending_by("messagecentral").await;
    for (word, days) in [("STOP", 0), ("START", 1), ("STOP", 1), ("START", 1), ("STOP", 0)] {
        scene.pass(days * 24 * 3_600);
        assert_eq!(scene.post(&scene.call_in_shape(&bare(), word)).await, 200);
        scene.work().await;
        let stopped =
            scene.process.store.load(&scene.id(), scene.now).await.unwrap().unwrap().stop.is_some();
        assert_eq!(stopped, word == "STOP", "after {word}");
    }
}

#[tokio::test]
async fn hears_of_a_stop_from_twilio_and_texts_by_nobody_else() {
    let scene = Scene::sending_by("twilio,messagecentral").await;
    scene.twilio.opt_out(scene.person);
    scene.say("My sink leaks").await;
    scene.say("Is anybody there?").await;
    assert!(scene.heard().is_empty() && scene.is_at_rest().await);
    assert_eq!(scene.attempts().await, ["twilio: failed"]);
    assert_eq!(scene.openai.requests().len(), 1);
}

#[tokio::test]
async fn hears_of_a_stop_by_receipt_and_texts_by_nobody_else() {
    let scene = Scene::sending_by("twilio,messagecentral").await;
    scene.say("My sink leaks").await;
    let sid = scene.twilio.messages()[0].sid.clone();
    scene.report(&scene.receipt(&sid, "undelivered", Some(21610))).await.unwrap();
    scene.say("Is anybody there?").await;
    assert_eq!(scene.heard().len(), 1);
}

#[tokio::test]
async fn holds_a_stop_for_all_our_numbers() {
    let mut scene = Scene::sending_by("messagecentral,twilio").await;
    scene.carrier = "messagecentral";
    scene.say("STOP").await;
    scene.carrier = "twilio";
    scene.say("My sink leaks").await;
    assert_eq!(scene.heard(), [scene.process.turn.agent.page.texts.stop.as_str()]);
}

/// The model is slow, and the stop comes when the reply is on its way: it cannot be called back.
#[tokio::test]
async fn keeps_still_after_a_stop_that_came_too_late() {
    let mut scene = Scene::sending_by("twilio").await;
    scene.twilio.switch.set(Mode::Slow(Duration::from_millis(300)));
    scene.text("My sink leaks").await;
    let stop = async {
        while scene.attempts().await.is_empty() {
            tokio::task::yield_now().await;
        }
        scene.text("STOP").await;
    };
    tokio::join!(scene.work(), stop);
    scene.live(60).await;
    assert!(scene.heard().len() <= 1 && scene.is_at_rest().await);
}
