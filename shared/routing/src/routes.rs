//! What attempts show about their routes.

use std::collections::{BTreeMap, BTreeSet};

use conversations::collections::routes;
use conversations::{Attempt, Store};
use documents::{Document, Fields, Unavailable, Write, WriteError, at, hash};
use evidence::{Health, Record, Route, Sample};
use jiff::Timestamp;
use sms::Providers;

use crate::changes::changes;
use crate::samples::sample;
use crate::shared::{ATTEMPTS, By, Shared};

/// More routes than a business has.
const MOST_ROUTES: u32 = 500;

/// How many writes go into one commit: a record is 12 kB at most, and Firestore takes 10 MB per commit.
const BATCH: usize = 100;

/// A record, and the attempts about which it says more than the stored one.
struct Noted {
    record: Shared<Record>,
    news: Vec<String>,
}

/// The result of weighing attempts.
struct Weighed {
    /// The health of all routes, including what these attempts show.
    health: Health,
    /// The attempts that are not counted yet, because their document was just written.
    left: BTreeSet<String>,
}

/// Counts attempts for or against their routes, and judges those routes again. Reports a route that
/// became bad or recovered. Counting an attempt twice changes nothing.
///
/// A document that was just written is left alone, and its attempt is left to [`weigh_due`]. The
/// returned health counts it already, for callers who act on it.
pub async fn weigh(
    store: &Store,
    providers: &Providers,
    attempts: &[Attempt],
    now: Timestamp,
) -> Result<Health, Unavailable> {
    Ok(weigh_as(store, By::Turn, providers, attempts, now).await?.health)
}

/// The same for an attempt that probes whether a route works again. It is written however recent the
/// last write, so that the next text sees that there was a probe and does not become one too.
pub async fn weigh_probe(
    store: &Store,
    providers: &Providers,
    attempt: &Attempt,
    now: Timestamp,
) -> Result<Health, Unavailable> {
    let attempts = std::slice::from_ref(attempt);
    Ok(weigh_as(store, By::Probe, providers, attempts, now).await?.health)
}

/// The same for the sweep, which also judges the routes whose time has come. Each shared document is
/// written once, however many attempts there are. Returns the names of the attempts to come back to,
/// because their record was written a moment ago.
pub async fn weigh_due(
    store: &Store,
    providers: &Providers,
    attempts: &[Attempt],
    now: Timestamp,
) -> Result<BTreeSet<String>, Unavailable> {
    Ok(weigh_as(store, By::Sweep, providers, attempts, now).await?.left)
}

async fn weigh_as(
    store: &Store,
    by: By,
    providers: &Providers,
    attempts: &[Attempt],
    now: Timestamp,
) -> Result<Weighed, Unavailable> {
    let samples: Vec<_> = attempts
        .iter()
        .filter_map(|attempt| Some((attempt.route(), sample(attempt, providers, now)?)))
        .collect();
    // Boxed: the future is large, and most texts need none of it.
    let once = || Box::pin(weigh_once(store, by, providers, &samples, now));
    let mut weighed = once().await?;
    // A turn that was not the first leaves its attempt to the sweep.
    for _ in 1..ATTEMPTS {
        match weighed {
            Err(lost) if by != By::Turn && !lost.left.is_empty() => {
                store.documents().step_aside().await;
                weighed = once().await?;
            }
            _ => break,
        }
    }
    Ok(weighed.unwrap_or_else(|lost| lost))
}

/// Weighs samples. If other writers were faster, nothing is counted.
async fn weigh_once(
    store: &Store,
    by: By,
    providers: &Providers,
    samples: &[(Route, Sample)],
    now: Timestamp,
) -> Result<Result<Weighed, Weighed>, Unavailable> {
    let routes: BTreeSet<_> = samples.iter().map(|(route, _)| route.clone()).collect();
    let (health, mut records) = records_of(store, routes).await?;
    let before = &health.content;
    if by == By::Sweep {
        let due = before.due(now).into_iter();
        let due = due.filter(|route| !records.contains_key(route)).collect();
        records.extend(read_records(store, due).await?);
    }
    for (route, sample) in samples {
        let Some(noted) = records.get_mut(route) else { continue };
        let known = noted.record.content.clone();
        noted.record.content.note(sample.clone());
        if noted.record.content != known {
            noted.news.push(sample.attempt.clone());
        }
    }
    let is_left = |noted: &Noted| !noted.news.is_empty() && noted.record.is_left_alone(by, now);
    let (left, mut records): (BTreeMap<_, _>, BTreeMap<_, _>) =
        records.into_iter().partition(|(_, noted)| is_left(noted));
    let mut after = before.clone();
    judge(store, &mut after, &mut records, now).await?;
    let changes = changes(before, &after);
    let mut weighed = Weighed { left: news(&left), health: after.clone() };
    if !left.is_empty() {
        weighed.health.judge(&records_in(left.values().chain(records.values())), now);
    }

    let (after, unchanged) = (health.with(&after), after == *before);
    if !unchanged && after.is_left_alone(by, now) {
        weighed.left.extend(news(&records));
        return Ok(Ok(weighed));
    }
    let mut writes: Vec<_> = records
        .values()
        .filter(|noted| !noted.news.is_empty())
        .map(|Noted { record, .. }| {
            let route = &record.content.route;
            let by_provider = Fields::none().with("provider", &route.provider);
            record.write(by, "routes", &name(route), by_provider, now)
        })
        .collect();
    writes
        .extend(changes.iter().map(|change| change.notice(providers, now).keep(store.lifetimes())));
    if !unchanged {
        writes.push(after.write(by, "health", "current", Fields::none(), now));
    }
    if !carry_out(store, writes).await? {
        weighed.left.extend(news(&records));
        return Ok(Err(weighed));
    }
    changes.iter().for_each(|change| change.say(providers));
    Ok(Ok(weighed))
}

/// Carries out writes in batches. The verdicts come with the last one, so that a process that dies in
/// between has judged nothing. False as soon as other writers were faster.
async fn carry_out(store: &Store, mut writes: Vec<Write>) -> Result<bool, Unavailable> {
    while !writes.is_empty() {
        let rest = writes.split_off(writes.len().min(BATCH));
        match store.documents().commit(std::mem::replace(&mut writes, rest)).await {
            Ok(_) => {}
            Err(WriteError::Conflict | WriteError::Contended) => return Ok(false),
            Err(error) => return Err(error.into()),
        }
    }
    Ok(true)
}

/// Judges these routes, and reads and judges the siblings that this affects.
async fn judge(
    store: &Store,
    health: &mut Health,
    records: &mut BTreeMap<Route, Noted>,
    now: Timestamp,
) -> Result<(), Unavailable> {
    loop {
        let again = health.judge(&records_in(records.values()), now);
        if again.is_empty() {
            return Ok(());
        }
        records.extend(read_records(store, again).await?);
    }
}

/// The health of all routes and the records of these routes, in one round trip.
async fn records_of(
    store: &Store,
    routes: BTreeSet<Route>,
) -> Result<(Shared<Health>, BTreeMap<Route, Noted>), Unavailable> {
    let records = routes.iter().map(|route| at("routes", &name(route)));
    let paths: Vec<_> = std::iter::once(at("health", "current")).chain(records).collect();
    let mut found = store.documents().get(&paths).await?.into_iter();
    let health = Shared::decode(found.next().flatten().as_ref(), Health::default);
    Ok((health, routes.into_iter().zip(found).map(noted).collect()))
}

async fn read_records(
    store: &Store,
    routes: Vec<Route>,
) -> Result<BTreeMap<Route, Noted>, Unavailable> {
    if routes.is_empty() {
        return Ok(BTreeMap::new());
    }
    let paths: Vec<_> = routes.iter().map(|route| at("routes", &name(route))).collect();
    let found = store.documents().get(&paths).await?;
    Ok(routes.into_iter().zip(found).map(noted).collect())
}

pub(crate) async fn records_by(
    store: &Store,
    provider: &str,
) -> Result<Vec<Document>, Unavailable> {
    store.documents().find(routes::PROVIDER.equal(provider, MOST_ROUTES)).await
}

/// The name of a route's record. A sender may contain characters that a document's name may not.
fn name(route: &Route) -> String {
    hash(&[&route.id()])
}

fn noted((route, found): (Route, Option<Document>)) -> (Route, Noted) {
    let record = Shared::decode(found.as_ref(), || Record::new(route.clone()));
    (route, Noted { record, news: vec![] })
}

fn records_in<'a>(noted: impl Iterator<Item = &'a Noted>) -> Vec<&'a Record> {
    noted.map(|noted| &noted.record.content).collect()
}

fn news(records: &BTreeMap<Route, Noted>) -> BTreeSet<String> {
    records.values().flat_map(|noted| noted.news.iter().cloned()).collect()
}
