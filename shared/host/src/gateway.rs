//! HTTP calls as Lambda brings them: events of an HTTP API or a function URL, payload format 2.0.
//! <https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html>
//!
//! Read here rather than by `lambda_http`, which (1.3.2) leaves the stage in the path, panics on an
//! address or a body that it cannot read, so that a stranger could raise the alarm for errors, and
//! keeps only the first of several headers of one name in an answer. Providers sign the address
//! that they called, so the query is passed on byte for byte.

use std::collections::BTreeMap;

use axum::Router;
use axum::body::Body;
use axum::http::{HeaderMap, HeaderName, HeaderValue, Request, StatusCode, header};
use axum::response::{IntoResponse, Response};
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use lambda_runtime::{LambdaEvent, service_fn};
use percent_encoding::{AsciiSet, CONTROLS, utf8_percent_encode};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use tower::ServiceExt;

use crate::Error;

/// The most that Lambda carries, in bytes. Base64 and JSON make a body larger on its way.
const LARGEST_ANSWER: usize = 4 * 1024 * 1024;

/// What cannot stand in a path (RFC 3986, 3.3). An HTTP API decodes the path, a function URL does
/// not: this repairs the one and leaves the other alone.
const NOT_IN_A_PATH: &AsciiSet = &CONTROLS
    .add(b' ')
    .add(b'"')
    .add(b'#')
    .add(b'<')
    .add(b'>')
    .add(b'?')
    .add(b'[')
    .add(b'\\')
    .add(b']')
    .add(b'^')
    .add(b'`')
    .add(b'{')
    .add(b'|')
    .add(b'}');

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Call {
    raw_path: String,
    raw_query_string: String,
    /// Those of one name are joined by commas.
    headers: BTreeMap<String, String>,
    /// Not among the headers.
    #[serde(default)]
    cookies: Vec<String>,
    request_context: Context,
    body: Option<String>,
    #[serde(default)]
    is_base64_encoded: bool,
}

#[derive(Deserialize)]
struct Context {
    http: Http,
    stage: String,
}

#[derive(Deserialize)]
struct Http {
    method: String,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Answer {
    status_code: u16,
    headers: BTreeMap<String, String>,
    /// Those that are set. Joined by a comma they would not be understood.
    cookies: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    body: Option<String>,
    is_base64_encoded: bool,
}

/// Answers the calls that Lambda brings with `router`.
pub(crate) async fn serve(router: Router) -> Result<(), Error> {
    let handle = async |event: LambdaEvent<Box<RawValue>>| {
        let call = serde_json::from_str(event.payload.get()).map_err(|_| {
            "this function answers HTTP calls alone: put it behind a function URL, or an HTTP API \
             with payload format 2.0"
        })?;
        let answer = match request(call) {
            Some(request) => router.clone().oneshot(request).await.into_response(),
            None => {
                tracing::warn!("turned a call away: its address or its body cannot be read");
                StatusCode::BAD_REQUEST.into_response()
            }
        };
        Ok::<_, Error>(written(answer).await)
    };
    lambda_runtime::run(service_fn(handle)).await
}

/// The call as a server on a port would have got it, or `None` if it would not have taken it.
fn request(call: Call) -> Option<Request<Body>> {
    let mut address = encoded(without_stage(&call.raw_path, &call.request_context.stage));
    if !call.raw_query_string.is_empty() {
        address.push('?');
        address.push_str(&call.raw_query_string);
    }
    let body = match call.body {
        Some(body) if call.is_base64_encoded => BASE64_STANDARD.decode(body).ok()?.into(),
        Some(body) => body.into(),
        None => Body::empty(),
    };
    let mut headers = HeaderMap::new();
    for (name, value) in call.headers {
        headers.insert(name.parse::<HeaderName>().ok()?, HeaderValue::from_str(&value).ok()?);
    }
    if !call.cookies.is_empty() {
        headers.insert(header::COOKIE, call.cookies.join("; ").parse().ok()?);
    }
    let method = call.request_context.http.method.as_str();
    let mut request = Request::builder().method(method).uri(address).body(body).ok()?;
    *request.headers_mut() = headers;
    Some(request)
}

/// A stage that has a name stands before the path, behind a domain of one's own too. There the key
/// of the mapping does not.
fn without_stage<'a>(path: &'a str, stage: &str) -> &'a str {
    let rest = path.strip_prefix('/').and_then(|path| path.strip_prefix(stage));
    match rest {
        Some("") => "/",
        Some(rest) if rest.starts_with('/') => rest,
        _ => path,
    }
}

fn encoded(path: &str) -> String {
    let mut encoded = String::new();
    for (index, part) in path.split('%').enumerate() {
        if index > 0 {
            // What was no code was a percent sign before it was decoded.
            let is_code = part.len() >= 2 && part.bytes().take(2).all(|b| b.is_ascii_hexdigit());
            encoded.push_str(if is_code { "%" } else { "%25" });
        }
        encoded.extend(utf8_percent_encode(part, NOT_IN_A_PATH));
    }
    encoded
}

async fn written(answer: Response) -> Answer {
    let (head, body) = answer.into_parts();
    let Ok(body) = axum::body::to_bytes(body, LARGEST_ANSWER).await else {
        tracing::error!("gave no answer: it broke off, or is larger than Lambda carries");
        return Answer {
            status_code: StatusCode::INTERNAL_SERVER_ERROR.as_u16(),
            headers: BTreeMap::new(),
            cookies: Vec::new(),
            body: None,
            is_base64_encoded: false,
        };
    };
    let mut headers = BTreeMap::<String, String>::new();
    let mut cookies = Vec::new();
    for (name, value) in &head.headers {
        let value = String::from_utf8_lossy(value.as_bytes());
        if name == header::SET_COOKIE {
            cookies.push(value.into());
            continue;
        }
        let values = headers.entry(name.to_string()).or_default();
        if !values.is_empty() {
            values.push_str(", ");
        }
        values.push_str(&value);
    }
    // Whatever is text goes as it is, whatever is not in Base64; either way the bytes are ours.
    let (body, is_base64_encoded) = match String::from_utf8(body.into()) {
        Ok(text) => (text, false),
        Err(error) => (BASE64_STANDARD.encode(error.as_bytes()), true),
    };
    Answer {
        status_code: head.status.as_u16(),
        headers,
        cookies,
        body: (!body.is_empty()).then_some(body),
        is_base64_encoded,
    }
}
