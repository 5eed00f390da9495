//! What every store promises about receipts, whenever and however often they come.

use std::sync::Arc;

use conversations::{Attempt, Change, Joined, Loaded, StatusUpdate, Store};
use futures::future::join_all;
use jiff::Timestamp;
use sms::{Part, Receipt, Status};
use telemetry::Step;

use crate::common::{attempt_called, attempted, id, later, load, now, receipt, taken};

pub(crate) async fn joins_a_receipt_that_comes_late(store: Arc<Store>) {
    let loaded = attempted(&store).await;
    learn(&store, loaded).await;
    for _ in 0..2 {
        told(&store, &receipt(Status::Delivered, None), now()).await;
        assert_eq!(status(&store).await, Status::Delivered);
    }
    assert_eq!(known(&store).await.steps.len(), 1, "a repeat is none");
}

pub(crate) async fn joins_a_receipt_that_comes_early(store: Arc<Store>) {
    let loaded = attempted(&store).await;
    let early = receipt(Status::Delivered, None);
    assert_eq!(store.receive("twilio", &early, now()).await.unwrap(), Joined::NotYet);
    learn(&store, loaded).await;
    assert_eq!(join_due(&store, later(now(), 59)).await, 0);
    assert_eq!(join_due(&store, later(now(), 60)).await, 1);
    assert_eq!(join_due(&store, later(now(), 600)).await, 0);
    assert_eq!(status(&store).await, Status::Delivered);
}

pub(crate) async fn stores_an_early_receipt_together_with_the_answer(store: Arc<Store>) {
    let mut loaded = attempted(&store).await;
    let early = receipt(Status::Undelivered, None);
    assert_eq!(store.receive("twilio", &early, now()).await.unwrap(), Joined::NotYet);
    let accepted = accepted();
    let attempt = known(&store).await.updated(&accepted);
    let told = store.told_before(&attempt).await.unwrap().into_iter().map(Change::Receipt);
    let changes = [Change::Status(accepted)].into_iter().chain(told).collect();
    let next = loaded.conversation.clone();
    store.commit(&mut loaded, next, changes).await.unwrap();

    assert_eq!(status(&store).await, Status::Undelivered);
    assert_eq!(loaded.conversation.failed, ["a-1"]);
    assert_eq!(load(&store).await.conversation.failed, ["a-1"]);
    assert_eq!(join_due(&store, later(now(), 60)).await, 0, "it is not kept any more");
    // The loaded conversation is the stored one.
    let next = loaded.conversation.clone();
    store.commit(&mut loaded, next, vec![]).await.unwrap();
}

pub(crate) async fn joins_a_receipt_that_comes_again_before_anybody_has_joined_it(
    store: Arc<Store>,
) {
    let loaded = attempted(&store).await;
    let early = receipt(Status::Delivered, None);
    for _ in 0..2 {
        assert_eq!(store.receive("twilio", &early, now()).await.unwrap(), Joined::NotYet);
    }
    learn(&store, loaded).await;
    told(&store, &early, now()).await;
    assert_eq!(status(&store).await, Status::Delivered);
    // The one that was kept says nothing new.
    assert_eq!(join_due(&store, later(now(), 60)).await, 1);
    assert_eq!(join_due(&store, later(now(), 600)).await, 0);
    assert_eq!(known(&store).await.steps.len(), 1);
}

pub(crate) async fn joins_a_receipt_that_names_its_attempt(store: Arc<Store>) {
    attempted(&store).await;
    told(&store, &receipt(Status::Delivered, Some("a-1")), now()).await;
    assert_eq!(known(&store).await.message.as_deref(), Some("twilio:SM9"));
    assert_eq!(join_due(&store, later(now(), 60)).await, 0, "nothing of it is kept apart");
}

pub(crate) async fn ignores_a_receipt_that_names_a_strangers_attempt(store: Arc<Store>) {
    attempted(&store).await;
    for name in ["a-1", "a-9", "../stops", ""] {
        let mut named = receipt(Status::Delivered, Some(name));
        named.message = format!("SM-{name}");
        let joined = store.receive("plivo", &named, now()).await.unwrap();
        assert_eq!(joined, Joined::NotYet);
    }
    assert_eq!(status(&store).await, Status::Sending);
}

pub(crate) async fn reports_a_failure_and_each_repeat_until_it_is_dealt_with(store: Arc<Store>) {
    attempted(&store).await;
    let undelivered =
        Receipt { code: Some("30008".into()), ..receipt(Status::Undelivered, Some("a-1")) };
    for _ in 0..2 {
        // The process may have died the first time before it woke anybody.
        assert_eq!(told(&store, &undelivered, now()).await, Some(id()));
    }
    let mut loaded = load(&store).await;
    assert_eq!((loaded.conversation.failed.len(), known(&store).await.steps.len()), (1, 1));
    let mut next = loaded.conversation.clone();
    next.failed.clear();
    store.commit(&mut loaded, next, vec![Change::Settled("a-1".into())]).await.unwrap();
    assert_eq!(told(&store, &undelivered, now()).await, None);
    // The same status for another reason is news, but no longer a reason to act.
    let again = Receipt { code: Some("30005".into()), ..undelivered };
    assert_eq!(told(&store, &again, now()).await, None);
    let attempt = known(&store).await;
    assert_eq!((attempt.steps.len(), attempt.code.as_deref()), (2, Some("30005")));
}

pub(crate) async fn applies_a_receipt_that_comes_twice_at_once(store: Arc<Store>) {
    attempted(&store).await;
    let undelivered = receipt(Status::Undelivered, Some("a-1"));
    let both = (0..2).map(|second| {
        let (store, undelivered) = (Arc::clone(&store), undelivered.clone());
        async move { told(&store, &undelivered, later(now(), second)).await }
    });
    assert!(join_all(both).await.contains(&Some(id())));
    assert_eq!(load(&store).await.conversation.failed, ["a-1"]);
    assert_eq!(known(&store).await.reported.len(), 2);
}

pub(crate) async fn limits_what_it_keeps_of_a_provider_that_repeats_itself(store: Arc<Store>) {
    let looked_up = |number| Step::new("looked up", now()).with("time", number);
    let steps = (0..90).map(looked_up).collect();
    let mut loaded = taken(&store).await;
    let next = loaded.conversation.clone();
    let attempt = Change::Attempt(Attempt { steps, ..attempt_called("a-1") });
    store.commit(&mut loaded, next, vec![attempt]).await.unwrap();
    for number in 0..130 {
        let raw_status = format!("sent, for the {number}. time");
        let sent = Receipt { raw_status, ..receipt(Status::Sent, Some("a-1")) };
        told(&store, &sent, now()).await;
    }
    assert_eq!(known(&store).await.steps.len(), 90 + 100);
    for number in 1..300 {
        let part = Some(Part { number, of: 300 });
        let sent = Receipt { part, ..receipt(Status::Sent, Some("a-1")) };
        told(&store, &sent, now()).await;
    }
    assert_eq!(known(&store).await.reported.len(), 250);
    assert!(load(&store).await.stop.is_none());
    let raw_status = "sent, and stopped".to_owned();
    let stopped = Receipt { raw_status, opted_out: true, ..receipt(Status::Sent, Some("a-1")) };
    told(&store, &stopped, now()).await;
    assert!(load(&store).await.stop.is_some(), "whatever else it takes, it hears of a stop");
    told(&store, &receipt(Status::Delivered, Some("a-1")), now()).await;
    assert_eq!(status(&store).await, Status::Delivered);
}

pub(crate) async fn checks_at_once_when_a_status_speaks_against_a_route(store: Arc<Store>) {
    let first_look = later(now(), 60);
    begin(&store, "a-1", true).await;
    for word in [Status::Accepted, Status::Sent, Status::Delivered] {
        told(&store, &receipt(word, Some("a-1")), later(now(), 5)).await;
    }
    assert_eq!(due(&store, later(now(), 59)).await, Vec::<String>::new());
    assert_eq!(due(&store, first_look).await, ["a-1"]);

    told(&store, &receipt(Status::Undelivered, Some("a-1")), later(now(), 6)).await;
    assert_eq!(due(&store, later(now(), 6)).await, ["a-1"]);
}

pub(crate) async fn checks_at_once_when_a_status_comes_after_the_first_check(store: Arc<Store>) {
    begin(&store, "a-1", true).await;
    let looked = store.attempts_due(later(now(), 60), None, 10).await.unwrap().found.into_iter();
    let looked = looked.map(|due| (due, Some(later(now(), 180)))).collect();
    store.looked_at(looked).await.unwrap();
    assert_eq!(due(&store, later(now(), 90)).await, Vec::<String>::new());
    told(&store, &receipt(Status::Delivered, Some("a-1")), later(now(), 90)).await;
    assert_eq!(due(&store, later(now(), 90)).await, ["a-1"]);
}

pub(crate) async fn checks_at_once_when_a_status_comes_on_an_unproven_route(store: Arc<Store>) {
    begin(&store, "a-1", false).await;
    told(&store, &receipt(Status::Delivered, Some("a-1")), later(now(), 5)).await;
    assert_eq!(due(&store, later(now(), 5)).await, ["a-1"]);
}

pub(crate) async fn misses_no_status_that_comes_while_many_are_checked(store: Arc<Store>) {
    for name in ["a-1", "a-2", "a-3"] {
        begin(&store, name, true).await;
    }
    let look = later(now(), 60);
    let found = store.attempts_due(look, None, 10).await.unwrap().found;
    assert_eq!(found.len(), 3);
    told(&store, &receipt(Status::Undelivered, Some("a-2")), look).await;
    store.looked_at(found.into_iter().map(|due| (due, None)).collect()).await.unwrap();
    assert_eq!(due(&store, look).await, ["a-2"]);
}

pub(crate) async fn learns_of_a_stop_from_a_receipt(store: Arc<Store>) {
    attempted(&store).await;
    let told = Receipt { opted_out: true, ..receipt(Status::Failed, Some("a-1")) };
    store.receive("twilio", &told, now()).await.unwrap();
    assert!(load(&store).await.stop.unwrap().confirmed);
}

pub(crate) async fn has_one_status_whatever_the_order(store: Arc<Store>) {
    let loaded = attempted(&store).await;
    learn(&store, loaded).await;
    for word in [Status::Delivered, Status::Sent, Status::Undelivered] {
        store.receive("twilio", &receipt(word, None), now()).await.unwrap();
    }
    let attempt = store.attempt("a-1").await.unwrap().unwrap();
    assert_eq!((attempt.status(), attempt.is_conflicted()), (Status::Delivered, true));
}

/// What became of a receipt whose attempt is known: the conversation that is due.
async fn told(
    store: &Store,
    receipt: &Receipt,
    at: Timestamp,
) -> Option<conversations::ConversationId> {
    match store.receive("twilio", receipt, at).await.unwrap() {
        Joined::Attempt { failed, .. } => failed,
        Joined::NotYet => panic!("its attempt is known"),
    }
}

async fn join_due(store: &Store, at: Timestamp) -> usize {
    let due = store.receipts_due(at, None, 10).await.unwrap().found;
    store.join_due(due, at).await.unwrap().len()
}

/// The names of the attempts that are due then.
async fn due(store: &Store, at: Timestamp) -> Vec<String> {
    let due = store.attempts_due(at, None, 10).await.unwrap().found;
    due.into_iter().map(|due| due.attempt.id).collect()
}

async fn begin(store: &Store, name: &str, proven: bool) {
    assert!(store.begin(&Attempt { proven, ..attempt_called(name) }).await.unwrap());
}

async fn known(store: &Store) -> Attempt {
    store.attempt("a-1").await.unwrap().unwrap()
}

/// The answer arrives, with the message id.
async fn learn(store: &Store, mut loaded: Loaded) {
    let next = loaded.conversation.clone();
    store.commit(&mut loaded, next, vec![Change::Status(accepted())]).await.unwrap();
}

fn accepted() -> StatusUpdate {
    let message = Some(("twilio".into(), "SM9".into()));
    StatusUpdate { message, ..StatusUpdate::new("a-1", Status::Accepted, now()) }
}

async fn status(store: &Store) -> Status {
    store.attempt("a-1").await.unwrap().unwrap().status()
}
