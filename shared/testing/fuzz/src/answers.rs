//! Answers of a model, which whoever texts can influence.

use std::sync::{LazyLock, Mutex, PoisonError};
use std::time::Duration;

use agent::{Agent, Allowance, Answered, Ending, Heard, OpenAi, Page, Pulse, Timeouts, Turn};
use axum::Router;
use jiff::Timestamp;
use serde_json::{Map, json};
use tokio::net::TcpListener;

use crate::{RUNTIME, text, wait};

/// The next answer. A second request is answered with plain words.
static NEXT: Mutex<Option<Vec<u8>>> = Mutex::new(None);

/// Locked during a request.
static ASKING: Mutex<()> = Mutex::new(());

static AGENT: LazyLock<Agent> = LazyLock::new(|| {
    let listener = wait(TcpListener::bind("127.0.0.1:0")).unwrap();
    let address = format!("http://{}/v1", listener.local_addr().unwrap());
    let plain = || spoken("Understood.");
    let answer = async move || NEXT.lock().unwrap().take().unwrap_or_else(plain);
    let router = Router::new().fallback(answer);
    RUNTIME.spawn(async { axum::serve(listener, router).await });
    let mut page = Page::default();
    (page.rules.links, page.rules.prices, page.rules.numbers) = (false, false, false);
    let timeouts = Timeouts {
        request: Duration::from_secs(10),
        turn: Duration::from_secs(1),
        pause: Duration::ZERO,
        ..Timeouts::default()
    };
    Agent::new(OpenAi::new(&address, None, "some-model").unwrap(), page, timeouts)
});

/// An answer as a server sends it, or only its words: either it yields a reply or the model is asked
/// again, and a reply that is parsed as an answer again stays the same.
pub fn answers(data: &[u8]) {
    let _asking = ASKING.lock().unwrap_or_else(PoisonError::into_inner);
    let is_body = data.starts_with(b"{\"") || data.starts_with(b"data:");
    let body = if is_body { data.to_vec() } else { spoken(&text(data)) };
    let Some(answered) = answered(body) else { return };
    let said = answered.reply.as_str();
    assert_eq!(said.is_empty(), answered.ending == Some(Ending::Stopped));
    assert!(said.chars().count() <= 4_000);
    if said.is_empty() || matches!(answered.turns.last(), Some(Turn::Fixed { .. })) {
        return;
    }
    let again = self::answered(spoken(said)).expect("a reply can be said again");
    assert_eq!(again.reply, said, "the reply changes when it is parsed again");
    assert_eq!(again.turns.len(), 1, "the reply contains a call");
}

/// What the agent makes of an answer to somebody who says Hi.
fn answered(body: Vec<u8>) -> Option<Answered> {
    *NEXT.lock().unwrap() = Some(body);
    let now = Timestamp::UNIX_EPOCH;
    let heard = Heard {
        turns: &[],
        brief: &Map::new(),
        new: &[Turn::Person { text: "Hi".into(), at: now }],
        number: 1,
        now,
        language: None,
        tries: 0,
        refusals: 4,
        allowance: Allowance::default(),
    };
    let answered = wait(AGENT.answer(&heard, &Pulse::default()));
    *NEXT.lock().unwrap() = None;
    answered.ok()
}

/// A server's answer with these words.
fn spoken(words: &str) -> Vec<u8> {
    let message = json!({ "role": "assistant", "content": words });
    json!({ "choices": [{ "message": message, "finish_reason": "stop" }] }).to_string().into()
}
