//! What a model answers, which whoever texts has a hand in.

use std::sync::{LazyLock, Mutex, PoisonError};
use std::time::Duration;

use agent::{Agent, Answered, Ending, Heard, OpenAi, Page, Patience, Pulse, Turn};
use axum::Router;
use jiff::Timestamp;
use serde_json::{Map, json};
use tokio::net::TcpListener;

use crate::{RUNTIME, text, wait};

/// What is answered next. Who asks once more is answered in plain words.
static NEXT: Mutex<Option<Vec<u8>>> = Mutex::new(None);

/// Held by the one who asks.
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
    let patience = Patience {
        request: Duration::from_secs(10),
        turn: Duration::from_secs(1),
        pause: Duration::ZERO,
        ..Patience::default()
    };
    Agent::new(OpenAi::new(&address, None, "some-model").unwrap(), page, patience)
});

/// An answer as a server sends it, or the words of one: there is something to say from it or it is asked
/// for again, and what is said says the same when it is read once more.
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
    let again = self::answered(spoken(said)).expect("what can be said can be said again");
    assert_eq!(again.reply, said, "it says something else when it is read again");
    assert_eq!(again.turns.len(), 1, "what is said holds a call");
}

/// What comes of an answer to somebody who says Hi.
fn answered(body: Vec<u8>) -> Option<Answered> {
    *NEXT.lock().unwrap() = Some(body);
    let now = Timestamp::UNIX_EPOCH;
    let heard = Heard {
        turns: &[],
        brief: &Map::new(),
        new: &[Turn::Person { text: "Hi".into(), at: now }],
        number: 1,
        now,
        tries: 0,
        refusals: 4,
    };
    let answered = wait(AGENT.answer(&heard, &Pulse::default()));
    *NEXT.lock().unwrap() = None;
    answered.ok()
}

/// The answer of a server whose model says this.
fn spoken(words: &str) -> Vec<u8> {
    let message = json!({ "role": "assistant", "content": words });
    json!({ "choices": [{ "message": message, "finish_reason": "stop" }] }).to_string().into()
}
