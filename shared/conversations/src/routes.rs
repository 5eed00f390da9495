//! What attempts show of the ways by which they went.

use documents::{Document, Fields, Unavailable, WriteError, at, hash};
use std::collections::{BTreeMap, BTreeSet};

use evidence::{Health, Record, Route, Sample, Sign, State, Verdict};
use jiff::Timestamp;
use serde::de::DeserializeOwned;
use sms::{About, Providers, Status};
use telemetry::{Alarm, raise};

use crate::collections::routes;
use crate::names::is_pretended;
use crate::shared::{By, Shared};
use crate::store::{keep_notice, message_name};
use crate::{Attempt, Learned, Notice, Store};

/// How often a commit is tried again that others were faster than.
pub(crate) const TRIES: usize = 5;

/// More ways than a business has.
const MOST_ROUTES: u32 = 500;

/// How many writes go into one commit: a record is 12 kB at most, and Firestore takes 10 MB at once.
const AT_ONCE: usize = 100;

impl Attempt {
    /// The way that it went.
    pub fn route(&self) -> Route {
        Route::new(&self.provider, &self.sender, self.to.split().0)
    }

    /// The same attempt, with something more that was learned of it.
    pub fn knowing(&self, learned: &Learned) -> Self {
        let mut words = self.words.clone();
        words.push(learned.word);
        let code = learned.code.clone().or_else(|| self.code.clone());
        let message = learned.message.as_ref().map(|(provider, id)| message_name(provider, id));
        let message = message.or_else(|| self.message.clone());
        Self { words, code, message, ..self.clone() }
    }

    /// Whether no provider was asked, or a pretended one.
    pub(crate) fn is_pretended(&self) -> bool {
        self.to.is_for_tests() || is_pretended(&self.provider)
    }

    /// What it shows of its route. `None`: nothing, since no provider was asked, or a pretended one.
    fn sample(&self, providers: &Providers, now: Timestamp) -> Option<Sample> {
        if self.is_pretended() {
            return None;
        }
        let code = self.code.clone();
        let known = code.as_deref().and_then(|code| providers.explain(&self.provider, code));
        let about = known.map_or(About::Route, |known| known.about);
        // What was accepted has an id; without one it was turned away at the door.
        let refused = self.message.is_none();
        let sign = match self.status() {
            Status::Sending => return None,
            status if status.is_failure() && refused => Sign::Refused { code, about },
            status if status.is_failure() => Sign::Failed { code, about },
            _ if self.answered => Sign::Answered,
            Status::Unknown => Sign::Unknown,
            Status::Sent => Sign::Sent,
            Status::Delivered => Sign::Delivered,
            _ => Sign::Waiting,
        };
        let heard = match sign {
            // Whoever counts it may come later: a healthy way is looked at once a minute.
            Sign::Sent | Sign::Delivered | Sign::Failed { .. } => {
                self.told_at().map_or(now, |at| at.min(now))
            }
            _ => now,
        };
        Some(Sample { attempt: self.id.clone(), at: self.at, heard, sign })
    }
}

/// A record, and the attempts that it says more of than what is stored.
struct Noted {
    record: Shared<Record>,
    news: Vec<String>,
}

/// What came of weighing attempts.
struct Weighed {
    /// What is known of all routes now, with what these attempts show of theirs.
    health: Health,
    /// The attempts that are not counted yet, since what they would be counted in was just written.
    left: BTreeSet<String>,
}

impl Store {
    /// What is known of all routes.
    pub async fn health(&self) -> Result<Health, Unavailable> {
        Ok(self.current("health").await?.content)
    }

    /// Counts attempts for or against their routes, and judges these again. Says so where a route
    /// is no longer, or is again, what it was. Counting an attempt twice changes nothing.
    ///
    /// What was just written is left alone, and the attempt to [`Store::weigh_due`]. What is returned
    /// has it counted, for who goes on by it.
    pub async fn weigh(
        &self,
        providers: &Providers,
        attempts: &[Attempt],
        now: Timestamp,
    ) -> Result<Health, Unavailable> {
        Ok(self.weigh_as(By::Turn, providers, attempts, now).await?.health)
    }

    /// The same of an attempt that finds out whether a way works again. Whatever was just written, the
    /// next text sees that there was one, and is none itself.
    pub async fn weigh_probe(
        &self,
        providers: &Providers,
        attempt: &Attempt,
        now: Timestamp,
    ) -> Result<Health, Unavailable> {
        let attempts = std::slice::from_ref(attempt);
        Ok(self.weigh_as(By::Probe, providers, attempts, now).await?.health)
    }

    /// The same for the sweep, which also judges the routes whose time has come. Everything that is
    /// shared is written once, however many attempts there are. Returns the names of those that it has
    /// to come back to, since it has written to their record a moment ago.
    pub async fn weigh_due(
        &self,
        providers: &Providers,
        attempts: &[Attempt],
        now: Timestamp,
    ) -> Result<BTreeSet<String>, Unavailable> {
        Ok(self.weigh_as(By::Sweep, providers, attempts, now).await?.left)
    }

    async fn weigh_as(
        &self,
        by: By,
        providers: &Providers,
        attempts: &[Attempt],
        now: Timestamp,
    ) -> Result<Weighed, Unavailable> {
        let samples: Vec<_> = attempts
            .iter()
            .filter_map(|attempt| Some((attempt.route(), attempt.sample(providers, now)?)))
            .collect();
        // Boxed: it is deep, and for most texts nothing of it is needed.
        let once = || Box::pin(self.weigh_once(by, providers, &samples, now));
        let mut weighed = once().await?;
        // A turn that was not the first leaves its attempt to the sweep.
        for _ in 1..TRIES {
            match weighed {
                Err(lost) if by != By::Turn && !lost.left.is_empty() => {
                    self.documents.step_aside().await;
                    weighed = once().await?;
                }
                _ => break,
            }
        }
        Ok(weighed.unwrap_or_else(|lost| lost))
    }

    /// Weighs samples, or finds that others were faster: then nothing is counted.
    async fn weigh_once(
        &self,
        by: By,
        providers: &Providers,
        samples: &[(Route, Sample)],
        now: Timestamp,
    ) -> Result<Result<Weighed, Weighed>, Unavailable> {
        let routes: BTreeSet<_> = samples.iter().map(|(route, _)| route.clone()).collect();
        let (health, mut records) = self.records_of(routes).await?;
        let before = &health.content;
        if by == By::Sweep {
            let due = before.due(now).into_iter();
            let due = due.filter(|route| !records.contains_key(route)).collect();
            records.extend(self.read_records(due).await?);
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
        self.judge(&mut after, &mut records, now).await?;
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
        writes.extend(changes.iter().map(|change| keep_notice(&change.notice(providers, now))));
        if !unchanged {
            writes.push(after.write(by, "health", "current", Fields::none(), now));
        }
        // The verdicts come with the last, so that whoever dies in between has judged nothing.
        while !writes.is_empty() {
            let rest = writes.split_off(writes.len().min(AT_ONCE));
            match self.documents.commit(std::mem::replace(&mut writes, rest)).await {
                Ok(_) => {}
                Err(WriteError::Conflict | WriteError::Contended) => {
                    weighed.left.extend(news(&records));
                    return Ok(Err(weighed));
                }
                Err(error) => return Err(error.into()),
            }
        }
        changes.iter().for_each(|change| change.say(providers));
        Ok(Ok(weighed))
    }

    /// Judges these routes, and those of their siblings that this concerns, which are read for it.
    async fn judge(
        &self,
        health: &mut Health,
        records: &mut BTreeMap<Route, Noted>,
        now: Timestamp,
    ) -> Result<(), Unavailable> {
        loop {
            let again = health.judge(&records_in(records.values()), now);
            if again.is_empty() {
                return Ok(());
            }
            records.extend(self.read_records(again).await?);
        }
    }

    /// What is known of all routes, and the records of these, in one round trip.
    async fn records_of(
        &self,
        routes: BTreeSet<Route>,
    ) -> Result<(Shared<Health>, BTreeMap<Route, Noted>), Unavailable> {
        let records = routes.iter().map(|route| at("routes", &name(route)));
        let paths: Vec<_> = std::iter::once(at("health", "current")).chain(records).collect();
        let mut found = self.documents.get(&paths).await?.into_iter();
        let health = Shared::read(found.next().flatten().as_ref(), Health::default);
        Ok((health, routes.into_iter().zip(found).map(noted).collect()))
    }

    async fn read_records(
        &self,
        routes: Vec<Route>,
    ) -> Result<BTreeMap<Route, Noted>, Unavailable> {
        if routes.is_empty() {
            return Ok(BTreeMap::new());
        }
        let paths: Vec<_> = routes.iter().map(|route| at("routes", &name(route))).collect();
        let found = self.documents.get(&paths).await?;
        Ok(routes.into_iter().zip(found).map(noted).collect())
    }

    /// The one document of a collection.
    pub(crate) async fn current<T: Default + DeserializeOwned>(
        &self,
        collection: &'static str,
    ) -> Result<Shared<T>, Unavailable> {
        Ok(Shared::read(
            self.documents.get_one(at(collection, "current")).await?.as_ref(),
            T::default,
        ))
    }

    pub(crate) async fn records_by(&self, provider: &str) -> Result<Vec<Document>, Unavailable> {
        self.documents.find(routes::PROVIDER.equal(provider, MOST_ROUTES)).await
    }
}

/// The name of a route's record. A sender may hold what the name of a document may not.
fn name(route: &Route) -> String {
    hash(&[&route.id()])
}

fn noted((route, found): (Route, Option<Document>)) -> (Route, Noted) {
    let record = Shared::read(found.as_ref(), || Record::new(route.clone()));
    (route, Noted { record, news: vec![] })
}

fn records_in<'a>(noted: impl Iterator<Item = &'a Noted>) -> Vec<&'a Record> {
    noted.map(|noted| &noted.record.content).collect()
}

fn news(records: &BTreeMap<Route, Noted>) -> BTreeSet<String> {
    records.values().flat_map(|noted| noted.news.iter().cloned()).collect()
}

/// A route that is no longer what it was.
struct Change<'a> {
    route: Route,
    to: &'a Verdict,
}

fn changes<'a>(before: &Health, after: &'a Health) -> Vec<Change<'a>> {
    let bad = |state| matches!(state, State::Suspect | State::Down);
    let routes = after.routes().into_iter().map(|(route, to)| (before.state(&route), route, to));
    routes
        .filter(|(from, _, to)| *from != to.state && (bad(*from) || bad(to.state)))
        .map(|(_, route, to)| Change { route, to })
        .collect()
}

impl Change<'_> {
    fn sentence(&self, providers: &Providers) -> String {
        let Route { provider, country, .. } = &self.route;
        let code = self.to.code.as_deref();
        let means = code.map_or(String::new(), |code| providers.meaning(provider, code));
        let state = match self.to.state {
            State::Suspect => "is suspect",
            State::Down => "is down",
            State::Healthy => "works again",
            State::Unproven => "is tried again",
        };
        format!("{provider} to +{country} {state}: {}{means}", self.to.why)
    }

    fn notice(&self, providers: &Providers, now: Timestamp) -> Notice {
        Notice {
            id: format!("route-{}-{}", hash(&[&self.route.id()]), now.as_millisecond()),
            sentence: self.sentence(providers),
            conversation: None,
            trace: None,
            whom: None,
            at: now,
        }
    }

    fn say(&self, providers: &Providers) {
        let sentence = self.sentence(providers);
        let (provider, country) = (&self.route.provider, &self.route.country);
        match self.to.state {
            State::Suspect => {
                raise!(Alarm::RouteSuspect, provider.name = provider, country, "{sentence}")
            }
            State::Down => {
                raise!(Alarm::RouteDown, provider.name = provider, country, "{sentence}")
            }
            State::Healthy | State::Unproven => {
                tracing::info!(provider.name = provider, country, "{sentence}")
            }
        }
    }
}
