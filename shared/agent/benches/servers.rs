//! What each server requires, what that takes, and whether a conversation is finished under its rules:
//! `cargo bench -p agent --bench servers`.

#![expect(clippy::print_stdout, reason = "the table is what this is for")]

use fakes::Rule;
use serde_json::Value;

#[tokio::main]
async fn main() {
    println!("| server | its rule | requests: first text | third | the form at last | finished |");
    println!("|---|---|---|---|---|---|");
    for rule in Rule::all(dialogue::LOADING) {
        let played = dialogue::play(rule).await;
        let (server, demand) = rule.described();
        let (first, third) = (played.requests[0], played.requests[2]);
        let is_finished = if played.is_finished && played.brief.len() == 5 { "yes" } else { "no" };
        let form = form(&played.last);
        println!("| {server} | {demand} | {first} | {third} | {form} | {is_finished} |");
    }
}

/// The form of a request, without the conversation.
fn form(request: &Value) -> String {
    let fields = request.as_object().into_iter().flatten();
    let fields = fields.filter_map(|(name, value)| match (name.as_str(), value) {
        ("model" | "messages", _) => None,
        (_, Value::Array(list)) => Some(format!("{} {name}", list.len())),
        _ => Some(format!("{name} {value}")),
    });
    let system = if request["messages"][0]["role"] == "system" { "system" } else { "no system" };
    let extras = request["messages"].to_string();
    let echo = ["reasoning_content", "thought_signature"].into_iter();
    let echo = echo.filter(|name| extras.contains(name)).map(|name| format!("{name} back"));
    fields.chain([system.to_owned()]).chain(echo).collect::<Vec<_>>().join(", ")
}
