//! Clocks that were wrong.

use std::sync::Arc;

use conversations::{Admission, Attempt, ConversationId, Sending, Stop, Store, minute_of};
use jiff::Timestamp;

use crate::common::{
    arrival, attempt, attempt_called, claim, id, later, load, now, person, reply, said, taken,
};
use crate::due::crowd;

const DAY: i64 = 24 * 3_600;

pub(crate) async fn counts_a_stop_from_the_future_as_one_of_now(store: Arc<Store>) {
    taken(&store).await;
    let stop = Stop { at: later(now(), DAY), provider: "twilio".into(), confirmed: false };
    store.stop(&claim("SM2"), &person(), &stop, &said("STOP")).await.unwrap();
    assert!(load(&store).await.stop.is_some());
    store.start(&claim("SM3"), "twilio", &person(), &said("START"), now(), now()).await.unwrap();
    assert!(load(&store).await.stop.is_none());
}

pub(crate) async fn a_store_is_untouched_until_it_is_first_used(store: Arc<Store>) {
    taken(&store).await;
    assert!(store.is_untouched().await.unwrap());
    store.expire(now()).await.unwrap();
    assert!(!store.is_untouched().await.unwrap());
}

pub(crate) async fn a_clock_that_goes_back_leaves_nobody_waiting(store: Arc<Store>) {
    let ahead = later(now(), DAY);
    put_off(&store, ahead).await;
    store.expire(ahead).await.unwrap();
    assert!(store.take_places(&[Admission::any(minute_of(ahead), 1)]).await.unwrap());

    assert_eq!(put_right(&store, now()).await, [(id(), ahead)]);
    store.expire(now()).await.unwrap();
    assert_eq!(put_right(&store, now()).await, []);
    let loaded = load(&store).await;
    assert_eq!(loaded.stop.unwrap().at, now());
    assert_eq!(loaded.conversation.admitted_at, None);
    assert!(store.last_minute().await.unwrap().is_none());
    let sending = loaded.conversation.open.unwrap().sending.unwrap();
    assert_eq!((sending.at, sending.until), (now(), later(now(), 60)));
}

pub(crate) async fn a_clock_that_runs_correctly_changes_nothing(store: Arc<Store>) {
    let until = later(now(), 25);
    put_off(&store, until).await;
    store.expire(now()).await.unwrap();
    assert_eq!(put_right(&store, later(now(), -30)).await, []);
    let loaded = load(&store).await;
    assert_eq!(loaded.conversation.open.unwrap().sending.unwrap().until, until);
}

pub(crate) async fn a_clock_that_goes_back_leaves_nobody_waiting_on_any_page(store: Arc<Store>) {
    let ahead = later(now(), 3 * DAY);
    crowd(&store, ahead, 1, 7).await;
    store.expire(ahead).await.unwrap();
    let found = put_right(&store, now()).await;
    assert_eq!(found.iter().map(|(_, until)| *until).collect::<Vec<_>>(), [ahead; 7]);
    let due = store.due(later(now(), DAY), None, 10).await.unwrap().found;
    assert_eq!(due.len(), 7);
}

/// What was postponed, in pages of a few.
async fn put_right(store: &Store, now: Timestamp) -> Vec<(ConversationId, Timestamp)> {
    let (mut all, mut after) = (vec![], None);
    loop {
        let page = store.put_right(now, after, 2).await.unwrap();
        all.extend(page.found);
        after = page.next;
        if after.is_none() {
            return all;
        }
    }
}

/// A person who is postponed until then by an attempt under way, and whose opt-out is from then.
async fn put_off(store: &Store, until: Timestamp) {
    let mut loaded = taken(store).await;
    let mut next = loaded.conversation.clone();
    let sending = Sending { attempt: "a-1".into(), provider: "twilio".into(), at: until, until };
    next.open = Some(conversations::Reply { sending: Some(sending), ..reply() });
    next.due_at = Some(until);
    next.admitted_at = Some(until);
    store.commit(&mut loaded, next, vec![attempt("a-1")]).await.unwrap();
    let stop = Stop { at: until, provider: "twilio".into(), confirmed: false };
    store.stop(&claim("SM2"), &person(), &stop, &said("STOP")).await.unwrap();
}

/// The texts that still wait, of those that came one a day.
async fn kept(store: &Store) -> usize {
    store.latest(200).await.unwrap().len()
}

/// People who texted once and were answered, a day apart.
async fn people(store: &Store, days: i64) {
    for day in 0..days {
        let theirs = sms::Number::parse(&format!("+1202555{:04}", 100 + day)).unwrap();
        let text = arrival(&format!("SM{day}"), "Hi", later(now(), day * DAY));
        let attempt = Attempt { at: text.at, ..attempt_called(&format!("a-{day}")) };
        store.take(&conversations::Arrival { theirs, ..text }).await.unwrap();
        assert!(store.begin(&attempt).await.unwrap());
    }
    store.expire(later(now(), days * DAY)).await.unwrap();
}

#[tokio::test]
async fn a_clock_that_is_wrong_for_a_while_costs_a_day_at_most() {
    let folder = tempfile::tempdir().unwrap();
    let store = crate::sqlite(&folder);
    people(&store, 80).await;
    let wrong = later(now(), 200 * DAY);
    for second in 0..60 {
        store.expire(later(wrong, second)).await.unwrap();
    }
    assert_eq!(kept(&store).await, 80, "after a minute");
    for minute in 1..60 {
        store.expire(later(wrong, minute * 60)).await.unwrap();
    }
    assert!(kept(&store).await >= 78, "after an hour: {}", kept(&store).await);
    store.expire(later(now(), 81 * DAY)).await.unwrap();
    store.expire(later(now(), 81 * DAY + 600)).await.unwrap();
    assert!(kept(&store).await >= 78);
}

#[tokio::test]
async fn a_machine_that_was_off_for_months_catches_up() {
    let folder = tempfile::tempdir().unwrap();
    let store = crate::sqlite(&folder);
    people(&store, 80).await;
    for hour in 0..(5 * 24) {
        store.expire(later(now(), 200 * DAY + hour * 3_600)).await.unwrap();
    }
    assert_eq!(kept(&store).await, 0);
}

#[tokio::test]
async fn a_document_that_expires_on_an_ordinary_day_is_deleted_at_once() {
    let folder = tempfile::tempdir().unwrap();
    let store = crate::sqlite(&folder);
    people(&store, 3).await;
    for day in 3..=91 {
        store.expire(later(now(), day * DAY)).await.unwrap();
    }
    assert_eq!(kept(&store).await, 1);
}
