//! What every store promises.

use std::sync::Arc;
use std::time::Duration;

use conversations::{
    Admission, Arrival, Attempt, By, Change, CommitError, Conversation, Effect, HandedOver, Order,
    OrderKind, Ordered, Stop, Store, TEXTS_IN_ONE_TURN, Taken, Via, Waiting, minute_of,
};
use futures::future::join_all;
use jiff::SignedDuration;
use policy::Language;
use serde_json::json;
use sms::{Number, Status};
use telemetry::TraceId;

use crate::common::*;

pub(crate) async fn claims_a_text_once(store: Arc<Store>) {
    let text = arrival("SM1", "Hi", now());
    assert_eq!(store.take(&text).await.unwrap(), Taken::New);
    assert_eq!(store.take(&text).await.unwrap(), Taken::Repeat);
    assert_eq!(waiting(&store).await, ["Hi"]);
}

pub(crate) async fn claims_a_text_once_when_it_comes_several_times_at_once(store: Arc<Store>) {
    let takes: Vec<_> = (0..5)
        .map(|_| {
            let store = Arc::clone(&store);
            tokio::spawn(async move { store.take(&arrival("SM1", "Hi", now())).await.unwrap() })
        })
        .collect();
    let mut new = 0;
    for take in takes {
        new += usize::from(take.await.unwrap() == Taken::New);
    }
    assert_eq!((new, waiting(&store).await.len()), (1, 1));
}

pub(crate) async fn accepts_every_test_write(store: Arc<Store>) {
    let tries = (0..3).map(|_| store.try_writing(now()));
    assert!(futures::future::join_all(tries).await.into_iter().all(|tried| tried.is_ok()));
}

pub(crate) async fn takes_the_same_words_again_after_their_window(store: Arc<Store>) {
    let yes = |at| Arrival {
        claim: names().words("mc", &["+12025550143", "yes"], Duration::from_secs(120)),
        ..arrival("unused", "yes", at)
    };
    let start = now();
    assert_eq!(store.take(&yes(start)).await.unwrap(), Taken::New);
    assert_eq!(store.take(&yes(later(start, 119))).await.unwrap(), Taken::Repeat);
    assert_eq!(store.take(&yes(later(start, 121))).await.unwrap(), Taken::New);
    assert_eq!(store.take(&yes(later(start, 130))).await.unwrap(), Taken::Repeat);
    // They were said earlier but delayed.
    assert_eq!(store.take(&yes(later(start, -121))).await.unwrap(), Taken::New);
}

pub(crate) async fn keeps_texts_that_arrive_at_once(store: Arc<Store>) {
    let takes: Vec<_> = ["SM1", "SM2", "SM3", "SM4"]
        .map(|message| {
            let store = Arc::clone(&store);
            tokio::spawn(async move { store.take(&arrival(message, "yes", now())).await.unwrap() })
        })
        .into();
    for take in takes {
        assert_eq!(take.await.unwrap(), Taken::New);
    }
    assert_eq!(waiting(&store).await, ["yes", "yes", "yes", "yes"]);
}

pub(crate) async fn shows_a_turn_no_more_texts_than_it_takes_up(store: Arc<Store>) {
    let start = now();
    for text in 0..25 {
        let text = arrival(&format!("SM{text}"), &format!("{text}"), later(start, text));
        store.take(&text).await.unwrap();
    }
    let mut loaded = load(&store).await;
    assert_eq!((loaded.waiting.len(), loaded.more), (TEXTS_IN_ONE_TURN, true));
    let behind = store.waiting_behind(&id(), 22, 200).await.unwrap();
    assert_eq!(behind.iter().map(|text| &text.body).collect::<Vec<_>>(), ["22", "23", "24"]);

    let (next, first) = (loaded.conversation.clone(), loaded.waiting.clone());
    let changes = vec![Change::TakenUp(first), Change::SetAside(behind, "too many")];
    store.commit(&mut loaded, next, changes).await.unwrap();
    assert_eq!(waiting(&store).await, ["20", "21"]);
    let aside = store.set_aside(&id(), 2).await.unwrap();
    let aside: Vec<_> = aside.iter().map(|aside| (&*aside.text.body, &*aside.why)).collect();
    assert_eq!(aside, [("23", "too many"), ("24", "too many")]);
}

pub(crate) async fn has_nothing_waiting_once_all_texts_are_dealt_with(store: Arc<Store>) {
    let mut loaded = taken(&store).await;
    assert!(loaded.conversation.is_waiting());
    let next = loaded.conversation.clone();
    store.commit(&mut loaded, next.clone(), vec![]).await.unwrap();
    assert!(load(&store).await.conversation.is_waiting());
    let text = loaded.waiting.clone();
    store.commit(&mut loaded, next, vec![Change::SetAside(text, "limit")]).await.unwrap();
    assert!(!load(&store).await.conversation.is_waiting());
}

pub(crate) async fn remembers_the_language_of_a_person(store: Arc<Store>) {
    let mut loaded = taken(&store).await;
    assert_eq!(loaded.conversation.language, None);
    let mut next = loaded.conversation.clone();
    next.language = Language::of_code("es");
    store.commit(&mut loaded, next, vec![]).await.unwrap();
    store.take(&arrival("SM2", "Gracias", later(now(), 60))).await.unwrap();
    assert_eq!(load(&store).await.conversation.language.map(Language::code), Some("es"));
}

#[test]
fn a_language_of_another_version_is_not_known() {
    let head = |language| {
        let head = json!({
            "ours": OURS, "theirs": "+12025550143", "language": language, "at": 0, "expires_at": 0,
        });
        serde_json::from_value::<Conversation>(head).unwrap().language.map(Language::code)
    };
    assert_eq!((head("pt"), head("tlh")), (Some("pt"), None));
}

pub(crate) async fn admits_a_limited_number_of_new_people_and_gives_no_place_twice(
    store: Arc<Store>,
) {
    let (minute, bound) = (minute_of(now()), 12);
    assert_eq!(store.last_minute().await.unwrap(), None);
    let mut loaded = taken(&store).await;
    let next = loaded.conversation.clone();
    let let_in = vec![Change::LetIn(Admission::any(minute, 1))];
    store.commit(&mut loaded, next.clone(), let_in.clone()).await.unwrap();
    let mut again = load(&store).await;
    assert!(store.commit(&mut again, next, let_in).await.is_err(), "somebody has it");

    // Everybody at once, until no place is left.
    let take = async || {
        let mut taken = 0;
        loop {
            let mut free = store.free_places(minute, bound).await.unwrap();
            if free.is_empty() {
                return taken;
            }
            free.truncate(3);
            let is_mine = store.take_places(&free).await.unwrap();
            taken += if is_mine { free.len() } else { 0 };
        }
    };
    let taken = join_all((0..8).map(|_| take())).await;
    assert_eq!(taken.into_iter().sum::<usize>(), 11);
    assert_eq!(store.last_minute().await.unwrap(), Some(minute));
    let next = minute + SignedDuration::from_mins(1);
    assert_eq!(store.free_places(next, 5_000).await.unwrap().len(), 30, "it reads no more");
}

pub(crate) async fn keeps_the_people_of_the_mock_apart(store: Arc<Store>) {
    let pretended = Arrival {
        text: Waiting::new("mock", "mock", "Hi", &TraceId::fresh(), now()),
        ..arrival("M1", "Hi", now())
    };
    store.take(&pretended).await.unwrap();
    assert!(store.load(&id(), now()).await.unwrap().is_none());

    let mut loaded = taken(&store).await;
    let stop = Stop { at: now(), provider: "mock".into(), confirmed: false };
    store.stop(&claim("M2"), &person(), &stop, &said("STOP")).await.unwrap();
    let next = loaded.conversation.clone();
    store.commit(&mut loaded, next, vec![attempt("a-1")]).await.unwrap();

    let stop = Stop { provider: "twilio".into(), ..stop };
    store.stop(&claim("SM8"), &person(), &stop, &said("STOP")).await.unwrap();
    store
        .start(&claim("M3"), "mock", &person(), &said("START"), later(now(), 60), later(now(), 60))
        .await
        .unwrap();
    assert!(load(&store).await.stop.is_some());
}

pub(crate) async fn refuses_a_turn_that_missed_a_text(store: Arc<Store>) {
    let mut loaded = taken(&store).await;
    store.take(&arrival("SM2", "One more thing", later(now(), 1))).await.unwrap();
    let next = loaded.conversation.clone();
    let refused = store.commit(&mut loaded, next, vec![attempt("a-1")]).await;
    assert!(matches!(refused, Err(CommitError::Conflict)));
    assert!(store.attempt("a-1").await.unwrap().is_none());
    assert_eq!(waiting(&store).await, ["Hi", "One more thing"]);
}

pub(crate) async fn stores_a_turn_whole(store: Arc<Store>) {
    let mut loaded = taken(&store).await;
    let mut next = loaded.conversation.clone();
    next.turns = vec![json!({"person": "Hi", "nested": {"list": [1, 2.5, null, true]}})];
    next.open = Some(reply());
    next.due_at = Some(now());
    let text = loaded.waiting.clone();
    let changes = vec![attempt("a-1"), Change::TakenUp(text)];
    store.commit(&mut loaded, next, changes).await.unwrap();

    // What was stored is the version that the next commit builds on.
    let mut next = loaded.conversation.clone();
    next.answers = 1;
    store.commit(&mut loaded, next, vec![]).await.unwrap();

    let read = load(&store).await.conversation;
    assert!(read.open == Some(reply()) && load(&store).await.waiting.is_empty());
    assert_eq!(read.turns, loaded.conversation.turns);
    assert_eq!((read.answers, read.number, read.due_at), (1, 1, loaded.conversation.due_at));
    assert_eq!(store.attempts_of(&id()).await.unwrap()[0].status(), Status::Sending);
}

/// Commits whose conditions fail do not affect the others, and leave nothing behind.
pub(crate) async fn finds_what_is_due(store: Arc<Store>) {
    let mut loaded = taken(&store).await;
    let text = loaded.conversation.at;
    assert_eq!(store.due(later(text, -1), None, 10).await.unwrap().found, []);
    assert_eq!(store.due(text, None, 10).await.unwrap().found, [(id(), text)]);

    let mut next = loaded.conversation.clone();
    next.due_at = None;
    store.commit(&mut loaded, next, vec![]).await.unwrap();
    assert_eq!(store.due(later(text, 1000), None, 10).await.unwrap().found, []);
}

pub(crate) async fn lists_the_latest_conversations_first(store: Arc<Store>) {
    for (number, seconds) in [("+12025550141", 1), ("+12025550142", 3), ("+12025550143", 2)] {
        let text = arrival(number, "Hi", later(now(), seconds));
        let theirs = Number::parse(number).unwrap();
        store.take(&Arrival { theirs, ..text }).await.unwrap();
    }
    let latest = store.latest(2).await.unwrap();
    let numbers: Vec<_> = latest.iter().map(|(_, found)| found.theirs.as_str()).collect();
    assert_eq!(numbers, ["+12025550142", "+12025550143"]);
}

pub(crate) async fn keeps_effects_until_they_are_delivered(store: Arc<Store>) {
    let mut loaded = taken(&store).await;
    let effect = Effect {
        id: "e-1".into(),
        conversation: id(),
        trace: TraceId::fresh(),
        kind: "conversation.finished".into(),
        payload: json!({"brief": {"rooms": 3}}),
        tries: 0,
        at: now(),
        due_at: now(),
    };
    let next = loaded.conversation.clone();
    store.commit(&mut loaded, next, vec![Change::Effect(effect.clone())]).await.unwrap();
    assert_eq!(store.effects_due(now(), None, 10).await.unwrap().found, [(id(), now())]);
    store.put_off(&effect, later(now(), 60)).await.unwrap();
    assert_eq!(store.effects_due(now(), None, 10).await.unwrap().found, []);
    assert_eq!(store.effects_of(&id()).await.unwrap()[0].tries, 1);
    store.delivered(&effect).await.unwrap();
    assert_eq!(store.effects_of(&id()).await.unwrap(), []);
    // Another process that failed brings nothing back that was delivered.
    store.put_off(&effect, now()).await.unwrap();
    assert_eq!(store.effects_of(&id()).await.unwrap(), []);
}

pub(crate) async fn keeps_conversations_that_have_ended(store: Arc<Store>) {
    let mut loaded = taken(&store).await;
    // One of the same name is older than a conversation that was deleted.
    for _ in 0..2 {
        let mut next = loaded.conversation.clone();
        next.number = 2;
        store.commit(&mut loaded, next, vec![Change::Ended(ended())]).await.unwrap();
    }
    let kept = store.ended(&id()).await.unwrap();
    assert_eq!((kept.len(), &kept[0].brief["rooms"]), (1, &json!(3)));
}

pub(crate) async fn shows_the_latest_attempts_of_many(store: Arc<Store>) {
    for number in 0..201 {
        let (name, at) = (format!("a-{number}"), later(now(), number));
        let attempt = Attempt { at, ..attempt_called(&name) };
        assert!(store.begin(&attempt).await.unwrap());
    }
    let shown = store.attempts_of(&id()).await.unwrap();
    let ends = (shown[0].id.as_str(), shown[199].id.as_str());
    assert_eq!((shown.len(), ends), (200, ("a-1", "a-200")));
}

pub(crate) async fn continues_a_conversation_that_had_ended(store: Arc<Store>) {
    let mut loaded = taken(&store).await;
    let next = loaded.conversation.clone();
    store.commit(&mut loaded, next, vec![Change::Ended(ended())]).await.unwrap();
    let kept = store.ended_as(&id(), 1).await.unwrap().unwrap();
    assert_eq!((kept.brief["rooms"].as_u64(), kept.ending.as_str()), (Some(3), "finished"));
    let mut next = loaded.conversation.clone();
    next.turns.clone_from(&kept.turns);
    store.commit(&mut loaded, next, vec![Change::GoesOn(1)]).await.unwrap();
    assert_eq!(load(&store).await.conversation.turns, kept.turns);
    assert!(store.ended_as(&id(), 1).await.unwrap().is_none());
    assert!(store.ended(&id()).await.unwrap().is_empty());
}

pub(crate) async fn gives_back_a_conversation_with_the_texts_that_waited(store: Arc<Store>) {
    let start = now();
    for (text, after) in [("one", 0), ("two", 1)] {
        store.take(&arrival(text, text, later(start, after))).await.unwrap();
    }
    let mut loaded = load(&store).await;
    let (mut next, texts) = (loaded.conversation.clone(), loaded.waiting.clone());
    let until = later(start, 60);
    next.handed_over = Some(HandedOver { held: 2, ..HandedOver::new(start, until) });
    next.due_at = None;
    let aside = vec![Change::SetAside(texts, "with a person")];
    store.commit(&mut loaded, next, aside).await.unwrap();
    let with_person = load(&store).await.conversation;
    assert!(with_person.is_with_person(start) && !with_person.is_with_person(until));
    assert!(!with_person.is_waiting());

    let order = Order {
        id: String::new(),
        kind: OrderKind::GiveBack,
        by: By { name: "ann".into(), via: Via::Console },
        expects: None,
        trace: TraceId::fresh(),
        at: start,
    };
    let nonce = store.names().order("a form");
    assert_eq!(store.order(&nonce, &id(), &order).await.unwrap(), Ordered::New);
    assert_eq!(store.order(&nonce, &id(), &order).await.unwrap(), Ordered::Repeat);
    assert_eq!(store.due(start, None, 10).await.unwrap().found, [(id(), start)]);
    let mut loaded = load(&store).await;
    assert!(!loaded.conversation.is_with_person(start));
    let aside = store.set_aside(&id(), 10).await.unwrap();
    let texts: Vec<_> = aside.into_iter().map(|aside| aside.text).collect();
    let mut next = loaded.conversation.clone();
    (next.handed_over, next.given_back_at) = (None, None);
    assert_eq!(loaded.orders.len(), 1);
    let dealt_with = Change::CarriedOut(loaded.orders[0].clone());
    store.commit(&mut loaded, next, vec![Change::Waits(texts), dealt_with]).await.unwrap();
    assert_eq!(waiting(&store).await, ["one", "two"]);
    let loaded = load(&store).await;
    assert!(loaded.orders.is_empty() && loaded.conversation.ordered_at.is_none());
    assert_eq!(store.order(&nonce, &id(), &order).await.unwrap(), Ordered::Repeat);
    assert!(loaded.conversation.is_waiting() && loaded.conversation.handed_over.is_none());
    assert!(store.set_aside(&id(), 10).await.unwrap().is_empty());
}

pub(crate) async fn keeps_a_text_sent_by_hand_once(store: Arc<Store>) {
    let said = json!({"kind": "by_hand", "text": "We come at nine"});
    assert!(!store.say_by_hand(&id(), &said, now()).await.unwrap(), "nobody has texted");
    taken(&store).await;
    for _ in 0..2 {
        assert!(store.say_by_hand(&id(), &said, now()).await.unwrap());
    }
    assert_eq!(load(&store).await.conversation.turns, [said]);
}

pub(crate) async fn takes_the_answer_to_a_test_send_and_no_other_text(store: Arc<Store>) {
    let attempt = attempt_called(&names().test_send("twilio", &person(), "4821"));
    assert!(store.begin(&attempt).await.unwrap());
    let answer = async |message: &str, theirs: &Number, body: &str, at| {
        store.answer_trial(&claim(message), "twilio", theirs, body, at).await.unwrap()
    };
    let stranger = Number::parse("+12025550144").unwrap();
    assert!(!answer("SM1", &person(), "4822", now()).await);
    assert!(!answer("SM2", &person(), "4821 Oak Street", now()).await);
    assert!(!answer("SM3", &stranger, "4821", now()).await);
    assert!(!answer("SM4", &person(), "4821", later(attempt.at, 3_600)).await);
    assert_eq!(store.test_send_answered(&attempt.trace).await.unwrap(), None);

    let first = later(attempt.at, 5);
    assert!(answer("SM5", &person(), " 4821 ", first).await);
    assert!(answer("SM5", &person(), " 4821 ", later(first, 5)).await);
    let answered = store.test_send_answered(&attempt.trace).await.unwrap();
    assert_eq!(answered.as_deref(), Some("twilio"));
    assert!(store.attempt(&attempt.id).await.unwrap().unwrap().answered);
    assert!(store.load(&id(), now()).await.unwrap().is_none());
}
