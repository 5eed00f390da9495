//! What every store promises about probes, and about what is watched across all conversations.

use std::sync::Arc;

use conversations::{Attempt, Claim, ConversationId, Names, Notice, Proof, Reply, Stop, Store};
use evidence::{Health, News, Seen};
use futures::future::try_join_all;
use jiff::{SignedDuration, Timestamp};
use routing::Probe;
use sms::Number;
use telemetry::TraceId;

const HOUR: SignedDuration = SignedDuration::from_hours(1);

pub(crate) async fn opens_sends_and_sees_a_probe_once(store: Arc<Store>) {
    let (at, probe) = (now(), probe());
    assert!(routing::open_probe(&store, &id(), None, &probe).await.unwrap());
    assert!(!routing::open_probe(&store, &id(), None, &probe).await.unwrap());
    let body = "textback probe 3f2a";
    assert!(
        routing::probe_arrived(&store, &id(), body, at).await.unwrap().is_none(),
        "nobody has sent it"
    );

    let known = routing::probe(&store, &id()).await.unwrap().unwrap();
    assert!(known.probe.is_to_be_sent(at));
    for (attempt, begun) in [("a-1", true), ("a-2", false)] {
        assert_eq!(
            routing::begin_probe(&store, &known, &attempt_called(attempt)).await.unwrap(),
            begun
        );
    }
    assert!(store.attempt("a-2").await.unwrap().is_none());

    assert!(
        routing::probe_arrived(&store, &id(), "textback probe 3f2b", at).await.unwrap().is_none()
    );
    for arrives in [true, false] {
        assert_eq!(
            routing::probe_arrived(&store, &id(), body, at).await.unwrap().is_some(),
            arrives
        );
    }
    assert!(store.attempt("a-1").await.unwrap().unwrap().answered);
}

pub(crate) async fn misses_no_probe_that_arrives_at_the_same_moment(store: Arc<Store>) {
    let at = now();
    routing::open_probe(&store, &id(), None, &probe()).await.unwrap();
    let opened = routing::probe(&store, &id()).await.unwrap().unwrap();
    routing::begin_probe(&store, &opened, &attempt_called("a-1")).await.unwrap();
    let begun = routing::probe(&store, &id()).await.unwrap().unwrap();
    routing::probe_arrived(&store, &id(), "textback probe 3f2a", at).await.unwrap();
    assert!(!routing::probe_missed(&store, &begun, &notice(at)).await.unwrap());
    assert!(store.notices(10).await.unwrap().is_empty());
}

pub(crate) async fn sends_no_probe_to_a_person_who_has_stopped(store: Arc<Store>) {
    let stop = Stop { at: now(), provider: "twilio".into(), confirmed: false };
    store.stop(&claim("SM1"), &number(), &stop, &Proof::default()).await.unwrap();
    routing::open_probe(&store, &id(), None, &probe()).await.unwrap();
    let known = routing::probe(&store, &id()).await.unwrap().unwrap();
    assert!(!routing::begin_probe(&store, &known, &attempt_called("a-1")).await.unwrap());
    assert!(store.attempt("a-1").await.unwrap().is_none());
}

pub(crate) async fn reports_the_same_once_or_once_a_day(store: Arc<Store>) {
    let tell = async |hours: i32, again| {
        store.notice_anew(&notice(now() + HOUR * hours), again).await.unwrap()
    };
    assert_eq!(
        [tell(0, None).await, tell(1, None).await, tell(90, None).await],
        [true, false, false]
    );
    let day = Some(HOUR * 24);
    assert_eq!(
        [tell(23, day).await, tell(24, day).await, tell(25, day).await],
        [false, true, false]
    );
}

pub(crate) async fn reports_a_failure_to_one_of_many(store: Arc<Store>) {
    let see = async |name: &str, seen, hours: i32| {
        // Not within the same few seconds, for which it is written only once.
        let at = now() + HOUR * hours + SignedDuration::from_mins(name.len() as i64);
        let all = (0..8).map(|_| routing::see(&store, name, seen, "It is so.", at));
        let news = try_join_all(all).await.unwrap().into_iter().flatten();
        news.filter(|news| *news != News::Nothing).collect::<Vec<_>>()
    };
    let fails = Seen::Fails(HOUR);
    assert_eq!(see("model", Seen::Works, 0).await, []);
    assert_eq!(store.health().await.unwrap(), Health::default());
    assert_eq!(see("model", fails, 0).await, []);
    assert_eq!(see("model", fails, 1).await, [News::Fails]);
    assert_eq!(see("results", fails, 1).await, []);
    assert_eq!(see("results", fails, 2).await, [News::Fails]);
    assert_eq!(see("model", Seen::Works, 2).await, [News::Works]);
    assert_eq!(see("results", fails, 3).await, []);
    assert_eq!(store.notices(10).await.unwrap().len(), 3);
}

pub(crate) async fn notes_each_conversation_once(store: Arc<Store>) {
    let begun = |hours: i32| Attempt { at: now() + HOUR * hours, ..attempt_called("a-1") };
    let opens = |hours: i32| Attempt { opens: true, ..begun(hours) };
    let last = async || routing::rhythm(&store).await.unwrap().last();
    routing::note_begun(&store, &[begun(0)], now()).await.unwrap();
    assert_eq!(last().await, None);
    routing::note_begun(&store, &[opens(2), opens(1)], now()).await.unwrap();
    let noted = routing::rhythm(&store).await.unwrap();
    assert_eq!(noted.last(), Some(now() + HOUR * 2));
    routing::note_begun(&store, &[opens(1), opens(2)], now()).await.unwrap();
    assert_eq!(routing::rhythm(&store).await.unwrap(), noted);
}

fn now() -> Timestamp {
    "2026-01-05T15:00:00Z".parse().unwrap()
}

fn number() -> Number {
    Number::parse("+12025550177").unwrap()
}

fn names() -> Names {
    Names::by(&fakes::NAME_KEY.into()).unwrap()
}

fn claim(message: &str) -> Claim {
    names().message("twilio", message)
}

fn id() -> ConversationId {
    names().probe("twilio", &number())
}

fn probe() -> Probe {
    Probe {
        from: "twilio".into(),
        to: "plivo".into(),
        code: "3f2a".into(),
        attempt: None,
        arrived: false,
        silent: false,
        at: now(),
    }
}

fn attempt_called(name: &str) -> Attempt {
    let reply = Reply::alone("textback probe 3f2a", &TraceId::fresh(), now());
    let by = ("twilio", "+12025550100", None);
    Attempt::begin(name.into(), &id(), by, &number(), reply, now())
}

fn notice(at: Timestamp) -> Notice {
    let sentence = "Nothing arrives.".into();
    Notice {
        id: "nothing-arrives".into(),
        sentence,
        conversation: None,
        trace: None,
        follow_up: None,
        at,
    }
}
