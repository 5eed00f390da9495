//! The fate of a text when the model works.

use agent::{Ending, Turn};
use serde_json::{Map, json};

use crate::{Conversation, lines, now, person};

#[tokio::test]
async fn replies_to_all_waiting_texts() {
    let mut conversation = Conversation::begin().await;
    let answered = conversation.hear(&[person("Hi"), person("My tap drips")]).await.unwrap();
    assert_eq!(answered.reply, "You said: Hi | My tap drips");
    assert_eq!(lines(&answered.turns), ["agent: You said: Hi | My tap drips"]);
}

#[tokio::test]
async fn uses_a_tool() {
    let mut conversation = Conversation::begin().await;
    conversation.openai.calls("record", r#"{"field":"name","value":"Ann"}"#);
    conversation.openai.says("Thank you, Ann.");
    let answered = conversation.text("I am Ann").await.unwrap();
    assert_eq!(
        lines(&answered.turns),
        [
            r#"agent: record({"field":"name","value":"Ann"})"#,
            "tool: name is recorded",
            "agent: Thank you, Ann.",
        ]
    );
    assert_eq!(json!(answered.brief), json!({ "name": "Ann" }));
}

#[tokio::test]
async fn is_told_of_its_mistakes() {
    let mut conversation = Conversation::begin().await;
    conversation.openai.calls_many(&[
        ("oracle", "{}"),
        ("record", "noon?"),
        ("record", r#"{"field":"day","value":"whenever"}"#),
        ("record", r#"{"field":"shoe_size","value":42}"#),
        ("finish", ""),
    ]);
    conversation.openai.says("Sorry.");
    let answered = conversation.text("Hi").await.unwrap();
    assert_eq!(
        lines(&answered.turns[1..]),
        [
            "tool: error: no tool named oracle",
            "tool: error: arguments are not JSON: expected ident at line 1 column 2",
            "tool: error: day is not recorded: write it as YYYY-MM-DD, such as 2026-11-25",
            "tool: error: there is no such field; the fields are task, address, day, time_of_day, \
             name",
            "tool: error: not yet, still missing: task, address, day, time_of_day, name",
            "agent: Sorry.",
        ]
    );
    assert_eq!((answered.brief.len(), answered.ending), (0, None));
    assert_eq!(
        conversation.messages()[2..4],
        [
            "tool: error: no tool named oracle",
            "tool: error: arguments are not JSON: expected ident at line 1 column 2"
        ]
    );
}

#[tokio::test]
async fn finishes_once_everything_is_recorded() {
    let mut conversation = Conversation::begin().await;
    conversation.brief = json!({ "task": "tap", "address": "1 Elm St", "day": "2026-11-25",
        "time_of_day": "morning" })
    .as_object()
    .unwrap()
    .clone();
    conversation
        .openai
        .calls_many(&[("record", r#"{"field":"name","value":"Ann"}"#), ("finish", "{}")]);
    conversation.openai.says("Thank you, Ann. Goodbye!");
    let answered = conversation.text("Ann").await.unwrap();
    assert_eq!(answered.ending, Some(Ending::Finished));
    assert_eq!(answered.brief["name"], "Ann");
    assert_eq!(answered.reply, "Thank you, Ann. Goodbye!");
}

#[tokio::test]
async fn hands_over_even_if_it_finishes_as_well() {
    let mut conversation = Conversation::begin().await;
    conversation.number = 7;
    let reason = r#"{"reason":"wants a human"}"#;
    conversation.openai.calls_many(&[("hand_over", reason), ("finish", "{}")]);
    let answered = conversation.text("A human, please").await.unwrap();
    assert_eq!(answered.ending, Some(Ending::HandedOver { reason: "wants a human".into() }));
}

#[tokio::test]
async fn finishes_on_the_last_turn_with_the_fields_so_far() {
    let mut conversation = Conversation::begin().await;
    conversation.number = conversation.agent.page.turns;
    conversation.openai.calls("finish", "{}");
    let answered = conversation.text("Bye").await.unwrap();
    assert_eq!(answered.ending, Some(Ending::Finished));
}

#[tokio::test]
async fn uses_a_goodbye_that_came_with_the_call_and_stops_asking() {
    let mut conversation = Conversation::begin().await;
    let call = json!({ "id": "c", "type": "function", "function": {
        "name": "hand_over", "arguments": "{\"reason\":\"upset\"}" } });
    conversation.openai.answers(
        json!({ "role": "assistant", "content": "Somebody will call.", "tool_calls": [call] }),
    );
    let answered = conversation.text("I am angry").await.unwrap();
    assert_eq!(answered.reply, "Somebody will call.");
    assert_eq!(conversation.openai.requests().len(), 1);
}

#[tokio::test]
async fn does_not_say_goodbye_in_words_from_before_it_finished() {
    let mut conversation = Conversation::begin().await;
    let call = json!({ "id": "c", "type": "function", "function": {
        "name": "record", "arguments": "{\"field\":\"name\",\"value\":\"Ann\"}" } });
    conversation
        .openai
        .answers(json!({ "role": "assistant", "content": "One moment.", "tool_calls": [call] }));
    conversation.openai.calls("hand_over", r#"{"reason":"upset"}"#);
    conversation.openai.says("Somebody will call.");
    assert_eq!(conversation.text("Ann").await.unwrap().reply, "Somebody will call.");
}

#[tokio::test]
async fn sends_the_words_beside_a_call_if_nothing_follows() {
    let mut conversation = Conversation::begin().await;
    let call = json!({ "id": "c", "type": "function", "function": {
        "name": "record", "arguments": "{\"field\":\"name\",\"value\":\"Ann\"}" } });
    conversation.openai.answers(
        json!({ "role": "assistant", "content": "Hello Ann, where?", "tool_calls": [call] }),
    );
    conversation.openai.answers(json!({ "role": "assistant", "content": "" }));
    let answered = conversation.text("Ann").await.unwrap();
    assert_eq!(answered.reply, "Hello Ann, where?");
    assert_eq!(lines(&answered.turns).last().unwrap(), "agent: Hello Ann, where?");
}

#[tokio::test]
async fn remembers_the_conversation_as_it_was() {
    let mut conversation = Conversation::begin().await;
    conversation.openai.calls("no such tool!", "{half");
    conversation.openai.says("One moment.");
    conversation.text("Hi").await.unwrap();
    conversation.turns.push(Turn::Fixed { text: "Sorry, later.".into(), at: now() });
    conversation.text("Hello?").await.unwrap();
    assert_eq!(
        conversation.messages(),
        [
            "user: Hi",
            "calls unknown({})",
            "tool: error: no tool named no such tool!",
            r"assistant: One moment.\nSorry, later.",
            "user: Hello?",
        ]
    );
}

#[tokio::test]
async fn reads_answers_of_servers_that_are_lax_about_the_protocol() {
    let mut conversation = Conversation::begin().await;
    let arguments = json!({ "field": "name", "value": "Ann" });
    conversation.openai.answers(json!({ "tool_calls": [
        { "function": { "name": "record", "arguments": arguments } },
        { "id": null, "function": { "name": "finish", "arguments": null } },
    ] }));
    conversation.openai.answers(json!({ "content": [
        { "type": "text", "text": "<think>She is Ann.</think>\n\n Hello " },
        { "type": "text", "text": "Ann. " },
    ] }));
    let answered = conversation.text("Ann").await.unwrap();
    assert_eq!(answered.brief["name"], "Ann");
    assert_eq!(answered.reply, "Hello Ann.");
}

#[tokio::test]
async fn records_every_step_and_its_cost_without_any_words() {
    let mut conversation = Conversation::begin().await;
    conversation.openai.calls_many(&[
        ("record", r#"{"field":"name","value":"Ann"}"#),
        ("elderberry", r#"{"field":"name","value":"Ann"}"#),
    ]);
    let answered = conversation.text(crate::SECRET).await.unwrap();
    let steps: Vec<_> = answered
        .steps
        .iter()
        .map(|step| format!("{}: {}", step.what, step.details["outcome"].as_str().unwrap()))
        .collect();
    assert_eq!(
        steps,
        [
            "asked the model: answered",
            "ran record: ok",
            "ran unknown tool: failed",
            "asked the model: answered",
        ]
    );
    let figure = |name| answered.steps.iter().filter_map(|s| s.details.get(name)?.as_u64()).sum();
    assert_eq!(
        (answered.tokens.input, answered.tokens.output),
        (figure("tokens_in"), figure("tokens_out"))
    );
    assert!(answered.tokens.input > 0 && answered.tokens.output > 0);
    let steps = serde_json::to_string(&answered.steps).unwrap();
    assert!(!steps.contains("elderberry") && !steps.contains("Ann"), "{steps}");
}

#[test]
fn is_stored_in_a_stable_form() {
    let call = agent::ToolCall {
        id: "c".into(),
        name: "finish".into(),
        arguments: "{}".into(),
        extras: Map::new(),
    };
    let turns = [
        person("Hi"),
        Turn::Agent { text: None, tool_calls: vec![call], at: now(), extras: Map::new() },
        Turn::Tool { call: "c".into(), name: "finish".into(), output: "ok".into(), failed: false },
        Turn::Note { text: "N".into() },
        Turn::Fixed { text: "F".into(), at: now() },
        Turn::ByHand { text: "B".into(), at: now(), by: None },
    ];
    let stored = json!([
        { "kind": "person", "text": "Hi", "at": "2026-11-24T02:30:00Z" },
        { "kind": "agent", "text": null, "at": "2026-11-24T02:30:00Z",
          "tool_calls": [{ "id": "c", "name": "finish", "arguments": "{}" }] },
        { "kind": "tool", "call": "c", "name": "finish", "output": "ok", "failed": false },
        { "kind": "note", "text": "N" },
        { "kind": "fixed", "text": "F", "at": "2026-11-24T02:30:00Z" },
        { "kind": "by_hand", "text": "B", "at": "2026-11-24T02:30:00Z" },
    ]);
    assert_eq!(serde_json::to_value(&turns).unwrap(), stored);
    assert_eq!(serde_json::from_value::<Vec<Turn>>(stored).unwrap(), turns);
}

#[tokio::test]
async fn says_nothing_more_to_a_person_who_wants_no_texts() {
    let mut conversation = Conversation::begin().await;
    conversation.openai.calls_many(&[("stop", "{}"), ("hand_over", r#"{"reason":"upset"}"#)]);
    let answered = conversation.text("You lot drive me up the wall").await.unwrap();
    assert_eq!(answered.ending, Some(Ending::Stopped));
    assert!(answered.reply.is_empty());
    assert_eq!(conversation.openai.requests().len(), 1);
}
