//! Delivery reports that arrive as texts, with our own words in them.

use conversations::SetAside;
use scene::Scene;

const ASKED: &str = "Could you tell me what is to be done?";

#[tokio::test]
async fn answers_no_report_of_its_own_words() {
    let mut scene = Scene::sending_by("messagecentral").await;
    scene.openai.says(ASKED);
    scene.say("My tap drips").await;
    for report in [ASKED, "  could you tell me  what is to be done?"] {
        scene.pass(10);
        scene.say(report).await;
    }
    assert_eq!((scene.heard(), scene.asked().len()), (vec![ASKED.to_owned()], 1));
    let kept = scene.process.store.set_aside(&scene.id(), 10).await.unwrap();
    let why: Vec<_> = kept.iter().map(|SetAside { why, .. }| why.as_str()).collect();
    assert_eq!(why, ["report", "report"]);

    scene.say("Mend the tap, please, and the sink as well").await;
    assert_eq!(scene.heard().len(), 2);
}

#[tokio::test]
async fn answers_no_report_of_its_goodbye() {
    const GOODBYE: &str = "Thank you, Ann. We call you back tomorrow.";
    let scene = Scene::sending_by("messagecentral").await;
    scene.openai.calls("hand_over", r#"{"reason":"there is gas in the kitchen"}"#);
    scene.openai.says(GOODBYE);
    scene.say("It smells of gas").await;
    scene.say(GOODBYE).await;
    let heard = scene.heard();
    assert_eq!((heard.len(), scene.conversation().await.number), (1, 2), "{heard:?}");
}

#[tokio::test]
async fn answers_a_person_who_says_the_same_as_we_do() {
    let scene = Scene::sending_by("messagecentral").await;
    scene.openai.says("Yes, please!");
    scene.say("My tap drips. Shall I send a picture?").await;
    scene.say("Yes, please!").await;
    assert_eq!(scene.heard().len(), 2);

    // A provider with documented reports sends none as texts.
    let scene = Scene::sending_by("twilio").await;
    scene.openai.says(ASKED);
    scene.say("My tap drips").await;
    scene.say(ASKED).await;
    assert_eq!(scene.heard().len(), 2);
}
