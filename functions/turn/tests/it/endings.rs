//! How conversations end.

use scene::Scene;
use serde_json::json;

#[tokio::test]
async fn ends_after_seven_answers_and_begins_anew() {
    let mut scene = Scene::sending_by("twilio").await;
    for number in 1..=6 {
        scene.say(&format!("Text {number}")).await;
        assert!(!scene.prompt().contains("This is your last message"));
    }
    scene.openai.calls("record", r#"{"field":"name","value":"Ann"}"#);
    scene.say("I am Ann").await;
    assert!(scene.prompt().contains("This is your last message"));

    let ended = scene.process.store.ended(&scene.id()).await.unwrap();
    let (first, brief) = (&ended[0], json!({ "name": "Ann" }));
    assert_eq!((ended.len(), first.number, first.ending.as_str()), (1, 1, "turn_limit"));
    assert_eq!((json!(first.brief), first.turns.len()), (brief, 16));

    let conversation = scene.conversation().await;
    assert!(conversation.turns.is_empty() && conversation.brief.is_empty());
    assert_eq!((conversation.number, conversation.answers), (2, 0));
    scene.pass(2 * 60 * 60 + 60);
    scene.say("One more thing").await;
    assert_eq!(scene.asked().last().unwrap(), &["One more thing"]);
    assert_eq!(scene.heard().len(), 8);
}

#[tokio::test]
async fn ends_when_everything_is_recorded() {
    let scene = Scene::sending_by("twilio").await;
    let fields = [
        ("task", "fix the sink"),
        ("address", "1 Main Street"),
        ("day", "2026-01-08"),
        ("time_of_day", "morning"),
        ("name", "Ann"),
    ];
    for (field, value) in fields {
        scene.openai.calls("record", &json!({ "field": field, "value": value }).to_string());
    }
    scene.openai.says("Thank you, Ann. We call you back.");
    scene.say("Fix the sink at 1 Main Street on Thursday morning. Ann").await;
    scene.openai.calls("finish", "{}");
    scene.openai.says("Goodbye, Ann.");
    scene.say("That is all").await;

    assert_eq!(scene.heard(), ["Thank you, Ann. We call you back.", "Goodbye, Ann."]);
    let ended = scene.process.store.ended(&scene.id()).await.unwrap();
    assert_eq!((ended[0].ending.as_str(), ended[0].brief.len()), ("finished", 5));
    assert_eq!(scene.conversation().await.number, 2);
    assert!(scene.notices().await.is_empty());
}

#[tokio::test]
async fn hands_over_to_a_person() {
    let scene = Scene::sending_by("twilio").await;
    scene.openai.calls("hand_over", r#"{"reason":"there is gas in the kitchen"}"#);
    scene.openai.says("Please leave the house. Somebody calls you.");
    scene.say("It smells of gas").await;
    let ended = scene.process.store.ended(&scene.id()).await.unwrap();
    assert_eq!(ended[0].ending, "handed_over");
    let notices = scene.notices().await;
    let told = "The agent handed a conversation over: answer this person by hand. The agent stays \
                silent for 12 hours, unless you give the conversation back earlier.";
    assert_eq!(notices, [told]);
    assert!(!scene.logged().contains("gas in the kitchen"));
}

#[tokio::test]
async fn is_told_of_tools_that_fail_or_do_not_exist() {
    let scene = Scene::sending_by("twilio").await;
    scene.openai.calls("finish", "{}");
    scene.openai.calls("order_pizza", "{}");
    scene.openai.calls("record", "no JSON");
    scene.say("My sink leaks").await;
    let told = scene.asked().pop().unwrap();
    assert!(told[1].starts_with("error: not yet, still missing: task"), "{told:?}");
    assert_eq!(told[2], "error: no tool named order_pizza");
    assert!(told[3].starts_with("error: arguments are not JSON"), "{told:?}");
    assert_eq!(scene.heard(), ["You said: My sink leaks"]);
}

#[tokio::test]
async fn ends_when_the_person_has_been_silent_for_a_day() {
    let mut scene = Scene::sending_by("twilio").await;
    scene.openai.calls("record", r#"{"field":"task","value":"fix the sink"}"#);
    scene.say("Fix my sink").await;
    let day = 24 * 60 * 60;
    for (seconds, ended) in [(day - 60, 0), (60, 1), (day, 1)] {
        scene.pass(seconds);
        scene.sweep().await;
        scene.work().await;
        assert_eq!(scene.process.store.ended(&scene.id()).await.unwrap().len(), ended);
    }

    let ended = scene.process.store.ended(&scene.id()).await.unwrap();
    assert_eq!(ended[0].ending, "quiet");
    assert_eq!(json!(ended[0].brief), json!({ "task": "fix the sink" }));
    assert_eq!((scene.conversation().await.number, scene.heard().len()), (2, 1));
}
