//! What is counted about attempts.

use std::sync::Arc;

use conversations::{Asked, Attempt, Charged, DueAttempt, Figures, Per, Store, Times};
use documents::at;
use futures::future::join_all;
use jiff::tz::TimeZone;
use money::Amount;
use sms::Status;
use telemetry::{Step, steps};

use crate::common::*;

pub(crate) async fn counts_each_attempt_once_by_what_became_of_it(store: Arc<Store>) {
    for name in ["a-1", "a-2", "a-3"] {
        begin(&store, name).await;
    }
    look(&store, 60).await;
    assert_eq!(statuses(&store).await, [("sending", 3)]);
    tell(&store, "a-1", Status::Delivered, 61).await;
    tell(&store, "a-2", Status::Failed, 61).await;
    look(&store, 62).await;
    look(&store, 62).await;
    assert_eq!(statuses(&store).await, [("delivered", 1), ("failed", 1), ("sending", 1)]);
    tell(&store, "a-2", Status::Delivered, 90).await;
    look(&store, 91).await;
    assert_eq!(statuses(&store).await, [("delivered", 2), ("sending", 1)]);
}

pub(crate) async fn counts_an_attempt_once_however_many_look_at_it_at_once(store: Arc<Store>) {
    for name in ["a-1", "a-2", "a-3", "a-4"] {
        begin(&store, name).await;
    }
    let seen = [due(&store, 60).await, due(&store, 60).await, due(&store, 60).await];
    tell(&store, "a-3", Status::Delivered, 60).await;
    join_all(seen.map(|seen| looked_at(&store, seen))).await;
    look(&store, 61).await;
    assert_eq!(statuses(&store).await, [("delivered", 1), ("sending", 3)]);
}

pub(crate) async fn counts_how_long_it_took_until_an_answer_arrived(store: Arc<Store>) {
    let mut attempt = attempt_called("a-1");
    attempt.reply.texted_at = Some(later(now(), -4));
    attempt.steps = vec![Step::new(steps::SENT, later(now(), 2)).with("outcome", "accepted")];
    assert!(store.begin(&attempt).await.unwrap());
    tell(&store, "a-1", Status::Sent, 5).await;
    tell(&store, "a-1", Status::Delivered, 16).await;
    tell(&store, "a-1", Status::Delivered, 50).await;
    look(&store, 60).await;
    let period = &figures(&store).await.periods[0];
    assert!(is_about(period.accepted, 6_000), "{:?}", period.accepted);
    assert!(is_about(period.delivered, 20_000), "{:?}", period.delivered);
}

pub(crate) async fn moves_the_money_of_a_day_with_what_a_provider_charges(store: Arc<Store>) {
    let cents = |cents: i64| Amount::from_billionths(cents * 10_000_000);
    let attempt = Attempt { cost: cents(3), ..attempt_called("a-1") };
    assert!(store.begin(&attempt).await.unwrap());
    look(&store, 60).await;
    assert_eq!(figures(&store).await.periods[0].cost, cents(3));
    tell(&store, "a-1", Status::Delivered, 61).await;
    for _ in 0..2 {
        let due = due(&store, 62).await.into_iter();
        let charged = due.map(|due| Charged { due, next: None, amount: cents(5) });
        store.count_charges(&charged.collect::<Vec<_>>()).await.unwrap();
    }
    assert_eq!(figures(&store).await.periods[0].cost, cents(5));
    assert_eq!(statuses(&store).await, [("delivered", 1)]);
}

pub(crate) async fn counts_nothing_that_the_owner_tries_out(store: Arc<Store>) {
    let attempt = Attempt { tried_out: true, ..attempt_called("a-1") };
    assert!(store.begin(&attempt).await.unwrap());
    look(&store, 60).await;
    assert!(figures(&store).await.periods.is_empty());
}

pub(crate) async fn erases_a_person_without_changing_what_was_counted(store: Arc<Store>) {
    begin(&store, "a-1").await;
    look(&store, 60).await;
    let before = figures(&store).await;
    store.erase(&person(), || later(now(), 61)).await.unwrap();
    assert!(store.attempt("a-1").await.unwrap().is_none());
    assert_eq!(figures(&store).await, before);
}

async fn begin(store: &Store, name: &str) {
    assert!(store.begin(&attempt_called(name)).await.unwrap());
}

async fn tell(store: &Store, attempt: &str, status: Status, after: i64) {
    let told = sms::Receipt { message: attempt.into(), ..receipt(status, Some(attempt)) };
    store.receive("twilio", &told, later(now(), after)).await.unwrap();
}

async fn due(store: &Store, after: i64) -> Vec<DueAttempt> {
    store.attempts_due(later(now(), after), None, 20).await.unwrap().found
}

async fn look(store: &Store, after: i64) {
    looked_at(store, due(store, after).await).await;
}

async fn looked_at(store: &Store, due: Vec<DueAttempt>) {
    store.looked_at(due.into_iter().map(|due| (due, None)).collect()).await.unwrap();
}

async fn figures(store: &Store) -> Figures {
    store.figures(&Asked::default(), now(), &TimeZone::UTC).await.unwrap()
}

async fn statuses(store: &Store) -> Vec<(&'static str, i64)> {
    let periods = figures(store).await.periods;
    assert_eq!(periods.len(), 1, "all of it is of one day");
    let statuses = periods[0].statuses.iter().map(|(word, count)| (*word, *count));
    statuses.filter(|(_, count)| *count != 0).collect()
}

fn is_about(times: Times, ms: u64) -> bool {
    let near = |it: Option<u64>| it.is_some_and(|it| it.abs_diff(ms) * 20 <= ms);
    times.count == 1 && near(times.median_ms) && near(times.p95_ms)
}

const DAY: i64 = 24 * 3_600;

pub(crate) async fn adds_up_days_that_are_over_without_changing_a_figure(store: Arc<Store>) {
    for (number, name) in ["a-1", "a-2", "a-3", "a-4", "a-5", "a-6", "a-7"].iter().enumerate() {
        begin(&store, name).await;
        look(&store, 60 + number as i64).await;
    }
    store.expire(later(now(), 70)).await.unwrap();
    assert_eq!(names_of(&store).await.len(), if store.documents().are_embedded() { 1 } else { 6 });
    let before = seen(&store, 3 * DAY).await;
    // Two processes at once, and each once more.
    for hours in [72, 78] {
        let twice = [later(now(), hours * 3_600), later(now(), hours * 3_600 + 1)];
        join_all(twice.map(|at| store.expire(at))).await.into_iter().for_each(|it| it.unwrap());
        assert_eq!(names_of(&store).await, ["20779"]);
        assert_eq!(seen(&store, 3 * DAY).await, before);
    }
    // A receipt that comes late counts, on the day of its attempt.
    tell(&store, "a-3", Status::Delivered, 3 * DAY).await;
    look(&store, 3 * DAY + 1).await;
    let statuses = &seen(&store, 3 * DAY).await.periods[0].statuses.clone();
    assert_eq!((statuses["delivered"], statuses["sending"]), (1, 6));
    assert_eq!(names_of(&store).await, ["20779"]);
}

pub(crate) async fn adds_up_months_that_are_over_without_changing_a_figure(store: Arc<Store>) {
    for name in ["a-1", "a-2"] {
        begin(&store, name).await;
    }
    look(&store, 60).await;
    store.expire(later(now(), 70)).await.unwrap();
    let by_month = async |store: &Store| {
        let asked = Asked { by: Per::Month, ..Asked::default() };
        store.figures(&asked, later(now(), 40 * DAY), &TimeZone::UTC).await.unwrap()
    };
    store.expire(later(now(), 4 * DAY)).await.unwrap();
    let before = by_month(&store).await;
    assert_eq!((before.periods.len(), before.periods[0].attempts), (1, 2));
    store.expire(later(now(), 40 * DAY)).await.unwrap();
    assert_eq!(names_of(&store).await, ["20779", "m2026-11"]);
    assert_eq!(by_month(&store).await, before);
    assert_eq!(seen(&store, 40 * DAY).await.whole.attempts, 0, "that was longer ago");
}

/// The documents of figures that there are, of those that there may be.
async fn names_of(store: &Store) -> Vec<String> {
    let parts = (0..16).map(|part| format!("20779-{part}"));
    let all: Vec<_> =
        ["20779".to_owned(), "m2026-11".to_owned()].into_iter().chain(parts).collect();
    let paths: Vec<_> = all.iter().map(|name| at("figures", name)).collect();
    let found = store.documents().get(&paths).await.unwrap();
    all.into_iter().zip(found).filter_map(|(name, found)| found.map(|_| name)).collect()
}

async fn seen(store: &Store, after: i64) -> Figures {
    store.figures(&Asked::default(), later(now(), after), &TimeZone::UTC).await.unwrap()
}
