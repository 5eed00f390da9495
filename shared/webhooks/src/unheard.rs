//! Stops in calls whose sender cannot be read.

use axum::http::Request;
use bytes::Bytes;
use policy::{Keyword, keyword};
use serde_json::Value;
use sms::Provider;
use telemetry::{Alarm, raise};
use url::form_urlencoded;

/// How deep a body is searched for words.
const DEPTH: usize = 6;

/// Alerts the operator to a call that says STOP but does not show who said it: texting that person
/// again breaks the law, so every such call counts, not only the first of its form.
pub(crate) fn raise_if_stop(provider: &dyn Provider, call: &Request<Bytes>) {
    let (uri, body) = (call.uri(), call.body());
    let is_for_texts = uri.path().trim_end_matches('/').ends_with("/inbound");
    if is_for_texts && says_stop(body, uri.query().unwrap_or_default()) {
        let name = provider.name();
        raise!(
            Alarm::UnheardStop,
            provider.name = name,
            "a call from {name} says STOP, but its sender cannot be read"
        );
    }
}

/// Whether one of the values is exactly a stop.
fn says_stop(body: &[u8], query: &str) -> bool {
    let is_stop = |words: &str| keyword(words) == Some(Keyword::Stop);
    match serde_json::from_slice::<Value>(body) {
        Ok(json) => is_within(&json, DEPTH, &is_stop),
        Err(_) => {
            let form = if body.is_empty() { query.as_bytes() } else { body };
            form_urlencoded::parse(form).any(|(_, value)| is_stop(&value))
        }
    }
}

fn is_within(value: &Value, depth: usize, is_it: &impl Fn(&str) -> bool) -> bool {
    match value {
        Value::String(words) => is_it(words),
        Value::Array(items) if depth > 0 => items.iter().any(|it| is_within(it, depth - 1, is_it)),
        Value::Object(fields) if depth > 0 => {
            fields.values().any(|it| is_within(it, depth - 1, is_it))
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_a_stop_wherever_it_is() {
        for (body, query, expected) in [
            (r#"{"from":"9876543211","message":" stop "}"#, "", true),
            (r#"{"data":[{"x":{"payload":"STOP"}}]}"#, "", true),
            ("caller=98765&words=Stop", "token=x", true),
            ("", "caller=98765&words=STOP", true),
            (r#"{"message":"Stop by tomorrow"}"#, "", false),
            ("words=Do+not+stop", "word=STOP", false),
            ("", "", false),
        ] {
            assert_eq!(says_stop(body.as_bytes(), query), expected, "{body}{query}");
        }
    }
}
