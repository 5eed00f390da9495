//! Limits how many new people are admitted: one document for each taken place in a minute.
//!
//! People we already know never write here, and a new person writes once even in a flood: if this
//! minute is full, they get a place in a later one. A place is given once, so no two writers share a
//! document, however many people arrive at the same moment.

use documents::{Fields, Path, Unavailable, Write, at};
use jiff::Timestamp;

use crate::collections::minutes;
use crate::lifetimes::DAY;
use crate::store::Store;

/// How many places are checked to find a free one. If a minute has more places than this, a random
/// sample of this size is checked; if all of the sample are taken, at least nine in ten are, and the
/// minute counts as full.
const LOOKED_AT: u32 = 30;

/// A place for one new person in a minute.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Admission {
    /// The start of the minute.
    pub minute: Timestamp,
    number: u32,
}

impl Admission {
    /// A random place of the `bound` places in this minute. It may already be taken.
    pub fn any(minute: Timestamp, bound: u32) -> Self {
        Self { minute, number: fastrand::u32(..bound.max(1)) }
    }

    fn path(&self) -> Path {
        at("minutes", &format!("{}-{}", self.minute.as_second(), self.number))
    }

    /// Assigns the place, on condition that it is still free.
    pub(crate) fn take(&self) -> Write {
        let fields = Fields::none().with("at", self.minute.as_millisecond());
        Write::Create(self.path(), fields.expiring(self.minute, DAY))
    }
}

/// The start of the minute that this moment falls in.
pub fn minute_of(moment: Timestamp) -> Timestamp {
    let seconds = moment.as_second();
    Timestamp::from_second(seconds - seconds.rem_euclid(60)).unwrap_or(moment)
}

impl Store {
    /// Free places among the `bound` places of this minute, in no particular order. None means that the
    /// minute is full, or counts as full.
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

    /// Takes all of these places for new people. If any of them is already taken, takes none and
    /// returns false.
    pub async fn take_places(&self, places: &[Admission]) -> Result<bool, Unavailable> {
        self.documents.if_unchanged(places.iter().map(Admission::take).collect()).await
    }

    /// The last minute in which a new person has a place, if there is one.
    pub async fn last_minute(&self) -> Result<Option<Timestamp>, Unavailable> {
        let found = self.documents.find(minutes::AT.latest(1)).await?.pop();
        let ms = found.and_then(|found| found.fields.get("at"));
        Ok(ms.and_then(|ms| Timestamp::from_millisecond(ms).ok()))
    }
}
