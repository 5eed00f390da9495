//! An HTTP API of API Gateway in front of functions:
//! <https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html>.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::Arc;

use axum::body::{Body, Bytes};
use axum::extract::Request;
use axum::http::request::Parts;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::any;
use axum::{Json, Router};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use jiff::Timestamp;
use percent_encoding::percent_decode_str;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::RuntimeApi;
use crate::network::Server;

/// Content types whose bodies go into an event unchanged. Others are sent in Base64, forms among them.
const TEXT: [&str; 4] = ["text/", "application/json", "application/javascript", "application/xml"];

/// The largest body that API Gateway accepts, in bytes.
const LARGEST_CALL: usize = 10 * 1024 * 1024;

/// An HTTP API on loopback, without TLS. Dropped, it stops.
#[derive(Debug)]
pub struct Gateway {
    server: Server,
}

impl Gateway {
    /// An API with one stage, in which each of these paths, such as `/console/{*file}`, leads to a
    /// function. Everything else is 404.
    pub fn start(stage: &str, routes: &[(&str, &Arc<RuntimeApi>)]) -> Self {
        let mut router = Router::new().fallback(async || refusal(StatusCode::NOT_FOUND));
        for (path, function) in routes {
            let (stage, function) = (stage.to_owned(), Arc::clone(function));
            let route = any(async move |call: Request| pass_on(&stage, &function, call).await);
            router = router.route(path, route);
        }
        Self { server: Server::start(router) }
    }

    /// Its address.
    pub fn address(&self) -> SocketAddr {
        self.server.address()
    }
}

async fn pass_on(stage: &str, function: &RuntimeApi, call: Request) -> Response {
    let (head, body) = call.into_parts();
    let Ok(body) = axum::body::to_bytes(body, LARGEST_CALL).await else {
        return refusal(StatusCode::PAYLOAD_TOO_LARGE);
    };
    match function.try_invoke(&event(stage, &head, &body)).await {
        Ok(answer) => response(&answer).unwrap_or_else(|| {
            panic!("API Gateway does not understand the answer {answer}");
        }),
        Err(_) => refusal(StatusCode::INTERNAL_SERVER_ERROR),
    }
}

/// The event for a call: the path decoded and prefixed with a named stage, the query unchanged, headers
/// of one name joined, cookies separate.
fn event(stage: &str, head: &Parts, body: &Bytes) -> Value {
    let path = percent_decode_str(head.uri.path()).decode_utf8_lossy();
    let path = if stage == "$default" { path.into() } else { format!("/{stage}{path}") };
    let (headers, cookies) = headers_and_cookies(head);
    let host = headers.get("host").cloned().unwrap_or_default();
    let kind = headers.get("content-type").cloned().unwrap_or_default();
    let text = std::str::from_utf8(body).ok();
    let text = text.filter(|_| TEXT.iter().any(|text| kind.starts_with(text)));
    let now = Timestamp::now();
    let mut event = json!({
        "version": "2.0",
        "routeKey": "$default",
        "rawPath": path,
        "rawQueryString": head.uri.query().unwrap_or_default(),
        "headers": headers,
        "requestContext": {
            "accountId": "123456789012",
            "apiId": "a1b2c3d4e5",
            "domainName": host,
            "domainPrefix": host.split('.').next(),
            "http": {
                "method": head.method.as_str(),
                "path": path,
                "protocol": "HTTP/1.1",
                "sourceIp": "192.0.2.1",
                "userAgent": headers.get("user-agent"),
            },
            "requestId": Uuid::new_v4().to_string(),
            "routeKey": "$default",
            "stage": stage,
            "time": now.strftime("%d/%b/%Y:%H:%M:%S +0000").to_string(),
            "timeEpoch": now.as_millisecond(),
        },
        "isBase64Encoded": text.is_none() && !body.is_empty(),
    });
    if !cookies.is_empty() {
        event["cookies"] = cookies.into();
    }
    if !body.is_empty() {
        event["body"] = text.map_or_else(|| STANDARD.encode(body), str::to_owned).into();
    }
    event
}

/// The headers of a call, each name once, with what API Gateway adds; and its cookies, which are apart.
fn headers_and_cookies(head: &Parts) -> (BTreeMap<&str, String>, Vec<&str>) {
    let mut headers = BTreeMap::<&str, String>::new();
    let mut cookies = Vec::new();
    for (name, value) in &head.headers {
        let value = value.to_str().unwrap();
        if name == header::COOKIE {
            cookies.extend(value.split("; "));
            continue;
        }
        let values = headers.entry(name.as_str()).or_default();
        *values = if values.is_empty() { value.into() } else { format!("{values},{value}") };
    }
    let forwarded = headers.get("x-forwarded-for").map(|before| format!("{before}, "));
    let forwarded = forwarded.unwrap_or_default() + "192.0.2.1";
    headers.extend([
        ("x-amzn-trace-id", "Root=1-69b30a3e-1de4d666d4dd26aced652b6c".into()),
        ("x-forwarded-for", forwarded),
        ("x-forwarded-port", "443".into()),
        ("x-forwarded-proto", "https".into()),
    ]);
    (headers, cookies)
}

/// The answer for the caller, or `None` if API Gateway would not understand it.
fn response(answer: &Value) -> Option<Response> {
    let status = u16::try_from(answer["statusCode"].as_u64()?).ok()?;
    let body = answer["body"].as_str().unwrap_or_default();
    let body = match answer["isBase64Encoded"].as_bool()? {
        true => STANDARD.decode(body).ok()?,
        false => body.into(),
    };
    let mut response = Response::builder().status(status);
    for (name, value) in answer["headers"].as_object()? {
        response = response.header(name, value.as_str()?);
    }
    for cookie in answer["cookies"].as_array()? {
        response = response.header(header::SET_COOKIE, cookie.as_str()?);
    }
    response.body(Body::from(body)).ok()
}

fn refusal(status: StatusCode) -> Response {
    (status, Json(json!({ "message": status.canonical_reason() }))).into_response()
}
