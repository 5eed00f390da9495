//! The state of a conversation as read from a request, and the next move.

use agent::{Field, Kind};
use jiff::civil::Date;
use serde_json::{Value, json};

use crate::form::{question, value, words};
use crate::interview::Interview;

const GREETINGS: [&str; 8] = ["hi", "hello", "hey", "hallo", "good", "morning", "evening", "there"];

/// The model's next move.
pub(crate) enum Move {
    Say(String),
    Call(&'static str, Value),
}

/// The conversation so far.
#[derive(Default)]
pub(crate) struct Reading {
    /// The recorded values by field, the newest last.
    recorded: Vec<(String, String)>,
    /// The person's words since the last reply.
    said: String,
    /// The last tool call since then, and whether it worked.
    called: Option<(String, bool)>,
    /// Whether the person has had any reply yet.
    is_begun: bool,
    /// How many replies were ours.
    replies: u32,
}

impl Reading {
    /// Reads the messages of a request.
    pub(crate) fn of(messages: &[Value]) -> Self {
        let mut reading = Self::default();
        let mut calls = &[][..];
        for message in messages {
            match message["role"].as_str() {
                Some("user") => {
                    let text = said(message["content"].as_str().unwrap_or_default());
                    reading.said = format!("{} {text}", reading.said).trim().to_owned();
                }
                Some("assistant") => {
                    reading.hear_reply(message["content"].as_str().unwrap_or_default());
                    calls = list(&message["tool_calls"]);
                }
                Some("tool") => reading.note(calls, message),
                _ => {}
            }
        }
        reading
    }

    /// Notes the reply to the person, if there was one.
    fn hear_reply(&mut self, reply: &str) {
        if reply.is_empty() {
            return;
        }
        self.said.clear();
        self.called = None;
        self.is_begun = true;
        // A note in front says that a person wrote it.
        self.replies += u32::from(!reply.starts_with('['));
    }

    /// Notes the answer of a tool.
    fn note(&mut self, calls: &[Value], answer: &Value) {
        let asked = calls.iter().find(|call| call["id"] == answer["tool_call_id"]);
        let function = asked.map_or(&Value::Null, |call| &call["function"]);
        let worked = !answer["content"].as_str().unwrap_or_default().starts_with("error:");
        let name = function["name"].as_str().unwrap_or_default();
        self.called = Some((name.to_owned(), worked));
        if name == "record" && worked {
            let arguments = function["arguments"].as_str().unwrap_or_default();
            let arguments: Value = serde_json::from_str(arguments).unwrap_or_default();
            let field = arguments["field"].as_str().unwrap_or_default().to_owned();
            let value = &arguments["value"];
            let value = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
            self.recorded.retain(|(recorded, _)| *recorded != field);
            self.recorded.push((field, value));
        }
    }

    /// The next move in this interview.
    pub(crate) fn next(&self, interview: &Interview, today: Date) -> Move {
        let is_last = self.replies + 1 >= interview.turns;
        let mut required = interview.fields.iter().filter(|field| field.required).peekable();
        let asks_nothing = required.peek().is_none();
        let missing = required.find(|field| !self.has(field));
        match (&self.called, missing) {
            (Some((name, true)), _) if name == "hand_over" => {
                Move::Say("Of course. Somebody will read this and get in touch with you.".into())
            }
            (Some((name, true)), _) if name == "finish" => Move::Say(self.goodbye()),
            (None, _) if wants_a_human(&self.said) => {
                Move::Call("hand_over", json!({ "reason": "the person asked for a human" }))
            }
            _ if asks_nothing && !is_last => Move::Say(format!(
                "I work offline and there is nothing to ask for, so I repeat: {}",
                self.said
            )),
            (None, Some(field)) if self.takes_for_answer(field) => {
                let value = value(field, &self.said, today);
                Move::Call("record", json!({ "field": field.name, "value": value }))
            }
            (called, Some(field)) if !is_last => {
                let opening = match called {
                    Some((_, true)) => ["Thank you.", "Got it."][self.recorded.len() % 2],
                    Some((_, false)) => "Sorry, I did not get that.",
                    None => "Hello, I am the automatic assistant.",
                };
                Move::Say(format!("{opening} Could you tell me {}?", question(field)))
            }
            _ => Move::Call("finish", json!({})),
        }
    }

    /// Whether the person's words answer the question; before any question, whether they may.
    fn takes_for_answer(&self, field: &Field) -> bool {
        self.is_begun || (field.kind == Kind::Text && !greets(&self.said))
    }

    fn has(&self, field: &Field) -> bool {
        self.recorded.iter().any(|(recorded, _)| *recorded == field.name)
    }

    fn goodbye(&self) -> String {
        let noted: Vec<_> = self.recorded.iter().map(|(_, value)| value.as_str()).collect();
        if noted.is_empty() {
            return "Thank you for your text. Goodbye!".into();
        }
        format!("Thank you, I noted: {}. Somebody will get in touch. Goodbye!", noted.join(", "))
    }
}

/// A person's words, without notes in square brackets, which are never theirs.
fn said(text: &str) -> String {
    let mut said = String::new();
    let mut rest = text;
    while let Some((before, note)) = rest.split_once('[') {
        said.push_str(before);
        rest = note.split_once(']').map_or("", |(_, behind)| behind);
    }
    said.push_str(rest);
    said.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn greets(said: &str) -> bool {
    words(&said.to_lowercase()).all(|word| GREETINGS.contains(&word))
}

fn wants_a_human(said: &str) -> bool {
    let said = said.to_lowercase();
    let has = |wanted: &[&str]| words(&said).any(|word| wanted.contains(&word));
    let somebody = has(&["person", "somebody", "someone", "people"]);
    let short = words(&said).count() <= 3;
    has(&["human"]) || (somebody && (short || has(&["talk", "speak", "real", "call"])))
}

fn list(value: &Value) -> &[Value] {
    value.as_array().map(Vec::as_slice).unwrap_or_default()
}
