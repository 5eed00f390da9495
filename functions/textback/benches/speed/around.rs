//! The surroundings of the program: people, a model, and a provider. They cost as little as
//! possible and remember nothing, so that one core feeds thousands of turns a second. The strict
//! stand-ins are in `fakes`.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use axum::body::Body;
use axum::extract::{Form, State};
use axum::http::{StatusCode, header};
use axum::response::IntoResponse;
use axum::routing::post;
use axum::{Json, Router};
use fakes::twilio_signature;
use hyper::Request;
use hyper::client::conn::http1::{SendRequest, handshake};
use hyper_util::rt::TokioIo;
use product::PUBLIC_URL;
use serde::Deserialize;
use serde_json::json;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;
use tokio::time::{sleep, timeout};
use url::form_urlencoded;

const ACCOUNT: &str = "AC00000000000000000000000000000001";
const TOKEN: &str = "0123456789abcdef0123456789abcdef";
const OURS: &str = "+12025550100";

/// The timeout of an answer.
const TIMEOUT: Duration = Duration::from_secs(60);

/// The pause before a rejected call is repeated.
const AGAIN: Duration = Duration::from_millis(100);

/// The texts, in turn: nobody repeats one within a conversation.
const TEXTS: [&str; 9] = [
    "Hello, do you move pianos as well?",
    "It is an upright, on the second floor without a lift",
    "From 4 Elm Street to the new library in Springfield",
    "Would the last Friday of the month be possible",
    "Mornings are better, the caretaker leaves at noon",
    "How much will that cost me roughly",
    "There are also some forty boxes of books",
    "My name is Alex Miller and my sister will be there",
    "Can you bring blankets and straps with you",
];
const REPLIES: [&str; 7] = [
    "We do. Is it an upright or a grand, and on which floor does it stand?",
    "Thank you. Where should we bring it, and what is the address it leaves from?",
    "Springfield is on our way on most days. Which day would suit you?",
    "Friday looks free so far. Should we come in the morning or after lunch?",
    "Morning it is. How many people will be there to open the doors for us?",
    "For that floor we reckon with three hours of two men. Anything else to carry?",
    "Noted, the boxes go first. Under which name should we put you down?",
];

/// The model and the provider. They run until the process ends, even if this is dropped.
pub(crate) struct Around {
    world: Arc<World>,
    url: String,
}

#[derive(Default)]
struct World {
    thinks: Mutex<Duration>,
    carries: Mutex<Duration>,
    /// The people whose replies are awaited, by their number.
    waited_for: Mutex<HashMap<String, oneshot::Sender<Message>>>,
    named: AtomicU64,
}

/// A text that arrived at the provider.
pub(crate) struct Message {
    sid: String,
    to: String,
    callback: String,
    pub(crate) at: Instant,
}

/// The relevant fields of a send.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Sent {
    to: String,
    body: String,
    status_callback: String,
}

impl Around {
    pub(crate) async fn start() -> Self {
        let world = Arc::<World>::default();
        let router = Router::new()
            .route("/v1/chat/completions", post(complete))
            .route("/2010-04-01/Accounts/{account}/Messages.json", post(carry))
            .with_state(Arc::clone(&world));
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        tokio::spawn(async move { axum::serve(listener, router).await });
        Self { world, url }
    }

    /// The settings that lead the program to them.
    pub(crate) fn settings(&self) -> Vec<(&'static str, String)> {
        vec![
            ("TWILIO_ACCOUNT_SID", ACCOUNT.into()),
            ("TWILIO_AUTH_TOKEN", TOKEN.into()),
            ("TWILIO_FROM", OURS.into()),
            ("TWILIO_BASE_URL", self.url.clone()),
            ("OPENAI_API_KEY", "nobody looks at it".into()),
            ("OPENAI_BASE_URL", format!("{}/v1", self.url)),
        ]
    }

    /// Sets how long the model and the provider take.
    pub(crate) fn take(&self, thinks: Duration, carries: Duration) {
        *self.world.thinks.lock().unwrap() = thinks;
        *self.world.carries.lock().unwrap() = carries;
    }

    /// A person texts for the `turn`th time. Returns when that was acknowledged, and the reply once
    /// it has arrived at the provider.
    pub(crate) async fn text(
        &self,
        line: &mut Line,
        person: &str,
        turn: usize,
    ) -> (Instant, Message) {
        let (sender, arrives) = oneshot::channel();
        self.world.waited_for.lock().unwrap().insert(person.to_owned(), sender);
        let sid = self.world.sid();
        let fields = [
            ("AccountSid", ACCOUNT),
            ("ApiVersion", "2010-04-01"),
            ("Body", TEXTS[turn % TEXTS.len()]),
            ("From", person),
            ("FromCountry", "US"),
            ("MessageSid", &sid),
            ("NumMedia", "0"),
            ("NumSegments", "1"),
            ("SmsMessageSid", &sid),
            ("SmsSid", &sid),
            ("SmsStatus", "received"),
            ("To", OURS),
            ("ToCountry", "US"),
        ];
        line.post(&format!("{PUBLIC_URL}/webhooks/twilio/inbound"), &fields).await;
        let acknowledged = Instant::now();
        let arrived = timeout(TIMEOUT, arrives).await;
        (acknowledged, arrived.expect("a text was not answered").unwrap())
    }
}

impl World {
    /// A unique message id.
    fn sid(&self) -> String {
        format!("SM{:032x}", self.named.fetch_add(1, Ordering::Relaxed))
    }
}

/// A connection to the program, kept open for as long as the program does.
pub(crate) struct Line {
    program: SocketAddr,
    sender: SendRequest<String>,
}

impl Line {
    pub(crate) async fn to(program: SocketAddr) -> Self {
        let stream = TcpStream::connect(program).await.unwrap();
        stream.set_nodelay(true).unwrap();
        let (sender, connection) = handshake(TokioIo::new(stream)).await.unwrap();
        tokio::spawn(connection);
        Self { program, sender }
    }

    /// Reports that a message has left, then that it has arrived.
    pub(crate) async fn report(&mut self, message: &Message) {
        for status in ["sent", "delivered"] {
            let fields = [
                ("AccountSid", ACCOUNT),
                ("ApiVersion", "2010-04-01"),
                ("From", OURS),
                ("MessageSid", &message.sid),
                ("MessageStatus", status),
                ("SmsSid", &message.sid),
                ("SmsStatus", status),
                ("To", &message.to),
            ];
            self.post(&message.callback, &fields).await;
        }
    }

    /// Makes a call as Twilio does: it is repeated if rejected.
    async fn post(&mut self, url: &str, fields: &[(&str, &str)]) {
        let begun = Instant::now();
        while self.post_once(url, fields).await != StatusCode::OK {
            assert!(begun.elapsed() < TIMEOUT, "a call is turned away for good: {url}");
            sleep(AGAIN).await;
        }
    }

    async fn post_once(&mut self, url: &str, fields: &[(&str, &str)]) -> StatusCode {
        let path = url.strip_prefix(PUBLIC_URL).unwrap();
        let form = form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
        let call = Request::post(path)
            .header(header::HOST, PUBLIC_URL.strip_prefix("https://").unwrap())
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded; charset=UTF-8")
            .header("x-twilio-signature", twilio_signature(TOKEN, url, fields))
            .body(form)
            .unwrap();
        if self.sender.ready().await.is_err() {
            *self = Self::to(self.program).await;
        }
        let Ok(answer) = self.sender.send_request(call).await else {
            return StatusCode::SERVICE_UNAVAILABLE;
        };
        let status = answer.status();
        axum::body::to_bytes(Body::new(answer.into_body()), usize::MAX).await.unwrap();
        status
    }
}

async fn complete(State(world): State<Arc<World>>) -> impl IntoResponse {
    wait(&world.thinks).await;
    let number = world.named.fetch_add(1, Ordering::Relaxed);
    let message = json!({
        "role": "assistant", "content": REPLIES[number as usize % REPLIES.len()], "refusal": null,
    });
    Json(json!({
        "id": format!("chatcmpl-{number}"),
        "object": "chat.completion",
        "created": 1_700_000_000,
        "model": "gpt-4.1-mini",
        "choices": [{ "index": 0, "message": message, "logprobs": null, "finish_reason": "stop" }],
        "usage": { "prompt_tokens": 1200, "completion_tokens": 30, "total_tokens": 1230 },
    }))
}

async fn carry(State(world): State<Arc<World>>, Form(sent): Form<Sent>) -> impl IntoResponse {
    let (at, sid) = (Instant::now(), world.sid());
    let Sent { to, body, status_callback: callback } = sent;
    let waits = world.waited_for.lock().unwrap().remove(&to);
    if let Some(waits) = waits {
        let _ = waits.send(Message { sid: sid.clone(), to: to.clone(), callback, at });
    }
    wait(&world.carries).await;
    let created = json!({
        "account_sid": ACCOUNT, "api_version": "2010-04-01", "body": body, "sid": sid, "to": to,
        "direction": "outbound-api", "error_code": null, "from": OURS, "num_segments": "1",
        "status": "queued",
    });
    (StatusCode::CREATED, Json(created))
}

async fn wait(how_long: &Mutex<Duration>) {
    let how_long = *how_long.lock().unwrap();
    if !how_long.is_zero() {
        sleep(how_long).await;
    }
}
