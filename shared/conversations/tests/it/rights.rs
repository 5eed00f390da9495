//! What is held about a person, erasing it, and blocking a number.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use conversations::{
    Attempt, Change, CommitError, Conversation, ConversationId, Effect, FollowUp, Joined, Notice,
    Person, StatusUpdate, Store, Taken, collections,
};
use documents::{Fields, Query, Write, at};
use jiff::Timestamp;
use serde_json::{Map, Value, json};
use sms::{Number, Receipt, Status};
use telemetry::{Step, TraceId};

use crate::common::{arrival, attempt_called, ended, id, later, load, now, person, receipt};
use crate::form::{open, settings};
use crate::ledger::{consent, fresh, stop as say_stop};
use crate::quarantine::misread;

/// What must not be found afterwards: the number as it is written anywhere, and what was said.
pub(crate) const TRACES_OF_HER: [&str; 4] = ["2025550143", "143 Elm", "Elm Street", "sink"];

/// The collections that may still name her afterwards, by her keyed name.
const STAY: [&str; 3] = ["blocks", "erasures", "stops"];

pub(crate) async fn erases_a_person_from_every_collection_and_nobody_else(store: Arc<Store>) {
    let bob = Number::parse("+12025550144").unwrap();
    for theirs in [&person(), &bob] {
        lives_here(&store, theirs).await;
    }
    store.block(&person(), now()).await.unwrap();
    let of_bob = store.held(&bob).await.unwrap();
    let held = store.held(&person()).await.unwrap();
    let found: Vec<_> = held.documents().map(|(collection, _)| collection).collect();
    let everything = [
        "attempts",
        "audit",
        "blocks",
        "codes",
        "consent_events",
        "consents",
        "conversations",
        "desk",
        "effects",
        "ended",
        "found",
        "heads",
        "notices",
        "orders",
        "quarantine",
        "receipts",
        "said",
        "stops",
        "texts",
        "traces",
    ];
    assert_eq!(found, everything);

    let erased = store.erase(&person(), a_minute_later).await.unwrap();
    assert_eq!((erased.removed["texts"], erased.removed["attempts"], erased.left), (2, 1, None));
    let hers = store.names().conversation("twilio", &person());
    let hers = hers.as_str().split('-').next().unwrap().to_owned();
    for collection in collections::ALL {
        let (stays, what) = (STAY.contains(&collection.name), collection.name);
        let all = everything_in(&store, what).await;
        assert!(!TRACES_OF_HER.iter().any(|word| all.contains(word)), "{what}");
        assert_eq!(all.contains(&hers), stays, "{what}");
    }
    let left = store.held(&bob).await.unwrap();
    assert_eq!(contents(&left), contents(&of_bob));
    assert!(!store.begin(&attempt_called("a-9")).await.unwrap(), "the opt-out stays");
    assert!(store.is_blocked("twilio", &person()).await.unwrap());
}

pub(crate) async fn begins_anew_with_a_text_a_second_after_an_erasure(store: Arc<Store>) {
    lives_here(&store, &person()).await;
    let mut thinking = load(&store).await;
    store.start_by_hand(&person(), now()).await.unwrap();
    store.erase(&person(), a_minute_later).await.unwrap();
    store.take(&arrival("SM77", "Hello there", later(now(), 61))).await.unwrap();
    // What the agent thought of meanwhile is about somebody who is not known any more.
    let mut next = thinking.conversation.clone();
    next.answers = 7;
    let stored = store.commit(&mut thinking, next, vec![Change::Attempt(attempt_called("a-2"))]);
    assert!(matches!(stored.await, Err(CommitError::Conflict)));

    let fresh = load(&store).await;
    assert_eq!(fresh.waiting.iter().map(|it| &*it.body).collect::<Vec<_>>(), ["Hello there"]);
    let Conversation { turns, brief, answers, number, .. } = &fresh.conversation;
    assert_eq!((turns.len(), brief.len(), *answers, *number), (0, 0, 0, 1));
    let again = store.take(&arrival("SM1", "My sink leaks", later(now(), 90))).await.unwrap();
    assert_eq!(again, Taken::Repeat, "a call that its provider repeats");
    let held = store.held(&person()).await.unwrap();
    let counts = ["heads", "texts", "attempts", "ended"].map(|name| held.count(name));
    assert_eq!(counts, [1, 1, 0, 0]);
}

pub(crate) async fn nothing_that_comes_late_brings_an_erased_person_back(store: Arc<Store>) {
    lives_here(&store, &person()).await;
    let effect = store.effects_of(&id()).await.unwrap().remove(0);
    store.erase(&person(), a_minute_later).await.unwrap();
    store.update_status(&StatusUpdate::new("a-1", Status::Unknown, now())).await.unwrap();
    for named in [Some("a-1"), None] {
        let late = Receipt { message: "SM8".into(), ..receipt(Status::Failed, named) };
        let joined = store.receive("twilio", &late, later(now(), 61)).await.unwrap();
        assert_eq!(joined, Joined::NotYet);
    }
    store.put_off(&effect, later(now(), 90)).await.unwrap();
    assert!(store.load(&id(), now()).await.unwrap().is_none());
    let held = store.held(&person()).await.unwrap();
    let found: Vec<_> = held.documents().map(|(collection, _)| collection).collect();
    assert_eq!(found, ["erasures", "stops"]);
    assert_eq!(everything_in(&store, "attempts").await, "");
}

pub(crate) async fn counts_what_a_blocked_number_sends_and_keeps_none_of_it(store: Arc<Store>) {
    store.take(&arrival("SM1", "Hi", now())).await.unwrap();
    let mut thinking = load(&store).await;
    store.block(&person(), later(now(), 1)).await.unwrap();
    let next = thinking.conversation.clone();
    let stored = store.commit(&mut thinking, next, vec![Change::Attempt(attempt_called("a-1"))]);
    assert!(matches!(stored.await, Err(CommitError::Conflict)), "the agent was thinking");
    assert!(load(&store).await.blocked && load(&store).await.stop.unwrap().confirmed);

    for message in ["SM2", "SM3"] {
        let spam = arrival(message, "Buy my pills", later(now(), 60));
        assert_eq!(store.take(&spam).await.unwrap(), Taken::Blocked);
        store.count_blocked("twilio", &person()).await;
    }
    for what in ["texts", "heads", "conversations", "traces", "claims"] {
        assert!(!everything_in(&store, what).await.contains("pills"), "{what}");
    }
    assert_eq!(store.held(&person()).await.unwrap().blocked_texts(), 2);
    say_stop(&store, &person()).await;
    assert!(store.unblock(&person()).await.unwrap() && !store.unblock(&person()).await.unwrap());
    let loaded = load(&store).await;
    assert!(!loaded.blocked && loaded.stop.is_some_and(|stop| stop.provider == "twilio"));
    let again = arrival("SM4", "Hi again", later(now(), 90));
    assert_eq!(store.take(&again).await.unwrap(), Taken::New);
}

/// Also what was written between many others, moved from page to page, and read meanwhile.
#[tokio::test]
async fn no_file_of_the_store_holds_a_byte_of_somebody_who_was_erased() {
    let (_home, place, data) = fresh();
    let (serving, by_hand) = (open(&place), open(&place));
    lives_here(&serving, &person()).await;
    // Pages are divided while everybody's documents grow at different times.
    let mut chance = fastrand::Rng::with_seed(7);
    for number in 0..200_u32 {
        let is_hers = number % 20 == 0;
        let other = Number::parse(&format!("+1202555{:04}", 1_000 + number % 40)).unwrap();
        let theirs = if is_hers { person() } else { other };
        let said = if is_hers { "I live in Elm Street. " } else { "Somebody else says so. " };
        let said = said.repeat(chance.usize(1..20));
        let mut text = arrival(&format!("text-{number}"), &said, later(now(), number.into()));
        text.theirs = theirs.clone();
        serving.take(&text).await.unwrap();
        let id = serving.names().conversation("twilio", &theirs);
        let entry = json!({ "said": said, "number": number });
        serving.say_by_hand(&id, &entry, later(now(), number.into())).await.unwrap();
    }
    assert!(TRACES_OF_HER.iter().all(|word| holds(&data, word)), "this looks at the right files");
    let erased = by_hand.erase(&person(), a_minute_later).await.unwrap();
    assert_eq!(erased.left, None);
    for word in TRACES_OF_HER {
        assert!(!holds(&data, word), "{word}");
    }
    assert!(holds(&data, "2025551007"), "others are there");
    serving.take(&arrival("SM90", "Hi", later(now(), 90))).await.unwrap();
    drop((serving, by_hand));
    assert_eq!(load(&open(&place)).await.waiting.len(), 1);
}

#[tokio::test]
async fn a_backup_brings_nobody_back_who_was_erased_since() {
    let (bob, data_lost) = (Number::parse("+12025550144").unwrap(), Some("textback.db"));
    for lost in [None, data_lost] {
        let (home, place, data) = fresh();
        let store = open(&place);
        for theirs in [&person(), &bob] {
            lives_here(&store, theirs).await;
        }
        let backup = home.path().join("backup.db");
        conversations::back_up(&settings(&place), &backup).unwrap();
        store.erase(&person(), a_minute_later).await.unwrap();
        drop(store);
        lost.into_iter().for_each(|file| fs::write(data.join(file), "damaged").unwrap());

        let restore = conversations::Restore::begin(&settings(&place), &backup, now()).unwrap();
        let restored = restore.finish(&settings(&place), &json!({}), false, now()).await.unwrap();
        assert!(restored.erased > 5, "{}", restored.erased);
        let store = open(&place);
        let held = store.held(&person()).await.unwrap();
        let found: Vec<_> = held.documents().map(|(collection, _)| collection).collect();
        assert_eq!(found, ["erasures", "stops"], "{lost:?}");
        assert_eq!(store.held(&bob).await.unwrap().count("ended"), 1);
        for word in TRACES_OF_HER {
            assert!(!holds(&data, word), "{word}, {lost:?}");
        }
    }
}

/// They came back after the first erasure, and are in the backup as they were then.
#[tokio::test]
async fn a_backup_between_two_erasures_brings_back_nothing_of_before_the_later_one() {
    let damaged = |file: PathBuf| fs::write(file, "damaged").unwrap();
    let (begun_again, lost) = ([false, true], [None, Some("textback.db"), Some("textback.ledger")]);
    for (begun_again, lost) in begun_again.into_iter().flat_map(|it| lost.map(|lost| (it, lost))) {
        let (home, place, data) = fresh();
        let store = open(&place);
        store.erase(&person(), || later(now(), -60)).await.unwrap();
        if !begun_again {
            lives_here(&store, &person()).await;
        }
        let backup = home.path().join("backup.db");
        conversations::back_up(&settings(&place), &backup).unwrap();
        if begun_again {
            fs::remove_file(data.join("textback.ledger")).unwrap();
        }
        store.erase(&person(), a_minute_later).await.unwrap();
        drop(store);
        lost.into_iter().for_each(|file| damaged(data.join(file)));

        for again in [false, true] {
            let restore = conversations::Restore::begin(&settings(&place), &backup, now()).unwrap();
            let restored = restore.finish(&settings(&place), &json!({}), false, now()).await;
            assert_eq!(restored.unwrap().erased > 5, !begun_again, "{lost:?}, {again}");
            let store = open(&place);
            let held = store.held(&person()).await.unwrap();
            let left = ["heads", "texts", "attempts", "ended"].map(|name| held.count(name));
            assert_eq!(left, [0; 4], "{lost:?}, {again}");
            // Also as one of the mock's people.
            let (erasures, later) = (everything_in(&store, "erasures").await, a_minute_later());
            let times = erasures.matches(&later.as_millisecond().to_string()).count();
            assert_eq!((times, erasures.lines().count()), (2, 2), "{lost:?}, {again}");
        }
    }
}

/// As another version left it, before people were erased.
#[tokio::test]
async fn a_backup_of_before_there_were_erasures_is_erased_again_too() {
    let (home, place, data) = fresh();
    let store = open(&place);
    lives_here(&store, &person()).await;
    let backup = home.path().join("backup.db");
    conversations::back_up(&settings(&place), &backup).unwrap();
    let forget = |file: &Path| {
        let forgets = "DROP TABLE blocks; DROP TABLE blocked; DROP TABLE erasures;";
        rusqlite::Connection::open(file).unwrap().execute_batch(forgets).unwrap();
    };
    forget(&backup);
    store.erase(&person(), a_minute_later).await.unwrap();
    drop(store);
    let restore = || conversations::Restore::begin(&settings(&place), &backup, now()).unwrap();
    let restored = restore().finish(&settings(&place), &json!({}), false, now()).await.unwrap();
    assert!(restored.erased > 5, "{}", restored.erased);
    fs::remove_file(data.join("textback.ledger")).unwrap();
    forget(&data.join("textback.db"));
    let restored = restore().finish(&settings(&place), &json!({}), false, now()).await.unwrap();
    assert_eq!(restored.erased, 0, "neither knows of an erasure");
}

pub(crate) fn a_minute_later() -> Timestamp {
    later(now(), 60)
}

/// Somebody about whom every collection holds something.
pub(crate) async fn lives_here(store: &Store, theirs: &Number) {
    let mine = &theirs.as_str()[theirs.as_str().len() - 3..];
    let id = store.names().conversation("twilio", theirs);
    let is_her = mine == "143";
    let name = |what: &str| if is_her { what.to_owned() } else { format!("{what}{mine}") };
    let (what, street) = if is_her { ("sink", "Elm Street") } else { ("roof", "Oak Avenue") };
    let leaks = format!("My {what} leaks at {mine} {street}");
    for number in ["SM1", "SM2"] {
        let mut text = arrival(&name(number), &leaks, now());
        text.theirs = theirs.clone();
        store.take(&text).await.unwrap();
    }
    let early = Receipt { message: name("SM8"), ..receipt(Status::Sent, None) };
    assert_eq!(store.receive("twilio", &early, now()).await.unwrap(), Joined::NotYet);
    let mut loaded = store.load(&id, now()).await.unwrap().unwrap();
    let mut next = loaded.conversation.clone();
    next.turns.push(json!({ "person": leaks }));
    let attempt = Attempt {
        conversation: id.clone(),
        to: theirs.clone(),
        trace: TraceId::fresh(),
        message: Some(format!("twilio:{}", name("SM8"))),
        ..attempt_called(&name("a-1"))
    };
    let trace = TraceId::fresh();
    let (notice, effect) = (notice(&id, theirs, &leaks), effect(&id, theirs, what, &trace));
    let aside = loaded.waiting[..1].to_vec();
    let over = conversations::Ended { conversation: id, theirs: theirs.clone(), ..ended() };
    let changes = vec![
        Change::Attempt(attempt),
        Change::Ended(over),
        Change::Effect(effect),
        Change::Notice(notice),
        Change::SetAside(aside, "limit"),
        Change::Steps(trace, vec![Step::new("thought", now())]),
    ];
    store.commit(&mut loaded, next, changes).await.unwrap();
    store.consent(&consent(theirs), None).await.unwrap();
    let digits = &theirs.as_str()[1..];
    for body in [
        format!("From=%2B{digits}&Body={what}"),
        format!("{{\"mobile\":\"{}\",\"m\":\"{what}\"}}", &digits[1..]),
    ] {
        store.quarantine(&misread(&body, now()), None).await.unwrap();
    }
    say_stop(store, theirs).await;
    is_shown(store, theirs, &leaks).await;
}

/// What the console has about the person.
async fn is_shown(store: &Store, theirs: &Number, said: &str) {
    let id = store.names().conversation("twilio", theirs);
    let (name, place) = (id.as_str(), format!("{id}/1"));
    let at_once = now().as_millisecond();
    let shown = [
        ("audit", place.clone(), json!({ "place": place, "who": "ann", "at": at_once })),
        ("codes", place.clone(), json!({ "conversation": id, "number": 1, "at": at_once })),
        ("desk", name.to_owned(), json!({ "theirs": theirs, "last": said, "at": at_once })),
        ("found", name.to_owned(), json!({ "tokens": [theirs, said] })),
        ("orders", place.clone(), json!({ "place": place, "kind": said, "at": at_once })),
        ("said", place.clone(), json!({ "place": place, "words": said })),
    ];
    let keep = |(collection, name, fields): (&'static str, String, Value)| {
        Write::keep(at(collection, &name.replace('/', "-")), Fields::of(&fields))
    };
    store.documents().each(shown.map(keep).into()).await.unwrap();
}

pub(crate) fn notice(id: &ConversationId, theirs: &Number, said: &str) -> Notice {
    let follow_up = FollowUp { theirs: theirs.clone(), why: "asked".into(), said: said.to_owned() };
    Notice {
        id: format!("handed-over-{id}"),
        sentence: "Answer this person.".into(),
        conversation: Some(id.clone()),
        trace: None,
        follow_up: Some(follow_up),
        at: now(),
    }
}

fn effect(id: &ConversationId, theirs: &Number, what: &str, trace: &TraceId) -> Effect {
    Effect {
        id: format!("{id}-1"),
        conversation: id.clone(),
        trace: trace.clone(),
        kind: "conversation.finished".into(),
        payload: json!({ "person": theirs, "brief": what }),
        tries: 0,
        at: now(),
        due_at: now(),
    }
}

/// All that is held about a person.
fn contents(held: &Person) -> Vec<(&'static str, Vec<Map<String, Value>>)> {
    held.documents().collect()
}

/// The names and contents of all documents of a collection, as somebody reads them who may read it all.
pub(crate) async fn everything_in(store: &Store, collection: &'static str) -> String {
    let (mut all, mut after) = (String::new(), String::new());
    loop {
        let page = store.documents().find(Query::behind_name(collection, after, 2)).await.unwrap();
        let Some(last) = page.last() else { return all };
        after = last.id.clone();
        for document in &page {
            let content: Value = document.fields.decode().unwrap();
            all.push_str(&format!("{} {content}\n", document.id));
        }
    }
}

/// Whether a file of the store contains these bytes.
fn holds(data: &Path, word: &str) -> bool {
    fs::read_dir(data).unwrap().any(|file| {
        let bytes = fs::read(file.unwrap().path()).unwrap();
        bytes.windows(word.len()).any(|window| window == word.as_bytes())
    })
}
