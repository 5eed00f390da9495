//! What others store while a person is erased or blocked.

use std::sync::{Arc, Mutex};

use conversations::{Attempt, Change, CommitError, Notice};

use crate::common::{arrival, attempt, attempt_called, id, later, load, now, person};
use crate::form::open;
use crate::ledger::{fresh, start, stop};
use crate::meanwhile::just_before;
use crate::quarantine::misread;
use crate::rights::{TRACES_OF_HER, a_minute_later, everything_in, lives_here, notice};

#[tokio::test]
async fn nothing_stays_that_a_turn_stores_while_an_erasure_looks() {
    let (_home, place, _data) = fresh();
    let store = open(&place);
    store.take(&arrival("SM1", "My sink leaks", now())).await.unwrap();
    let _turn = just_before(("query", "effects"), 1, &place, async |store| {
        let mut loaded = load(&store).await;
        let next = loaded.conversation.clone();
        let late = Attempt { at: later(now(), 90), ..attempt_called("a-1") };
        store.commit(&mut loaded, next, vec![Change::Attempt(late)]).await.unwrap();
    });
    store.erase(&person(), a_minute_later).await.unwrap();
    assert_eq!(everything_in(&store, "attempts").await, "");
}

/// The clock goes on while the erasure waits for the store.
#[tokio::test]
async fn an_erasure_is_as_late_as_the_last_that_it_has_looked_at() {
    let (_home, place, _data) = fresh();
    let store = open(&place);
    lives_here(&store, &person()).await;
    let clock = std::cell::Cell::new(now());
    let passes = || clock.replace(later(clock.get(), 60));
    store.erase(&person(), passes).await.unwrap();
    let erased = store.held(&person()).await.unwrap().latest("erasures");
    assert_eq!(erased, Some(a_minute_later()));
}

#[tokio::test]
async fn a_text_that_comes_as_soon_as_the_head_is_gone_waits_for_its_answer() {
    let (_home, place, _data) = fresh();
    let store = open(&place);
    lives_here(&store, &person()).await;
    let _text = just_before(("delete", "attempts"), 1, &place, async |store| {
        store.take(&arrival("SM77", "Hello there", later(now(), 61))).await.unwrap();
    });
    store.erase(&person(), a_minute_later).await.unwrap();
    assert_eq!(load(&store).await.waiting.len(), 1);
}

#[tokio::test]
async fn an_erasure_looks_again_at_what_it_has_to_read_one_by_one() {
    let (_home, place, _data) = fresh();
    let store = open(&place);
    lives_here(&store, &person()).await;
    let _notice = just_before(("query", "traces"), 1, &place, async |store| {
        let said = "My sink leaks at 143 Elm Street";
        let late = Notice { id: "late".into(), ..notice(&id(), &person(), said) };
        store.notice(&late).await.unwrap();
    });
    store.erase(&person(), a_minute_later).await.unwrap();
    let all = everything_in(&store, "notices").await;
    assert!(!TRACES_OF_HER.iter().any(|word| all.contains(word)), "{all}");
}

#[tokio::test]
async fn a_block_is_seen_by_a_turn_that_began_while_it_was_made() {
    let (_home, place, _data) = fresh();
    let store = open(&place);
    let thinking = Arc::new(Mutex::new(None));
    let begun = Arc::clone(&thinking);
    let _turn = just_before(("merge", "blocks"), 2, &place, async move |store| {
        store.take(&arrival("SM1", "Hi", now())).await.unwrap();
        *begun.lock().unwrap() = Some(load(&store).await);
    });
    store.block(&person(), later(now(), 1)).await.unwrap();
    let mut thinking = thinking.lock().unwrap().take().unwrap();
    let next = thinking.conversation.clone();
    let stored = store.commit(&mut thinking, next, vec![attempt("a-1")]).await;
    assert!(matches!(stored, Err(CommitError::Conflict)));
}

#[tokio::test]
async fn a_start_by_hand_is_on_record_only_if_it_lifted_a_stop() {
    let (_home, place, _data) = fresh();
    let store = open(&place);
    assert!(!store.start_by_hand(&person(), now()).await.unwrap());
    assert_eq!(everything_in(&store, "consent_events").await, "");
    stop(&store, &person()).await;
    let _text = just_before(("delete", "stops"), 1, &place, async |store| {
        start(&store, &person()).await;
    });
    assert!(!store.start_by_hand(&person(), later(now(), 120)).await.unwrap());
    let all = everything_in(&store, "consent_events").await;
    assert!(!all.contains("by hand"), "{all}");
}

#[tokio::test]
async fn an_erasure_finds_a_number_in_a_kept_call_however_it_is_written() {
    let (_home, place, _data) = fresh();
    let store = open(&place);
    let theirs = [
        "{\"from\":\"+1 202 555 0143\"}",
        "{\"from\":\"1 (202) 555-0143\"}",
        "{\"from\":\"202.555.0143\"}",
        "at=12&from=%2B1+202+555+0143",
        "from=%2B1%20202%20555%200143",
    ];
    for body in theirs.into_iter().chain(["from=+1 202 555 0144", "at=202, 555, 0143"]) {
        store.quarantine(&misread(body, now()), None).await.unwrap();
    }
    store.erase(&person(), a_minute_later).await.unwrap();
    assert_eq!(everything_in(&store, "quarantine").await.lines().count(), 2);
}
