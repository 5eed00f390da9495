//! What every store promises about the evidence for and against routes, however many texts there are.

use std::sync::Arc;

use conversations::{Attempt, ConversationId, Reply, StatusUpdate, Store};
use evidence::{News, Route, Seen, State};
use futures::future::join_all;
use jiff::{SignedDuration, Timestamp};
use providers::Role;
use settings::Settings;
use sms::{Number, Providers, SendError};
use telemetry::TraceId;

use fakes::Asked;

pub(crate) async fn a_text_on_a_doubtful_route_costs_the_same_however_many_siblings_it_has(
    store: Arc<Store>,
) {
    let operations = Asked::listen();
    let mut asked = vec![];
    for (minute, siblings) in [(0, 1), (1, 100)] {
        let texts: Vec<_> = (0..=siblings).map(|way| accepted(way, minute, "a")).collect();
        routing::weigh_due(&store, &providers(), &texts, at(minute)).await.unwrap();
        operations.take();
        let doubtful = [accepted(0, minute, "b")];
        let later = at(minute) + SignedDuration::from_secs(20);
        routing::weigh(&store, &providers(), &doubtful, later).await.unwrap();
        asked.push(operations.take());
    }
    let read = ["get health", "get routes"];
    let written = ["replace routes", "replace health", "commit "];
    assert_eq!(asked[0], [&read[..], &written[..]].concat());
    assert_eq!(asked[0], asked[1]);
}

pub(crate) async fn an_account_code_closes_all_routes_at_once(store: Arc<Store>) {
    let texts: Vec<_> = (0..40).map(|way| accepted(way, 0, "a")).collect();
    routing::weigh_due(&store, &providers(), &texts, at(0)).await.unwrap();
    let health =
        routing::weigh(&store, &providers(), &[refused(7, 1, "20003")], at(1)).await.unwrap();
    assert_eq!(health, store.health().await.unwrap());
    assert!((0..40).all(|way| health.state(&route(way)) == State::Down));
    // And they open again with the first text that is accepted.
    let health = routing::weigh(&store, &providers(), &[accepted(9, 2, "b")], at(2)).await.unwrap();
    assert_eq!(health, store.health().await.unwrap());
    assert!((0..40).all(|way| health.state(&route(way)) == State::Unproven));
}

pub(crate) async fn judges_a_route_again_when_its_time_comes(store: Arc<Store>) {
    routing::weigh(&store, &providers(), &[accepted(0, 0, "a")], at(0)).await.unwrap();
    for (minute, state) in [(9, State::Unproven), (10, State::Suspect)] {
        routing::weigh_due(&store, &providers(), &[], at(minute)).await.unwrap();
        assert_eq!(store.health().await.unwrap().state(&route(0)), state);
    }
    assert_eq!(store.notices(10).await.unwrap().len(), 1);
}

pub(crate) async fn counts_a_hundred_texts_at_once_in_a_few_commits(store: Arc<Store>) {
    let (operations, providers) = (Asked::listen(), providers());
    let texts: Vec<_> = (0..100).map(|text| accepted(0, text / 5, &text.to_string())).collect();
    let turn = async |text: &Attempt| {
        let attempts = std::slice::from_ref(text);
        routing::weigh(&store, &providers, attempts, at(20)).await.unwrap()
    };
    // Writers that lose the first race do not retry, and later ones do not even try.
    let (first, others) = texts.split_at(8);
    join_all(first.iter().map(&turn)).await;
    assert!((1..=8).contains(&operations.writes("routes")));
    for text in others {
        turn(text).await;
    }
    assert_eq!(operations.writes("routes"), 0);
    assert_eq!(routing::weigh_due(&store, &providers, &texts, at(20)).await.unwrap().len(), 0);
    assert_eq!(operations.writes("routes"), 1);
    let health = store.health().await.unwrap();
    let why = &health.verdict(&route(0)).unwrap().why;
    assert!(why.starts_with("It was handed 100 texts"), "{why}");
}

pub(crate) async fn names_the_attempts_that_a_run_has_to_come_back_to(store: Arc<Store>) {
    let names = async |text: &str| {
        let left =
            routing::weigh_due(&store, &providers(), &[accepted(0, 0, text)], at(0)).await.unwrap();
        left.into_iter().collect::<Vec<_>>()
    };
    assert_eq!(names("a").await, [""; 0]);
    assert_eq!(names("a").await, [""; 0], "it is counted already");
    assert_eq!(names("b").await, ["0-0-b"]);
    routing::weigh_due(&store, &providers(), &[accepted(0, 0, "b")], at(1)).await.unwrap();
    assert_eq!(names("b").await, [""; 0]);
}

/// Otherwise each text of the next seconds, or minute, would be a probe.
pub(crate) async fn counts_a_probe_whatever_was_just_written(store: Arc<Store>) {
    let providers = providers();
    routing::weigh_due(&store, &providers, &[accepted(0, 0, "a")], at(0)).await.unwrap();
    let operations = Asked::listen();
    routing::weigh(&store, &providers, &[accepted(0, 0, "b")], at(0)).await.unwrap();
    assert_eq!(operations.writes("routes"), 0);
    routing::weigh_probe(&store, &providers, &accepted(0, 0, "c"), at(0)).await.unwrap();
    assert_eq!(operations.writes("routes"), 1);
}

pub(crate) async fn writes_an_incident_at_most_once_in_a_few_seconds(store: Arc<Store>) {
    let operations = Asked::listen();
    let mut told = 0;
    for name in ["model", "results", "ways to +1", "ways to +44"] {
        let fails = Seen::Fails(SignedDuration::ZERO);
        told += usize::from(
            routing::see(&store, name, fails, "It fails.", at(0)).await.unwrap()
                == Some(News::Fails),
        );
    }
    assert_eq!((told, operations.writes("health")), (1, 1));
}

fn at(minute: i64) -> Timestamp {
    let start: Timestamp = "2026-01-05T15:00:00Z".parse().unwrap();
    start + SignedDuration::from_mins(minute)
}

/// One of many routes by the same provider.
fn route(way: usize) -> Route {
    Route::new("twilio", sender(way), "1")
}

fn sender(way: usize) -> String {
    format!("+1202555{way:04}")
}

fn begun(way: usize, minute: i64, text: &str) -> Attempt {
    let (name, sender) = (format!("{way}-{minute}-{text}"), sender(way));
    let conversation = format!("{}-{}", "a".repeat(32), "b".repeat(32));
    let conversation = ConversationId::parse(&conversation).unwrap();
    let theirs = Number::parse("+12025550177").unwrap();
    let reply = Reply::alone("Noon?", &TraceId::fresh(), at(minute));
    let by = ("twilio", sender.as_str(), None);
    Attempt::begin(name, &conversation, by, &theirs, reply, at(minute))
}

fn accepted(way: usize, minute: i64, text: &str) -> Attempt {
    came_to(begun(way, minute, text), Ok(format!("SM{text}")))
}

fn refused(way: usize, minute: i64, code: &str) -> Attempt {
    let code = code.to_owned();
    came_to(begun(way, minute, "refused"), Err(SendError::Refused { code }))
}

fn came_to(attempt: Attempt, outcome: Result<String, SendError>) -> Attempt {
    attempt.updated(&StatusUpdate::of_outcome(&attempt, &outcome, attempt.at))
}

fn providers() -> Providers {
    let settings = Settings::from([
        ("TWILIO_ACCOUNT_SID", "AC00000000000000000000000000000001"),
        ("TWILIO_AUTH_TOKEN", "a token"),
        ("TWILIO_FROM", "+12025550100"),
    ]);
    providers::configured(&settings, "https://text.example", Role::Polling).unwrap()
}
