//! How many new people are let in: a document for each minute in which somebody was.
//!
//! Nobody who is known writes here, and in a flood everybody new does once: whom this minute has no
//! place for is given one in a later minute.

use jiff::Timestamp;
use serde_json::{Value, json};

use crate::Store;
use crate::collections::minutes;
use crate::documents::{Document, Path, Unavailable, Version, Write};
use crate::store::{DAY, at, expiring, object};

/// A minute, and how many new people have a place in it.
#[derive(Clone, Debug)]
pub struct Minute {
    /// When it begins.
    pub at: Timestamp,
    /// How many have a place so far.
    pub people: u32,
    version: Option<Version>,
}

impl Minute {
    /// The minute of this moment, as nobody has a place in it.
    pub fn of(moment: Timestamp) -> Self {
        let seconds = moment.as_second();
        let at = Timestamp::from_second(seconds - seconds.rem_euclid(60)).unwrap_or(moment);
        Self { at, people: 0, version: None }
    }

    pub(crate) fn path(&self) -> Path {
        at("minutes", &self.at.as_second().to_string())
    }

    /// As it was read.
    pub(crate) fn read(self, found: Option<&Document>) -> Self {
        let Some(found) = found else { return self };
        let people = found.fields.get("people").and_then(Value::as_u64).unwrap_or_default();
        let people = u32::try_from(people).unwrap_or(u32::MAX);
        Self { people, version: Some(found.version), ..self }
    }

    /// Gives so many more a place, on condition that nobody else was given one since.
    pub(crate) fn with_more(&self, places: u32) -> Write {
        let people = self.people.saturating_add(places);
        let fields = object(json!({ "at": self.at.as_millisecond(), "people": people }));
        let fields = expiring(fields, self.at, DAY);
        match self.version {
            Some(version) => Write::Replace(self.path(), fields, version),
            None => Write::Create(self.path(), fields),
        }
    }
}

impl Store {
    /// Takes so many places in a minute, to be given to new people. Whether nobody else took any
    /// since it was read.
    pub async fn take_places(&self, minute: &Minute, places: u32) -> Result<bool, Unavailable> {
        self.if_unchanged(vec![minute.with_more(places)]).await
    }

    /// The last minute in which anybody new has a place, if there is one.
    pub async fn last_minute(&self) -> Result<Option<Minute>, Unavailable> {
        let found = self.documents.find(minutes::AT.latest(1)).await?.pop();
        Ok(found.and_then(|found| {
            let at = Timestamp::from_millisecond(found.fields.get("at")?.as_i64()?).ok()?;
            Some(Minute::of(at).read(Some(&found)))
        }))
    }
}
