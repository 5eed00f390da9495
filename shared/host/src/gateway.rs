//! HTTP calls from Lambda: events of an HTTP API or a function URL, payload format 2.0.
//! <https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html>
//!
//! `lambda_http` (1.3.2) reads and writes them. It leaves the stage in the path, panics on an
//! unreadable address or body, so that a stranger could trigger the alarm for errors, and keeps only
//! the first of several headers with the same name in an answer. This module corrects that.

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::uri::PathAndQuery;
use axum::http::{HeaderName, HeaderValue, StatusCode, Uri, header};
use axum::middleware::map_response;
use axum::response::{IntoResponse, Response};
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use lambda_http::request::{LambdaRequest, RequestContext};
use lambda_http::{Adapter, RequestExt};
use lambda_runtime::{LambdaEvent, service_fn};
use percent_encoding::{AsciiSet, CONTROLS, utf8_percent_encode};
use serde_json::{Value, json};
use tower::{Service, ServiceExt};
use url::Url;

use crate::{Caller, Error};

/// The most that Lambda transmits, in bytes. Base64 and JSON make a body larger on its way.
const LARGEST_ANSWER: usize = 4 * 1024 * 1024;

/// Characters that may not be in a path (RFC 3986, 3.3). An HTTP API decodes the path, a function URL
/// does not: this repairs the former and leaves the latter alone.
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

/// Answers calls from Lambda with `router`.
pub(crate) async fn serve(router: Router) -> Result<(), Error> {
    let router = router.layer(map_response(carried)).map_request(with_caller);
    let adapter = Adapter::from(router);
    let handle = async |event: LambdaEvent<Value>| {
        let (call, context) = event.into_parts();
        if call.pointer("/requestContext/http").is_none() {
            return Err(Error::from(
                "this function answers HTTP calls alone: put it behind a function URL, or an HTTP \
                 API with payload format 2.0",
            ));
        }
        let Some(call) = readable(call) else {
            tracing::warn!("refused a call: its address or its body cannot be read");
            return Ok(json!({ "statusCode": StatusCode::BAD_REQUEST.as_u16() }));
        };
        let Ok(answer) = adapter.clone().call(LambdaEvent::new(call, context)).await;
        Ok(serde_json::to_value(answer)?)
    };
    lambda_runtime::run(service_fn(handle)).await
}

/// The call without the stage in its path, or `None` if no server on a port would have accepted it.
fn readable(mut call: Value) -> Option<LambdaRequest> {
    let stage = call["requestContext"]["stage"].as_str().unwrap_or_default();
    let path = encoded(without_stage(call["rawPath"].as_str()?, stage));
    let query = call["rawQueryString"].as_str().unwrap_or_default();
    PathAndQuery::try_from(format!("{path}?{query}")).ok()?;
    if let Some(host) = call["headers"]["host"].as_str() {
        let scheme = call["headers"]["x-forwarded-proto"].as_str().unwrap_or("https");
        let url = Url::parse(&format!("{scheme}://{host}{path}")).ok()?;
        Uri::try_from(url.as_str()).ok()?;
    }
    if call["isBase64Encoded"] == true {
        BASE64_STANDARD.decode(call["body"].as_str().unwrap_or_default()).ok()?;
    }
    call["rawPath"] = path.into();
    // Otherwise `lambda_http` would put it back.
    call["requestContext"]["stage"] = "$default".into();
    serde_json::from_value(call).ok()
}

/// The call as a server on a port would have received it. `PUBLIC_URL` says which host was called.
fn with_caller<B>(mut call: axum::http::Request<B>) -> axum::http::Request<B> {
    if let Some(RequestContext::ApiGatewayV2(context)) = call.request_context_ref()
        && let Some(address) = context.http.source_ip.as_deref()
        && let Ok(address) = address.parse()
    {
        call.extensions_mut().insert(Caller(address));
    }
    if let Some(path) = call.uri().path_and_query() {
        *call.uri_mut() = Uri::from(path.clone());
    }
    call
}

/// The answer in a form that survives Lambda unchanged.
async fn carried(answer: Response) -> Response {
    let (mut head, body) = answer.into_parts();
    let Ok(body) = to_bytes(body, LARGEST_ANSWER).await else {
        tracing::error!("gave no answer: it broke off, or is larger than Lambda allows");
        return StatusCode::INTERNAL_SERVER_ERROR.into_response();
    };
    // Cookies are transmitted apart from other headers.
    let names: Vec<HeaderName> =
        head.headers.keys().filter(|name| **name != header::SET_COOKIE).cloned().collect();
    for name in names {
        let values: Vec<_> =
            head.headers.get_all(&name).iter().map(HeaderValue::as_bytes).collect();
        if let Ok(all) = HeaderValue::from_bytes(&values.join(&b", "[..])) {
            head.headers.insert(name, all);
        }
    }
    Response::from_parts(head, Body::from(body))
}

/// A named stage precedes the path, even under a custom domain. The mapping key of such a domain does
/// not.
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
            // If it is not a code, it was a percent sign before decoding.
            let is_code = part.len() >= 2 && part.bytes().take(2).all(|b| b.is_ascii_hexdigit());
            encoded.push_str(if is_code { "%" } else { "%25" });
        }
        encoded.extend(utf8_percent_encode(part, NOT_IN_A_PATH));
    }
    encoded
}

#[cfg(test)]
mod tests {
    use lambda_runtime::Context;
    use proptest::prelude::*;

    use super::*;

    proptest! {
        /// A panic raises an alarm, which no stranger may cause.
        #[test]
        fn any_call_is_refused_or_answered(
            path in r"/(\PC|[%/?#\[\]\\ ]){0,12}|\PC{0,5}",
            query in r"(\PC|[%&=+ ]){0,12}",
            method in "GET|POST|[A-Z]{0,9}|\\PC{0,3}",
            host in r"[a-z]{1,9}\.example(:\PC{0,6})?|[a-z{}`|]{1,4}|\PC{0,9}",
            scheme in r"https?|\PC{0,4}",
            header in (r"[a-z-]{1,9}|\PC{0,4}", r"\PC{0,9}|[\x00-\x20\x7f-\xff]{0,3}"),
            cookies in prop::collection::vec(r"[a-z]=\PC{0,5}", 0..3),
            body in r"([A-Za-z0-9+/]{4}){0,3}=?|\PC{0,9}",
            is_base64: bool,
        ) {
            let event = json!({
                "version": "2.0",
                "rawPath": path,
                "rawQueryString": query,
                "headers": { "host": host, "x-forwarded-proto": scheme, &header.0: header.1 },
                "cookies": cookies,
                "body": body,
                "isBase64Encoded": is_base64,
                "requestContext": {
                    "http": { "method": method, "path": path, "sourceIp": "192.0.2.1" },
                    "stage": "$default",
                },
            });
            let Some(call) = readable(event) else { return Ok(()) };
            let router = Router::new().fallback(async || "answered").map_request(with_caller);
            let event = LambdaEvent::new(call, Context::default());
            let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
            let answer = runtime.block_on(Adapter::from(router).call(event));
            prop_assert_eq!(serde_json::to_value(answer.unwrap()).unwrap()["statusCode"].clone(), 200);
        }
    }
}
