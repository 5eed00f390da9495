//! What every store promises about the consent ledger.

use std::sync::Arc;

use conversations::{Attempt, Change, ConsentEvent, Proof, Stop, Store};
use fakes::Asked;
use sms::{Receipt, Status};

use crate::common::*;
use crate::ledger::consent;

pub(crate) async fn enters_each_event_with_what_shows_it(store: Arc<Store>) {
    let at = |minutes: i64| later(now(), minutes * 60);
    store.consent(&consent(&person()), None).await.unwrap();
    start(&store, "SM1", "JOIN", at(1)).await;
    stop_at(&store, "SM2", at(2)).await;
    let mut loaded = taken(&store).await;
    let next = loaded.conversation.clone();
    let yes = arrival("SM3", "YES", at(3)).text;
    store.commit(&mut loaded, next, vec![Change::Started(yes)]).await.unwrap();
    let reported = Proof { words: "ARRET", ours: OURS, message: "SM4", provider_says: true };
    let stop = Stop { at: at(4), provider: "twilio".into(), confirmed: true };
    store.stop(&claim("SM4"), &person(), &stop, &reported).await.unwrap();
    store.stop_listed(&number(144), "list opt-outs.txt", at(5)).await.unwrap();

    assert_eq!(
        lines(&store).await,
        [
            "12:00 form 143: I agree. (https://home.example/opt-in, 0a1b, en, 192.0.2.0/24)",
            "12:01 keyword 143: JOIN (twilio, +12025550100, SM1)",
            "12:02 stop 143: STOP (twilio, +12025550100, SM2)",
            "12:03 start 143: YES (twilio, +12025550100, SM3)",
            "12:04 provider 143: ARRET (twilio, +12025550100, SM4)",
            "12:05 imported 144:  (list opt-outs.txt)",
        ]
    );
}

pub(crate) async fn enters_what_a_provider_says_of_an_attempt(store: Arc<Store>) {
    let mut loaded = attempted(&store).await;
    let failed = Receipt {
        code: Some("21610".into()),
        opted_out: true,
        ..receipt(Status::Undelivered, Some("a-1"))
    };
    store.receive("twilio", &failed, now()).await.unwrap();
    store.receive("twilio", &failed, later(now(), 90)).await.unwrap();
    loaded = store.load(&loaded.id, now()).await.unwrap().unwrap();
    let next = loaded.conversation.clone();
    let attempt = Attempt { from: Some("+12025550101".into()), ..attempt_called("a-2") };
    let (code, at) = ("21610".into(), later(now(), 120));
    store.commit(&mut loaded, next, vec![Change::Stopped { at, attempt, code }]).await.unwrap();
    assert_eq!(
        lines(&store).await,
        [
            "12:00 provider 143: 21610 (twilio, +12025550100, SM9)",
            "12:02 provider 143: 21610 (twilio, +12025550101, a-2)",
        ]
    );
}

pub(crate) async fn a_person_who_says_stop_again_adds_one_event_a_day(store: Arc<Store>) {
    taken(&store).await;
    for message in 0..50 {
        stop_at(&store, &format!("SM{message}"), later(now(), message * 1_000)).await;
    }
    for message in 50..100 {
        start(&store, &format!("SM{message}"), "START", later(now(), message * 1_000)).await;
    }
    let lines = lines(&store).await;
    let events: Vec<_> = lines.iter().map(|line| line.split(':').next().unwrap()).collect();
    // It begins at noon and goes on until the next day in the afternoon.
    assert_eq!(lines.len(), 5, "{lines:?}");
    assert_eq!(events, ["12", "23", "01", "01", "15"]);
    let times: Vec<_> = lines.iter().map(|line| line.split(' ').nth(1).unwrap()).collect();
    assert_eq!(times, ["stop", "stop", "stop", "start", "keyword"]);
}

pub(crate) async fn enters_a_stop_once_and_in_its_commit(store: Arc<Store>) {
    taken(&store).await;
    let asked = Asked::listen();
    stop_at(&store, "SM2", now()).await;
    let first = ["create stops", "merge consent_events", "create claims", "commit "];
    assert_eq!(asked.take(), first);
    start(&store, "SM3", "START", later(now(), 60)).await;
    let back = ["get stops", "delete stops", "merge consent_events", "create claims", "commit "];
    assert_eq!(asked.take(), back);
    for message in ["SM2", "SM3"] {
        stop_at(&store, message, later(now(), 120)).await;
    }
    assert_eq!(lines(&store).await.len(), 2, "a replayed call has no effect");
}

pub(crate) async fn keeps_no_more_of_a_text_than_shows_the_stop(store: Arc<Store>) {
    let text = format!("Stop texting me. {}", "My address is none of your business. ".repeat(9));
    let stop = Stop { at: now(), provider: "twilio".into(), confirmed: false };
    store.stop(&claim("SM2"), &person(), &stop, &said(&text)).await.unwrap();
    let kept = &all(&store, 10).await[0].words;
    assert!(kept.starts_with("Stop texting me. ") && kept.chars().count() == 100, "{kept}");
}

pub(crate) async fn lists_each_event_once_whatever_the_page_size(store: Arc<Store>) {
    for one in 0..7 {
        store.stop_listed(&number(140 + one), "list", now()).await.unwrap();
    }
    for times in 0..4 {
        let message = format!("SM{times}");
        start(&store, &message, "START", later(now(), times * 600 + 60)).await;
        stop_at(&store, &format!("{message}-2"), later(now(), times * 600 + 120)).await;
    }
    let whole = all(&store, 200).await;
    assert_eq!(whole.len(), 15);
    let mut own = whole.clone();
    own.retain(|event| event.theirs == person());
    for size in [1, 2, 3, 9, 100] {
        let mut pages = all(&store, size).await;
        pages.sort_by_key(|event| (event.at, event.theirs.clone()));
        assert_eq!(pages, sorted(&whole), "by {size}");
        let (mut of, mut after) = (Vec::new(), None::<String>);
        loop {
            let page = store.consent_events_of(&person(), after.as_deref(), size).await.unwrap();
            of.extend(page.0);
            after = page.1;
            if after.is_none() {
                break;
            }
        }
        assert_eq!(of, own, "by {size}");
    }
    assert_eq!(store.consent_events_of(&number(199), None, 9).await.unwrap(), (vec![], None));
}

fn sorted(events: &[ConsentEvent]) -> Vec<ConsentEvent> {
    let mut events = events.to_vec();
    events.sort_by_key(|event| (event.at, event.theirs.clone()));
    events
}

async fn all(store: &Store, size: u32) -> Vec<ConsentEvent> {
    let (mut all, mut after) = (Vec::new(), None);
    loop {
        let page = store.consent_events(after, size).await.unwrap();
        all.extend(page.found);
        after = page.next;
        if after.is_none() {
            return all;
        }
    }
}

async fn lines(store: &Store) -> Vec<String> {
    let line = |event: ConsentEvent| {
        let ConsentEvent { source, version, language, network, ours, message, .. } = &event;
        let known = [source, version, language, network, ours, message].map(String::as_str);
        let known: Vec<_> = known.into_iter().filter(|known| !known.is_empty()).collect();
        let (at, event_word) = (event.at.strftime("%H:%M"), event.kind.word());
        let whose = &event.theirs.as_str()[9..];
        format!("{at} {event_word} {whose}: {} ({})", event.words, known.join(", "))
    };
    all(store, 200).await.into_iter().map(line).collect()
}

async fn stop_at(store: &Store, message: &str, at: jiff::Timestamp) {
    let stop = Stop { at, provider: "twilio".into(), confirmed: false };
    let proof = Proof { message, ..said("STOP") };
    store.stop(&claim(message), &person(), &stop, &proof).await.unwrap();
}

async fn start(store: &Store, message: &str, words: &str, at: jiff::Timestamp) {
    let proof = Proof { message, ..said(words) };
    store.start(&claim(message), "twilio", &person(), &proof, at, at).await.unwrap();
}

fn number(last: u32) -> sms::Number {
    crate::ledger::person(last)
}
