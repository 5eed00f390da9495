//! Asks for fields, and turns the answers into values.

use agent::{Field, Kind};
use jiff::civil::{Date, Weekday};
use serde_json::Value;

const WEEKDAYS: [(&str, Weekday); 7] = [
    ("monday", Weekday::Monday),
    ("tuesday", Weekday::Tuesday),
    ("wednesday", Weekday::Wednesday),
    ("thursday", Weekday::Thursday),
    ("friday", Weekday::Friday),
    ("saturday", Weekday::Saturday),
    ("sunday", Weekday::Sunday),
];

/// The question for this field.
pub(crate) fn question(field: &Field) -> String {
    let form = match &field.kind {
        Kind::Text => return field.description.clone(),
        Kind::Choice(choices) => choices.join(", "),
        Kind::Number => "a number".into(),
        Kind::YesNo => "yes or no".into(),
        Kind::Date => "tomorrow, a weekday, or a date such as 2026-11-25".into(),
    };
    format!("{} ({form})", field.description)
}

/// The answer in the form that the field requires, or unchanged if that is unclear.
pub(crate) fn value(field: &Field, said: &str, today: Date) -> Value {
    let lower = said.to_lowercase();
    let value = match &field.kind {
        Kind::Text => None,
        Kind::Choice(choices) => choices
            .iter()
            .find(|choice| lower.contains(&choice.to_lowercase()))
            .map(|choice| choice.as_str().into()),
        Kind::Number => words(&lower).find_map(|word| word.parse().ok()).map(Value::Number),
        Kind::YesNo => words(&lower).find_map(|word| match word {
            "yes" | "yeah" | "yep" | "sure" | "true" => Some(true.into()),
            "no" | "nope" | "not" | "false" => Some(false.into()),
            _ => None,
        }),
        Kind::Date => day(&lower, today).map(|day| day.to_string().into()),
    };
    value.unwrap_or_else(|| said.into())
}

fn day(said: &str, today: Date) -> Option<Date> {
    let relative = |word| match word {
        "today" => Some(today),
        "tomorrow" => today.tomorrow().ok(),
        _ => {
            let (_, weekday) = WEEKDAYS.into_iter().find(|(name, _)| *name == word)?;
            today.nth_weekday(1, weekday).ok()
        }
    };
    date_in(said).or_else(|| words(said).find_map(relative))
}

fn date_in(text: &str) -> Option<Date> {
    let token = |b: char| !(b.is_ascii_digit() || b == '-');
    text.split(token).find_map(|word| word.parse().ok())
}

/// The words of a text, in order.
pub(crate) fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| !(c.is_alphanumeric() || c == '.' || c == '-'))
        .map(|word| word.trim_matches(['.', '-']))
        .filter(|word| !word.is_empty())
}
