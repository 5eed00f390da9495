//! Verified calls that were not understood: kept whole, and parsed again once the settings fit.

use std::collections::BTreeSet;

use axum::http::{Method, Request, header};
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use bytes::Bytes;
use conversations::{Kept, Quarantined, Store, Unavailable};
use jiff::Timestamp;
use serde_json::Value;
use sms::{Event, Provider, Providers, Rest, UNANSWERABLE, Verified, WebhookError};
use telemetry::{Alarm, TraceId, raise};
use thiserror::Error;
use url::form_urlencoded;

use crate::{events, stops};

/// How many calls of one form that contain no text are kept in a day. A few are enough to fix the
/// parsing, and a busy provider sends thousands of reports.
const MOST_REPORTS: u64 = 1_000;

/// How many field names are recorded for one call.
const MOST_FIELDS: usize = 50;

/// How deep a body is searched for fields.
const DEPTH: usize = 6;

/// Parameters of an address that grant access. No parser needs them.
const SECRETS: [&str; 7] =
    ["token", "access_token", "auth_token", "api_key", "password", "secret", "signature"];

/// Why a kept call still reports nothing.
#[derive(Debug, Error)]
pub enum StillUnread {
    /// Its provider is no longer configured.
    #[error("{0} is not configured")]
    NotConfigured(String),
    /// The stored document is not a call: another version wrote it.
    #[error("the stored document is not a call")]
    NoCall,
    /// It is not understood now either.
    #[error(transparent)]
    Unread(#[from] WebhookError),
}

/// Keeps a verified call that may contain a text, for the operator to look at. All of them are
/// kept.
pub async fn keep(
    store: &Store,
    provider: &dyn Provider,
    call: &Request<Bytes>,
    reason: &str,
    trace: &TraceId,
    now: Timestamp,
) -> Result<(), Unavailable> {
    stops::hear(store, provider, call, now).await?;
    set_aside(store, quarantined(provider, call, reason, trace, now), None).await
}

/// Keeps a verified call that could not be parsed: all that came to the address for texts, and as
/// many of the others as anybody will want to look at.
pub(crate) async fn keep_unread(
    store: &Store,
    provider: &dyn Provider,
    call: &Request<Bytes>,
    reason: &str,
    trace: &TraceId,
    now: Timestamp,
) -> Result<(), Unavailable> {
    stops::hear(store, provider, call, now).await?;
    let is_for_texts = call.uri().path().trim_end_matches('/').ends_with("/inbound");
    let most = if is_for_texts { most_of(reason) } else { Some(MOST_REPORTS) };
    set_aside(store, quarantined(provider, call, reason, trace, now), most).await
}

/// Keeps the rest of a verified call that was understood in part.
pub(crate) async fn keep_rest(
    store: &Store,
    provider: &dyn Provider,
    call: &Request<Bytes>,
    rest: &Rest,
    trace: &TraceId,
    now: Timestamp,
) -> Result<(), Unavailable> {
    let part = Request::from_parts(call.clone().into_parts().0, rest.body.clone().into());
    stops::hear(store, provider, &part, now).await?;
    let call = quarantined(provider, call, rest.reason, trace, now);
    set_aside(store, left(&call, rest), most_of(rest.reason)).await
}

/// The rest of a kept call, as a call of its own.
pub fn left(call: &Quarantined, rest: &Rest) -> Quarantined {
    Quarantined {
        reason: rest.reason.to_owned(),
        fields: names(rest.body.as_bytes(), &call.query),
        body: rest.body.clone(),
        base64: false,
        seen: 1,
        ..call.clone()
    }
}

/// Parses a kept call with the current settings.
pub async fn read_again<'a>(
    providers: &'a Providers,
    call: &Quarantined,
) -> Result<(&'a dyn Provider, Vec<Event>), StillUnread> {
    let provider = providers.named(&call.provider);
    let provider = provider.ok_or_else(|| StillUnread::NotConfigured(call.provider.clone()))?;
    let verified = Verified::stored(request(call).ok_or(StillUnread::NoCall)?);
    Ok((provider, events(providers.http(), provider, &verified).await?))
}

/// How many texts that are not read for this reason are kept in a day. Nobody waits for an answer
/// to a text that cannot have one.
fn most_of(reason: &str) -> Option<u64> {
    (reason == UNANSWERABLE).then_some(MOST_REPORTS)
}

async fn set_aside(store: &Store, call: Quarantined, most: Option<u64>) -> Result<(), Unavailable> {
    let (name, reason) = (&call.provider, &call.reason);
    let kept = store.quarantine(&call, most).await?;
    if kept == Kept::First && reason != UNANSWERABLE {
        raise!(
            Alarm::Quarantine,
            provider.name = name,
            reason,
            "a call from {name} was not understood ({reason}), and was kept"
        );
    } else {
        let what = if kept == Kept::Counted { "counted" } else { "kept" };
        tracing::warn!(provider.name = name, reason, "{what} a call that was not understood");
    }
    Ok(())
}

fn quarantined(
    provider: &dyn Provider,
    call: &Request<Bytes>,
    reason: &str,
    trace: &TraceId,
    now: Timestamp,
) -> Quarantined {
    let content_type = call.headers().get(header::CONTENT_TYPE);
    let keepable = provider.keepable(call.body());
    let (body, base64) = match std::str::from_utf8(&keepable) {
        Ok(text) => (text.to_owned(), false),
        Err(_) => (BASE64_STANDARD.encode(&keepable), true),
    };
    let query = without_secrets(call.uri().query().unwrap_or_default());
    Quarantined {
        provider: provider.name().to_owned(),
        reason: reason.to_owned(),
        fields: names(&keepable, &query),
        method: call.method().to_string(),
        path: call.uri().path().to_owned(),
        query,
        content_type: content_type.and_then(|value| value.to_str().ok()).unwrap_or("").to_owned(),
        body,
        base64,
        seen: 1,
        trace: trace.clone(),
        at: now,
    }
}

/// The call as it came, except for its proof of origin.
fn request(call: &Quarantined) -> Option<Request<Bytes>> {
    let body = match call.base64 {
        true => BASE64_STANDARD.decode(&call.body).ok()?,
        false => call.body.clone().into_bytes(),
    };
    let address = match call.query.as_str() {
        "" => call.path.clone(),
        query => format!("{}?{query}", call.path),
    };
    let mut request =
        Request::builder().method(Method::from_bytes(call.method.as_bytes()).ok()?).uri(address);
    if !call.content_type.is_empty() {
        request = request.header(header::CONTENT_TYPE, &call.content_type);
    }
    request.body(body.into()).ok()
}

fn without_secrets(query: &str) -> String {
    let is_secret = |pair: &&str| {
        form_urlencoded::parse(pair.as_bytes())
            .any(|(name, _)| SECRETS.iter().any(|secret| name.eq_ignore_ascii_case(secret)))
    };
    let pairs: Vec<_> = query.split('&').filter(|pair| !is_secret(pair)).collect();
    pairs.join("&")
}

/// The recorded field names.
fn names(body: &[u8], query: &str) -> Vec<String> {
    fields(body, query).into_iter().take(MOST_FIELDS).collect()
}

/// The field names in a body, or in the address if there is no body.
fn fields(body: &[u8], query: &str) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    match serde_json::from_slice::<Value>(body) {
        Ok(json) => members(&json, "", DEPTH, &mut names),
        Err(_) => {
            let form = if body.is_empty() { query.as_bytes() } else { body };
            // A part without a value is not a field, but most likely words.
            let pairs = form.split(|byte| *byte == b'&').filter(|pair| pair.contains(&b'='));
            let pairs = pairs.flat_map(form_urlencoded::parse);
            names.extend(pairs.map(|(name, _)| plain(&name).to_owned()));
        }
    }
    names
}

fn members(value: &Value, around: &str, depth: usize, names: &mut BTreeSet<String>) {
    match value {
        Value::Array(items) if depth > 0 => {
            items.iter().for_each(|item| members(item, around, depth - 1, names));
        }
        Value::Object(fields) if depth > 0 => {
            for (name, value) in fields {
                let name = match around {
                    "" => plain(name).to_owned(),
                    around => format!("{around}.{}", plain(name)),
                };
                members(value, &name, depth - 1, names);
            }
        }
        _ if around.is_empty() => {}
        _ => {
            names.insert(around.to_owned());
        }
    }
}

/// A name as programs write them. Any other, such as a number or a sentence, may be a person's
/// words, and is shown as `?`.
fn plain(name: &str) -> &str {
    const LONGEST: usize = 40;
    const DIGITS: usize = 4;
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"_-.:$@".contains(&byte);
    let digits = name.bytes().filter(u8::is_ascii_digit).count();
    let is_name = name
        .starts_with(|first: char| first.is_ascii_alphabetic() || "_$@".contains(first))
        && name.len() <= LONGEST
        && name.bytes().all(allowed)
        && digits <= DIGITS;
    if is_name { name } else { "?" }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_the_fields_of_a_call_without_their_contents() {
        for (body, query, expected) in [
            (r#"{"cli":"+12025550143","payload":"My tap drips"}"#, "", "cli payload"),
            (
                r#"{"data":{"messages":[{"from":1,"text":"a"},{"from":2}]}}"#,
                "",
                "data.messages.from data.messages.text",
            ),
            (r#"{"+12025550143":"Hi","n12025550143":"Hi","My tap":{"drips":1}}"#, "", "? ?.drips"),
            (r#"["My tap drips"]"#, "", ""),
            ("caller=%2B12025550143&words=My+tap", "", "caller words"),
            ("My tap drips", "", ""),
            ("My tap drips & so on=yes", "", "?"),
            ("", "caller=%2B12025550143&words=My", "caller words"),
            ("", "", ""),
        ] {
            let found: Vec<_> = fields(body.as_bytes(), query).into_iter().collect();
            assert_eq!(found.join(" "), expected, "{body}{query}");
        }
    }

    #[test]
    fn keeps_an_address_without_its_secrets() {
        for (query, expected) in [
            ("token=open-sesame", ""),
            ("attempt=a-1&token=open%20sesame&bodySHA256=ab", "attempt=a-1&bodySHA256=ab"),
            ("Tok%65n=open&keyword=STOP&text=a+b", "keyword=STOP&text=a+b"),
            ("", ""),
        ] {
            assert_eq!(without_secrets(query), expected, "{query}");
        }
    }
}
