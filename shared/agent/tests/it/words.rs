//! Models' answers, and what becomes of them: the person's words, and the calls.

use agent::{Heard, Pulse, Turn};
use serde_json::{Value, json};

use crate::{Conversation, person};

/// Kind, content, words, and calls carried out. After an empty answer the model is asked again, and
/// then repeats the person's words.
const ROWS: &str = include_str!("words.json");

/// The results of answers: the words, and the calls as `record {…}`.
async fn spoken(conversation: &Conversation, messages: &[Value]) -> (String, Vec<String>) {
    messages.iter().for_each(|message| conversation.openai.answers(message.clone()));
    let new = [person("Hi")];
    let heard = Heard { new: &new, ..conversation.heard() };
    let answered = match conversation.agent.answer(&heard, &Pulse::default()).await {
        Ok(answered) => answered,
        Err(failed) => return (failed.to_string(), Vec::new()),
    };
    let calls = answered.turns.iter().filter_map(|turn| match turn {
        Turn::Agent { tool_calls, .. } => Some(tool_calls),
        _ => None,
    });
    let line = |call: &agent::ToolCall| {
        let arguments = call.arguments.replace(": ", ":").replace("\", \"", "\",\"");
        format!("{} {arguments}", call.name)
    };
    (answered.reply, calls.flatten().map(line).collect())
}

#[tokio::test]
async fn sends_only_the_words_and_carries_out_the_calls_among_them() {
    let rows: Vec<Vec<Option<String>>> = serde_json::from_str(ROWS).unwrap();
    let mut conversation = Conversation::patient().await;
    let rules = &mut conversation.agent.page.rules;
    (rules.links, rules.prices, rules.numbers) = (false, false, false);
    let mut wrong = Vec::new();
    for row in rows {
        let [kind, content, said, expected @ ..] = row.as_slice() else { panic!("{row:?}") };
        let (kind, content) = (kind.as_deref().unwrap(), content.as_deref().unwrap());
        let expected: Vec<_> = expected.iter().flatten().cloned().collect();
        let (answer, nothing) = (json!({ "content": content }), json!({ "content": "" }));
        // What is said beside a call is said if nothing follows, and nothing need.
        let follows = said.is_some() && expected.first().is_some_and(|it| it.starts_with("record"));
        let messages = if follows { vec![answer, nothing] } else { vec![answer] };
        let (reply, calls) = spoken(&conversation, &messages).await;
        let said = said.as_deref().unwrap_or("You said: Hi");
        if reply != said || calls != expected {
            wrong.push(format!("{kind}: {content:?}\n  says {reply:?}, not {said:?}; {calls:?}"));
        }
    }
    assert!(wrong.is_empty(), "{} are wrong:\n{}", wrong.len(), wrong.join("\n"));
}

#[tokio::test]
async fn sends_the_words_beside_a_repeated_call() {
    let conversation = Conversation::patient().await;
    let answer = json!({ "content": "record(field=\"task\", value=\"tap\")\n\nWhich day?" });
    let (reply, calls) = spoken(&conversation, &vec![answer; 6]).await;
    assert_eq!((reply.as_str(), calls.len()), ("Which day?", 6));
}
