//! Runs with more work than one page holds.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use conversations::{Arrival, Attempt, ConversationId, Reply, StatusUpdate, Store, Waiting};
use fakes::{Mode, Twilio};
use futures::FutureExt;
use futures::future::join_all;
use jiff::{SignedDuration, Timestamp};
use money::Currency;
use providers::Role;
use queue::Queue;
use serde_json::Value;
use settings::Settings;
use sms::{Number, Status};
use sweep::{Runs, Sweep};
use telemetry::TraceId;
use tempfile::TempDir;

use crate::Log;

const OURS: &str = "+12025550100";

#[tokio::test]
async fn woken_conversations_hide_nothing_behind_them() {
    let scene = Scene::new().await;
    scene.crowd(450).await;
    scene.sweep.run(now()).await.unwrap();
    assert_eq!(scene.woken().await.len(), 450);
}

#[tokio::test]
async fn the_next_run_continues_where_the_last_ran_out_of_time() {
    let scene = Scene::new().await;
    scene.crowd(450).await;
    let mut woken = BTreeSet::new();
    for all in [200, 400, 450] {
        scene.sweep.run_for(Duration::ZERO, now()).await.unwrap();
        woken.extend(scene.woken().await);
        assert_eq!(woken.len(), all);
    }
}

#[tokio::test]
async fn a_conversation_woken_in_this_minute_is_not_read_again() {
    let scene = Scene::new().await;
    scene.crowd_at(1_000, |person| now() - SignedDuration::from_millis(person.into())).await;
    let log = Log::capture("documents::operations=trace");
    let read = async |seconds| {
        scene.sweep.run(now() + SignedDuration::from_secs(seconds)).await.unwrap();
        log.take().lines().filter(|line| line.contains(r#""kind":"found""#)).count()
    };
    assert_eq!(read(0).await, 1_000);
    assert!(read(1).await <= 400);
    assert_eq!(read(60).await, 1_000);
}

#[tokio::test]
async fn looks_at_all_attempts_that_are_due() {
    let scene = Scene::new().await;
    scene.attempts(450).await;
    let later = now() + SignedDuration::from_mins(2);
    scene.sweep.run(later).await.unwrap();
    let due = scene.sweep.store.attempts_due(later, None, 1_000).await.unwrap();
    assert_eq!(due.found.len(), 0);
}

#[tokio::test]
async fn a_provider_that_hangs_keeps_nobody_from_being_woken() {
    let scene = Scene::new().await;
    scene.attempts(20).await;
    scene.crowd(1).await;
    scene.twilio.lookups.set(Mode::HangsBefore);
    let later = now() + SignedDuration::from_mins(2);
    tokio::select! {
        received = scene.sweep.queue.receive() => received.unwrap().done().await.unwrap(),
        _ = scene.sweep.run(later) => panic!("nobody hung"),
    }
}

#[tokio::test]
async fn a_provider_that_does_not_answer_is_not_polled_for_ever() {
    let scene = Scene::new().await;
    scene.attempts(100).await;
    scene.twilio.lookups.plan(vec![Mode::Fails(500, String::new()); 100]);
    let later = now() + SignedDuration::from_mins(2);
    scene.sweep.run(later).await.unwrap();
    let asked = 100 - scene.twilio.lookups.left();
    assert!((8..=40).contains(&asked), "{asked}");
}

#[tokio::test]
async fn says_how_far_behind_it_is_and_once_that_it_grows_and_is_over() {
    let scene = Scene::new().await;
    scene.crowd(2_050).await;
    let log = Log::capture("sweep=info");
    let mut said = BTreeMap::<String, Vec<i64>>::new();
    for minute in 4..15 {
        let now = now() + SignedDuration::from_mins(minute);
        scene.sweep.run_for(Duration::ZERO, now).await.unwrap();
        for line in log.take().lines() {
            let line: Value = serde_json::from_str(line).unwrap();
            let behind = line["behind_s"].as_i64().map(|behind| behind / 60);
            let what = line["alarm"].as_str().or(line["message"].as_str());
            let what = what.unwrap().split(|it: char| it.is_numeric()).next().unwrap();
            said.entry(what.trim().to_owned()).or_default().push(behind.unwrap_or(minute));
        }
    }
    let expected = [
        ("sweep.behind", vec![6]),
        ("waking conversations is", (4..14).collect()),
        ("waking conversations is no longer behind.", vec![14]),
    ];
    assert_eq!(said, expected.map(|(what, when)| (what.to_owned(), when)).into());
}

#[tokio::test]
async fn with_nothing_to_do_it_makes_one_query_of_each_kind() {
    let scene = Scene::new().await;
    scene.sweep.run(now()).await.unwrap();
    let log = Log::capture("documents::operations=trace");
    scene.sweep.run(now() + SignedDuration::from_secs(1)).await.unwrap();
    let logged = log.take();
    let asked = logged.lines().map(|line| {
        let line: Value = serde_json::from_str(line).unwrap();
        format!("{} {}", line["kind"].as_str().unwrap(), line["collection"].as_str().unwrap())
    });
    let expected = ["attempts", "effects", "heads", "receipts", "texts"];
    let expected = expected.map(|kind| format!("query {kind}"));
    assert_eq!(asked.collect::<BTreeSet<_>>(), expected.into());
    assert_eq!(logged.lines().count(), 5);
}

/// A sweep, on the embedded store and a queue in this process.
struct Scene {
    sweep: Sweep,
    twilio: Twilio,
    _folder: TempDir,
}

impl Scene {
    async fn new() -> Self {
        let (twilio, folder) = (Twilio::start().await, tempfile::tempdir().unwrap());
        let data = folder.path().join("data");
        let settings = Settings::from([
            ("DATA_DIR", data.to_str().unwrap()),
            ("TWILIO_ACCOUNT_SID", twilio.account_sid()),
            ("TWILIO_AUTH_TOKEN", twilio.auth_token()),
            ("TWILIO_FROM", twilio.number()),
            ("TWILIO_BASE_URL", &twilio.url()),
        ]);
        let sweep = Sweep {
            store: Arc::new(Store::open(&settings).unwrap()),
            queue: Queue::in_process(),
            providers: Arc::new(
                providers::configured(&settings, "https://example.test", Role::Polling).unwrap(),
            ),
            currency: Currency::USD,
            probes: None,
            runs: Runs::default(),
        };
        Self { sweep, twilio, _folder: folder }
    }

    /// This many people have texted at the same moment, and nobody was woken.
    async fn crowd(&self, people: u32) {
        self.crowd_at(people, |_| now()).await;
    }

    async fn crowd_at(&self, people: u32, at: impl Fn(u32) -> Timestamp) {
        let arrivals: Vec<_> = (0..people)
            .map(|person| Arrival {
                claim: self.sweep.store.names().message("twilio", &format!("SM{person}")),
                theirs: number(person),
                text: Waiting::new("twilio", OURS, "Hi", &TraceId::fresh(), now()),
                at: at(person),
            })
            .collect();
        for some in arrivals.chunks(200) {
            for taken in join_all(some.iter().map(|text| self.sweep.store.take(text))).await {
                taken.unwrap();
            }
        }
    }

    /// Twilio has accepted this many texts, and reported nothing since.
    async fn attempts(&self, texts: u32) {
        self.crowd(1).await;
        let store = &self.sweep.store;
        let (id, _) = store.due(now(), None, 1).await.unwrap().found.remove(0);
        let texts: Vec<_> = (0..texts).collect();
        for some in texts.chunks(200) {
            join_all(some.iter().map(|text| self.attempt(&id, *text))).await;
        }
    }

    async fn attempt(&self, id: &ConversationId, text: u32) {
        let (store, name) = (&self.sweep.store, format!("a-{text}"));
        let reply = Reply {
            body: "Hello".into(),
            via: "twilio".into(),
            ours: OURS.into(),
            trace: TraceId::fresh(),
            despite_stop: false,
            at: now(),
            texted_at: Some(now()),
            held_until: None,
            sending: None,
            refused_by: vec![],
            rounds: 1,
            after: None,
            at_most: None,
            kept: None,
            by: None,
            at_night: false,
            to_owner: false,
        };
        let by = ("twilio", OURS, None);
        let attempt = Attempt::begin(name.clone(), id, by, &number(text), reply, now());
        assert!(store.begin(&attempt).await.unwrap());
        let message = Some(("twilio".into(), format!("SM{text}")));
        let accepted = StatusUpdate::new(name, Status::Accepted, now());
        store.update_status(&StatusUpdate { message, ..accepted }).await.unwrap();
    }

    /// The people whom the queue wakes.
    async fn woken(&self) -> BTreeSet<String> {
        let mut woken = BTreeSet::new();
        while let Some(received) = self.sweep.queue.receive().now_or_never() {
            let received = received.unwrap();
            woken.insert(received.wake_up.conversation.clone());
            received.done().await.unwrap();
        }
        woken
    }
}

fn now() -> Timestamp {
    "2026-11-22T12:00:00Z".parse().unwrap()
}

fn number(person: u32) -> Number {
    Number::parse(&format!("+1202556{person:04}")).unwrap()
}
