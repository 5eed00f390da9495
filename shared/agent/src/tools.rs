//! The tools that the model can call. `built_in` lists them.
//!
//! Tools have no side effects. They write their requests into a [`Draft`], which the caller commits
//! together with the turn, or discards.

mod record;

use std::fmt;

use policy::Language;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use self::record::{Forget, Record};
use crate::page::{Field, Page};

pub(crate) use self::record::describe;

/// The longest reason for handing over that is kept, in characters.
const LONGEST_REASON: usize = 500;

/// A tool that the model can call.
pub trait Tool: Send + Sync {
    /// Its name: letters, digits, underscores and dashes, at most 64.
    fn name(&self) -> &'static str;

    /// Its description for the model, which is made once for a page and sent with each request.
    fn definition(&self) -> Definition;

    /// Runs it, changing only the draft.
    ///
    /// The model gets the result or the error. An error says what to do instead, and has left the draft
    /// unchanged.
    fn call(&self, arguments: &Value, draft: &mut Draft) -> Result<String, String>;
}

/// A tool as the model sees it.
#[derive(Clone, Debug)]
pub struct Definition {
    /// When to call it, and what it does.
    pub description: String,
    /// The arguments, as a JSON schema of an object. Each is a string: not every server knows other
    /// types.
    pub parameters: Value,
}

/// The requests of tools, until the turn is committed.
///
/// `Debug` prints which fields are recorded, not their values.
#[derive(Clone, Default, PartialEq)]
pub struct Draft {
    /// The brief of this conversation, typed as the page says.
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
    /// The person opts out: nothing that the model says is sent.
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

/// The tools of one turn, in the order in which the model sees them. Their definitions depend on the
/// page alone.
pub(crate) fn built_in(page: &Page, last: bool) -> Vec<Box<dyn Tool + '_>> {
    let fields = page.fields.as_slice();
    let language = page.brief_language;
    let mut tools: Vec<Box<dyn Tool>> =
        vec![Box::new(Finish { fields, last }), Box::new(HandOver { language }), Box::new(Stop)];
    if !fields.is_empty() {
        tools.insert(0, Box::new(Record { fields, language }));
        tools.insert(1, Box::new(Forget { fields }));
    }
    tools
}

fn no_arguments() -> Value {
    json!({ "type": "object" })
}

/// Ends the conversation because its purpose is fulfilled.
struct Finish<'p> {
    fields: &'p [Field],
    last: bool,
}

impl Tool for Finish<'_> {
    fn name(&self) -> &'static str {
        "finish"
    }

    fn definition(&self) -> Definition {
        Definition {
            description: "Ends the conversation once everything required is recorded and the \
                          person has nothing to add. Say goodbye in the reply that follows."
                .into(),
            parameters: no_arguments(),
        }
    }

    fn call(&self, _: &Value, draft: &mut Draft) -> Result<String, String> {
        let required = self.fields.iter().filter(|field| field.required);
        let missing = required.filter(|field| !draft.brief.contains_key(&field.name));
        let missing: Vec<_> = missing.map(|field| field.name.as_str()).collect();
        if !missing.is_empty() && !self.last {
            return Err(format!("not yet, still missing: {}", missing.join(", ")));
        }
        // A person who asked for a human gets one, whatever the model does next.
        draft.ending.get_or_insert(Ending::Finished);
        Ok("the conversation ends with your next message".into())
    }
}

/// For what kind of reason a conversation is handed over: a person asks for a human, is upset, is in danger,
/// or needs what the agent cannot do. Figures count these words.
pub const HAND_OVER_KINDS: [&str; 4] = ["asked", "upset", "danger", "cannot"];

/// Ends the conversation because a person of the business has to take over.
struct HandOver {
    language: Language,
}

impl Tool for HandOver {
    fn name(&self) -> &'static str {
        "hand_over"
    }

    fn definition(&self) -> Definition {
        Definition {
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
                        "description": format!(
                            "why, in one sentence in {} for the colleague who takes over",
                            self.language.name()
                        ),
                    },
                    "kind": { "type": "string", "enum": HAND_OVER_KINDS },
                },
                "required": ["reason"],
            }),
        }
    }

    fn call(&self, arguments: &Value, draft: &mut Draft) -> Result<String, String> {
        // It is the only sentence, whatever its name.
        let other = || {
            let mut all = arguments.as_object()?.iter().filter(|(name, _)| *name != "kind");
            all.next().map(|(_, value)| value)
        };
        let reason = arguments.get("reason").or_else(other);
        let reason = reason.and_then(Value::as_str).map(str::trim).unwrap_or_default();
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

/// Recognises opt-outs that no list of words does.
struct Stop;

impl Tool for Stop {
    fn name(&self) -> &'static str {
        "stop"
    }

    fn definition(&self) -> Definition {
        Definition {
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
