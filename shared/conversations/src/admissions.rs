//! How many new people are let in: a document for each place in a minute that somebody has.
//!
//! Nobody who is known writes here, and in a flood everybody new does once: whom this minute has no
//! place for is given one in a later minute. A place is given once, so that none of these documents is
//! written by two, however many people come at the same moment.

use documents::{Fields, Path, Unavailable, Write, at};
use jiff::Timestamp;

use crate::collections::minutes;
use crate::lifetimes::DAY;
use crate::store::Store;

/// How many places are looked at to find a free one. Where more people are let in in a minute, that
/// many are picked by chance; if somebody has each of them, at least nine in ten are gone, and the
/// minute is as good as full.
const LOOKED_AT: u32 = 30;

/// A place for one new person in a minute.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Admission {
    /// When the minute begins.
    pub minute: Timestamp,
    number: u32,
}

impl Admission {
    /// One of so many places in this minute, picked by chance. Somebody may have it already.
    pub fn any(minute: Timestamp, bound: u32) -> Self {
        Self { minute, number: fastrand::u32(..bound.max(1)) }
    }

    fn path(&self) -> Path {
        at("minutes", &format!("{}-{}", self.minute.as_second(), self.number))
    }

    /// Gives it to somebody, on condition that nobody has it.
    pub(crate) fn take(&self) -> Write {
        let fields = Fields::none().with("at", self.minute.as_millisecond());
        Write::Create(self.path(), fields.expiring(self.minute, DAY))
    }
}

/// When the minute of this moment begins.
pub fn minute_of(moment: Timestamp) -> Timestamp {
    let seconds = moment.as_second();
    Timestamp::from_second(seconds - seconds.rem_euclid(60)).unwrap_or(moment)
}

impl Store {
    /// Places that nobody has, of so many in this minute, in no order. None: it is full, or as good as
    /// full.
    pub async fn free_places(
        &self,
        minute: Timestamp,
        bound: u32,
    ) -> Result<Vec<Admission>, Unavailable> {
        let mut numbers = fastrand::choose_multiple(0..bound, LOOKED_AT as usize);
        fastrand::shuffle(&mut numbers);
        let places: Vec<_> =
            numbers.into_iter().map(|number| Admission { minute, number }).collect();
        let paths: Vec<_> = places.iter().map(Admission::path).collect();
        let found = self.documents.get(&paths).await?;
        let free = places.into_iter().zip(found).filter(|(_, found)| found.is_none());
        Ok(free.map(|(place, _)| place).collect())
    }

    /// Takes these places, to be given to new people. False if somebody has one of them: then none is
    /// taken.
    pub async fn take_places(&self, places: &[Admission]) -> Result<bool, Unavailable> {
        self.documents.if_unchanged(places.iter().map(Admission::take).collect()).await
    }

    /// The last minute in which anybody new has a place, if there is one.
    pub async fn last_minute(&self) -> Result<Option<Timestamp>, Unavailable> {
        let found = self.documents.find(minutes::AT.latest(1)).await?.pop();
        let ms = found.and_then(|found| found.fields.get("at"));
        Ok(ms.and_then(|ms| Timestamp::from_millisecond(ms).ok()))
    }
}
