//! Calls that reach no handler: to an address that is nearly one of ours, or with another method.

use std::sync::atomic::{AtomicU64, Ordering};

use axum::http::{Method, StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use telemetry::TraceId;

use crate::with_trace;

/// How many such calls this process has had.
static LOST: AtomicU64 = AtomicU64::new(0);

/// The answer to a call that no handler accepts: 404, or 405 if only the method is wrong. The log
/// shows the address to whoever configured it at a provider, but only the parts that are ours.
pub async fn lost(method: Method, uri: Uri) -> Response {
    let address = address(uri.path());
    let known = ["inbound", "status"].iter().any(|end| address.ends_with(end));
    let calls = LOST.fetch_add(1, Ordering::Relaxed) + 1;
    let (status, fix) = match known && !address.contains('…') {
        true => (StatusCode::METHOD_NOT_ALLOWED, "providers have to use POST"),
        false => (StatusCode::NOT_FOUND, "it ends in /inbound or /status after a provider's name"),
    };
    let trace = TraceId::fresh();
    tracing::info_span!("lost", trace.id = %trace).in_scope(|| {
        tracing::warn!(
            http.method = %plain(&method),
            http.path = address,
            http.status = status.as_u16(),
            calls,
            "a call to {address} reached nobody: {fix}"
        );
    });
    with_trace(status.into_response(), &trace)
}

/// An address, reduced to our own words in it.
fn address(path: &str) -> String {
    let words = path.trim_matches('/').split('/').take(4);
    let words = words.map(|word| {
        let ours =
            ["webhooks", "inbound", "status"].contains(&word) || providers::named(word).is_some();
        if ours { word } else { "…" }
    });
    format!("/{}", words.collect::<Vec<_>>().join("/"))
}

/// A method, if it is a standard one.
fn plain(method: &Method) -> &str {
    let known = [
        Method::GET,
        Method::HEAD,
        Method::POST,
        Method::PUT,
        Method::PATCH,
        Method::DELETE,
        Method::OPTIONS,
    ];
    if known.contains(method) { method.as_str() } else { "another" }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shows_only_our_own_words_of_an_address() {
        for (path, told) in [
            ("/webhooks/twilio/inbound", "/webhooks/twilio/inbound"),
            ("/webhooks/twillio/inbound", "/webhooks/…/inbound"),
            ("/webhooks/twilio/+12025550143", "/webhooks/twilio/…"),
            ("/webhooks//twilio/inbound", "/webhooks/…/twilio/inbound"),
            ("/webhooks", "/webhooks"),
            ("/webhooks/a/b/c/d/e", "/webhooks/…/…/…"),
        ] {
            assert_eq!(address(path), told);
        }
    }
}
