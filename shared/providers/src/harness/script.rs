//! A server that was told beforehand what it is asked and what it answers.

use std::io;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::Body;
use axum::extract::Request;
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use http::StatusCode;
use tokio::net::TcpListener;

/// What a scripted server does with a request.
#[derive(Clone)]
pub(super) enum Reply {
    Answer(u16, String),
    /// The head of an answer, and then a cut connection.
    Cut,
    Silence,
}

/// A server that answers a list of requests in order, and nothing else.
///
/// It writes a request as `METHOD target body authorization`, the last two of which may be missing;
/// AWS's with the action before the body. Tokens and signatures that vary are written as `…`.
pub(crate) struct Script {
    pub(crate) url: String,
    seen: Arc<Mutex<Vec<String>>>,
}

impl Script {
    /// Answers these requests once each, with these answers.
    pub(crate) async fn answering(exchange: &[(&str, (u16, &str))]) -> Self {
        let lines: Vec<_> = exchange.iter().map(|(line, _)| *line).collect();
        let replies =
            exchange.iter().map(|(_, (status, body))| Reply::Answer(*status, (*body).into()));
        Self::start(&lines, replies.collect()).await
    }

    pub(super) async fn start(lines: &[&str], replies: Vec<Reply>) -> Self {
        let script: Vec<_> = lines.iter().map(|line| line.to_string()).zip(replies).collect();
        let script = Arc::new(script);
        let seen = Arc::new(Mutex::new(Vec::new()));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let answer = {
            let seen = seen.clone();
            move |request: Request| answer(request, script, seen)
        };
        tokio::spawn(async { axum::serve(listener, Router::new().fallback(answer)).await });
        Self { url, seen }
    }

    /// Every request that came, in order.
    pub(crate) fn seen(&self) -> Vec<String> {
        self.seen.lock().unwrap().clone()
    }
}

async fn answer(
    request: Request,
    script: Arc<Vec<(String, Reply)>>,
    seen: Arc<Mutex<Vec<String>>>,
) -> Response {
    let (head, body) = request.into_parts();
    let body = axum::body::to_bytes(body, usize::MAX).await.unwrap();
    let header =
        |name| head.headers.get(name).map(|value: &http::HeaderValue| value.to_str().unwrap());
    let parts = [
        Some(head.method.as_str()),
        head.uri.path_and_query().map(|target| target.as_str()),
        header("x-amz-target"),
        Some(std::str::from_utf8(&body).unwrap()),
        header("authorization").map(lasting),
        header("authtoken"),
    ];
    let parts: Vec<_> = parts.into_iter().flatten().filter(|part| !part.is_empty()).collect();
    let line = parts.join(" ");
    let number = {
        let mut seen = seen.lock().unwrap();
        seen.push(line.clone());
        seen.len() - 1
    };
    match script.get(number).filter(|(expected, _)| *expected == line) {
        Some((_, Reply::Answer(status, body))) => {
            (StatusCode::from_u16(*status).unwrap(), body.clone()).into_response()
        }
        Some((_, Reply::Cut)) => {
            let cut = futures::stream::once(async { Err::<Bytes, _>(io::Error::other("cut")) });
            Body::from_stream(cut).into_response()
        }
        Some((_, Reply::Silence)) => std::future::pending().await,
        None => StatusCode::IM_A_TEAPOT.into_response(),
    }
}

/// Credentials as a script writes them, independent of the time.
fn lasting(authorization: &str) -> &str {
    match authorization.split_once(' ') {
        Some(("AWS4-HMAC-SHA256", _)) => "AWS4-HMAC-SHA256 …",
        Some(("Bearer", _)) => "Bearer …",
        _ => authorization,
    }
}
