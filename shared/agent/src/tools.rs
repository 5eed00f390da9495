//! What the model can do besides talking: record, finish, hand over, stop.
//!
//! Tools change nothing outside. They write what they want into a [`Draft`], which the caller
//! commits together with the turn, or throws away.

use std::fmt;

use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use crate::page::{Field, Kind, Page};

/// The longest text that a field takes, in characters. Longer than one text message.
const LONGEST_VALUE: usize = 2_000;

/// The longest reason that is kept for handing over, in characters.
const LONGEST_REASON: usize = 500;

/// Something the model can call.
pub trait Tool: Send + Sync {
    /// What the model is told about it.
    fn definition(&self) -> Definition;

    /// Does it, in the draft alone.
    ///
    /// Both ends are told to the model. An error says what to do instead, and has left the draft
    /// as it was.
    fn call(&self, arguments: &Value, draft: &mut Draft) -> Result<String, String>;
}

/// A tool as the model sees it.
#[derive(Clone, Debug)]
pub struct Definition {
    /// Letters, digits, underscores and dashes, at most 64.
    pub name: &'static str,
    /// When to call it, and what it does.
    pub description: String,
    /// The arguments, as a JSON schema of an object.
    pub parameters: Value,
}

/// What the tools want, until somebody commits it.
///
/// `Debug` prints which fields are recorded, not their values.
#[derive(Clone, Default, PartialEq)]
pub struct Draft {
    /// What was collected in this conversation, typed as the page says.
    pub brief: Map<String, Value>,
    /// How the conversation ends with this turn, if it does.
    pub ending: Option<Ending>,
}

impl fmt::Debug for Draft {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let fields: Vec<_> = self.brief.keys().collect();
        formatter
            .debug_struct("Draft")
            .field("brief", &fields)
            .field("ending", &self.ending)
            .finish()
    }
}

/// Why a conversation ends.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Ending {
    /// Everything needed is recorded, or it was the last turn.
    Finished,
    /// A person has to take over.
    HandedOver {
        /// Why, in the model's words.
        reason: String,
    },
    /// The person wants no more texts: nothing of what the model says is sent.
    Stopped,
}

impl fmt::Debug for Ending {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Finished => "Finished",
            Self::HandedOver { .. } => "HandedOver",
            Self::Stopped => "Stopped",
        })
    }
}

/// The tools of one turn.
pub(crate) fn built_in(page: &Page, last: bool) -> Vec<Box<dyn Tool>> {
    let required = page.fields.iter().filter(|field| field.required);
    let required = required.map(|field| field.name.clone()).collect();
    let mut tools: Vec<Box<dyn Tool>> =
        vec![Box::new(Finish { required, last }), Box::new(HandOver), Box::new(Stop)];
    if !page.fields.is_empty() {
        tools.insert(0, Box::new(Record { fields: page.fields.clone() }));
    }
    tools
}

/// Writes one field of the brief.
struct Record {
    fields: Vec<Field>,
}

impl Tool for Record {
    fn definition(&self) -> Definition {
        let names: Vec<_> = self.fields.iter().map(|field| &field.name).collect();
        let lines: Vec<_> = self.fields.iter().map(describe).collect();
        Definition {
            name: "record",
            description: "Writes down one thing the person told you. Call it as soon as you know, \
                          once for each field; call it again to correct a value."
                .into(),
            parameters: json!({
                "type": "object",
                "properties": {
                    "field": { "type": "string", "enum": names, "description": lines.join("\n") },
                    "value": {
                        "type": ["string", "number", "boolean"],
                        "description": "the value, in the form that the field asks for",
                    },
                },
                "required": ["field", "value"],
                "additionalProperties": false,
            }),
        }
    }

    fn call(&self, arguments: &Value, draft: &mut Draft) -> Result<String, String> {
        let name = arguments["field"].as_str().ok_or("say which field")?;
        let field = self.fields.iter().find(|field| field.name == name).ok_or_else(|| {
            let names: Vec<_> = self.fields.iter().map(|field| field.name.as_str()).collect();
            format!("there is no such field; the fields are {}", names.join(", "))
        })?;
        let value = typed(&field.kind, &arguments["value"])
            .map_err(|problem| format!("{name} is not recorded: {problem}"))?;
        draft.brief.insert(name.to_owned(), value);
        Ok(format!("{name} is recorded"))
    }
}

/// One line about a field: `- day (date, required): the day that suits best`.
pub(crate) fn describe(field: &Field) -> String {
    let kind = match &field.kind {
        Kind::Text => "text".into(),
        Kind::Number => "number".into(),
        Kind::Date => "date as YYYY-MM-DD".into(),
        Kind::YesNo => "true or false".into(),
        Kind::Choice(choices) => format!("one of: {}", choices.join(" | ")),
    };
    let required = if field.required { "required" } else { "optional" };
    format!("- {} ({kind}; {required}): {}", field.name, field.description)
}

/// The value as it is stored, or what to write instead.
fn typed(kind: &Kind, value: &Value) -> Result<Value, String> {
    // Models write numbers as words and words as numbers; what is meant is clear.
    let words = match value {
        Value::String(words) => words.trim().to_owned(),
        Value::Number(_) | Value::Bool(_) => value.to_string(),
        _ => return Err("give one value".into()),
    };
    match kind {
        Kind::Text if words.is_empty() => Err("the text is empty".into()),
        Kind::Text if words.chars().count() > LONGEST_VALUE => {
            Err(format!("say it in at most {LONGEST_VALUE} characters"))
        }
        Kind::Text => Ok(words.into()),
        Kind::Number => serde_json::from_str::<serde_json::Number>(&words)
            .map(Value::Number)
            .map_err(|_| "write it as a number alone, such as 12 or 2.5".into()),
        Kind::Date => words
            .parse::<Date>()
            .map(|date| date.to_string().into())
            .map_err(|_| "write it as a date, such as 2026-11-25".into()),
        Kind::YesNo => match words.to_ascii_lowercase().as_str() {
            "true" | "yes" => Ok(true.into()),
            "false" | "no" => Ok(false.into()),
            _ => Err("write true or false".into()),
        },
        Kind::Choice(choices) => choices
            .iter()
            .find(|choice| choice.eq_ignore_ascii_case(&words))
            .map(|choice| choice.as_str().into())
            .ok_or_else(|| format!("write exactly one of: {}", choices.join(" | "))),
    }
}

fn no_arguments() -> Value {
    json!({ "type": "object", "properties": {}, "additionalProperties": false })
}

/// Ends the conversation with its purpose fulfilled.
struct Finish {
    required: Vec<String>,
    last: bool,
}

impl Tool for Finish {
    fn definition(&self) -> Definition {
        Definition {
            name: "finish",
            description: "Ends the conversation once everything required is recorded and the \
                          person has nothing to add. Say goodbye in the reply that follows."
                .into(),
            parameters: no_arguments(),
        }
    }

    fn call(&self, _: &Value, draft: &mut Draft) -> Result<String, String> {
        let missing = self.required.iter().filter(|name| !draft.brief.contains_key(*name));
        let missing: Vec<_> = missing.map(String::as_str).collect();
        if !missing.is_empty() && !self.last {
            return Err(format!("not yet, still missing: {}", missing.join(", ")));
        }
        // Who asked for a person gets one, whatever the model does next.
        draft.ending.get_or_insert(Ending::Finished);
        Ok("the conversation ends with your next message".into())
    }
}

/// Ends the conversation with a person of the business taking over.
struct HandOver;

impl Tool for HandOver {
    fn definition(&self) -> Definition {
        Definition {
            name: "hand_over",
            description: "Ends the conversation and asks a person of the business to take over. \
                          Call it when the person asks for a human, is upset, is in danger, or \
                          needs what you cannot do. Say in the reply that follows that somebody \
                          will get in touch."
                .into(),
            parameters: json!({
                "type": "object",
                "properties": {
                    "reason": {
                        "type": "string",
                        "description": "why, in one sentence for the colleague who takes over",
                    },
                },
                "required": ["reason"],
                "additionalProperties": false,
            }),
        }
    }

    fn call(&self, arguments: &Value, draft: &mut Draft) -> Result<String, String> {
        let reason = arguments["reason"].as_str().map(str::trim).unwrap_or_default();
        if reason.is_empty() {
            return Err("give the reason in one sentence".into());
        }
        if draft.ending == Some(Ending::Stopped) {
            return Err("this person wants no more texts".into());
        }
        let reason = reason.chars().take(LONGEST_REASON).collect();
        draft.ending = Some(Ending::HandedOver { reason });
        Ok("a person will take over; the conversation ends with your next message".into())
    }
}

/// Hears what no list of words does: that the person wants no more texts.
struct Stop;

impl Tool for Stop {
    fn definition(&self) -> Definition {
        Definition {
            name: "stop",
            description: "Sees to it that this person is never texted again, as if they had \
                          answered STOP. Call it when they ask for that in whatever words or \
                          language, revoke their consent, or say that texting them was wrong. Do \
                          not call it when they decline an offer, cancel an appointment, say \
                          goodbye, or want something else to stop. They get one confirmation; \
                          nothing that you say is sent."
                .into(),
            parameters: no_arguments(),
        }
    }

    fn call(&self, _: &Value, draft: &mut Draft) -> Result<String, String> {
        draft.ending = Some(Ending::Stopped);
        Ok("this person is texted no more".into())
    }
}
