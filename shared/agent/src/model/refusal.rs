//! The meaning of a status other than success.
//!
//! The status alone says little: a server that does not know a parameter answers 400 or 422, and so
//! does one whose owner has not paid, one that is still loading, and one that refuses to talk about the
//! person's words. The message tells them apart.

use std::fmt;
use std::ops::Range;

use http::{HeaderMap, StatusCode};
use serde_json::Value;
use thiserror::Error;

use super::ModelError;
use super::wait::asked_to_wait;

/// How much of a server's message is read, in bytes.
const WORDS: usize = 8_000;

/// Phrases for refused content.
const CONTENT: &[&str] = &[
    "content_filter",
    "content filter",
    "content_policy",
    "content policy",
    "content management",
    "contentfilter",
    "responsibleai",
    "data_inspection",
    "inappropriate",
    "moderation",
    "flagged",
    "sensitive content",
    "sensitive information",
    "sensitive word",
    "sensitive_",
    "\"sensitive\"",
    "unsafe",
    "safety system",
    "safety filter",
    "safety polic",
    "prohibited_content",
    "prohibited content",
    "harmful",
    "guardrail",
    "usage polic",
    "\"1301\"",
    "不安全",
    "敏感",
];

/// Phrases for an account without credit.
const QUOTA: &[&str] = &[
    "insufficient_quota",
    "insufficient quota",
    "insufficient_user_quota",
    "insufficient_balance",
    "insufficient balance",
    "insufficient account balance",
    "insufficient_credit",
    "insufficient credit",
    "insufficient funds",
    "billing_hard_limit",
    "billing hard limit",
    "billing_not_active",
    "credit balance",
    "not enough credit",
    "more credits",
    "out of credits",
    "exceeded_current_quota",
    "account_deactivated",
    "is suspended",
    "arrearage",
    "in arrears",
    "in good standing",
    "payment required",
    "payment_required",
    "spending limit",
    "budget_exceeded",
    "budget has been exceeded",
    "exceededbudget",
    "余额",
    "欠费",
];

/// Phrases for a missing or wrong key.
const KEY: &[&str] = &[
    "api key not valid",
    "api_key_invalid",
    "invalid_api_key",
    "invalid api key",
    "incorrect api key",
    "api key expired",
    "invalid_token",
    "location is not supported",
    "unsupported_country",
];

/// Phrases for an unknown model.
const MODEL: &[&str] = &[
    "model_not_found",
    "model not found",
    "invalid model",
    "invalid_model",
    "unknown model",
    "unknown_model",
    "no such model",
    "not a valid model",
    "model does not exist",
    "model not exist",
    "no models loaded",
    "deploymentnotfound",
    "no endpoints found",
    "no allowed providers",
    "pulling it first",
];

/// Phrases for temporary problems.
const PASSING: &[&str] = &[
    "is loading",
    "loading model",
    "currently loading",
    "still loading",
    "warming up",
    "not ready",
    "crashed",
    "unloaded",
    "overloaded",
    "server is busy",
    "server busy",
    "at capacity",
    "over capacity",
    "try again later",
    "try again in",
    "please retry",
    "temporarily",
    "timed out",
    "rate limit",
    "rate_limit",
    "too many requests",
    "resource_exhausted",
    "service unavailable",
];

/// Phrases for a request that is too large at any time.
const TOO_LARGE: &[&str] =
    &["request too large", "reduce your message size", "reduced in order to run"];

/// Phrases for an exceeded context.
const CONTEXT: &[&str] = &[
    "context length",
    "context_length",
    "context size",
    "context_size",
    "context limit",
    "context window",
    "contextwindow",
    "maximum context",
    "available context",
    "n_ctx",
    "prompt is too long",
    "prompt too long",
    "prompt length",
    "input is too long",
    "input too long",
    "maximum allowed length",
    // The room left for the answer is negative.
    "at least 1, got",
    "strictly positive",
    "input length",
    "input token",
    "too many tokens",
    "token limit",
    "reduce the length",
    "`inputs` tokens",
    "`inputs` must have less",
];

/// The model's template does not accept the messages.
const TEMPLATE: &[&str] =
    &["template", "jinja", "roles must alternate", "system role", "tools param", "only user and"];

/// Fields that must not be shown: they may quote the person.
const QUOTES: &[&str] = &["input", "failed_generation", "flagged_input", "request", "messages"];

/// A status other than success: its meaning, and the server's complaint.
#[derive(Debug, Error)]
#[error("{error}")]
pub(super) struct Refusal {
    pub(super) error: ModelError,
    pub(super) complaint: Complaint,
}

/// A server's complaint about a request, in its own words, which may quote a person: `Debug` prints
/// none.
#[derive(Clone, Default)]
pub(super) struct Complaint {
    /// In lower case.
    words: String,
    /// Whether it is about the form of a request, and not about its content or the caller.
    pub(super) is_of_form: bool,
    /// Whether the context was exceeded.
    pub(super) is_of_context: bool,
    /// The size of the server's context, if it names a figure.
    pub(super) context: Option<u32>,
    /// Whether there was nothing at the address.
    pub(super) is_of_address: bool,
}

impl fmt::Debug for Complaint {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Complaint")
    }
}

impl From<ModelError> for Refusal {
    fn from(error: ModelError) -> Self {
        Self { error, complaint: Complaint::default() }
    }
}

/// The meaning of a status other than success.
pub(super) fn refusal(status: StatusCode, headers: &HeaderMap, body: &[u8]) -> Refusal {
    let told: Value = serde_json::from_slice(body).unwrap_or_default();
    let mut words = String::new();
    match &told {
        Value::Null => words.push_str(&String::from_utf8_lossy(&body[..body.len().min(WORDS)])),
        told => collect(told, 0, &mut words),
    }
    let words = words.to_lowercase();
    let says = |any: &[&str]| any.iter().any(|word| words.contains(word));
    let after = asked_to_wait(status, headers, &told);
    // Google words a minute's quota as OpenAI words an empty account.
    let is_unpaid =
        says(QUOTA) || says(&["billing"]) && after.is_none() && !says(&["resource_exhausted"]);
    let is_large = says(TOO_LARGE);
    let is_of_context = is_large || status == StatusCode::PAYLOAD_TOO_LARGE || says(CONTEXT);
    // A server may report unsupported tools like a missing model.
    let is_of_tools = says(&["tool use", "tool_choice", "tool call", "support tool"]);

    let code = code(status, &told);
    let unavailable = |code| (ModelError::Unavailable { code, after }, false);
    let misconfigured = |code| (ModelError::Misconfigured { code }, false);
    let refused = |code, is_of_form| (ModelError::Refused { code }, is_of_form);
    let (error, is_of_form) = match status.as_u16() {
        408 | 409 | 425 | 429 | 499.. => {
            let is_of_form = status.is_server_error() && (is_of_context || says(TEMPLATE));
            match () {
                () if says(QUOTA) || status == 429 && is_unpaid => misconfigured(code),
                () if is_large || is_of_form && !says(PASSING) => refused(code, true),
                () => unavailable(code),
            }
        }
        400 | 413 | 422 if says(CONTENT) => refused(code, false),
        400 | 413 | 422 if is_of_context => refused(code, true),
        400 | 413 | 422 if is_unpaid || says(KEY) || says(MODEL) && !is_of_tools => {
            misconfigured(code)
        }
        400 | 413 | 422 if says(PASSING) => unavailable(code),
        400 | 413 | 422 => refused(code, true),
        403 | 451 if says(CONTENT) => refused(code, false),
        403 | 404 if says(PASSING) && !says(QUOTA) => unavailable(code),
        404 if is_of_tools => refused(code, true),
        _ => misconfigured(code),
    };
    let is_missing = matches!(status.as_u16(), 404 | 405);
    let names_model = says(MODEL)
        || words.contains("model") && says(&["not found", "not exist", "not available"]);
    let complaint = Complaint {
        context: figure(&told, 0, &["n_ctx", "max_context_length"]),
        is_of_address: is_missing
            && !names_model
            && matches!(error, ModelError::Misconfigured { .. }),
        is_of_form,
        is_of_context,
        words,
    };
    Refusal { error, complaint }
}

impl Complaint {
    /// Whether it contains one of these.
    pub(super) fn says(&self, any: &[&str]) -> bool {
        any.iter().any(|words| self.words.contains(words))
    }

    /// Whether it contains a name as a word of its own.
    pub(super) fn names(&self, name: &str) -> bool {
        let name = name.to_lowercase();
        let in_name = |c: char| c.is_alphanumeric() || c == '_';
        self.words.match_indices(&name).any(|(at, _)| {
            !self.words[..at].ends_with(in_name)
                && !self.words[at + name.len()..].starts_with(in_name)
        })
    }

    /// The first plausible number after one of these phrases, in the order of their list.
    pub(super) fn number_after(&self, marks: &[&str], possible: Range<u32>) -> Option<u32> {
        marks.iter().find_map(|mark| {
            self.words.match_indices(mark).find_map(|(at, _)| {
                let after = &self.words[at + mark.len()..];
                // Within the same few words.
                let end = after.char_indices().find(|(at, c)| *at > 40 || *c == '\n');
                let after = &after[..end.map_or(after.len(), |(at, _)| at)];
                let digits = &after[after.find(|c: char| c.is_ascii_digit())?..];
                let end = digits.find(|c: char| !(c.is_ascii_digit() || c == ','));
                let digits = digits[..end.unwrap_or(digits.len())].replace(',', "");
                digits.parse().ok().filter(|number| possible.contains(number))
            })
        })
    }
}

/// All texts in the message joined together, and the field it is about.
fn collect(told: &Value, depth: u32, words: &mut String) {
    if depth > 8 || words.len() > WORDS {
        return;
    }
    match told {
        Value::String(said) => {
            // In quotes, so that a word by itself is recognised.
            let end = said.char_indices().nth(WORDS / 4).map_or(said.len(), |(at, _)| at);
            words.push_str(&format!("\"{}\"\n", &said[..end]));
        }
        Value::Number(number) => words.push_str(&format!("\"{number}\"\n")),
        Value::Array(list) => list.iter().for_each(|value| collect(value, depth + 1, words)),
        Value::Object(map) => {
            let told = map.iter().filter(|(name, _)| !QUOTES.contains(&name.as_str()));
            told.for_each(|(_, value)| collect(value, depth + 1, words));
        }
        Value::Null | Value::Bool(_) => {}
    }
}

/// The number under one of these names.
fn figure(told: &Value, depth: u32, names: &[&str]) -> Option<u32> {
    match told {
        _ if depth > 4 => None,
        Value::Array(list) => list.iter().find_map(|value| figure(value, depth + 1, names)),
        Value::Object(map) => names
            .iter()
            .find_map(|name| u32::try_from(map.get(*name)?.as_u64()?).ok())
            .or_else(|| map.values().find_map(|value| figure(value, depth + 1, names))),
        _ => None,
    }
}

/// The status, and the server's name for the error.
fn code(status: StatusCode, told: &Value) -> String {
    // Only the name: a body may contain the key and words of the conversation.
    let is_word =
        |code: &&str| code.len() <= 40 && code.bytes().all(|b| matches!(b, b'a'..=b'z' | b'_'));
    let told = told.get(0).unwrap_or(told);
    let word = [
        "/error/code",
        "/error/type",
        "/code",
        "/type",
        "/error_type",
        "/message/detail/0/type",
        "/detail/0/type",
    ]
    .into_iter()
    .find_map(|at| told.pointer(at)?.as_str())
    .filter(is_word)
    .unwrap_or_default();
    format!("{} {word}", status.as_u16()).trim_end().to_owned()
}
