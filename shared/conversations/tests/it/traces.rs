//! What every store promises about traces: whatever becomes of a text, its steps are found.

use std::sync::Arc;

use conversations::{Attempt, Change, Loaded, Reply, Store};
use telemetry::{Step, TraceId};

use crate::common::{arrival, attempt_called, id, later, load, now, reply, taken};

pub(crate) async fn shows_what_happened_to_a_text_wherever_it_is(store: Arc<Store>) {
    let mut loaded = taken(&store).await;
    let trace = loaded.waiting[0].trace.clone();
    assert_eq!(steps(&store, &trace).await, ["received"]);
    // It has led to nothing yet.
    commit(&store, &mut loaded, vec![happened(&trace, "asked the model", 3)]).await;
    assert_eq!(steps(&store, &trace).await, ["received", "asked the model"]);
    let text = loaded.waiting.clone();
    let again = load(&store).await.waiting;
    assert_eq!(again[0].steps, text[0].steps, "what was stored is what is loaded");
    assert!(again == text, "it is the same text");

    let answered = vec![
        happened(&trace, "took up", 2),
        Change::TakenUp(text),
        Change::Attempt(attempt_under(&trace)),
    ];
    commit(&store, &mut loaded, answered).await;
    assert_eq!(steps(&store, &trace).await, ["received", "took up", "asked the model"]);
    let found = store.trace(&trace).await.unwrap().unwrap();
    assert_eq!((found.conversation, found.answered_in), (Some(id()), None));
}

pub(crate) async fn shows_what_happened_to_a_text_that_is_not_answered(store: Arc<Store>) {
    let mut loaded = taken(&store).await;
    let (trace, text) = (loaded.waiting[0].trace.clone(), loaded.waiting.clone());
    let aside = vec![happened(&trace, "not answered", 1), Change::SetAside(text, "limit")];
    commit(&store, &mut loaded, aside).await;
    assert_eq!(steps(&store, &trace).await, ["received", "not answered"]);
    assert_eq!(store.trace(&trace).await.unwrap().unwrap().conversation, Some(id()));
}

pub(crate) async fn shows_what_happened_to_a_text_that_led_to_nothing(store: Arc<Store>) {
    let mut loaded = taken(&store).await;
    let (trace, text) = (loaded.waiting[0].trace.clone(), loaded.waiting.clone());
    commit(&store, &mut loaded, vec![Change::TakenUp(text), happened(&trace, "gave up", 1)]).await;
    assert_eq!(steps(&store, &trace).await, ["received", "gave up"]);
    // Repeating a commit whose outcome was not seen adds nothing.
    commit(&store, &mut loaded, vec![happened(&trace, "gave up", 1)]).await;
    assert_eq!(steps(&store, &trace).await, ["received", "gave up"]);
}

pub(crate) async fn leads_from_a_text_to_the_trace_that_it_was_answered_in(store: Arc<Store>) {
    store.take(&arrival("SM2", "In the kitchen", later(now(), 1))).await.unwrap();
    let mut loaded = taken(&store).await;
    let texts = loaded.waiting.clone();
    let (first, second) = (texts[0].trace.clone(), texts[1].trace.clone());
    let answered = vec![
        Change::AnsweredIn(second.clone(), first.clone()),
        Change::TakenUp(texts),
        Change::Attempt(attempt_under(&first)),
    ];
    commit(&store, &mut loaded, answered).await;
    let found = store.trace(&second).await.unwrap().unwrap();
    assert_eq!((found.answered_in, found.steps.len()), (Some(first.clone()), 1));
    assert_eq!(steps(&store, &first).await, ["received"]);
}

pub(crate) async fn knows_no_trace_without_stored_steps(store: Arc<Store>) {
    assert!(store.trace(&TraceId::fresh()).await.unwrap().is_none());
}

async fn commit(store: &Store, loaded: &mut Loaded, changes: Vec<Change>) {
    let next = loaded.conversation.clone();
    store.commit(loaded, next, changes).await.unwrap();
}

fn happened(trace: &TraceId, what: &str, seconds: i64) -> Change {
    Change::Steps(trace.clone(), vec![Step::new(what, later(now(), seconds)).with("segments", 1)])
}

fn attempt_under(trace: &TraceId) -> Attempt {
    let reply = Reply { trace: trace.clone(), ..reply() };
    Attempt { trace: trace.clone(), reply, ..attempt_called("a-1") }
}

async fn steps(store: &Store, trace: &TraceId) -> Vec<String> {
    let trace = store.trace(trace).await.unwrap().unwrap();
    trace.steps.into_iter().map(|step| step.what).collect()
}
