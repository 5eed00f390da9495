//! How a value becomes a field of the brief.

use agent::Page;
use serde_json::{Value, json};

use crate::Conversation;

const PAGE: &str = "---
name: Pet Hotel
fields:
  - { name: pet, description: its name, type: text }
  - { name: nights, description: how many, type: number }
  - { name: arrival, description: the first day, type: date }
  - { name: vaccinated, description: whether it is, type: yes_no }
  - { name: size, description: how large, type: choice, choices: [small, LARGE], required: false }
---
You take bookings.
";

/// The value in the brief, or what the model is told instead.
async fn record(field: &str, value: Value) -> Result<Value, String> {
    let mut conversation = Conversation::begin().await;
    conversation.agent.page = Page::parse(PAGE).unwrap();
    let arguments = json!({ "field": field, "value": value }).to_string();
    conversation.openai.calls("record", &arguments);
    let answered = conversation.text("Hi").await.unwrap();
    answered.brief.get(field).cloned().ok_or_else(|| match &answered.turns[1] {
        agent::Turn::Tool { output, .. } => output.clone(),
        other => panic!("no tool answered: {other:?}"),
    })
}

#[tokio::test]
async fn records_what_is_meant_as_what_it_is() {
    for (field, value, recorded) in [
        ("pet", json!("  Rex "), json!("Rex")),
        ("pet", json!(7), json!("7")),
        ("nights", json!(2.5), json!(2.5)),
        ("nights", json!("3"), json!(3)),
        ("arrival", json!("2026-11-25"), json!("2026-11-25")),
        ("vaccinated", json!(true), json!(true)),
        ("vaccinated", json!("No"), json!(false)),
        ("size", json!("large"), json!("LARGE")),
    ] {
        assert_eq!(record(field, value).await, Ok(recorded));
    }
}

#[tokio::test]
async fn says_what_to_write_instead() {
    for (field, value, problem) in [
        ("pet", json!(" "), "the text is empty"),
        ("pet", json!("x".repeat(2_001)), "say it in at most 2000 characters"),
        ("pet", json!(null), "give one value"),
        ("pet", json!(["Rex"]), "give one value"),
        ("nights", json!("a few"), "write it as a number alone, such as 12 or 2.5"),
        ("nights", json!("NaN"), "write it as a number alone, such as 12 or 2.5"),
        ("arrival", json!("tomorrow"), "write it as a date, such as 2026-11-25"),
        ("arrival", json!("2026-02-30"), "write it as a date, such as 2026-11-25"),
        ("vaccinated", json!("mostly"), "write true or false"),
        ("size", json!("huge"), "write exactly one of: small | LARGE"),
    ] {
        let problem = format!("{field} is not recorded: {problem}");
        assert_eq!(record(field, value).await, Err(problem));
    }
}

#[tokio::test]
async fn finishes_without_what_is_optional() {
    let mut conversation = Conversation::begin().await;
    conversation.agent.page = Page::parse(PAGE).unwrap();
    conversation.openai.calls("record", r#"{"field":"pet","value":"Rex"}"#);
    conversation.openai.calls("finish", "{}");
    let answered = conversation.text("Hi").await.unwrap();
    let told = crate::lines(&answered.turns);
    assert_eq!(told[3], "tool: error: not yet, still missing: nights, arrival, vaccinated");
}

#[tokio::test]
async fn has_nothing_to_record_where_nothing_is_collected() {
    let mut conversation = Conversation::begin().await;
    conversation.agent.page.fields.clear();
    conversation.text("Hi").await.unwrap();
    let tools = conversation.openai.requests()[0]["tools"].clone();
    let names: Vec<_> = tools.as_array().unwrap().iter().map(|t| &t["function"]["name"]).collect();
    assert_eq!(names, ["finish", "hand_over", "stop"]);
}
