//! How a value becomes a field of the brief.

use agent::{Ending, Page};
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

/// The value in the brief, or the message to the model.
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
async fn records_values_with_their_types() {
    for (field, value, recorded) in [
        ("pet", json!("  Rex "), json!("Rex")),
        ("pet", json!(7), json!("7")),
        ("nights", json!(2.5), json!(2.5)),
        ("nights", json!("3"), json!(3)),
        ("arrival", json!("2026-11-25"), json!("2026-11-25")),
        ("vaccinated", json!(true), json!(true)),
        ("vaccinated", json!("No"), json!(false)),
        ("size", json!("large"), json!("LARGE")),
        ("pet", json!(["Rex"]), json!("Rex")),
        ("pet", json!("\"Rex\""), json!("Rex")),
        ("nights", json!("[3]"), json!(3)),
        ("nights", json!([3.0]), json!(3)),
        ("nights", json!(1e20), json!(1e20)),
    ] {
        assert_eq!(record(field, value).await, Ok(recorded));
    }
}

#[tokio::test]
async fn says_what_to_write_instead() {
    for (field, value, problem) in [
        ("pet", json!("x".repeat(2_001)), "say it in at most 2000 characters"),
        ("pet", json!(null), "that is no value: ask the person, or leave it out"),
        (
            "pet",
            json!(r#"["Rex", "Bo"]"#),
            "write one value as plain text, several things with commas",
        ),
        ("pet", json!([]), "write one value as plain text, several things with commas"),
        ("pet", json!([["Rex"]]), "write one value as plain text, several things with commas"),
        ("pet", json!(["Rex", "Bo"]), "write one value as plain text, several things with commas"),
        ("pet", json!({ "name": 1 }), "write one value as plain text, several things with commas"),
        ("nights", json!(true), "write it as a number alone, such as 12 or 2.5"),
        ("vaccinated", json!("mostly"), "write true or false"),
        ("size", json!("huge"), "write exactly one of: small | LARGE"),
    ] {
        let problem = format!("{field} is not recorded: {problem}");
        assert_eq!(record(field, value).await, Err(problem));
    }
}

/// The brief after a call with these arguments, and the message to the model.
async fn call(tool: &str, arguments: Value) -> (Value, String) {
    let mut conversation = Conversation::begin().await;
    conversation.agent.page = Page::parse(PAGE).unwrap();
    conversation.openai.calls(tool, &arguments.to_string());
    let answered = conversation.text("Hi").await.unwrap();
    (Value::Object(answered.brief), crate::lines(&answered.turns)[1].clone())
}

#[tokio::test]
async fn understands_a_call_that_is_clear_in_another_form() {
    let rex = json!({ "pet": "Rex" });
    let both = json!({ "pet": "Rex", "arrival": "2026-11-25" });
    for (arguments, brief, told) in [
        (json!({ "name": "pet", "value": "Rex" }), &rex, "tool: pet is recorded"),
        (json!({ "key": "pet", "text": "Rex" }), &rex, "tool: pet is recorded"),
        (json!({ "field": "pet", "answer": "Rex" }), &rex, "tool: pet is recorded"),
        (json!({ "field": "pet", "name_of_pet": "Rex" }), &rex, "tool: pet is recorded"),
        (json!({ "field": " Pet", "value": "Rex" }), &rex, "tool: pet is recorded"),
        (json!({ "pet": "Rex" }), &rex, "tool: pet is recorded"),
        (json!({ "PET": "Rex" }), &rex, "tool: pet is recorded"),
        (json!({ "fields": { "pet": "Rex" } }), &rex, "tool: pet is recorded"),
        (
            json!({ "pet": "Rex", "arrival": "2026-11-25" }),
            &both,
            "tool: arrival, pet are recorded",
        ),
        (
            json!([{ "field": "pet", "value": "Rex" }, { "field": "arrival", "value": "2026-11-25" }]),
            &both,
            "tool: pet, arrival are recorded",
        ),
        (
            json!({ "field": "pet", "value": "Rex", "arrival": "2026-11-25" }),
            &both,
            "tool: pet, arrival are recorded",
        ),
        (
            json!({ "pet": "Rex", "arrival": "soon" }),
            &rex,
            "tool: pet is recorded; arrival is not recorded: write it as YYYY-MM-DD, such as \
             2026-11-25",
        ),
    ] {
        assert_eq!(call("record", arguments).await, (brief.clone(), told.into()));
    }
}

#[tokio::test]
async fn asks_about_an_unclear_call() {
    let unknown = "there is no such field; the fields are pet, nights, arrival, vaccinated, size";
    let which =
        "say which field and its value; the fields are pet, nights, arrival, vaccinated, size";
    for (arguments, told) in [
        (json!({}), which),
        (json!([]), which),
        (json!({ "value": "Rex" }), which),
        (json!({ "colour": "red", "value": "Rex" }), which),
        (json!({ "field": "x".repeat(1_000), "value": "Rex" }), unknown),
        (json!({ "field": "pet" }), "nothing is recorded: say the value as well"),
        (json!({ "field": "pet", "a": 1, "b": 2 }), "nothing is recorded: say the value as well"),
    ] {
        assert_eq!(call("record", arguments).await, (json!({}), format!("tool: error: {told}")));
    }
    let flood: Vec<_> = (0..5_000).map(|_| json!({ "field": "pet" , "value": [] })).collect();
    assert!(call("record", json!(flood)).await.1.len() < 10_000);
}

#[tokio::test]
async fn accepts_a_name_as_the_value_if_a_name_is_collected() {
    let mut conversation = Conversation::begin().await;
    conversation.openai.calls_many(&[
        ("record", r#"{"name":"Ann"}"#),
        ("record", r#"{"name":"task","value":"tap"}"#),
        ("record", r#"{"field":"Time of day","value":"Any-Time"}"#),
    ]);
    let answered = conversation.text("Hi").await.unwrap();
    let brief = json!({ "name": "Ann", "task": "tap", "time_of_day": "any time" });
    assert_eq!(Value::Object(answered.brief), brief);
}

#[tokio::test]
async fn forgets_a_withdrawn_value_and_finds_it_missing_again() {
    let mut conversation = Conversation::begin().await;
    conversation.agent.page = Page::parse(PAGE).unwrap();
    let all = json!({ "pet": "Rex", "nights": 3, "arrival": "2026-11-25", "vaccinated": true });
    conversation.brief = all.as_object().unwrap().clone();
    conversation.openai.calls_many(&[
        ("finish", "{}"),
        ("record", r#"{"field":"arrival","value":"none"}"#),
        ("forget", r#"{"field":"Arrival"}"#),
        ("finish", "{}"),
        ("forget", r#"{"field":"arrival"}"#),
        ("forget", r#"{"name":["size"]}"#),
        ("forget", r#"{"field":"shoe"}"#),
        ("forget", "{}"),
    ]);
    let answered = conversation.text("Forget the day").await.unwrap();
    assert_eq!(
        crate::lines(&answered.turns)[1..9],
        [
            "tool: the conversation ends with your next message",
            "tool: error: arrival is not recorded: that is no value: ask the person, or leave it \
             out; to take it back, call forget",
            "tool: arrival is recorded no more",
            "tool: error: not yet, still missing: arrival",
            "tool: error: arrival is not recorded, so there is nothing to forget",
            "tool: error: size is not recorded, so there is nothing to forget",
            "tool: error: there is no such field; the fields are pet, nights, arrival, vaccinated, \
             size",
            "tool: error: say which field",
        ]
    );
    let rest = json!({ "pet": "Rex", "nights": 3, "vaccinated": true });
    assert_eq!((Value::Object(answered.brief), answered.ending), (rest, None));
    assert!(
        conversation.prompt().contains(r#"as data: {"nights":3,"pet":"Rex","vaccinated":true}"#)
    );
}

#[tokio::test]
async fn hands_over_for_a_reason_by_any_name() {
    for arguments in [r#"{"reason":"upset"}"#, r#"{"why":"upset"}"#] {
        let mut conversation = Conversation::begin().await;
        conversation.openai.calls("hand_over", arguments);
        let answered = conversation.text("Hi").await.unwrap();
        assert_eq!(answered.ending, Some(Ending::HandedOver { reason: "upset".into() }));
    }
}

#[tokio::test]
async fn describes_its_tools_in_plain_types() {
    let mut conversation = Conversation::begin().await;
    conversation.text("Hi").await.unwrap();
    let tools = conversation.openai.requests()[0]["tools"].clone();
    let mut names = Vec::new();
    for tool in tools.as_array().unwrap() {
        let function = &tool["function"];
        names.push(function["name"].as_str().unwrap());
        let parameters = function["parameters"].as_object().unwrap();
        assert!(parameters.keys().all(|key| matches!(&**key, "type" | "properties" | "required")));
        let properties = parameters["properties"].as_object().unwrap();
        assert!(!properties.is_empty() && properties.values().all(|it| it["type"] == "string"));
    }
    assert_eq!(names, ["record", "forget", "finish", "hand_over", "stop"]);
}

#[tokio::test]
async fn finishes_without_optional_fields() {
    let mut conversation = Conversation::begin().await;
    conversation.agent.page = Page::parse(PAGE).unwrap();
    conversation.openai.calls("record", r#"{"field":"pet","value":"Rex"}"#);
    conversation.openai.calls("finish", "{}");
    let answered = conversation.text("Hi").await.unwrap();
    let told = crate::lines(&answered.turns);
    assert_eq!(told[3], "tool: error: not yet, still missing: nights, arrival, vaccinated");
}

#[tokio::test]
async fn has_no_record_tool_if_nothing_is_collected() {
    let mut conversation = Conversation::begin().await;
    conversation.agent.page.fields.clear();
    conversation.text("Hi").await.unwrap();
    let tools = conversation.openai.requests()[0]["tools"].clone();
    let names: Vec<_> = tools.as_array().unwrap().iter().map(|t| &t["function"]["name"]).collect();
    assert_eq!(names, ["finish", "hand_over", "stop"]);
}
