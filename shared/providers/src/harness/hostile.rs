//! Calls that no provider makes, derived from one that it does make.

use bytes::Bytes;
use http::{HeaderName, HeaderValue, Request};
use sms::{Provider, WebhookError};
use url::form_urlencoded;

use crate::harness::{FORGED, SECRET, WORD, receive, request};

/// The parts that a provider's signature covers, so that they cannot be changed afterwards.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Covers {
    /// The body.
    Body,
    /// The path of the address.
    Path,
    /// The query.
    Query,
}

/// A signed text with the [`WORD`] in its body, and its description.
pub(crate) struct Described<'a> {
    pub(crate) call: &'a str,
    pub(crate) body: &'a str,
    /// The headers with the signature. Empty if it is in the address or in the body.
    pub(crate) headers: &'a [&'static str],
    pub(crate) covers: &'a [Covers],
}

/// Makes every kind of hostile call from this text, as well as the text itself.
pub(crate) async fn check_hostile<P: Provider>(
    provider: impl Fn(&str) -> P,
    sign: impl Fn(&str, Request<Bytes>) -> Request<Bytes>,
    described: &Described<'_>,
) {
    let provider = provider(SECRET);
    let plain = || request(described.call, described.body);
    let signed = sign(SECRET, plain());
    let mut hostile = vec![("no signature at all".to_owned(), plain())];
    for secret in near(SECRET) {
        hostile.push((format!("signed by {secret:?}"), sign(&secret, plain())));
    }
    for name in described.headers {
        hostile.extend(without(&signed, name));
    }
    if described.covers.contains(&Covers::Body) {
        hostile.extend(altered(&signed));
        let mut other =
            sign(SECRET, request(described.call, &described.body.replace(WORD, "Moon")));
        if !described.headers.is_empty() {
            *other.headers_mut() = signed.headers().clone();
            hostile.push(("the signature of another text".into(), other));
        }
    }
    if described.covers.contains(&Covers::Path) {
        hostile.extend(elsewhere(&signed));
        let (method, _) = described.call.split_once(' ').unwrap();
        let target = signed.uri().to_string().replacen("/inbound", "/status", 1);
        let mut other = sign(SECRET, request(&format!("{method} {target}"), described.body));
        *other.uri_mut() = signed.uri().clone();
        hostile.push(("signed for another address".into(), other));
    }
    if described.covers.contains(&Covers::Query) {
        let separator = if signed.uri().query().is_some() { '&' } else { '?' };
        let longer = format!("{}{separator}attempt=1", signed.uri());
        hostile.push(("more in the query".into(), at(&signed, &longer)));
    }
    for (name, call) in hostile {
        let received = receive(&provider, &call).await;
        let refused = matches!(
            received,
            Err(WebhookError::Forged | WebhookError::Unverifiable(_) | WebhookError::Malformed(_))
        );
        assert!(refused, "{name}: {received:?}");
    }
    // A caller's own headers change nothing, and neither does a repetition.
    let mut boasting = signed.clone();
    for name in ["host", "x-forwarded-host", "x-forwarded-proto", "x-original-url", "forwarded"] {
        boasting.headers_mut().insert(name, HeaderValue::from_static("elsewhere.example"));
    }
    for call in [&signed, &boasting, &signed] {
        let received = receive(&provider, call).await;
        assert!(received.as_ref().is_ok_and(|events| events.len() == 1), "{received:?}");
    }
}

/// Secrets that are nearly ours, or empty.
fn near(secret: &str) -> Vec<String> {
    let (all_but_one, _) = secret.split_at(secret.len() - 1);
    let mut near: Vec<_> = ["", "%20", FORGED, all_but_one].map(str::to_owned).into();
    near.push(secret.to_lowercase());
    near.push(secret.to_uppercase());
    near.push(format!("{secret}x"));
    near.push(format!("{secret}%00"));
    near
}

/// The call with one of its headers missing, empty, invented, truncated, or after another one.
fn without(signed: &Request<Bytes>, name: &'static str) -> Vec<(String, Request<Bytes>)> {
    let header = HeaderName::from_static(name);
    let value = signed.headers()[&header].to_str().unwrap();
    let cut = &value[..value.len() / 2];
    let mut missing = signed.clone();
    missing.headers_mut().remove(&header);
    let mut calls = vec![(format!("no {name}"), missing)];
    for made_up in ["", " ", "AAAA", "not Base64", "Bearer ", "Basic QUE6QUE=", cut] {
        let mut call = signed.clone();
        call.headers_mut().insert(&header, made_up.parse().unwrap());
        calls.push((format!("{name}: {made_up}"), call.clone()));
        call.headers_mut().append(&header, value.parse().unwrap());
        calls.push((format!("{name}: {made_up}, and the signed one after it"), call));
    }
    calls
}

/// The call with another body.
fn altered(signed: &Request<Bytes>) -> Vec<(String, Request<Bytes>)> {
    let body = std::str::from_utf8(signed.body()).unwrap();
    let mut bodies = vec![
        ("other words", body.replace(WORD, "Moon")),
        ("no body", String::new()),
        ("a body cut short", body[..body.len() - 1].to_owned()),
        ("another sender", body.replace("2025550143", "2025550199")),
    ];
    let is_form = !body.starts_with('{');
    if is_form {
        let pairs: Vec<_> = form_urlencoded::parse(body.as_bytes()).collect();
        let (words, _) = pairs.iter().find(|(_, value)| value.contains(WORD)).unwrap();
        bodies.extend([
            ("words said before", format!("{words}=Moon&{body}")),
            ("words said after", format!("{body}&{words}=Moon")),
            ("a field more", format!("{body}&x=1")),
            ("a field less", body.rsplit_once('&').unwrap().0.to_owned()),
        ]);
    }
    let call = |body: String| signed.clone().map(|_| body.into());
    bodies.into_iter().map(|(name, body)| (name.to_owned(), call(body))).collect()
}

/// The call, delivered to another address of ours, or to none.
fn elsewhere(signed: &Request<Bytes>) -> Vec<(String, Request<Bytes>)> {
    let uri = signed.uri().to_string();
    let others = [uri.replacen("/inbound", "/status", 1), uri.replacen("/inbound", "/inbound/", 1)];
    others.map(|other| (format!("brought to {other}"), at(signed, &other))).into()
}

fn at(signed: &Request<Bytes>, uri: &str) -> Request<Bytes> {
    let mut call = signed.clone();
    *call.uri_mut() = uri.parse().unwrap();
    call
}
