//! What others store while a person is erased or blocked.

use std::sync::{Arc, Mutex};

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use conversations::{Attempt, Change, CommitError, Notice, Quarantined, Store};
use serde_json::json;

use crate::common::{arrival, attempt, attempt_called, id, later, load, now, person};
use crate::form::{Place, open};
use crate::ledger::{fresh, start, stop};
use crate::meanwhile::just_before;
use crate::quarantine::misread;
use crate::rights::{TRACES_OF_HER, a_minute_later, everything_in, lives_here, notice};

pub(crate) async fn nothing_stays_that_a_turn_stores_while_an_erasure_looks(place: Place) {
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

pub(crate) async fn a_text_that_comes_as_soon_as_the_head_is_gone_waits_for_its_answer(
    place: Place,
) {
    let store = open(&place);
    lives_here(&store, &person()).await;
    let _text = just_before(("delete", "attempts"), 1, &place, async |store| {
        store.take(&arrival("SM77", "Hello there", later(now(), 61))).await.unwrap();
    });
    store.erase(&person(), a_minute_later).await.unwrap();
    assert_eq!(load(&store).await.waiting.len(), 1);
}

pub(crate) async fn an_erasure_looks_again_at_what_it_has_to_read_one_by_one(place: Place) {
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

pub(crate) async fn a_block_is_seen_by_a_turn_that_began_while_it_was_made(place: Place) {
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

pub(crate) async fn a_start_by_hand_is_on_record_only_if_it_lifted_a_stop(place: Place) {
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

/// A turn commits again and again, and no commit of it is left behind.
pub(crate) async fn nothing_stays_of_a_turn_that_stores_all_the_while_a_person_is_erased(
    store: Arc<Store>,
) {
    lives_here(&store, &person()).await;
    store.start_by_hand(&person(), now()).await.unwrap();
    let turn = async {
        let mut stored = 0;
        for number in 0..8 {
            let Some(mut loaded) = store.load(&id(), now()).await.unwrap() else { break };
            let mut next = loaded.conversation.clone();
            next.turns.push(json!({ "person": "My sink leaks at 143 Elm Street" }));
            let changes = vec![attempt(&format!("late-{number}"))];
            match store.commit(&mut loaded, next, changes).await {
                Ok(_) => stored += 1,
                Err(CommitError::Conflict) => {}
                Err(error) => panic!("{error}"),
            }
        }
        stored
    };
    let her = person();
    let (erased, stored) = tokio::join!(store.erase(&her, a_minute_later), turn);
    assert!(stored > 1, "{stored}");
    assert_eq!(erased.unwrap().removed["attempts"], 1 + stored);
    let held = store.held(&person()).await.unwrap();
    assert_eq!(held.documents().map(|(what, _)| what).collect::<Vec<_>>(), ["erasures"]);
}

pub(crate) async fn an_erasure_finds_a_number_in_a_kept_call_however_it_is_written(
    store: Arc<Store>,
) {
    let theirs = [
        "{\"from\":\"+1 202 555 0143\"}",
        "{\"from\":\"1 (202) 555-0143\"}",
        "{\"from\":\"202.555.0143\"}",
        "{\"from\":\"0012025550143\"}",
        "at=12&from=%2B1+202+555+0143",
        "from=%2B1%20202%20555%200143",
        "id=7 12025550143",
    ];
    let others = ["from=+1 202 555 0144", "at=202, 555, 0143", "id=120255501431", "id=5550143"];
    let mut calls: Vec<_> = theirs.iter().chain(&others).map(|body| misread(body, now())).collect();
    let body = BASE64_STANDARD.encode([b"from=+1 202 555 0143 ", &[0xff][..]].concat());
    calls.push(Quarantined { base64: true, ..misread(&body, now()) });
    let query = "from=%2B12025550143".into();
    calls.push(Quarantined { query, ..misread("in its query", now()) });
    let path = "/webhooks/messagecentral/inbound/12025550143".into();
    calls.push(Quarantined { path, ..misread("in its path", now()) });
    for call in &calls {
        store.quarantine(call, None).await.unwrap();
    }
    let erased = store.erase(&person(), a_minute_later).await.unwrap();
    assert_eq!(erased.removed["quarantine"], theirs.len() + 3);
    let left = store.quarantined(50).await.unwrap();
    let mut left: Vec<_> = left.iter().map(|call| call.body.as_str()).collect();
    left.sort_unstable();
    let mut others = others;
    others.sort_unstable();
    assert_eq!(left, others);
}
