//! What models write, what the person gets of it, and what is carried out.

use agent::{Heard, Pulse, Turn};
use serde_json::{Value, json};

use crate::{Conversation, person};

/// Kind, content, what is said, and the calls that are carried out. Who says nothing is asked again, and
/// then repeats what the person said.
const ROWS: &str = include_str!("words.json");

/// What becomes of an answer: what is said, and the calls as `record {…}`.
async fn spoken(conversation: &Conversation, message: Value) -> (String, Vec<String>) {
    let has_calls = message.get("tool_calls").is_some() || message.get("function_call").is_some();
    conversation.openai.answers(message);
    let new = [person("Hi")];
    let heard = Heard { new: &new, ..conversation.heard() };
    let answered = conversation.agent.answer(&heard, &Pulse::default()).await.unwrap();
    let _ = has_calls;
    let calls = answered.turns.iter().filter_map(|turn| match turn {
        Turn::Agent { tool_calls, .. } => Some(tool_calls),
        _ => None,
    });
    let line = |call: &agent::ToolCall| format!("{} {}", call.name, call.arguments);
    let calls = calls.flatten().map(line).collect();
    (answered.reply, calls)
}

#[tokio::test]
async fn says_words_alone_and_carries_out_the_calls_among_them() {
    let rows: Vec<Vec<Option<String>>> = serde_json::from_str(ROWS).unwrap();
    let conversation = Conversation::begin().await;
    let mut wrong = Vec::new();
    for row in rows {
        let [kind, content, said, expected @ ..] = row.as_slice() else { panic!("{row:?}") };
        let (kind, content) = (kind.as_deref().unwrap(), content.as_deref().unwrap());
        let expected: Vec<_> = expected.iter().flatten().cloned().collect();
        let (reply, calls) = spoken(&conversation, json!({ "content": content })).await;
        let said = match said {
            Some(said) if expected.is_empty() => said.as_str(),
            // Of the words beside a call nothing is said if something follows.
            _ => "You said: Hi",
        };
        let bare = |call: &String| call.replace(": ", ":").replace("\", \"", "\",\"");
        let calls: Vec<_> = calls.iter().map(bare).collect();
        if reply != said || calls != expected {
            wrong.push(format!("{kind}: {content:?}\n  says {reply:?}, not {said:?}; {calls:?}"));
        }
    }
    assert!(wrong.is_empty(), "{} are wrong:\n{}", wrong.len(), wrong.join("\n"));
}
