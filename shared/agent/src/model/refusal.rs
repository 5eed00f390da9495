//! What a status that is no success means.

use std::time::Duration;

use http::{HeaderMap, StatusCode};
use serde_json::Value;

use super::ModelError;

/// Seconds or milliseconds; the third form, a date, is in use nowhere.
pub(super) fn asked_to_wait(headers: &HeaderMap) -> Option<Duration> {
    let number = |name| headers.get(name)?.to_str().ok()?.parse().ok();
    number("retry-after-ms")
        .map(Duration::from_millis)
        .or_else(|| number("retry-after").map(Duration::from_secs))
}

/// What a status that is no success means.
pub(super) fn refusal(status: StatusCode, after: Option<Duration>, body: &[u8]) -> ModelError {
    let body: Value = serde_json::from_slice(body).unwrap_or_default();
    // Nothing but a word: a body may hold the key and what was said.
    let is_word =
        |code: &&str| code.len() <= 40 && code.bytes().all(|b| matches!(b, b'a'..=b'z' | b'_'));
    let word = ["code", "type"].into_iter().find_map(|name| body["error"][name].as_str());
    let word = word.filter(is_word).unwrap_or_default();
    let code = format!("{} {word}", status.as_u16()).trim_end().to_owned();
    let passes = matches!(status.as_u16(), 408 | 409 | 425 | 429 | 500..);
    if passes && !matches!(word, "insufficient_quota" | "billing_hard_limit_reached") {
        ModelError::Unavailable { code, after }
    } else {
        ModelError::Misconfigured { code }
    }
}
