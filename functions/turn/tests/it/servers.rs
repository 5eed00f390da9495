//! A conversation with a model on each server, with its peculiarities, and a crash after each text.

use std::time::Duration;

use fakes::{OpenAi, Rule};
use scene::{EAGER, Scene};

/// How long the cold model takes to load.
const LOADING: Duration = Duration::from_millis(300);

/// How many minutes it may take to find out what a server demands.
const MINUTES: usize = 10;

#[tokio::test]
async fn finishes_a_conversation_with_a_model_on_any_server() {
    let mut unfinished = Vec::new();
    for rule in Rule::all(LOADING) {
        let heard = Box::pin(held(rule)).await;
        if heard.last().is_none_or(|last| last != "Thank you, Ann. Goodbye!") {
            unfinished.push((rule.described(), heard));
        }
    }
    assert_eq!(unfinished, []);
}

/// Three texts, with two rounds of tool calls for the first and one for the last. Returns what the
/// person got, if everything was recorded.
async fn held(rule: Rule) -> Vec<String> {
    let mut scene = Scene::sending_by("twilio").await;
    scene.openai = OpenAi::start_as(rule).await;
    let url = scene.openai.url();
    scene.reach("OPENAI_BASE_URL", &url);
    scene.time_out_after(EAGER);
    scene.openai.calls_many(&[
        ("record", r#"{"field":"task","value":"kitchen tap"}"#),
        ("record", r#"{"field":"address","value":"1 Elm Street"}"#),
    ]);
    scene.openai.calls("record", r#"{"field":"day","value":"2026-01-25"}"#);
    scene.openai.says("Which time of the day suits you?");
    scene.openai.says("Good. And which time suits you?");
    scene.openai.calls_many(&[
        ("record", r#"{"field":"time_of_day","value":"morning"}"#),
        ("record", r#"{"field":"name","value":"Ann"}"#),
        ("finish", "{}"),
    ]);
    scene.openai.says("Thank you, Ann. Goodbye!");
    for (text, reply) in [
        ("My kitchen tap drips, at 1 Elm Street, on the 25th.", "Which time of the day suits you?"),
        ("Good. I thought nobody would come.", "Good. And which time suits you?"),
        ("In the morning. Ask for Ann.", "Thank you, Ann. Goodbye!"),
    ] {
        scene.say(text).await;
        for _ in 0..MINUTES {
            if scene.heard().iter().any(|heard| heard == reply) {
                break;
            }
            scene.live(60).await;
        }
        scene.restart_with(&[("OPENAI_BASE_URL", &url)]);
        scene.time_out_after(EAGER);
    }
    let ended = scene.process.store.ended(&scene.id()).await.unwrap();
    if ended.iter().all(|ended| ended.brief.len() < 5) {
        return vec!["nothing was finished".into()];
    }
    scene.heard()
}
