//! What lists show of conversations, and who is found.

use std::collections::BTreeSet;
use std::slice;
use std::sync::Arc;

use conversations::{Arrival, Change, ConversationId, Loaded, Mark, Row, RowWrite, Store, View};
use fastrand::Rng;
use jiff::Timestamp;
use serde_json::{Map, json};
use sms::Number;

use crate::common::{arrival, id, later, names, now, person, taken};
use crate::form::{Place, open};
use crate::meanwhile::just_before;
use crate::rights::a_minute_later;

/// Enough for every list of these tests.
const ALL: u32 = 1_000;

pub(crate) async fn pages_a_list_of_equal_times_once_and_counts_it(store: Arc<Store>) {
    let mut chance = Rng::with_seed(1);
    let mut expected = View::ALL.map(|_| BTreeSet::new());
    for number in 0..200 {
        let theirs = nth(number);
        let write = somehow(&mut chance, &theirs);
        let (row, id) = (&write.row, names().conversation("twilio", &theirs));
        let is_in = [
            row.waits_at.is_some(),
            row.ours_at.is_some(),
            write.result != Mark::Stays,
            write.failed != Mark::Stays,
            true,
        ];
        for (list, _) in expected.iter_mut().zip(is_in).filter(|(_, is_in)| *is_in) {
            list.insert(id.as_str().to_owned());
        }
        let mut loaded = begin(&store, number, &theirs).await;
        show(&store, &mut loaded, write).await;
    }
    for (view, expected) in View::ALL.into_iter().zip(expected) {
        let (mut seen, mut from) = (vec![], None);
        loop {
            let page = store.rows(view, later(now(), 60), from, 7).await.unwrap();
            seen.extend(page.found.into_iter().map(|(id, _)| id.as_str().to_owned()));
            from = page.next;
            if from.is_none() {
                break;
            }
        }
        let once: BTreeSet<_> = seen.iter().cloned().collect();
        assert_eq!(once, expected, "{view:?}");
        assert_eq!(seen.len(), expected.len(), "{view:?}: somebody is listed twice");
        let count = store.count_rows(view, later(now(), 60), ALL).await.unwrap();
        assert_eq!(count, expected.len() as u64, "{view:?}");
        assert_eq!(store.count_rows(view, later(now(), 60), 7).await.unwrap(), 7, "{view:?}");
    }
}

pub(crate) async fn lists_who_waits_longest_first_and_the_rest_latest_first(store: Arc<Store>) {
    for number in 0..3 {
        let (theirs, at) = (nth(number), later(now(), number.into()));
        let row = Row { waits_at: Some(at), at: Some(at), ..row(&theirs) };
        let mut loaded = begin(&store, number, &theirs).await;
        show(&store, &mut loaded, RowWrite { row, now: at, ..RowWrite::default() }).await;
    }
    let waiting = listed(&store, View::Waiting, later(now(), 60)).await;
    assert_eq!(waiting, [nth(0), nth(1), nth(2)]);
    // 30 seconds after the second.
    assert_eq!(listed(&store, View::Waiting, later(now(), 31)).await, [nth(0), nth(1)]);
    assert_eq!(listed(&store, View::All, now()).await, [nth(2), nth(1), nth(0)]);
}

pub(crate) async fn finds_a_person_by_number_name_and_what_was_collected(store: Arc<Store>) {
    let people = [
        ("+12025550143", json!({ "name": "Zoë O'Brien", "address": "12 Oak Road" })),
        ("+4930901820", json!({ "first_name": "Zora", "rooms": 3 })),
    ];
    for (number, (theirs, brief)) in (0..).zip(&people) {
        let theirs = Number::parse(theirs).unwrap();
        let mut loaded = begin(&store, number, &theirs).await;
        let tokens = names().tokens(&theirs, None, brief.as_object().unwrap());
        let next = loaded.conversation.clone();
        store.commit(&mut loaded, next, vec![Change::Found(tokens)]).await.unwrap();
    }
    let [zoe, zora] =
        people.map(|(it, _)| names().conversation("twilio", &Number::parse(it).unwrap()));
    for typed in ["+1 202 555 0143", "(202) 555-0143", "0143", "5550143", "ZOE", "obr", "zoe oak"] {
        assert_eq!(found(&store, typed).await, slice::from_ref(&zoe), "{typed}");
    }
    for typed in ["0049 30 901820", "030 901820", "1820", "zora", "3"] {
        assert_eq!(found(&store, typed).await, slice::from_ref(&zora), "{typed}");
    }
    for typed in ["", "0144", "zoe 3", "zo", "\"", "*", "+"] {
        assert_eq!(found(&store, typed).await, [], "{typed}");
    }
}

pub(crate) async fn what_was_seen_is_new_no_more_and_may_become_new_again(store: Arc<Store>) {
    let mut loaded = taken(&store).await;
    let news = |now| RowWrite { result: Mark::At(now), ..written(now) };
    show(&store, &mut loaded, news(now())).await;
    store.note_seen(&id(), later(now(), 5)).await.unwrap();
    assert!(listed(&store, View::NewResults, now()).await.is_empty());
    // A row that says nothing of it leaves it as it is.
    show(&store, &mut loaded, written(later(now(), 6))).await;
    assert!(listed(&store, View::NewResults, now()).await.is_empty());
    show(&store, &mut loaded, news(later(now(), 7))).await;
    assert_eq!(listed(&store, View::NewResults, now()).await, [person()]);
    // The clocks of those who write may differ by five seconds.
    let changed = async |since| store.rows_changed(later(now(), since), ALL).await.unwrap();
    assert_eq!(changed(12).await.rows.len(), 1);
    assert!(changed(13).await.rows.is_empty());
    assert_eq!(changed(0).await.until, later(now(), 7));
    assert_eq!(changed(13).await.until, later(now(), 13), "it never goes back");
}

pub(crate) async fn tells_what_has_changed_however_much_that_is(store: Arc<Store>) {
    let many = 60;
    for number in 0..many {
        let theirs = nth(number);
        let mut loaded = begin(&store, number, &theirs).await;
        let now = later(now(), i64::from(number) / 30);
        show(&store, &mut loaded, RowWrite { row: row(&theirs), now, ..RowWrite::default() }).await;
    }
    // All within the seconds by which clocks may differ, and more than is told at once.
    let first = store.rows_changed(now(), 10).await.unwrap();
    assert_eq!((first.rows.len(), first.until), (10, later(now(), 1)));
    let mut loaded = store.load(&id_of(0), now()).await.unwrap().unwrap();
    let (row, then) = (row(&nth(0)), later(now(), 9));
    show(&store, &mut loaded, RowWrite { row, now: then, ..RowWrite::default() }).await;
    let next = store.rows_changed(later(now(), 8), 10).await.unwrap();
    assert_eq!((next.rows.len(), next.until), (1, then));
}

pub(crate) async fn says_so_when_more_are_found_than_it_looks_at(store: Arc<Store>) {
    for number in 0..200 {
        let theirs = nth(number);
        let mut loaded = begin(&store, number, &theirs).await;
        let tokens = names().tokens(&theirs, Some("Alex Miller"), &Map::new());
        let next = loaded.conversation.clone();
        store.commit(&mut loaded, next, vec![Change::Found(tokens)]).await.unwrap();
    }
    let found = store.search("miller").await.unwrap();
    assert_eq!((found.ids.len(), found.more), (200, true));
    assert_eq!(store.search(nth(7).as_str()).await.unwrap().ids, BTreeSet::from([id_of(7)]));
}

pub(crate) async fn a_person_with_a_row_who_cannot_be_found_is_looked_at(store: Arc<Store>) {
    let mut loaded = taken(&store).await;
    show(&store, &mut loaded, RowWrite { failed: Mark::At(now()), ..written(now()) }).await;
    assert_eq!(store.not_shown(ALL).await.unwrap().unwrap().not_found, [id()]);
    first(&store).await;
    assert_eq!(found(&store, person().as_str()).await, [id()]);
    assert_eq!(listed(&store, View::NotDelivered, now()).await, [person()], "its row stays");
}

pub(crate) async fn nobody_waits_after_everything_was_set_aside(store: Arc<Store>) {
    let mut loaded = taken(&store).await;
    let row = Row { waits_at: Some(now()), ..row(&person()) };
    show(&store, &mut loaded, RowWrite { row, now: now(), ..RowWrite::default() }).await;
    first(&store).await;
    let all = store.not_shown(ALL).await.unwrap().unwrap();
    store.shown_up_to(&all).await.unwrap();
    store.set_open_aside(&json!({}), 0, later(now(), 60)).await.unwrap();
    assert!(listed(&store, View::Waiting, later(now(), 600)).await.is_empty());
    assert_eq!(store.not_shown(ALL).await.unwrap().unwrap().not_found, [id()], "it is shown anew");
}

pub(crate) async fn no_row_comes_back_after_an_erasure(place: Place) {
    let store = open(&place);
    let mut loaded = taken(&store).await;
    let old = store.not_shown(ALL).await.unwrap().unwrap();
    assert_eq!(old.not_found, [id()]);
    show(&store, &mut loaded, RowWrite { failed: Mark::At(now()), ..written(now()) }).await;
    let _erasure = just_before(("count", "desk"), 1, &place, async |store| {
        store.erase(&person(), a_minute_later).await.unwrap();
    });
    store.note_seen(&id(), later(now(), 5)).await.unwrap();
    first(&store).await;
    assert!(listed(&store, View::All, now()).await.is_empty());
    assert_eq!(found(&store, person().as_str()).await, []);
}

pub(crate) async fn a_row_that_a_turn_wrote_meanwhile_stays(place: Place) {
    let store = open(&place);
    let mut loaded = taken(&store).await;
    let page = store.not_shown(ALL).await.unwrap().unwrap();
    show(&store, &mut loaded, RowWrite { failed: Mark::At(now()), ..written(now()) }).await;
    first(&store).await;
    assert_eq!(listed(&store, View::NotDelivered, now()).await, [person()]);
    store.shown_up_to(&page).await.unwrap();
    assert!(store.not_shown(ALL).await.unwrap().is_none(), "all were looked at once");
}

fn id_of(number: u32) -> ConversationId {
    names().conversation("twilio", &nth(number))
}

fn nth(number: u32) -> Number {
    Number::parse(&format!("+1202{:07}", 5_550_000 + number)).unwrap()
}

async fn begin(store: &Store, number: u32, theirs: &Number) -> Loaded {
    let text = arrival(&format!("SM{number}"), "My sink leaks", now());
    store.take(&Arrival { theirs: theirs.clone(), ..text }).await.unwrap();
    let id = names().conversation("twilio", theirs);
    store.load(&id, now()).await.unwrap().unwrap()
}

/// A row in some of the lists, at one of three times.
fn somehow(chance: &mut Rng, theirs: &Number) -> RowWrite {
    let mut at = || later(now(), chance.i64(0..3));
    let (at, waits, ours, result, failed) = (at(), at(), at(), at(), at());
    let mark = |is, time| if is { Mark::At(time) } else { Mark::Stays };
    let row = Row {
        at: Some(at),
        waits_at: chance.bool().then_some(waits),
        ours_at: chance.bool().then_some(ours),
        ..row(theirs)
    };
    let (result, failed) = (mark(chance.bool(), result), mark(chance.bool(), failed));
    RowWrite { row, result, failed, now: now() }
}

fn row(theirs: &Number) -> Row {
    Row { theirs: Some(theirs.clone()), at: Some(now()), ..Row::default() }
}

fn written(now: Timestamp) -> RowWrite {
    RowWrite { row: row(&person()), now, ..RowWrite::default() }
}

/// Shows the person, as is done with conversations that no turn has shown.
async fn first(store: &Store) {
    let tokens = names().tokens(&person(), None, &Map::new());
    store.show_first(&id(), &written(now()), &tokens).await.unwrap();
}

/// Whom somebody finds who types this.
async fn found(store: &Store, typed: &str) -> Vec<ConversationId> {
    let found = store.search(typed).await.unwrap();
    assert!(!found.more);
    found.ids.into_iter().collect()
}

async fn show(store: &Store, loaded: &mut Loaded, write: RowWrite) {
    let next = loaded.conversation.clone();
    store.commit(loaded, next, vec![Change::Row(Box::new(write))]).await.unwrap();
}

/// Whom a list shows, in its order.
async fn listed(store: &Store, view: View, now: Timestamp) -> Vec<Number> {
    let page = store.rows(view, now, None, ALL).await.unwrap();
    page.found.into_iter().filter_map(|(_, row)| row.theirs).collect()
}
