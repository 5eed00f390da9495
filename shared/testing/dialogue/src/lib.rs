//! One conversation, held with each server under its own rules.

#![warn(missing_docs)]
#![expect(clippy::unwrap_used, reason = "whoever breaks fails a test")]

use std::time::Duration;

use agent::{Agent, Allowance, Ending, Heard, OpenAi, Page, Pulse, Timeouts, Turn};
use fakes::Rule;
use jiff::Timestamp;
use serde_json::{Map, Value};

/// How long the cold model takes to load: longer than the first silence, shorter than a request.
pub const LOADING: Duration = Duration::from_millis(300);

/// The person's texts. Long enough that not all of them fit into a small context.
const TEXTS: [&str; 3] = [
    "My kitchen tap drips, at 1 Elm Street, on the 25th.",
    "Good. I thought that nobody would ever come.",
    "In the morning. Ask for Ann, she knows about it.",
];

/// How much longer each text is, in characters.
const MORE: usize = 4_000;

/// The outcome of the conversation.
pub struct Played {
    /// The agent's replies, or why there was none, text by text.
    pub replies: Vec<String>,
    /// The recorded fields.
    pub brief: Map<String, Value>,
    /// Whether the agent finished it.
    pub is_finished: bool,
    /// How many requests each text took.
    pub requests: Vec<usize>,
    /// The latest request.
    pub last: Value,
}

/// Holds it: three texts, two rounds of calls for the first and one for the last. Each text is handled
/// by a new process, which knows nothing but the stored state.
pub async fn play(rule: Rule) -> Played {
    let server = fakes::OpenAi::start_as(rule).await;
    server.calls_many(&[
        ("record", r#"{"field":"task","value":"kitchen tap"}"#),
        ("record", r#"{"field":"address","value":"1 Elm Street"}"#),
    ]);
    server.calls("record", r#"{"field":"day","value":"2026-11-25"}"#);
    server.says("Which time of the day suits you?");
    server.says("Good. And which time suits you?");
    server.calls_many(&[
        ("record", r#"{"field":"time_of_day","value":"morning"}"#),
        ("record", r#"{"field":"name","value":"Ann"}"#),
        ("finish", "{}"),
    ]);
    server.says("Thank you, Ann. Goodbye!");
    let (mut turns, mut brief): (Vec<Turn>, _) = (Vec::new(), Map::new());
    let mut played = Played {
        replies: Vec::new(),
        brief: Map::new(),
        is_finished: false,
        requests: Vec::new(),
        last: Value::Null,
    };
    for (number, text) in (1..).zip(TEXTS) {
        let before = server.requests().len();
        let model = OpenAi::new(&server.url(), Some(fakes::OpenAi::KEY.into()), "gpt-4.1-mini");
        let agent = Agent::new(model.unwrap(), Page::default(), timeouts());
        let now: Timestamp = "2026-11-24T15:00:00Z".parse().unwrap();
        let text = format!("{text} {}", "And so on. ".repeat(MORE / 11));
        let new = [Turn::Person { text, at: now }];
        let heard = heard(&turns, &brief, &new, number, now);
        match agent.answer(&heard, &Pulse::default()).await {
            Ok(answered) => {
                turns.extend(new);
                turns.extend(answered.turns);
                brief = answered.brief;
                played.replies.push(answered.reply);
                played.is_finished = answered.ending == Some(Ending::Finished);
            }
            Err(error) => played.replies.push(format!("nothing: {error}")),
        }
        played.requests.push(server.requests().len() - before);
        turns = serde_json::from_str(&serde_json::to_string(&turns).unwrap()).unwrap();
    }
    played.brief = brief;
    played.last = server.requests().pop().unwrap_or_default();
    played
}

fn timeouts() -> Timeouts {
    Timeouts {
        request: Duration::from_secs(5),
        turn: Duration::from_secs(10),
        pause: Duration::from_millis(1),
        ..Timeouts::default()
    }
}

fn heard<'a>(
    turns: &'a [Turn],
    brief: &'a Map<String, Value>,
    new: &'a [Turn],
    number: u32,
    now: Timestamp,
) -> Heard<'a> {
    let (language, tries, refusals, allowance) = (None, 0, 4, Allowance::default());
    Heard { turns, brief, new, number, now, language, tries, refusals, allowance }
}
