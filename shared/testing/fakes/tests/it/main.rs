//! What the stand-ins do, seen from outside.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::sync::{Arc, Mutex};

use axum::Router;
use axum::http::{StatusCode, Uri};
use fakes::Route;
use tokio::net::TcpListener;

mod aws;
mod messagecentral;
mod plivo;
mod rules;
mod runtime_api;
mod switch;
mod twilio;
mod vonage;

/// A server of ours that says yes to everything and keeps paths and calls.
async fn listener() -> (Route, Arc<Mutex<Vec<String>>>) {
    let calls = Arc::new(Mutex::new(Vec::new()));
    let kept = calls.clone();
    let router = Router::new().fallback(async move |uri: Uri, body: String| {
        kept.lock().unwrap().push(format!("{uri} {body}"));
        StatusCode::OK
    });
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let route = Route::new("https://sms.example.test", listener.local_addr().unwrap());
    tokio::spawn(async { axum::serve(listener, router).await });
    (route, calls)
}
