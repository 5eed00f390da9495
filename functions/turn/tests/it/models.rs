//! Real answers of models, word for word, and their effect on the person and the business.

use std::collections::BTreeSet;

use scene::{EAGER, Scene};
use serde_json::{Map, Value, json};

/// Answers as servers gave them. Each is given as often as its row says, or once, followed by
/// `then`; after that the model repeats what the person said.
const ROWS: &str = include_str!("models.json");

#[tokio::test]
async fn understands_each_answer_as_it_was_meant() {
    let rows: Vec<Value> = serde_json::from_str(ROWS).unwrap();
    let mut wrong = Vec::new();
    for row in &rows {
        let expected = &row["expected"];
        let came = come_of(row).await;
        let expected = json!({
            "heard": [expected["heard"]],
            "brief": expected.get("brief").unwrap_or(&json!({})),
            "is_handed_over": expected.get("is_handed_over").is_some(),
            "ids": "unique",
        });
        if came != expected {
            wrong.push(format!("{}: {came}, not {expected}", row["name"]));
        }
    }
    assert!(wrong.is_empty(), "{} are wrong:\n{}", wrong.len(), wrong.join("\n"));
}

/// The result of an answer: what the person heard, what was recorded, how it ended.
async fn come_of(row: &Value) -> Value {
    let mut scene = Scene::sending_by("twilio").await;
    scene.time_out_after(EAGER);
    let headers = row["headers"].as_object().unwrap();
    let headers: Vec<_> =
        headers.iter().map(|(name, value)| (name.as_str(), value.as_str().unwrap())).collect();
    let status = u16::try_from(row["status"].as_u64().unwrap()).unwrap();
    for _ in 0..row["expected"]["times"].as_u64().unwrap_or(1) {
        scene.openai.answers_with(status, &headers, &row["body"]);
    }
    if let Some(then) = row["expected"]["then"].as_str() {
        scene.openai.says(then);
    }
    scene.say("My tap drips").await;
    let ended = scene.process.store.ended(&scene.id()).await.unwrap();
    let brief: Map<String, Value> = match ended.first() {
        Some(ended) => ended.brief.clone(),
        None => scene.conversation().await.brief,
    };
    json!({
        "heard": scene.heard(),
        "brief": brief,
        "is_handed_over": scene.conversation().await.handed_over.is_some(),
        "ids": ids(&scene),
    })
}

/// Whether every call of each request has an id of its own.
fn ids(scene: &Scene) -> &'static str {
    let is_unique = |request: &Value| {
        let messages = request["messages"].as_array().unwrap().iter();
        let calls = messages.filter_map(|message| message["tool_calls"].as_array()).flatten();
        let mut ids = BTreeSet::new();
        calls.into_iter().all(|call| ids.insert(call["id"].as_str().unwrap()))
    };
    if scene.openai.requests().iter().all(is_unique) { "unique" } else { "repeated" }
}
