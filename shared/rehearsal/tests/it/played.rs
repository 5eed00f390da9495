//! A recorded conversation, played to the built-in page and a stand-in of the model.

use std::time::Duration;

use agent::{Agent, Allowance, OpenAi, Page, Timeouts};
use rehearsal::{Difference, Play, Recorded};
use serde_json::{Value, json};

/// Plays entries of a conversation that finished, while the model does this. Returns what differs, one line
/// each.
async fn differences(turns: &[Value], script: impl FnOnce(&fakes::OpenAi)) -> Vec<String> {
    let recorded = json!({
        "version": 1, "person": "+12025550143", "number": 1, "ending": "finished",
        "brief": {}, "at": "2026-11-24T02:30:00Z", "turns": turns,
    });
    let recorded = Recorded::parse(&recorded.to_string()).unwrap();
    let openai = fakes::OpenAi::start().await;
    script(&openai);
    let model = OpenAi::new(&openai.url(), Some(fakes::OpenAi::KEY.into()), "gpt-4.1-mini");
    let timeouts = Timeouts { pause: Duration::from_millis(1), ..Timeouts::default() };
    let mut page = Page::default();
    page.texts.first = None;
    page.fields.clear();
    let agent = Agent::new(model.unwrap(), page, timeouts);
    let mut play = Play::of(&agent, &recorded);
    while play.least_cost().is_some() {
        play.answer(Allowance::default()).await.1.unwrap();
    }
    let all = Difference::all(&recorded.outcome(), &play.outcome());
    all.into_iter().map(|it| format!("{}: {} | {}", it.what, it.then, it.now)).collect()
}

fn person(text: &str) -> Value {
    json!({ "kind": "person", "text": text, "at": "2026-11-24T02:30:00Z" })
}

fn agent(text: &str) -> Value {
    json!({ "kind": "agent", "text": text, "at": "2026-11-24T02:30:09Z" })
}

/// The same after a note that the conversation was over.
fn gone_on() -> [Value; 3] {
    let note =
        json!({ "kind": "note", "text": "The conversation was over. The person texts again." });
    [note, person("Make it Friday"), agent("Friday it is.")]
}

#[tokio::test]
async fn a_model_that_repeats_itself_makes_no_difference() {
    let turns =
        [person("My tap drips"), agent("Which day?"), person("Thursday"), agent("Goodbye.")];
    let script = |openai: &fakes::OpenAi| {
        openai.says("Which day?");
        openai.calls("finish", "{}");
        openai.says("Goodbye.");
    };
    assert_eq!(differences(&turns, script).await, [""; 0]);
}

#[tokio::test]
async fn texts_after_a_sooner_end_are_left() {
    let turns =
        [person("My tap drips"), agent("Which day?"), person("Thursday"), agent("Goodbye.")];
    let script = |openai: &fakes::OpenAi| {
        openai.calls("hand_over", r#"{"reason":"a leak"}"#);
        openai.says("A colleague calls.");
    };
    let differ = [
        "ending: finished | handed_over",
        "turns: 2 | 1",
        "segments: 2 | 1",
        "texts left unanswered: 0 | 1",
    ];
    assert_eq!(differences(&turns, script).await, differ);
}

#[tokio::test]
async fn a_conversation_that_went_on_after_its_end_goes_on() {
    let mut turns = vec![person("My tap drips"), agent("Goodbye.")];
    turns.extend(gone_on());
    turns.extend(gone_on());
    let script = |openai: &fakes::OpenAi| {
        openai.calls("finish", "{}");
        openai.says("Goodbye.");
        openai.says("Friday it is.");
        openai.says("Friday it is.");
    };
    assert_eq!(differences(&turns, script).await, [""; 0]);
}

#[tokio::test]
async fn a_text_that_the_model_refuses_is_counted_and_the_rest_is_played() {
    let turns =
        [person("awful"), agent("Please."), person("Thursday"), agent("You said: Thursday")];
    let script = |openai: &fakes::OpenAi| openai.filters("awful");
    let differ = differences(&turns, script).await;
    assert_eq!(differ, ["ending: finished | quiet", "refusals: 0 | 1"]);
}
