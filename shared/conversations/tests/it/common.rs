//! Helpers for the promises of a store.

use conversations::{
    Arrival, Attempt, Change, Claim, ConversationId, Ended, Loaded, Names, Proof, Reply, Stop,
    Store, Waiting,
};
use jiff::{SignedDuration, Timestamp};
use money::Amount;
use serde_json::json;
use sms::{Number, Receipt, Status};
use telemetry::{Step, TraceId};

pub(crate) const OURS: &str = "+12025550100";

/// A fixed time, so that nothing depends on when the tests run.
pub(crate) fn now() -> Timestamp {
    "2026-11-22T12:00:00Z".parse().unwrap()
}

pub(crate) fn later(time: Timestamp, seconds: i64) -> Timestamp {
    time + SignedDuration::from_secs(seconds)
}

pub(crate) fn person() -> Number {
    Number::parse("+12025550143").unwrap()
}

/// The names in all stores of these tests.
pub(crate) fn names() -> Names {
    Names::by(&fakes::NAME_KEY.into()).unwrap()
}

pub(crate) fn id() -> ConversationId {
    names().conversation("twilio", &person())
}

pub(crate) fn claim(message: &str) -> Claim {
    names().message("twilio", message)
}

pub(crate) fn arrival(message: &str, body: &str, at: Timestamp) -> Arrival {
    Arrival {
        claim: claim(message),
        theirs: person(),
        text: Waiting {
            message: message.into(),
            steps: vec![Step::new("received", at)],
            ..Waiting::new("twilio", OURS, body, &TraceId::fresh(), at)
        },
        at,
    }
}

/// A text with these words.
pub(crate) fn said(words: &str) -> Proof<'_> {
    Proof { words, ours: OURS, ..Proof::default() }
}

pub(crate) async fn stop(store: &Store, message: &str) {
    let stop = Stop { at: now(), provider: "twilio".into(), confirmed: false };
    store.stop(&claim(message), &person(), &stop, &said("STOP")).await.unwrap();
}

pub(crate) async fn load(store: &Store) -> Loaded {
    store.load(&id(), now()).await.unwrap().expect("the conversation is there")
}

pub(crate) async fn waiting(store: &Store) -> Vec<String> {
    load(store).await.waiting.into_iter().map(|text| text.body).collect()
}

/// A conversation with one text that waits.
pub(crate) async fn taken(store: &Store) -> Loaded {
    store.take(&arrival("SM1", "Hi", now())).await.unwrap();
    load(store).await
}

/// A conversation with one attempt, `a-1`, under way.
pub(crate) async fn attempted(store: &Store) -> Loaded {
    let mut loaded = taken(store).await;
    let next = loaded.conversation.clone();
    store.commit(&mut loaded, next, vec![attempt("a-1")]).await.unwrap();
    loaded
}

pub(crate) fn attempt(name: &str) -> Change {
    Change::Attempt(attempt_called(name))
}

pub(crate) fn attempt_called(name: &str) -> Attempt {
    Attempt::begin(name.into(), &id(), ("twilio", OURS, None), &person(), reply(), now())
}

pub(crate) fn ended() -> Ended {
    Ended {
        conversation: id(),
        number: 1,
        ours: OURS.into(),
        theirs: person(),
        via: String::new(),
        why: None,
        ending: "finished".into(),
        brief: json!({"rooms": 3}).as_object().unwrap().clone(),
        turns: vec![json!({"person": "Hi"})],
        cost: Amount::ZERO,
        at: now(),
    }
}

pub(crate) fn receipt(status: Status, attempt: Option<&str>) -> Receipt {
    Receipt {
        message: "SM9".into(),
        attempt: attempt.map(Into::into),
        part: None,
        status,
        raw_status: format!("{status:?}").to_lowercase(),
        code: None,
        opted_out: false,
        charge: None,
    }
}

pub(crate) fn reply() -> Reply {
    Reply {
        body: "Hello".into(),
        via: "twilio".into(),
        ours: OURS.into(),
        trace: TraceId::parse(&"0".repeat(32)).unwrap(),
        despite_stop: false,
        at: now(),
        texted_at: Some(now()),
        held_until: None,
        sending: None,
        refused_by: vec!["messagecentral".into()],
        rounds: 2,
        after: None,
        at_most: None,
        kept: None,
        by: None,
        at_night: false,
        to_owner: false,
    }
}
