//! Everything that is common to the calls of all providers: routing, verification, keeping calls
//! that are not understood, and answers.

#![warn(missing_docs)]

mod lost;
mod quarantine;
mod stops;
mod unheard;

use access::Access;
use axum::body::{Body, HttpBody};
use axum::http::{HeaderValue, Request, StatusCode, header};
use axum::response::{IntoResponse, Response};
use bytes::{Bytes, BytesMut};
use conversations::{Store, Unavailable};
use futures::StreamExt;
use jiff::Timestamp;
use sms::{Event, Http, Provider, Providers, Verified, WebhookError};
use telemetry::TraceId;
use url::Url;

pub use lost::lost;
pub use quarantine::{StillUnread, keep, left, read_again};

/// The largest body that is read, in bytes. A text of 1,600 emoji takes 19,200 as a form; anything
/// larger is answered with 413.
pub const LARGEST_BODY: usize = 256 * 1024;

/// The header in which every answer names its trace.
pub const TRACE_HEADER: &str = "x-trace-id";

/// A call to the provider of this name with its body, or the answer to one whose body breaks off.
/// Nothing is read for an unconfigured provider, nor from a call that declares itself too large.
pub async fn whole(
    providers: &Providers,
    name: &str,
    call: Request<Body>,
) -> Result<Request<Bytes>, Response> {
    if providers.named(name).is_none() {
        return Err(unknown());
    }
    let (parts, body) = call.into_parts();
    let (mut length, mut whole) = (body.size_hint().lower(), BytesMut::new());
    let mut stream = body.into_data_stream();
    while length <= LARGEST_BODY as u64 {
        let Some(part) = stream.next().await else {
            return Ok(Request::from_parts(parts, whole.freeze()));
        };
        whole.extend_from_slice(&part.map_err(|_| StatusCode::BAD_REQUEST.into_response())?);
        length = length.max(whole.len() as u64);
    }
    tracing::warn!("turned a call away: its body is too large");
    Err(StatusCode::PAYLOAD_TOO_LARGE.into_response())
}

/// Finds the provider of a call, verifies it, and parses what it reports. Unsigned calls are
/// accepted only from callers whom the console would let change something.
///
/// Otherwise returns the answer to give: 404 for an unconfigured provider, 403 for a forger, 503
/// for a call that cannot be verified now, 400 for one that cannot be authenticated. A verified
/// call that is not understood is kept and answered 200, or 503 if it cannot be kept. If a call is
/// understood in part, the rest is kept.
pub async fn receive<'a>(
    providers: &'a Providers,
    access: &Access,
    store: &Store,
    name: &str,
    call: &Request<Bytes>,
    trace: &TraceId,
    now: Timestamp,
) -> Result<(&'a dyn Provider, Vec<Event>), Response> {
    let Some(provider) = providers.named(name) else { return Err(unknown()) };
    let http = providers.http();
    let read = async {
        let verified = match provider.verify(http, call.clone()).await {
            Err(WebhookError::Unsigned) => let_in(access, call.clone(), now).await?,
            verified => verified?,
        };
        events(http, provider, &verified).await
    };
    let reason = match read.await {
        Ok(events) => {
            let is_text = |event: &Event| matches!(event, Event::Text(_));
            let is_report = |event: &Event| matches!(event, Event::Receipt(_));
            if events.iter().any(is_report) && !events.iter().any(is_text) {
                // We never send STOP ourselves, so it is the person's.
                let heard = stops::hear(store, provider, call, now).await;
                heard.map_err(|error| unavailable(&error))?;
            }
            for event in &events {
                let Event::Rest(rest) = event else { continue };
                let kept = quarantine::keep_rest(store, provider, call, rest, trace, now).await;
                kept.map_err(|error| unavailable(&error))?;
            }
            return Ok((provider, events));
        }
        Err(WebhookError::Unreadable(reason)) => reason,
        Err(error) => {
            tracing::warn!(provider.name = provider.name(), %error, "turned a call away: {error}");
            return Err(match error {
                WebhookError::Forged | WebhookError::Unsigned => {
                    StatusCode::FORBIDDEN.into_response()
                }
                WebhookError::Unverifiable(_) => StatusCode::SERVICE_UNAVAILABLE.into_response(),
                _ => (StatusCode::BAD_REQUEST, error.to_string()).into_response(),
            });
        }
    };
    let kept = quarantine::keep_unread(store, provider, call, reason, trace, now);
    Err(match kept.await {
        Ok(()) => acknowledge(provider),
        Err(error) => unavailable(&error),
    })
}

/// An unsigned call, if the console would let its caller change something.
async fn let_in(
    access: &Access,
    call: Request<Bytes>,
    now: Timestamp,
) -> Result<Verified, WebhookError> {
    let (head, body) = call.into_parts();
    match access.admit(&head, now).await {
        Ok(admitted) if admitted.may_act => Ok(Verified::admitted(Request::from_parts(head, body))),
        Ok(_) | Err(_) => Err(WebhookError::Unsigned),
    }
}

/// The answer to a call for an unconfigured provider.
fn unknown() -> Response {
    tracing::info!("turned a call away: no such provider is configured");
    StatusCode::NOT_FOUND.into_response()
}

/// The events in a verified call. If it asks whether we want such calls, that is answered first.
async fn events(
    http: &Http,
    provider: &dyn Provider,
    call: &Verified,
) -> Result<Vec<Event>, WebhookError> {
    let events = provider.parse(call)?;
    for event in &events {
        if let Event::Subscription(url) = event {
            confirm(http, url).await?;
            tracing::info!(provider.name = provider.name(), "confirmed that we want its calls");
        }
    }
    Ok(events)
}

/// Confirms to a provider that we want its calls.
async fn confirm(http: &Http, url: &Url) -> Result<(), WebhookError> {
    match http.send(http.get(url.clone())).await {
        Ok(answer) if answer.is_success() => Ok(()),
        _ => Err(WebhookError::Unverifiable("a subscription could not be confirmed")),
    }
}

/// The success that the provider expects.
pub fn acknowledge(provider: &dyn Provider) -> Response {
    let acknowledgement = provider.acknowledgement();
    ([(header::CONTENT_TYPE, acknowledgement.content_type)], acknowledgement.body).into_response()
}

/// The answer when nothing could be stored: 503, not an acknowledgement, so the provider may call
/// again.
pub fn unavailable(error: &Unavailable) -> Response {
    tracing::error!(%error, "did not acknowledge a call, because it could not be stored: {error}");
    StatusCode::SERVICE_UNAVAILABLE.into_response()
}

/// Names the trace in an answer.
pub fn with_trace(mut response: Response, trace: &TraceId) -> Response {
    let value = HeaderValue::from_str(trace.as_str()).expect("a trace id is hexadecimal");
    response.headers_mut().insert(TRACE_HEADER, value);
    response
}
