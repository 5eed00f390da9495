//! What every store promises about opt-outs.

use std::sync::Arc;
use std::time::Duration;

use conversations::{Change, CommitError, Stop, Store};

use crate::common::*;

pub(crate) async fn refuses_an_attempt_after_a_stop(store: Arc<Store>) {
    let mut loaded = taken(&store).await;
    stop(&store, "SM2").await;
    let next = loaded.conversation.clone();
    let refused = store.commit(&mut loaded, next.clone(), vec![attempt("a-1")]).await;
    assert!(matches!(refused, Err(CommitError::Conflict)));
    store.commit(&mut loaded, next, vec![]).await.unwrap();
}

pub(crate) async fn confirms_a_stop_once(store: Arc<Store>) {
    taken(&store).await;
    stop(&store, "SM2").await;
    let mut loaded = load(&store).await;
    let mut late = loaded.clone();
    let confirm = |name| match attempt(name) {
        Change::Attempt(attempt) => {
            vec![Change::Confirmed, Change::AttemptDespiteStop(attempt)]
        }
        _ => unreachable!("an attempt is an attempt"),
    };
    let next = loaded.conversation.clone();
    store.commit(&mut loaded, next.clone(), confirm("a-1")).await.unwrap();
    assert!(store.commit(&mut late, next, confirm("a-2")).await.is_err());
    stop(&store, "SM3").await;
    assert!(load(&store).await.stop.unwrap().confirmed);
}

pub(crate) async fn lets_a_person_come_back(store: Arc<Store>) {
    let mut loaded = taken(&store).await;
    stop(&store, "SM2").await;
    store.start(&claim("SM3"), "twilio", &person(), &said("START"), now(), now()).await.unwrap();
    let next = loaded.conversation.clone();
    store.commit(&mut loaded, next, vec![attempt("a-1")]).await.unwrap();
}

pub(crate) async fn lifts_no_stop_that_was_given_again_meanwhile(store: Arc<Store>) {
    taken(&store).await;
    stop(&store, "SM2").await;
    let mut loaded = load(&store).await;
    store.start(&claim("SM3"), "twilio", &person(), &said("START"), now(), now()).await.unwrap();
    stop(&store, "SM4").await;
    let next = loaded.conversation.clone();
    let lifted = store
        .commit(&mut loaded, next, vec![Change::Started(arrival("SM5", "YES", now()).text)])
        .await;
    assert!(matches!(lifted, Err(CommitError::Conflict)));
    assert!(load(&store).await.stop.is_some());
}

pub(crate) async fn rejects_only_the_writes_whose_conditions_fail_among_many_at_once(
    store: Arc<Store>,
) {
    let loaded = taken(&store).await;
    let begin = |number: usize| {
        let (store, mut loaded) = (Arc::clone(&store), loaded.clone());
        tokio::spawn(async move {
            let mut next = loaded.conversation.clone();
            next.answers = u32::try_from(number).unwrap();
            let changes = vec![attempt(&format!("a-{number}"))];
            store.commit(&mut loaded, next, changes).await.is_ok()
        })
    };
    let begun: Vec<_> = (1..=8).map(begin).collect();
    let texts: Vec<_> = (10..14).map(|text| format!("SM{text}")).collect();
    for text in &texts {
        store.take(&arrival(text, text, now())).await.unwrap();
    }
    let mut held = Vec::new();
    for (number, begun) in (1..).zip(begun) {
        held.extend(begun.await.unwrap().then_some(number));
    }
    assert!(held.len() <= 1, "{held:?}");
    let attempts: Vec<_> = store.attempts_of(&id()).await.unwrap();
    let attempts: Vec<_> = attempts.iter().map(|attempt| attempt.id.clone()).collect();
    assert_eq!(attempts, held.iter().map(|number| format!("a-{number}")).collect::<Vec<_>>());
    let answers = load(&store).await.conversation.answers;
    assert_eq!(answers, held.first().copied().unwrap_or(0));
    assert_eq!(waiting(&store).await.len(), 1 + texts.len());
}

pub(crate) async fn forgets_a_replayed_stop(store: Arc<Store>) {
    taken(&store).await;
    for message in ["SM2", "SM3"] {
        stop(&store, message).await;
    }
    store.start(&claim("SM4"), "twilio", &person(), &said("START"), now(), now()).await.unwrap();
    for message in ["SM2", "SM3"] {
        stop(&store, message).await;
    }
    assert!(load(&store).await.stop.is_none());
}

pub(crate) async fn counts_a_stop_that_may_be_a_repeat(store: Arc<Store>) {
    taken(&store).await;
    let words = |word| names().words("mc", &["+12025550143", word], Duration::from_secs(120));
    for (word, seconds) in [("STOP", 0), ("START", 10), ("STOP", 60), ("START", 300), ("STOP", 310)]
    {
        let at = later(now(), seconds);
        match word {
            "START" => {
                store.start(&words(word), "mc", &person(), &said("START"), at, at).await.unwrap();
            }
            _ => {
                let stop = Stop { at, provider: "mc".into(), confirmed: false };
                store.stop(&words(word), &person(), &stop, &said("STOP")).await.unwrap();
            }
        }
        assert_eq!(load(&store).await.stop.is_some(), word == "STOP", "{word} after {seconds} s");
    }
}

pub(crate) async fn a_delayed_start_lifts_no_later_stop(store: Arc<Store>) {
    let stop = Stop { at: later(now(), 60), provider: "twilio".into(), confirmed: false };
    let today = later(now(), 120);
    taken(&store).await;
    store.stop(&claim("SM2"), &person(), &stop, &said("STOP")).await.unwrap();
    store.start(&claim("SM3"), "twilio", &person(), &said("START"), now(), today).await.unwrap();
    assert!(load(&store).await.stop.is_some());
    assert!(
        store
            .start(&claim("SM4"), "twilio", &person(), &said("START"), today, today)
            .await
            .unwrap()
    );
    assert!(
        !store
            .start(&claim("SM5"), "twilio", &person(), &said("START"), today, today)
            .await
            .unwrap()
    );
    assert!(load(&store).await.stop.is_none());
}
