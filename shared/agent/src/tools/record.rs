//! Records what the person said, and takes it back.

use policy::Language;
use serde_json::{Value, json};

use super::{Definition, Draft, Ending, Tool};
use crate::page::{Field, Kind};
use crate::values::{NO_VALUE, key};

/// Models' keys for a field's name, ours first.
const FIELD: [&str; 4] = ["field", "field_name", "name", "key"];

/// Their keys for its value.
const VALUE: [&str; 5] = ["value", "text", "answer", "content", "data"];

/// The most values recorded in one call.
const MOST: usize = 50;

/// Writes fields of the brief.
pub(super) struct Record<'p> {
    pub(super) fields: &'p [Field],
    /// The language of those who read it.
    pub(super) language: Language,
}

impl Tool for Record<'_> {
    fn name(&self) -> &'static str {
        "record"
    }

    fn definition(&self) -> Definition {
        let lines: Vec<_> = self.fields.iter().map(describe).collect();
        Definition {
            description: "Writes down one thing the person told you. Call it as soon as you know, \
                          once for each field; call it again to correct a value."
                .into(),
            // Of one plain type: not every server knows others.
            parameters: json!({
                "type": "object",
                "properties": {
                    "field": {
                        "type": "string",
                        "enum": names(self.fields),
                        "description": lines.join("\n"),
                    },
                    "value": {
                        "type": "string",
                        "description": format!(
                            "the value, in the form that the field asks for, and in {}, but names \
                             and addresses as the person wrote them",
                            self.language.name()
                        ),
                    },
                },
                "required": ["field", "value"],
            }),
        }
    }

    fn call(&self, arguments: &Value, draft: &mut Draft) -> Result<String, String> {
        let (mut recorded, mut problems) = (Vec::new(), Vec::new());
        for (name, value) in self.said(arguments)?.into_iter().take(MOST) {
            let written = find(self.fields, name).and_then(|field| {
                field.typed(value).map(|value| (field, value)).map_err(|problem| {
                    let is_recorded = draft.brief.contains_key(&field.name);
                    let takes_back = is_recorded && problem.starts_with(NO_VALUE);
                    let instead = if takes_back { "; to take it back, call forget" } else { "" };
                    format!("{} is not recorded: {problem}{instead}", field.name)
                })
            });
            match written {
                Ok((field, value)) => {
                    draft.brief.insert(field.name.clone(), value);
                    recorded.push(field.name.as_str());
                }
                Err(problem) => problems.push(problem),
            }
        }
        let recorded = match recorded[..] {
            [] => return Err(problems.join("; ")),
            [one] => format!("{one} is recorded"),
            _ => format!("{} are recorded", recorded.join(", ")),
        };
        problems.insert(0, recorded);
        Ok(problems.join("; "))
    }
}

impl Record<'_> {
    /// The named fields in the arguments, and the values to record. Besides the required form, models
    /// use others that are as clear: `{"task": "fix the tap"}`.
    fn said<'a>(&self, arguments: &'a Value) -> Result<Vec<(&'a str, &'a Value)>, String> {
        let is_field = |name: &str| find(self.fields, name).is_ok();
        let said = match arguments {
            Value::Array(calls) if !calls.is_empty() => {
                let said: Result<Vec<_>, _> = calls.iter().map(|call| self.said(call)).collect();
                return Ok(said?.concat());
            }
            Value::Object(said) => said,
            _ => return Err(format!("say which field and its value; {}", self.known())),
        };
        let named = FIELD.into_iter().find_map(|key| Some((key, said.get(key)?.as_str()?)));
        let own = named.filter(|(key, name)| {
            // A page may collect a name: then that is its value.
            let is_shorthand = || said.keys().all(|key| is_field(key));
            *key == "field" || is_field(name) && !is_shorthand()
        });
        match own {
            Some((key, name)) => {
                let only = || said.keys().find(|other| *other != key && said.len() == 2);
                let called = VALUE.into_iter().find(|key| said.contains_key(*key));
                let called = called.or_else(|| only().map(String::as_str));
                let called = called.ok_or("nothing is recorded: say the value as well")?;
                let others = said
                    .iter()
                    .filter(|(other, _)| *other != key && *other != called && is_field(other));
                let others = others.map(|(name, value)| (name.as_str(), value));
                Ok([(name, &said[called])].into_iter().chain(others).collect())
            }
            None if said.keys().any(|name| is_field(name)) => {
                Ok(said.iter().map(|(name, value)| (name.as_str(), value)).collect())
            }
            // One level deeper, as in {"fields": {"task": "fix the tap"}}.
            None => match said.values().next().filter(|_| said.len() == 1) {
                Some(within @ (Value::Object(_) | Value::Array(_))) => self.said(within),
                _ => Err(format!("say which field and its value; {}", self.known())),
            },
        }
    }

    fn known(&self) -> String {
        format!("the fields are {}", names(self.fields).join(", "))
    }
}

/// Takes fields out of the brief.
pub(super) struct Forget<'p> {
    pub(super) fields: &'p [Field],
}

impl Tool for Forget<'_> {
    fn name(&self) -> &'static str {
        "forget"
    }

    fn definition(&self) -> Definition {
        Definition {
            description: "Takes back one thing that is recorded. Call it when the person takes it \
                          back, or says that it is wrong and not what is right. To correct a value, \
                          call record."
                .into(),
            parameters: json!({
                "type": "object",
                "properties": {
                    "field": {
                        "type": "string",
                        "enum": names(self.fields),
                        "description": "which of the things that are recorded",
                    },
                },
                "required": ["field"],
            }),
        }
    }

    fn call(&self, arguments: &Value, draft: &mut Draft) -> Result<String, String> {
        let named = FIELD.into_iter().find_map(|key| arguments.get(key));
        let named = named.or_else(|| arguments.as_object()?.values().next());
        let named = named.map(|named| named.get(0).unwrap_or(named)).and_then(Value::as_str);
        let field = find(self.fields, named.ok_or("say which field")?)?;
        if draft.brief.remove(&field.name).is_none() {
            return Err(format!("{} is not recorded, so there is nothing to forget", field.name));
        }
        if field.required && draft.ending == Some(Ending::Finished) {
            draft.ending = None;
        }
        Ok(format!("{} is recorded no more", field.name))
    }
}

/// One line about a field: `- day (date as YYYY-MM-DD; required): the day that suits best`.
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

/// The field with this name, however it is spelled.
fn find<'a>(fields: &'a [Field], name: &str) -> Result<&'a Field, String> {
    let exactly = fields.iter().find(|field| field.name == name);
    let as_key = key(name);
    let mut alike = fields.iter().filter(|field| key(&field.name) == as_key);
    let alike = alike.next().filter(|_| alike.next().is_none());
    exactly.or(alike).ok_or_else(|| {
        format!("there is no such field; the fields are {}", names(fields).join(", "))
    })
}

fn names(fields: &[Field]) -> Vec<&str> {
    fields.iter().map(|field| field.name.as_str()).collect()
}
