//! A conversation in the store, and as a phone would show it.

use conversations::{
    Arrival, Attempt, Change, ConversationId, Loaded, Names, Reply, StatusUpdate, Store, Waiting,
};
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use sms::{Number, Status};
use telemetry::{Step, TraceId};

/// Each bubble as a line: who, what, and its status.
pub(crate) fn bubbles(phone: &Value) -> Vec<String> {
    let line = |message: &Value| {
        let word = |value: &Value| value.as_str().map_or("null".into(), str::to_owned);
        let said = format!("{}: {}", word(&message["who"]), word(&message["text"]));
        match &message["delivery"] {
            Value::Null => said,
            delivery => format!(
                "{said} ({} by {} as {})",
                word(&delivery["status"]),
                word(&delivery["provider"]),
                word(&delivery["message"]),
            ),
        }
    };
    phone["messages"].as_array().unwrap().iter().map(line).collect()
}

/// A person's text at a second, under that second's trace.
pub(crate) async fn take(store: &Store, body: &str, second: i64) {
    store.take(&arrival(store, body, second)).await.unwrap();
}

/// The same, before it is taken.
pub(crate) fn arrival(store: &Store, body: &str, second: i64) -> Arrival {
    Arrival {
        claim: store.names().message("mock", &second.to_string()),
        theirs: person(),
        text: Waiting {
            message: second.to_string(),
            steps: vec![Step::new("received", at(second))],
            ..Waiting::new("mock", "mock", body, &trace(second), at(second))
        },
        at: at(second),
    }
}

/// A text at a second, its answer a second later, and the status of the answer.
pub(crate) async fn answer(store: &Store, second: i64, reply: &str, status: Status) {
    take(store, "Text", second).await;
    let mut turns = load(store).await.conversation.turns;
    turns.extend([said("person", "Text", second), said("agent", reply, second + 1)]);
    commit(store, turns, vec![attempt(second, second + 1)]).await;
    let mut loaded = load(store).await;
    let next = loaded.conversation.clone();
    let change = status_update(&format!("a-{second}"), status, None);
    store.commit(&mut loaded, next, vec![change]).await.unwrap();
}

pub(crate) async fn commit(store: &Store, turns: Vec<Value>, attempts: Vec<Attempt>) {
    let mut loaded = load(store).await;
    let mut next = loaded.conversation.clone();
    next.turns = turns;
    let taken_up = Change::TakenUp(loaded.waiting.clone());
    let changes = attempts.into_iter().map(Change::Attempt).chain([taken_up]).collect();
    store.commit(&mut loaded, next, changes).await.unwrap();
}

/// A provider's answer to the attempt `a-N`, which it calls `m-N`.
pub(crate) fn status_update(attempt: &str, status: Status, code: Option<&str>) -> Change {
    Change::Status(StatusUpdate {
        message: Some(("mock".into(), attempt.replace('a', "m"))),
        code: code.map(Into::into),
        ..StatusUpdate::new(attempt, status, at(0))
    })
}

pub(crate) fn attempt(trace_of: i64, second: i64) -> Attempt {
    let reply = Reply::alone("Hello", &trace(trace_of), at(second));
    let by = ("mock", "mock", None);
    Attempt::begin(format!("a-{trace_of}"), &id(), by, &person(), reply, at(second))
}

/// An entry as the agent writes it. Its time is finer than that of an attempt.
pub(crate) fn said(kind: &str, text: &str, second: i64) -> Value {
    json!({ "kind": kind, "text": text, "at": at(second) + SignedDuration::from_micros(700) })
}

pub(crate) async fn load(store: &Store) -> Loaded {
    store.load(&id(), at(0)).await.unwrap().expect("the conversation is there")
}

pub(crate) fn at(second: i64) -> Timestamp {
    let noon: Timestamp = "2026-11-22T12:00:00Z".parse().unwrap();
    noon + SignedDuration::from_secs(second)
}

pub(crate) fn trace(second: i64) -> TraceId {
    TraceId::parse(&format!("{second:032x}")).unwrap()
}

pub(crate) fn person() -> Number {
    Number::parse("+12025550143").unwrap()
}

pub(crate) fn id() -> ConversationId {
    let names = Names::by(&crate::NAME_KEY.into()).unwrap();
    names.conversation("mock", &person())
}
