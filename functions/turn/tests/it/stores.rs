//! Both stores support the same product.

use std::collections::BTreeSet;

use conversations::View;
use fakes::{Mode, OpenAi};
use jiff::SignedDuration;
use scene::Scene;
use sms::Number;

macro_rules! on_both_stores {
    ($($story:ident)*) => {
        mod embedded {
            $(#[tokio::test]
            async fn $story() {
                super::$story(scene::Scene::sending_by("messagecentral,twilio").await).await;
            })*
        }
        mod firestore {
            $(#[tokio::test]
            async fn $story() {
                let Some(emulator) = fakes::firestore().await else { return };
                let scene = scene::Scene::on_firestore("messagecentral,twilio", &emulator.host);
                super::$story(scene.await).await;
            })*
        }
    };
}

on_both_stores! {
    answers_once
    folds_what_comes_while_it_thinks
    says_nothing_after_a_stop
    confirms_a_stop_and_takes_it_back
    fails_over_and_hears_of_the_delivery
    sends_after_a_crash_what_was_not_sent
    apologises_once_and_answers
    ends_and_begins_anew
    is_listed_counted_and_found_until_erased
    is_answered_from_an_owner_s_phone
}

async fn answers_once(mut scene: Scene) {
    let call = scene.text("My sink leaks").await;
    scene.work().await;
    scene.restart();
    assert_eq!(scene.post(&call).await, 200);
    scene.work().await;
    assert_eq!(scene.heard(), ["You said: My sink leaks"]);
    assert!(scene.is_at_rest().await);
}

async fn folds_what_comes_while_it_thinks(scene: Scene) {
    scene.openai.switch.set(Mode::Holds);
    scene.text("My sink leaks").await;
    let more = async {
        scene.openai.wait_for_requests(1).await;
        scene.text("In the kitchen").await;
        scene.openai.switch.set(Mode::Works);
    };
    tokio::join!(scene.work(), more);
    assert_eq!(scene.heard(), ["You said: My sink leaks | In the kitchen"]);
}

async fn says_nothing_after_a_stop(mut scene: Scene) {
    // Twilio confirms the stop itself.
    scene.carrier = "twilio";
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

async fn confirms_a_stop_and_takes_it_back(mut scene: Scene) {
    scene.carrier = "messagecentral";
    for text in ["STOP", "STOP", "yes"] {
        scene.pass(1);
        scene.say(text).await;
    }
    let texts = &scene.process.turn.agent.page.texts;
    assert_eq!(scene.heard(), [texts.stop.as_str(), &texts.start]);
}

async fn fails_over_and_hears_of_the_delivery(scene: Scene) {
    scene.companies.messagecentral.no_credit();
    scene.say("My sink leaks").await;
    let sid = scene.companies.twilio.messages()[0].sid.clone();
    scene.report(&scene.receipt(&sid, "delivered", None)).await;
    assert_eq!(scene.attempts().await, ["messagecentral: failed", "twilio: delivered"]);
}

async fn sends_after_a_crash_what_was_not_sent(mut scene: Scene) {
    scene.companies.messagecentral.no_credit();
    scene.companies.twilio.switch.set(Mode::HangsBefore);
    scene.text("My sink leaks").await;
    scene.die_when(async |scene| scene.attempts().await.len() == 2).await;
    scene.companies.twilio.switch.set(Mode::Works);
    scene.live(90).await;
    assert_eq!(scene.heard(), ["You said: My sink leaks"]);
    assert!(scene.is_at_rest().await);
}

async fn apologises_once_and_answers(mut scene: Scene) {
    scene.openai.switch.set(OpenAi::overloaded());
    scene.say("My sink leaks").await;
    scene.live(60).await;
    scene.openai.switch.set(Mode::Works);
    scene.live(120).await;
    let sorry = scene.process.turn.agent.page.texts.sorry.clone();
    assert_eq!(scene.heard(), [sorry.as_str(), "You said: My sink leaks"]);
}

async fn ends_and_begins_anew(scene: Scene) {
    scene.openai.calls("hand_over", r#"{"reason":"wants a human"}"#);
    scene.say("A human please").await;
    scene.give_back().await;
    scene.say("My sink leaks").await;
    let ended = scene.process.store.ended(&scene.id()).await.unwrap();
    assert_eq!((ended.len(), scene.conversation().await.number), (1, 2));
    assert_eq!(scene.asked().last().unwrap(), &["My sink leaks"]);
}

async fn is_listed_counted_and_found_until_erased(mut scene: Scene) {
    scene.openai.calls("record", r#"{"field":"name","value":"Zoë Miller"}"#);
    scene.openai.calls("hand_over", r#"{"reason":"wants a human"}"#);
    scene.openai.says("Somebody calls you.");
    scene.say("A human please").await;
    scene.pass(60);
    let (store, now) = (scene.process.store.clone(), scene.now);
    for (view, many) in View::ALL.into_iter().zip([0, 1, 1, 0, 1]) {
        let rows = store.rows(view, now, None, 10).await.unwrap().found;
        let count = store.count_rows(view, now, 10).await.unwrap();
        assert_eq!((rows.len(), count), (many, many as u64), "{view:?}");
    }
    let last_four = &scene.person[scene.person.len() - 4..];
    for typed in [scene.person, last_four, "zoe", "Miller"] {
        assert_eq!(store.search(typed).await.unwrap().ids, BTreeSet::from([scene.id()]), "{typed}");
    }
    let since = now - SignedDuration::from_mins(2);
    assert_eq!(store.rows_changed(since, 10).await.unwrap().rows.len(), 1);
    assert!(store.rows_changed(now, 10).await.unwrap().rows.is_empty());

    store.erase(&Number::parse(scene.person).unwrap(), || now).await.unwrap();
    assert_eq!(store.count_rows(View::All, now, 10).await.unwrap(), 0);
    for typed in [scene.person, "zoe"] {
        assert!(store.search(typed).await.unwrap().ids.is_empty(), "{typed}");
    }
}

async fn is_answered_from_an_owner_s_phone(mut scene: Scene) {
    let (owner, person) = ("+12025550187", scene.person);
    scene.restart_with(&[("OWNER_NUMBERS", owner)]);
    scene.openai.calls("hand_over", r#"{"reason":"wants a human"}"#);
    scene.say("A human please").await;
    scene.live(70).await;
    scene.person = owner;
    let told = scene.heard().pop().unwrap();
    let code = told.split_once(':').unwrap().0;
    scene.say(&format!("{code} We come at nine")).await;
    scene.live(70).await;
    scene.person = person;
    assert_eq!(scene.heard().pop().unwrap(), "We come at nine");
}
