//! How long a store keeps what is written, by its settings.

use conversations::{Change, Effect, Lifetimes, Notice, Store};
use documents::{Path, at};
use jiff::Timestamp;
use serde_json::json;
use settings::Settings;
use sms::Status;
use telemetry::{Step, TraceId};

use crate::common::*;
use crate::form::{Place, open};
use crate::ledger::consent;
use crate::quarantine::misread;

const KEPT: [(&str, &str); 6] = [
    ("KEEP_CONVERSATIONS_DAYS", "10"),
    ("KEEP_RECORDS_DAYS", "11"),
    ("KEEP_RECEIPTS_DAYS", "12"),
    ("KEEP_QUARANTINE_DAYS", "13"),
    ("KEEP_CLAIMS_DAYS", "1000"),
    ("KEEP_CONSENTS_YEARS", "8"),
];

pub(crate) async fn keeps_what_it_writes_for_as_long_as_the_settings_say(mut place: Place) {
    place.extend(KEPT.map(|(name, kept)| (name, kept.to_owned())));
    let store = open(&place);
    let mut loaded = taken(&store).await;
    let texts = loaded.waiting.clone();
    assert_eq!(days(&store, at("texts", &texts[0].name)).await, 10);
    let mut next = loaded.conversation.clone();
    next.turns.push(json!({"person": "Hi"}));
    let trace = TraceId::fresh();
    let steps = vec![Step::new("thought", now())];
    let changes = vec![
        Change::TakenUp(texts),
        attempt("a-1"),
        Change::Ended(ended()),
        Change::Notice(notice()),
        Change::Effect(effect()),
        Change::Steps(trace.clone(), steps),
    ];
    store.commit(&mut loaded, next, changes).await.unwrap();
    let call = misread("Badger", now());
    store.quarantine(&call, None).await.unwrap();
    for (path, kept) in [
        (at("heads", id().as_str()), 10),
        (at("conversations", id().as_str()), 10),
        (at("ended", &format!("{}-1", id())), 10),
        (at("notices", "n-1"), 10),
        (at("effects", "e-1"), 10),
        (at("attempts", "a-1"), 11),
        (at("traces", trace.as_str()), 11),
        (at("quarantine", &store.names().quarantined(&call)), 13),
        (at("shapes", &call.shape()), 13),
        (at("claims", claim("SM1").name()), 1_000),
    ] {
        assert_eq!(days(&store, path.clone()).await, kept, "{path:?}");
    }
}

pub(crate) async fn keeps_receipts_and_consents_for_as_long_as_the_settings_say(mut place: Place) {
    place.extend(KEPT.map(|(name, kept)| (name, kept.to_owned())));
    let store = open(&place);
    store.receive("twilio", &receipt(Status::Delivered, None), now()).await.unwrap();
    store.consent(&consent(&person()), None).await.unwrap();
    stop(&store, "SM2").await;
    let all = [
        ("receipts", conversations::collections::receipts::MESSAGE.equal("twilio:SM9", 9)),
        ("consents", conversations::collections::consents::THEIRS.equal(person().as_str(), 9)),
        ("consent_events", conversations::collections::consent_events::AT.not_before(now(), 9)),
    ];
    let mut kept = Vec::new();
    for (collection, query) in all {
        for found in store.documents().find(query).await.unwrap() {
            kept.push((collection, until(found.fields.get("expires_at"))));
        }
    }
    let years = 8 * 365 + 3;
    let wanted = [("receipts", 12), ("consents", years), ("consent_events", years)];
    assert_eq!((&kept[..3], kept.len()), (&wanted[..], 4));
    let stops = conversations::collections::stops::AT.not_before(now(), 9);
    let stops = store.documents().find(stops).await.unwrap();
    assert_eq!(stops[0].fields.get::<i64>("expires_at"), None);
}

#[test]
fn says_how_long_each_kind_is_kept() {
    assert_eq!(
        Lifetimes::from_settings(&Settings::from(KEPT)).unwrap().to_string(),
        "what was said for 10 days, attempts and traces for 11, receipts for 12, quarantine for 13, \
         claims for 1000, what operators did for 400 days, consents for 8 years"
    );
    assert_eq!(Lifetimes::from_settings(&Settings::default()).unwrap(), Lifetimes::default());
}

#[test]
fn refuses_to_keep_anything_for_too_short_a_time_and_says_why() {
    for (name, kept, why) in [
        ("KEEP_CONVERSATIONS_DAYS", "6", "from 7 to 3650; not fewer, since results"),
        ("KEEP_CONVERSATIONS_DAYS", "4000", "from 7 to 3650"),
        ("KEEP_RECORDS_DAYS", "a week", "from 7 to 3650; not fewer, since receipts"),
        ("KEEP_RECEIPTS_DAYS", "3", "from 4 to 3650; not fewer, since their attempts"),
        ("KEEP_QUARANTINE_DAYS", "0", "from 1 to 3650; not fewer, since somebody"),
        ("KEEP_CLAIMS_DAYS", "399", "from 400 to 3650; not fewer, since a call"),
        ("KEEP_AUDIT_DAYS", "6", "from 7 to 3650; not fewer, since what was done"),
        ("KEEP_CONSENTS_YEARS", "3", "from 4 to 100; not fewer, since in the USA"),
        ("KEEP_CONSENTS_YEARS", "-1", "from 4 to 100"),
    ] {
        let refused = Lifetimes::from_settings(&Settings::from([(name, kept)])).unwrap_err();
        let told = format!("{name} cannot be used: write a number {why}");
        assert!(refused.to_string().starts_with(&told), "{refused}");
    }
}

/// How many days after now a document expires.
async fn days(store: &Store, path: Path) -> i64 {
    let found = store.documents().get_one(path.clone()).await.unwrap();
    until(found.unwrap_or_else(|| panic!("{path:?}")).fields.get("expires_at"))
}

fn until(expires_at: Option<i64>) -> i64 {
    let expires_at = Timestamp::from_millisecond(expires_at.unwrap()).unwrap();
    expires_at.duration_since(now()).as_hours() / 24
}

fn notice() -> Notice {
    Notice {
        id: "n-1".into(),
        sentence: "Look at this.".into(),
        conversation: None,
        trace: None,
        follow_up: None,
        at: now(),
    }
}

fn effect() -> Effect {
    Effect {
        id: "e-1".into(),
        conversation: id(),
        trace: TraceId::fresh(),
        kind: "conversation.finished".into(),
        payload: json!({}),
        tries: 0,
        at: now(),
        due_at: now(),
    }
}
