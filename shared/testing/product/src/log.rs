//! The rules for a log: JSON, the trace of everything done for a person, and nothing personal.

use std::collections::BTreeSet;

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE};
use serde_json::Value;
use url::form_urlencoded::{byte_serialize, parse};

/// Data that must not be in a log: numbers, texts, secrets.
#[derive(Default)]
pub struct Private(BTreeSet<String>);

impl Private {
    /// Something that is private whatever it looks like.
    pub fn add(&mut self, secret: &str) {
        self.0.insert(secret.to_owned());
    }

    /// A person's word or text, which is private if it has content: a number, a sentence.
    pub fn add_said(&mut self, said: &str) {
        let digits = said.trim_start_matches('+');
        if digits.len() >= 7 && digits.bytes().all(|b| b.is_ascii_digit()) {
            // With or without the country code.
            self.add(&digits[digits.len().saturating_sub(10)..]);
        } else if said.len() >= 6 && (said.contains(' ') || !said.is_ascii()) {
            self.add(said.trim());
        }
    }

    /// The content of a webhook call's body.
    pub fn add_body(&mut self, body: &[u8]) {
        match serde_json::from_slice(body) {
            Ok(json) => self.add_strings(&json),
            Err(_) => parse(body).for_each(|(_, value)| self.add_said(&value)),
        }
    }

    /// All text anywhere in this.
    pub fn add_strings(&mut self, json: &Value) {
        match json {
            Value::String(said) => self.add_said(said),
            Value::Array(items) => items.iter().for_each(|item| self.add_strings(item)),
            Value::Object(members) => members.values().for_each(|value| self.add_strings(value)),
            _ => {}
        }
    }

    /// Fails the test if one of these lines contains anything private, in any spelling.
    pub fn check_absence(&self, lines: &[String]) {
        // Both as written and unescaped: a log line escapes its quotations.
        let meant = |line: &String| match serde_json::from_str(line) {
            Ok(json) => strings(&json).join("\n"),
            Err(_) => String::new(),
        };
        let all = lines.iter().map(|line| format!("{line}\n{}\n", meant(line))).collect::<String>();
        for secret in &self.0 {
            if let Some(found) = spellings(secret).iter().find(|spelling| all.contains(*spelling)) {
                let line = all.lines().find(|line| line.contains(found)).unwrap_or_default();
                panic!("{secret:?} is in the log: {line}");
            }
        }
    }
}

/// Fails the test if a line is not JSON, or was written for a person and has no trace.
pub fn check_form(lines: &[String]) {
    /// Crates whose lines are written during a webhook call or a turn.
    const TRACED: [&str; 7] =
        ["agent", "conversations", "inbound", "receipts", "sms", "turn", "webhooks"];
    for line in lines {
        let Ok(json) = serde_json::from_str::<Value>(line) else {
            panic!("a log line is no JSON: {line}");
        };
        let owner = json["target"].as_str().unwrap_or_default().split("::").next();
        // An alarm may be about many texts, and a route is always judged by many.
        let of_many = !json["alarm"].is_null() || json["target"] == "conversations::routes";
        // Lines of the start, the clock, single documents, or the whole file are not about a text.
        let others = [
            "turn::bounds",
            "conversations::clock",
            "documents::operations",
            "conversations::sqlite",
        ];
        let target = json["target"].as_str().unwrap_or_default();
        let of_many = of_many || others.iter().any(|other| target.starts_with(other));
        if TRACED.contains(&owner.unwrap_or_default()) && !of_many {
            let trace = [&json["trace.id"], &json["span"]["trace.id"]];
            let trace = trace.into_iter().find_map(Value::as_str).unwrap_or_default();
            assert!(is_trace(trace), "a log line names no trace: {line}");
        }
    }
}

/// Whether this looks like the id of a trace.
pub fn is_trace(id: &str) -> bool {
    id.len() == 32 && id.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b))
}

fn strings(json: &Value) -> Vec<&str> {
    match json {
        Value::String(said) => vec![said],
        Value::Array(items) => items.iter().flat_map(strings).collect(),
        Value::Object(members) => members.values().flat_map(strings).collect(),
        _ => vec![],
    }
}

/// A secret as it is, as part of a URL or form, and as part of something in Base64.
fn spellings(secret: &str) -> Vec<String> {
    let form: String = byte_serialize(secret.as_bytes()).collect();
    let mut spellings = vec![secret.to_owned(), form.replace('+', "%20"), form];
    for before in 0..3 {
        let bytes = [&[0; 2][..before], secret.as_bytes()].concat();
        // Only the digits that do not depend on their surroundings.
        let digits = (bytes.len() * 8 / 6) - (before * 8).div_ceil(6);
        for encoded in [STANDARD.encode(&bytes), URL_SAFE.encode(&bytes)] {
            spellings.push(encoded.chars().skip((before * 8).div_ceil(6)).take(digits).collect());
        }
    }
    spellings
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_found_in_every_spelling() {
        let mut private = Private::default();
        private.add_body(b"Body=It%27s+%22hot%22&From=%2B12025550143&To=UTOMOB");
        for line in [
            r#"{"message":"It's \"hot\""}"#,
            r#"{"url":"/send?message=It%27s+%22hot%22"}"#,
            r#"{"url":"/send?message=It%27s%20%22hot%22"}"#,
            r#"{"number":"+12025550143"}"#,
            r#"{"number":{"national":"2025550143"}}"#,
            &format!("Authorization: Basic {}", STANDARD.encode("user:2025550143")),
            &format!("Authorization: Basic {}", STANDARD.encode("a:It's \"hot\"!")),
        ] {
            let check = || private.check_absence(&[line.to_owned()]);
            assert!(std::panic::catch_unwind(check).is_err(), "{line}");
        }
        private.check_absence(&["UTOMOB".to_owned()]);
    }
}
