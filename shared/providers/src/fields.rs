//! Lenient reading of calls: an empty or null field counts as missing, and a number may replace a
//! word.

use std::collections::BTreeMap;

use serde_json::Value;

/// The fields of a form, by name.
pub(crate) struct Fields(BTreeMap<String, String>);

impl Fields {
    /// If a name occurs several times, its last non-empty value counts.
    pub(crate) fn of(pairs: impl IntoIterator<Item = (String, String)>) -> Self {
        let mut fields: BTreeMap<String, String> = BTreeMap::new();
        for (name, value) in pairs {
            let known = fields.entry(name).or_default();
            if !value.trim().is_empty() {
                *known = value;
            }
        }
        Self(fields)
    }

    /// Whether the name occurs, with or without a value.
    pub(crate) fn has(&self, name: &str) -> bool {
        self.0.contains_key(name)
    }

    /// The value of the first of these names that has one.
    pub(crate) fn get(&self, names: &[&str]) -> Option<&str> {
        let values = names.iter().filter_map(|name| self.0.get(*name));
        values.map(String::as_str).find(|value| !value.trim().is_empty())
    }

    /// How many pictures or files came with it: the given count, or more if there are more fields
    /// with this name and a number.
    pub(crate) fn media(&self, count: &str, name: &str) -> u32 {
        let said = self.get(&[count]).and_then(|count| count.parse().ok()).unwrap_or(0);
        let is_one = |field: &str| {
            field.strip_prefix(name).is_some_and(|number| {
                !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit())
            })
        };
        let there = self.0.iter().filter(|(field, value)| is_one(field) && !value.is_empty());
        said.max(u32::try_from(there.count()).unwrap_or(u32::MAX))
    }
}

/// A JSON value as text, if it is a string or a number.
pub(crate) fn text(value: &Value) -> Option<String> {
    match value {
        Value::String(word) if !word.is_empty() => Some(word.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}
