//! Failures of what a turn depends on: somebody is told once when it fails, and the log says when
//! it works again.

use fakes::{Mode, OpenAi};
use scene::Scene;

use crate::alarms::{raised, text_as};

#[tokio::test]
async fn a_model_that_refuses_us_is_one_alarm_whoever_texts_and_whatever_dies() {
    for (status, code) in
        [(401, "invalid_api_key"), (404, "model_not_found"), (429, "insufficient_quota")]
    {
        let mut scene = Scene::sending_by("twilio").await;
        let body = format!(r#"{{"error":{{"message":"No.","code":"{code}"}}}}"#);
        scene.openai.switch.set(Mode::Fails(status, body));
        for person in 10..20 {
            text_as(&mut scene, &format!("+120255501{person}")).await;
        }
        assert_eq!(raised(&scene, "model.refuses"), 1, "{status}");
        scene.restart();
        scene.live(60).await;
        let told = format!("The model refuses us ({status} {code}): check OPENAI_API_KEY");
        assert!(scene.is_told(&told).await);
        assert_eq!([raised(&scene, "model.refuses"), raised(&scene, "model.silent")], [1, 0]);

        scene.openai.switch.set(Mode::Works);
        scene.live(60).await;
        assert_eq!(scene.logged().matches("The model answers again.").count(), 1);
        assert!(scene.is_told("The model answers again.").await);
        scene.openai.switch.set(OpenAi::out_of_quota());
        scene.pass(600);
        scene.say("And my roof").await;
        assert_eq!(raised(&scene, "model.refuses"), 2, "the next one is another");
    }
}

/// One person's words are no reason to wake anybody.
#[tokio::test]
async fn a_model_that_refuses_a_question_is_no_alarm_while_it_answers_others() {
    let mut scene = Scene::sending_by("twilio").await;
    for minute in 0..10 {
        scene.openai.switch.plan([Mode::Fails(400, String::new())]);
        text_as(&mut scene, &format!("+1202555011{minute}")).await;
        text_as(&mut scene, &format!("+1202555012{minute}")).await;
        scene.pass(60);
    }
    assert_eq!(raised(&scene, "model.refuses"), 0);
    scene.openai.switch.set(Mode::Fails(400, String::new()));
    for (person, raises) in [("+12025550130", 0), ("+12025550131", 1), ("+12025550132", 1)] {
        text_as(&mut scene, person).await;
        assert_eq!(raised(&scene, "model.refuses"), raises);
        scene.pass(200);
    }
}

#[tokio::test]
async fn a_model_that_does_not_answer_is_an_alarm_after_three_minutes() {
    let mut scene = Scene::sending_by("twilio").await;
    scene.openai.switch.set(OpenAi::overloaded());
    scene.say("My sink leaks").await;
    scene.live(170).await;
    assert_eq!(raised(&scene, "model.silent"), 0);
    scene.live(130).await;
    for person in 10..14 {
        text_as(&mut scene, &format!("+120255501{person}")).await;
    }
    assert_eq!(raised(&scene, "model.silent"), 1);
    // Now the key is wrong as well.
    scene.openai.switch.set(Mode::Fails(401, String::new()));
    scene.live(300).await;
    assert_eq!([raised(&scene, "model.silent"), raised(&scene, "model.refuses")], [1, 1]);
    scene.openai.switch.set(Mode::Works);
    scene.live(300).await;
    assert_eq!(scene.logged().matches("The model answers again.").count(), 2);
}

#[tokio::test]
async fn that_nothing_works_is_said_once_and_not_with_each_text() {
    let mut scene = Scene::sending_by("messagecentral,twilio").await;
    scene.companies.messagecentral.no_credit();
    scene.companies.twilio.refuse_with(20003);
    for person in 10..16 {
        text_as(&mut scene, &format!("+120255501{person}")).await;
    }
    scene.restart();
    scene.live(60).await;
    assert_eq!(raised(&scene, "nothing.works"), 1);
    scene.companies.twilio.accept();
    scene.live(60).await;
    text_as(&mut scene, "+12025550117").await;
    assert_eq!(scene.logged().matches("A provider works again.").count(), 1);
    assert_eq!(raised(&scene, "nothing.works"), 1);
}

#[tokio::test]
async fn writes_nothing_while_everything_works() {
    let mut scene = Scene::sending_by("twilio").await;
    for person in 10..16 {
        text_as(&mut scene, &format!("+120255501{person}")).await;
    }
    assert!(scene.process.store.health().await.unwrap().incidents.is_empty());
}
