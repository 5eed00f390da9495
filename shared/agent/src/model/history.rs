//! The conversation in the form that a server is sent.
//!
//! Servers differ in what they tolerate: this form is accepted by all. The person begins and speaks
//! last, the roles alternate, each call has a unique id and is directly followed by its answer, and
//! extras in a server's messages are returned to it.

use std::collections::HashSet;
use std::iter::repeat_with;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde::de::IgnoredAny;
use serde_json::{Map, Value, json};

use crate::turns::{ToolCall, Turn};
use crate::unmarked::unmarked;
use crate::when::When;

/// The longest call id that is kept, in characters.
const LONGEST_ID: usize = 64;

/// The length of our own ids, of letters and digits. Mistral accepts no other.
const OUR_ID: usize = 9;

/// Which parts of earlier answers, perhaps by another server, a server accepts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Echo {
    /// The extras in a message besides words and calls. DeepSeek, Kimi and Gemini want them back.
    pub(crate) extras: bool,
    /// The original ids of calls. Otherwise each is nine letters and digits.
    pub(crate) ids: bool,
}

impl Default for Echo {
    fn default() -> Self {
        Self { extras: true, ids: true }
    }
}

/// The conversation in the server's form. Notes are in the system prompt.
pub(super) fn messages(turns: &[Turn], now: Timestamp, zone: &TimeZone, echo: Echo) -> Vec<Value> {
    let mut list = List { messages: Vec::new(), ids: HashSet::new(), echo };
    let mut when = When::new(now, zone);
    let mut rest = turns;
    while let Some((turn, after)) = rest.split_first() {
        rest = after;
        if turn.is_hidden() {
            continue;
        }
        if !matches!(turn, Turn::Person { .. } | Turn::Unanswered { .. } | Turn::Note { .. }) {
            when.answered();
        }
        match turn {
            // An answer whose call was cut off means nothing.
            Turn::Note { .. } | Turn::Tool { .. } => {}
            Turn::NotSent { .. } | Turn::Told { .. } | Turn::Corrected { .. } => {}
            Turn::Unanswered { .. } => {
                list.say("user", "[The person wrote something here that cannot be shown.]");
            }
            Turn::Person { text, at } => list.say("user", &when.stamped(&unmarked(text), *at)),
            Turn::Fixed { text, .. } => list.say("assistant", text),
            Turn::ByHand { text, by, .. } => {
                let who = by.as_ref().map_or(String::new(), |name| format!(", {name},"));
                list.say(
                    "assistant",
                    &format!("[A person of the business{who} wrote this themselves:] {text}"),
                );
            }
            Turn::Agent { text, tool_calls, extras, .. } if tool_calls.is_empty() => {
                list.say("assistant", text.as_deref().unwrap_or_default());
                list.add(extras);
            }
            Turn::Agent { text, tool_calls, extras, .. } => {
                let is_answer = |turn: &Turn| matches!(turn, Turn::Tool { .. });
                let answers = rest.iter().take_while(|turn| is_answer(turn)).count();
                let (answers, after) = rest.split_at(answers);
                rest = after;
                list.say("assistant", text.as_deref().unwrap_or_default());
                list.call(tool_calls, extras, answers);
            }
        }
    }
    if list.ends_with("assistant") || list.messages.is_empty() {
        list.say("user", "[The person waits for an answer.]");
    }
    list.messages
}

/// Gives each call without a valid id one that no other call of the conversation has.
///
/// `turns` need not be the whole conversation, so a new id is random.
pub(super) fn name_calls(calls: &mut [ToolCall], turns: &[Turn]) {
    let before = turns.iter().filter_map(|turn| match turn {
        Turn::Agent { tool_calls, .. } => Some(tool_calls),
        _ => None,
    });
    let mut taken: HashSet<String> = before.flatten().map(|call| call.id.clone()).collect();
    for call in calls {
        if !is_id(&call.id) || taken.contains(&call.id) {
            call.id = repeat_with(fastrand::alphanumeric).take(OUR_ID).collect();
        }
        taken.insert(call.id.clone());
    }
}

/// The newest whole turns that fit into this many characters, and at least the newest one. A turn
/// begins with the person's first text after an answer.
pub(super) fn within(turns: &[Turn], characters: usize) -> &[Turn] {
    let (mut begins, mut was_theirs) = (Vec::new(), false);
    for (index, turn) in turns.iter().enumerate() {
        if let Turn::Note { .. } = turn {
            continue;
        }
        let is_theirs = matches!(turn, Turn::Person { .. } | Turn::Unanswered { .. });
        if is_theirs && !was_theirs {
            begins.push(index);
        }
        was_theirs = is_theirs;
    }
    let length = |turns: &[Turn]| turns.iter().map(size).sum::<usize>();
    let mut from = begins.pop().unwrap_or(0);
    let mut left = characters.saturating_sub(length(&turns[from..]));
    for begin in begins.into_iter().rev() {
        let turn = length(&turns[begin..from]);
        if turn > left {
            break;
        }
        left -= turn;
        from = begin;
    }
    &turns[from..]
}

/// The size of an entry in a request, in characters.
fn size(turn: &Turn) -> usize {
    let length = |extras: &Map<String, Value>| match extras.is_empty() {
        true => 0,
        false => Value::Object(extras.clone()).to_string().len(),
    };
    let extras = match turn {
        Turn::Agent { tool_calls, extras, .. } => {
            length(extras) + tool_calls.iter().map(|call| length(&call.extras)).sum::<usize>()
        }
        _ => 0,
    };
    turn.characters() + extras
}

/// The messages so far, each of which is valid after the previous one.
struct List {
    messages: Vec<Value>,
    /// The ids of the calls so far.
    ids: HashSet<String>,
    echo: Echo,
}

impl List {
    /// Adds words, to the last message if it has the same role.
    fn say(&mut self, role: &str, text: &str) {
        if text.trim().is_empty() {
            return;
        }
        match self.messages.last_mut() {
            Some(last) if last["role"] == role => {
                if let Value::String(said) = &mut last["content"] {
                    said.push('\n');
                    said.push_str(text);
                }
            }
            _ => self.push(json!({ "role": role, "content": text })),
        }
    }

    /// Adds calls, to the last message if it is words of the agent, and their answers.
    fn call(&mut self, calls: &[ToolCall], extras: &Map<String, Value>, answers: &[Turn]) {
        if !self.ends_with("assistant") {
            // Some refuse null, and others a missing value.
            self.push(json!({ "role": "assistant", "content": "" }));
        }
        let mut answers: Vec<_> = answers.iter().filter_map(answer).collect();
        let (mut shown, mut answered) = (Vec::new(), Vec::new());
        for call in calls {
            let id = self.id(&call.id);
            shown.push(self.rendered(call, &id));
            let answer = answers.iter().position(|(of, _)| *of == call.id);
            // It was interrupted: it was not done.
            let said =
                answer.map_or("error: there was no answer".into(), |at| answers.remove(at).1);
            answered.push(json!({ "role": "tool", "tool_call_id": id, "content": said }));
        }
        self.add(extras);
        if let Some(last) = self.messages.last_mut() {
            last["tool_calls"] = shown.into();
        }
        self.messages.append(&mut answered);
    }

    /// Returns the extras of the last message.
    fn add(&mut self, extras: &Map<String, Value>) {
        if !self.echo.extras || !self.ends_with("assistant") {
            return;
        }
        if let Some(Value::Object(last)) = self.messages.last_mut() {
            add(extras, last);
        }
    }

    fn push(&mut self, message: Value) {
        let role = |message: &Value| message["role"].as_str().unwrap_or_default().to_owned();
        match (self.messages.last().map(role).as_deref(), role(&message).as_str()) {
            (None, "assistant") => self.say("user", "[The conversation begins here.]"),
            // After a tool answers, it is the agent who speaks to the person.
            (Some("tool"), "user") => self.say("assistant", "[Nothing was said here.]"),
            _ => {}
        }
        self.messages.push(message);
    }

    fn ends_with(&self, role: &str) -> bool {
        self.messages.last().is_some_and(|last| last["role"] == role)
    }

    /// The id under which a call is sent. Always the same, so that a server's cache recognises it.
    fn id(&mut self, given: &str) -> String {
        let is_ours =
            |id: &str| id.len() == OUR_ID && id.bytes().all(|byte| byte.is_ascii_alphanumeric());
        let is_good = if self.echo.ids { is_id(given) } else { is_ours(given) };
        let mut id = given.to_owned();
        let mut number = self.ids.len();
        if !is_good {
            id = format!("call{number:05}");
        }
        while !self.ids.insert(id.clone()) {
            number += 1;
            id = format!("call{number:05}");
        }
        id
    }

    fn rendered(&self, call: &ToolCall, id: &str) -> Value {
        // Some servers parse the history, and most check names. What was wrong with either is in the
        // tool's answer.
        let is_json = serde_json::from_str::<IgnoredAny>(&call.arguments).is_ok();
        let in_names = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-');
        let is_name = matches!(call.name.len(), 1..=64) && call.name.bytes().all(in_names);
        let function = json!({
            "name": if is_name { call.name.as_str() } else { "unknown" },
            "arguments": if is_json { call.arguments.as_str() } else { "{}" },
        });
        let mut shown = Map::new();
        shown.insert("id".into(), id.into());
        shown.insert("type".into(), "function".into());
        shown.insert("function".into(), function);
        if self.echo.extras {
            add(&call.extras, &mut shown);
        }
        shown.into()
    }
}

/// Adds extras to a message or a call. Our own fields take precedence.
fn add(extras: &Map<String, Value>, to: &mut Map<String, Value>) {
    const OURS: [&str; 7] =
        ["role", "content", "tool_calls", "id", "type", "function", "tool_call_id"];
    let extras = extras.iter().filter(|(name, _)| !OURS.contains(&name.as_str()));
    to.extend(extras.map(|(name, value)| (name.clone(), value.clone())));
}

/// A tool's answer, and its call.
fn answer(turn: &Turn) -> Option<(&str, String)> {
    let Turn::Tool { call, output, failed, .. } = turn else { return None };
    Some((call, if *failed { format!("error: {output}") } else { output.clone() }))
}

/// Whether servers accept an id. Kimi's look like `functions.record:0`.
fn is_id(id: &str) -> bool {
    let is_usual = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-' | b'.' | b':');
    matches!(id.len(), 1..=LONGEST_ID) && id.bytes().all(is_usual)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn person(text: &str) -> Turn {
        Turn::Person { text: text.into(), at: Timestamp::UNIX_EPOCH }
    }

    fn agent(text: &str, extras: Value) -> Turn {
        let extras = extras.as_object().unwrap().clone();
        let (text, at) = (Some(text.into()), Timestamp::UNIX_EPOCH);
        Turn::Agent { text, tool_calls: Vec::new(), at, extras }
    }

    #[test]
    fn keeps_the_newest_whole_turns_that_fit() {
        let turns = [
            person("aaaa"),
            person("bb"),
            agent("cccc", json!({})),
            Turn::Note { text: "Nobody knows.".into() },
            person("dddd"),
            agent("ee", json!({ "thought": 1 })),
            person("ffff"),
        ];
        // The extras are written out: {"thought":1}
        for (characters, kept) in [(0, 6), (4, 6), (22, 6), (23, 4), (45, 4), (46, 0), (999, 0)] {
            assert!(within(&turns, characters) == &turns[kept..], "{characters}");
        }
        assert!(within(&[], 0).is_empty());
    }

    #[test]
    fn names_calls_as_no_other_is_named() {
        let call = |id: &str| ToolCall {
            id: id.into(),
            name: "record".into(),
            arguments: "{}".into(),
            extras: Map::new(),
        };
        let at = Timestamp::UNIX_EPOCH;
        let extras = Map::new();
        let before = Turn::Agent { text: None, tool_calls: vec![call("call_0")], at, extras };
        let long = "x".repeat(65);
        let given = ["functions.record:0", "call_0", "", "a b", &long, "call_1", "call_1"];
        let mut calls = given.map(call);
        name_calls(&mut calls, &[before]);
        let ids: Vec<_> = calls.iter().map(|call| call.id.as_str()).collect();
        assert_eq!((ids[0], ids[5]), ("functions.record:0", "call_1"));
        for index in [1, 2, 3, 4, 6] {
            let id = ids[index];
            assert!(id.len() == 9 && id.bytes().all(|b| b.is_ascii_alphanumeric()), "{id}");
        }
        assert_eq!(ids.iter().collect::<HashSet<_>>().len(), ids.len());
    }

    #[test]
    fn shows_ten_thousand_texts_at_once() {
        let turns: Vec<_> = std::iter::repeat_n(person(&"x".repeat(160)), 10_000).collect();
        let began = std::time::Instant::now();
        let shown = messages(&turns, Timestamp::UNIX_EPOCH, &TimeZone::UTC, Echo::default());
        assert_eq!(shown.len(), 1);
        assert!(began.elapsed().as_secs() < 1);
    }
}
