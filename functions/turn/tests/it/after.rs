//! Texts after the goodbye.

use scene::Scene;
use serde_json::json;

const MINUTE: i64 = 60;

/// Two fields, one of which is enough.
const PAGE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/it/after.md");

#[tokio::test]
async fn ignores_thanks_and_reactions_after_the_end() {
    for (text, why) in [
        ("Ok thanks!", "thanks"),
        ("Merci beaucoup 🙏", "thanks"),
        ("👍", "thanks"),
        ("Liked “Goodbye, Ann.”", "reaction"),
        ("A aimé « Goodbye, Ann. »", "reaction"),
        ("\u{200a}\u{200b}👍\u{200b} to “\u{200a}Goodbye, Ann.\u{200a}”\u{200a}", "reaction"),
    ] {
        let scene = ended("Goodbye, Ann.").await;
        scene.say(text).await;
        assert_eq!((scene.asked().len(), scene.heard().len()), (3, 1), "{text}");
        let aside = scene.process.store.set_aside(&scene.id(), 10).await.unwrap();
        assert_eq!((aside[0].text.body.as_str(), aside[0].why.as_str()), (text, why));
        let conversation = scene.conversation().await;
        assert_eq!(
            (conversation.number, conversation.answers),
            (2, 0),
            "no other conversation began"
        );
        assert!(scene.is_at_rest().await);
    }
}

#[tokio::test]
async fn counts_thanks_as_evidence_that_the_goodbye_arrived() {
    let mut scene = ended("Goodbye, Ann.").await;
    scene.pass(20);
    scene.say("Thanks!").await;
    let attempts = scene.process.store.attempts_of(&scene.id()).await.unwrap();
    assert!(attempts[0].answered);
}

#[tokio::test]
async fn answers_thanks_if_it_asked_something() {
    let scene = ended("Goodbye, Ann. Anything else?").await;
    scene.say("Ok thanks!").await;
    assert_eq!(scene.heard().len(), 2);
}

#[tokio::test]
async fn is_told_of_a_reaction_while_a_conversation_is_under_way() {
    let scene = Scene::sending_by("twilio").await;
    scene.openai.says("Is Monday fine?");
    scene.say("My tap drips").await;
    scene.say("Liked “Is Monday fine?”").await;
    let told = scene.asked().pop().unwrap();
    assert_eq!(told[2], "[The person reacted with 👍 to “Is Monday fine?”]");
    assert_eq!(scene.heard().len(), 2);
    scene.say("Thanks").await;
    assert_eq!(scene.heard().len(), 3, "in a running conversation thanks are answered");
}

#[tokio::test]
async fn continues_with_what_it_knows_after_second_thoughts() {
    let mut scene = ended("Goodbye, Ann.").await;
    scene.pass(119 * MINUTE);
    correct(&scene, "2026-01-07").await;
    let told = scene.asked().pop().unwrap();
    assert_eq!(told[0], "[written on Monday, 2026-01-05, 15:00] My tap drips");
    assert!(scene.prompt().contains(r#""name":"Ann""#), "it knows what was recorded");
    assert!(scene.prompt().contains("The conversation was over"));
    let ended = scene.process.store.ended(&scene.id()).await.unwrap();
    let brief = json!({ "name": "Ann", "day": "2026-01-07" });
    assert_eq!((ended.len(), ended[0].number, json!(ended[0].brief)), (1, 1, brief));
    assert_eq!(ended[0].ending, "finished");
    let conversation = scene.conversation().await;
    assert_eq!((conversation.number, conversation.answers), (2, 0));
    assert!(conversation.turns.is_empty() && conversation.brief.is_empty());
    // Thanks for that need no answer either.
    scene.say("Thank you").await;
    assert_eq!(scene.heard().len(), 2);
}

#[tokio::test]
async fn goes_on_for_two_more_answers_and_then_begins_anew() {
    let scene = ended("Goodbye, Ann.").await;
    correct(&scene, "2026-01-07").await;
    correct(&scene, "2026-01-08").await;
    assert!(scene.prompt().contains("This is your last message"));
    scene.say("Also my door squeaks").await;
    assert_eq!(scene.asked().pop().unwrap(), ["Also my door squeaks"]);
    assert_eq!(scene.conversation().await.number, 2);
}

#[tokio::test]
async fn begins_anew_when_it_is_too_late_for_second_thoughts() {
    let mut scene = ended("Goodbye, Ann.").await;
    scene.pass(121 * MINUTE);
    scene.say("Make it Wednesday").await;
    assert_eq!(scene.asked().pop().unwrap(), ["Make it Wednesday"]);
    assert_eq!(scene.conversation().await.answers, 1);
}

#[tokio::test]
async fn goes_on_once_wherever_it_dies() {
    for steps in 0.. {
        let mut scene = ended("Goodbye, Ann.").await;
        scene.openai.says("Wednesday it is.");
        scene.text("Make it Wednesday").await;
        let died = scene.die_after(steps * 9).await;
        scene.live(5 * MINUTE).await;
        let heard = scene.heard();
        assert_eq!(heard.len(), 2, "{steps}: {heard:?}");
        let ended = scene.process.store.ended(&scene.id()).await.unwrap();
        let said = json!(ended[0].turns).to_string();
        assert_eq!((ended.len(), said.matches("Make it Wednesday").count()), (1, 1), "{steps}");
        assert_eq!(scene.conversation().await.number, 2, "{steps}");
        if !died {
            return;
        }
    }
}

/// A conversation that ended after one answer and three requests to the model.
async fn ended(goodbye: &str) -> Scene {
    let scene = Scene::with("twilio", &[("AGENT_FILE", PAGE)]).await;
    scene.openai.calls("record", r#"{"field":"name","value":"Ann"}"#);
    scene.openai.calls("finish", "{}");
    scene.openai.says(goodbye);
    scene.say("My tap drips").await;
    scene
}

/// The person changes their mind about the day.
async fn correct(scene: &Scene, day: &str) {
    scene.openai.calls("record", &json!({ "field": "day", "value": day }).to_string());
    scene.openai.says("Noted.");
    scene.say("Make it another day").await;
}
