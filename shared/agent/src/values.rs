//! Which values a field accepts, and what to write instead of others.
//!
//! A clear value is accepted however it is written. For an ambiguous or invented value the model is
//! asked: it knows what the person said, and we do not.

mod day;
mod number;
mod words;

use serde_json::Value;

use self::words::{Meaning, meaning};
use crate::page::{Field, Kind};

pub(crate) use self::words::key;

/// The longest text of a field, in characters. Longer than one text message.
const LONGEST: usize = 2_000;

/// Words that fill a gap.
pub(crate) const NO_VALUE: &str = "that is no value: ask the person, or leave it out";

/// The same where there may be nothing to ask for.
const NO_TEXT: &str = "that is no value: ask the person, or leave it out; if they said that there is \
                       none, write it as a sentence";

impl Field {
    /// The value to store for what somebody has written, or what to write instead.
    pub fn typed(&self, value: &Value) -> Result<Value, String> {
        let written = match value {
            Value::String(written) => written.trim().to_owned(),
            // The meaning is clear: there is only one choice.
            Value::Array(values) if values.len() == 1 && !values[0].is_array() => {
                return self.typed(&values[0]);
            }
            Value::Number(number) if self.kind == Kind::Number => {
                return Ok(Value::Number(number::whole_if_it_is(number)));
            }
            Value::Number(_) | Value::Bool(_) => value.to_string(),
            Value::Null => return Err(NO_VALUE.into()),
            _ => return Err("write one value as plain text, several things with commas".into()),
        };
        if written.chars().count() > LONGEST {
            return Err(format!("say it in at most {LONGEST} characters"));
        }
        // Encoded as JSON once more.
        if written.starts_with(['"', '['])
            && let Ok(value @ (Value::String(_) | Value::Array(_))) = serde_json::from_str(&written)
        {
            return self.typed(&value);
        }
        // A choice may offer "none", and "no" is an answer.
        match &self.kind {
            Kind::Choice(choices) => {
                if let Some(choice) = chosen(choices, &written) {
                    return Ok(choice.into());
                }
            }
            Kind::YesNo => match meaning(&written, "") {
                Some(Meaning::Yes) => return Ok(true.into()),
                Some(Meaning::No) => return Ok(false.into()),
                _ => {}
            },
            Kind::Text | Kind::Number | Kind::Date => {}
        }
        let is_text = self.kind == Kind::Text;
        if fills_a_gap(self, &written) {
            return Err(if is_text { NO_TEXT } else { NO_VALUE }.into());
        }
        match &self.kind {
            Kind::Text => Ok(written.into()),
            Kind::Number => number::parse(&written).map(Value::Number),
            Kind::Date => day::parse(&written).map(|day| day.to_string().into()),
            Kind::YesNo => Err("write true or false".into()),
            Kind::Choice(choices) => Err(format!("write exactly one of: {}", choices.join(" | "))),
        }
    }
}

/// Whether this is a placeholder: "unknown", "n/a", `<address>`, or the field's description.
fn fills_a_gap(field: &Field, written: &str) -> bool {
    let is_between = |(open, close)| written.starts_with(open) && written.ends_with(close);
    let is_sign =
        |c: char| c.is_alphanumeric() || matches!(c, '\u{2190}'..='\u{2bff}' | '\u{1f000}'..);
    !written.contains(is_sign)
        || [('<', '>'), ('[', ']'), ('{', '}')].into_iter().any(is_between)
        || key(written) == key(&field.description) && !field.description.is_empty()
        || meaning(written, &field.name) == Some(Meaning::Nothing)
}

/// The intended choice, if there is one: letter case, accents, spaces and hyphens do not matter.
fn chosen<'a>(choices: &'a [String], written: &str) -> Option<&'a str> {
    let only = |is_meant: &dyn Fn(&&String) -> bool| {
        let mut meant = choices.iter().filter(is_meant);
        meant.next().filter(|_| meant.next().is_none()).map(String::as_str)
    };
    let (as_key, says) = (key(written), meaning(written, ""));
    only(&|choice| choice.as_str() == written)
        .or_else(|| only(&|choice| !as_key.is_empty() && key(choice) == as_key))
        // For a choice of yes and no, many models write true and false.
        .or_else(|| {
            let says = says.filter(|says| *says != Meaning::Nothing)?;
            only(&|choice| meaning(choice, "") == Some(says))
        })
}

/// Digits, signs and spaces of any script in ASCII, without invisible characters.
fn plain(written: &str) -> String {
    /// The digit zero of scripts whose digits are consecutive.
    const ZEROS: [u32; 18] = [
        0x660, 0x6f0, 0x7c0, 0x966, 0x9e6, 0xa66, 0xae6, 0xb66, 0xbe6, 0xc66, 0xce6, 0xd66, 0xe50,
        0xed0, 0xf20, 0x1040, 0x17e0, 0x1810,
    ];
    let seen = written.chars().filter(|c| {
        !matches!(c, '\u{ad}' | '\u{61c}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}'
            | '\u{2060}'..='\u{2069}' | '\u{feff}')
    });
    let plain = seen.map(|c| match c {
        '！'..='～' => char::from_u32(c as u32 - 0xfee0).unwrap_or(c),
        '\u{2010}'..='\u{2015}' | '\u{2212}' => '-',
        '٫' => '.',
        '٬' => ',',
        c if c.is_whitespace() => ' ',
        c => {
            let digit =
                ZEROS.iter().find_map(|zero| (c as u32).checked_sub(*zero).filter(|d| *d < 10));
            digit.and_then(|digit| char::from_digit(digit, 10)).unwrap_or(c)
        }
    });
    plain.collect::<String>().trim().to_owned()
}
