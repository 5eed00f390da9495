//! What attempts show of the ways by which they went.

use std::collections::{BTreeMap, BTreeSet};

use evidence::{Health, Record, Route, Sample, Sign, State, Verdict};
use jiff::Timestamp;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::json;
use sms::{About, Providers, Status};
use telemetry::{Alarm, raise};

use crate::collections::routes;
use crate::documents::{Document, Fields, Unavailable, Version, Write, WriteError};
use crate::id::hash;
use crate::names::is_pretended;
use crate::store::{at, keep_notice, message_name, object};
use crate::{Attempt, Learned, Notice, Store};

/// How often a commit is tried again that others were faster than.
pub(crate) const TRIES: usize = 5;

/// More ways than a business has.
const MOST_ROUTES: u32 = 500;

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
        Some(Sample { attempt: self.id.clone(), at: self.at, heard: now, sign })
    }
}

/// A document whose content is text to the store, so that it indexes none of it.
pub(crate) struct Kept<T> {
    pub(crate) content: T,
    pub(crate) version: Option<Version>,
}

/// A record, and whether it says more than what is stored.
struct Noted {
    kept: Kept<Record>,
    is_news: bool,
}

impl Store {
    /// What is known of all routes.
    pub async fn health(&self) -> Result<Health, Unavailable> {
        Ok(self.current("health").await?.content)
    }

    /// Counts attempts for or against their routes, and judges these again. Says so where a route
    /// is no longer, or is again, what it was. Counting an attempt twice changes nothing.
    pub async fn weigh(
        &self,
        providers: &Providers,
        attempts: &[Attempt],
        now: Timestamp,
    ) -> Result<Health, Unavailable> {
        let samples: Vec<_> = attempts
            .iter()
            .filter_map(|attempt| Some((attempt.route(), attempt.sample(providers, now)?)))
            .collect();
        if samples.is_empty() {
            return self.health().await;
        }
        for _ in 0..TRIES {
            let Kept { content: before, version } = self.current::<Health>("health").await?;
            let noted = self.records_with(&samples).await?;
            let records: Vec<_> = noted.iter().map(|noted| &noted.kept.content).collect();
            let mut health = before.clone();
            for record in &records {
                let siblings: Vec<&Record> = records
                    .iter()
                    .copied()
                    .filter(|other| other.route.provider == record.route.provider)
                    .filter(|other| other.route != record.route)
                    .collect();
                let verdict = record.judge(&siblings, now);
                health.verdicts.insert(record.route.id(), verdict);
            }
            let changes = changes(&records, &before, &health);
            let news = noted.iter().filter(|noted| noted.is_news).map(|noted| &noted.kept);
            let mut writes: Vec<_> = news
                .map(|kept| {
                    let route = &kept.content.route;
                    let by = json!({ "provider": route.provider });
                    write("routes", &hash(&[&route.id()]), object(by), kept)
                })
                .collect();
            if health != before {
                let kept = Kept { content: &health, version };
                writes.push(write("health", "current", Fields::new(), &kept));
            }
            let notices = changes.iter().map(|change| keep_notice(&change.notice(providers, now)));
            writes.extend(notices);
            if writes.is_empty() {
                return Ok(health);
            }
            match self.documents.commit(writes).await {
                Ok(_) => {
                    changes.iter().for_each(|change| change.say(providers));
                    return Ok(health);
                }
                Err(WriteError::Conflict) => self.documents.step_aside().await,
                Err(error) => return Err(error.into()),
            }
        }
        Err(Unavailable::new("others keep writing to the records of routes"))
    }

    /// The one document of a collection. What cannot be read is as if it were not there.
    pub(crate) async fn current<T: Default + DeserializeOwned>(
        &self,
        collection: &'static str,
    ) -> Result<Kept<T>, Unavailable> {
        let document = self.get_one(at(collection, "current")).await?;
        let version = document.as_ref().map(|document| document.version);
        Ok(Kept { content: content_of(document.as_ref()), version })
    }

    pub(crate) async fn records_by(&self, provider: &str) -> Result<Vec<Document>, Unavailable> {
        self.documents.find(routes::PROVIDER.equal(provider, MOST_ROUTES)).await
    }

    /// The records of all providers that these samples are of, with the samples in them.
    async fn records_with(&self, samples: &[(Route, Sample)]) -> Result<Vec<Noted>, Unavailable> {
        let providers: BTreeSet<_> = samples.iter().map(|(route, _)| &route.provider).collect();
        let mut records: BTreeMap<String, Noted> = BTreeMap::new();
        for provider in providers {
            for document in self.records_by(provider).await? {
                let version = Some(document.version);
                if let Some(content) = open::<Record>(&document) {
                    let kept = Kept { content, version };
                    records.insert(kept.content.route.id(), Noted { kept, is_news: false });
                } else {
                    let unreadable = Write::Delete(at("routes", &document.id), version);
                    self.documents.commit(vec![unreadable]).await?;
                }
            }
        }
        for (route, sample) in samples {
            let noted = records.entry(route.id()).or_insert_with(|| Noted {
                kept: Kept { content: Record::new(route.clone()), version: None },
                is_news: true,
            });
            let before = noted.kept.content.clone();
            noted.kept.content.note(sample.clone());
            noted.is_news |= noted.kept.content != before;
        }
        Ok(records.into_values().collect())
    }
}

/// What a document holds. What cannot be read is as if it were not there: it is no reason to leave a
/// person without an answer, and comes again.
pub(crate) fn content_of<T: Default + DeserializeOwned>(document: Option<&Document>) -> T {
    document.and_then(open).unwrap_or_default()
}

/// The content of a document, if it is in the form that this version writes.
pub(crate) fn open<T: DeserializeOwned>(document: &Document) -> Option<T> {
    let content = document.fields.get("content").and_then(|content| content.as_str());
    let content = content.and_then(|content| serde_json::from_str(content).ok());
    if content.is_none() {
        tracing::error!("forgot what was known of routes: another version has written it");
    }
    content
}

pub(crate) fn write<T: Serialize>(
    collection: &'static str,
    id: &str,
    mut fields: Fields,
    kept: &Kept<T>,
) -> Write {
    let content = serde_json::to_string(&kept.content);
    let content = content.expect("our own types have string keys only");
    fields.insert("content".into(), content.into());
    match kept.version {
        Some(version) => Write::Replace(at(collection, id), fields, version),
        None => Write::Create(at(collection, id), fields),
    }
}

/// A route that is no longer what it was.
struct Change<'a> {
    route: &'a Route,
    to: &'a Verdict,
}

fn changes<'a>(records: &[&'a Record], before: &Health, after: &'a Health) -> Vec<Change<'a>> {
    let routes = records.iter().map(|record| &record.route);
    routes
        .filter_map(|route| {
            let (from, to) = (before.state(route), after.verdicts.get(&route.id())?);
            let bad = |state| matches!(state, State::Suspect | State::Down);
            (from != to.state && (bad(from) || bad(to.state))).then_some(Change { route, to })
        })
        .collect()
}

impl Change<'_> {
    fn sentence(&self, providers: &Providers) -> String {
        let Route { provider, country, .. } = self.route;
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
