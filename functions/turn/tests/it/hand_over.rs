//! The time during which a person of the business has a conversation.

use agent::Turn as Entry;
use conversations::OrderKind;
use scene::Scene;
use serde_json::json;

const HOUR: i64 = 3_600;

#[tokio::test]
async fn says_nothing_while_a_person_has_the_conversation() {
    let mut scene = handed_over().await;
    for text in ["Hello?", "The tap drips more now", "And 5 Main Street"] {
        scene.say(text).await;
        scene.live(600).await;
    }
    assert_eq!((scene.asked().len(), scene.heard().len()), (2, 1));
    let aside = scene.process.store.set_aside(&scene.id(), 10).await.unwrap();
    let aside: Vec<_> = aside.iter().map(|it| (it.text.body.as_str(), it.why.as_str())).collect();
    let with_person = |text| (text, "with a person");
    let texts = ["Hello?", "The tap drips more now", "And 5 Main Street"];
    assert_eq!(aside, texts.map(with_person));
    assert!(scene.is_at_rest().await);
}

#[tokio::test]
async fn says_who_waits_and_why_and_what_was_last_said() {
    let scene = handed_over().await;
    let notices = scene.process.store.notices(10).await.unwrap();
    let follow_up = notices[0].follow_up.as_ref().unwrap();
    let told = (follow_up.theirs.as_str(), follow_up.why.as_str(), follow_up.said.as_str());
    assert_eq!(told, (scene.person, "wants a human", "A human please, my tap drips"));
    assert!(!format!("{notices:?}").contains("drips"), "nothing personal is printed");
}

#[tokio::test]
async fn stop_start_and_help_work_meanwhile() {
    let scene = handed_over_by("messagecentral").await;
    for text in ["HELP", "STOP", "START"] {
        scene.say(text).await;
    }
    let heard = scene.heard();
    assert!(heard[1].contains("Reply STOP to opt out"), "{heard:?}");
    assert!(heard[2].contains("unsubscribed") && heard[3].contains("You are back"), "{heard:?}");
    scene.say("Hello again").await;
    assert_eq!((scene.asked().len(), scene.heard().len()), (2, 4));
}

#[tokio::test]
async fn takes_up_what_waited_once_it_is_given_back() {
    let mut scene = handed_over().await;
    scene.say("The tap drips more now").await;
    scene.say("And 5 Main Street").await;
    scene.order("ann", OrderKind::GiveBack).await;
    scene.live(10).await;
    let told = scene.asked().pop().unwrap();
    assert_eq!(told, ["The tap drips more now", "And 5 Main Street"]);
    assert!(scene.prompt().contains("A person of the business had taken over"));
    assert_eq!(scene.heard().len(), 2);
    assert!(scene.process.store.set_aside(&scene.id(), 10).await.unwrap().is_empty());
    scene.pass(1);
    scene.order("ann", OrderKind::GiveBack).await;
    scene.live(10).await;
    let refused = "ann give back refused: the agent has it";
    assert_eq!(scene.acts().await.last().unwrap(), refused);
    scene.say("Thank you, when do you come?").await;
    assert_eq!(scene.heard().len(), 3);
}

#[tokio::test]
async fn still_sends_the_last_reply_if_it_is_given_back_first() {
    let mut scene = Scene::sending_by("twilio").await;
    scene.companies.twilio.refuse_with(20429);
    scene.openai.calls("hand_over", r#"{"reason":"wants a human"}"#);
    scene.openai.says("Somebody calls you.");
    scene.say("A human please").await;
    scene.order("ann", OrderKind::GiveBack).await;
    scene.sweep().await;
    scene.companies.twilio.accept();
    scene.live(60).await;
    assert_eq!(scene.heard(), ["Somebody calls you."]);
}

#[tokio::test]
async fn says_nothing_when_it_is_given_back_and_nothing_waits() {
    let mut scene = handed_over().await;
    scene.order("ann", OrderKind::GiveBack).await;
    scene.live(60).await;
    assert!(scene.is_at_rest().await);
    assert_eq!((scene.asked().len(), scene.heard().len()), (2, 1));
    scene.say("One more thing").await;
    assert_eq!(scene.heard().len(), 2);
}

#[tokio::test]
async fn takes_the_conversation_back_after_twelve_hours_when_the_person_texts() {
    let mut scene = handed_over().await;
    scene.say("The tap drips more now").await;
    scene.pass(12 * HOUR - 60);
    scene.say("Hello?").await;
    assert_eq!(scene.heard().len(), 1);
    scene.live(2 * HOUR).await;
    assert_eq!(scene.heard().len(), 1, "it never writes first");
    scene.say("Is anybody there?").await;
    let told = scene.asked().pop().unwrap();
    assert_eq!(
        told,
        [
            "[written on Monday, 2026-01-05, 10:00] The tap drips more now",
            "[written on Monday, 2026-01-05, 21:59] Hello?",
            "[written on Monday, 2026-01-05, 23:59] Is anybody there?",
        ]
    );
    assert_eq!(scene.heard().len(), 2);
}

#[tokio::test]
async fn stays_silent_for_good_where_the_page_says_never() {
    let page = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(page.path(), "---\nname: Elm\nhandover_hours: never\n---\nBe kind.\n").unwrap();
    let path = page.path().display().to_string();
    let mut scene = Scene::with("twilio", &[("AGENT_FILE", path.as_str())]).await;
    scene.openai.calls("hand_over", r#"{"reason":"wants a human"}"#);
    scene.openai.says("Somebody calls you.");
    scene.say("A human please").await;
    scene.pass(100 * 24 * HOUR);
    scene.sweep().await;
    scene.say("Hello?").await;
    assert_eq!(scene.asked().len(), 2);
    scene.order("ann", OrderKind::GiveBack).await;
    scene.live(10).await;
    assert_eq!(scene.asked().len(), 3);
}

#[tokio::test]
async fn continues_with_the_held_texts_wherever_it_dies() {
    for steps in 0.. {
        let mut scene = handed_over().await;
        scene.say("The tap drips more now").await;
        scene.order("ann", OrderKind::GiveBack).await;
        scene.process.sweep.run(scene.now).await.unwrap();
        let died = scene.die_after(steps * 7).await;
        scene.live(300).await;
        let (heard, asked) = (scene.heard().len(), scene.asked().pop().unwrap());
        assert_eq!((heard, asked), (2, vec!["The tap drips more now".to_owned()]), "{steps}");
        if !died {
            return;
        }
    }
}

#[tokio::test]
async fn a_flood_meanwhile_costs_no_model_call_and_no_further_notice() {
    let scene = handed_over().await;
    for text in 0..130 {
        scene.text(&format!("Flood number {text}")).await;
    }
    scene.work().await;
    assert_eq!((scene.asked().len(), scene.heard().len()), (2, 1));
    assert_eq!(scene.notices().await.len(), 2, "of the hand-over, and of the flood");
    scene.order("ann", OrderKind::GiveBack).await;
    scene.sweep().await;
    let told = scene.asked().pop().unwrap();
    assert!(told.len() <= 20 && told.last().unwrap() == "Flood number 99", "{told:?}");
}

#[tokio::test]
async fn is_also_silent_after_it_could_not_answer() {
    let mut scene = Scene::sending_by("twilio").await;
    scene.openai.switch.set(fakes::OpenAi::overloaded());
    scene.say("My tap drips").await;
    scene.live(HOUR).await;
    assert!(scene.is_told("handed a conversation over").await);
    scene.openai.switch.set(fakes::Mode::Works);
    let (asked, heard) = (scene.asked().len(), scene.heard().len());
    scene.say("Hello?").await;
    assert_eq!((scene.asked().len(), scene.heard().len()), (asked, heard));
}

#[tokio::test]
async fn is_told_what_was_said_by_hand() {
    let mut scene = handed_over().await;
    let said = json!(Entry::ByHand { text: "We come at nine".into(), at: scene.now, by: None });
    let store = scene.process.store.clone();
    for _ in 0..2 {
        assert!(store.say_by_hand(&scene.id(), &said, scene.now).await.unwrap());
    }
    scene.say("Nine is fine, what does it cost").await;
    assert_eq!(scene.heard().len(), 1, "it was not given back");
    scene.order("ann", OrderKind::GiveBack).await;
    scene.live(10).await;
    let told = scene.asked().pop().unwrap();
    let by_hand = "[A person of the business wrote this themselves:] We come at nine";
    assert_eq!(
        told,
        ["[The conversation begins here.]", by_hand, "Nine is fine, what does it cost"]
    );
}

/// A conversation that was just handed over, after two requests to the model and one answer.
async fn handed_over() -> Scene {
    handed_over_by("twilio").await
}

async fn handed_over_by(provider: &str) -> Scene {
    let scene = Scene::sending_by(provider).await;
    scene.openai.calls("hand_over", r#"{"reason":"wants a human"}"#);
    scene.openai.says("Somebody calls you.");
    scene.say("A human please, my tap drips").await;
    assert_eq!(scene.heard(), ["Somebody calls you."]);
    scene
}
