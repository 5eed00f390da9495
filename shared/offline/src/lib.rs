//! The model of a fresh checkout: no account, no key, no network.
//!
//! It speaks the same protocol as a real one and is called by the same client, so that everything
//! around it is the real thing. It does not think: it asks for the fields of an [`Interview`] one after
//! the other, and takes the person's words as the answer to the latest question. The conversation so
//! far is in each request, so it survives any restart; the prompt is for models that can read.

#![warn(missing_docs)]

mod form;
mod interview;
mod reading;

use std::io;
use std::net::Ipv4Addr;
use std::sync::Arc;

use axum::extract::State;
use axum::routing::post;
use axum::{Json, Router};
use jiff::Timestamp;
use jiff::civil::Date;
use serde_json::{Value, json};
use tokio::net::TcpListener;

pub use crate::interview::Interview;
use crate::reading::{Move, Reading};

/// Serves `/v1/chat/completions` on loopback for as long as the process runs, and returns its address.
/// `today` is the current date at the business.
pub async fn serve(
    interview: Interview,
    today: impl Fn() -> Date + Send + Sync + 'static,
) -> io::Result<String> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
    let address = listener.local_addr()?;
    let state = Arc::new(Offline { interview, today: Box::new(today) });
    let router = Router::new().route("/v1/chat/completions", post(complete)).with_state(state);
    tokio::spawn(async move { axum::serve(listener, router).await });
    Ok(format!("http://{address}/v1"))
}

struct Offline {
    interview: Interview,
    today: Box<dyn Fn() -> Date + Send + Sync>,
}

async fn complete(State(offline): State<Arc<Offline>>, Json(request): Json<Value>) -> Json<Value> {
    let messages = request["messages"].as_array().map(Vec::as_slice).unwrap_or_default();
    let reading = Reading::of(messages);
    let (message, reason) = match reading.next(&offline.interview, (offline.today)()) {
        Move::Say(text) => (json!({ "role": "assistant", "content": text }), "stop"),
        Move::Call(name, arguments) => {
            // Unique in the conversation, which only grows.
            let id = format!("call_{}", messages.len());
            let function = json!({ "name": name, "arguments": arguments.to_string() });
            let call = json!({ "id": id, "type": "function", "function": function });
            let calls = json!({ "role": "assistant", "content": null, "tool_calls": [call] });
            (calls, "tool_calls")
        }
    };
    Json(json!({
        "id": "chatcmpl-offline",
        "object": "chat.completion",
        "created": Timestamp::now().as_second(),
        "model": request["model"],
        "choices": [{ "index": 0, "message": message, "finish_reason": reason }],
        "usage": { "prompt_tokens": 0, "completion_tokens": 0, "total_tokens": 0 },
    }))
}
