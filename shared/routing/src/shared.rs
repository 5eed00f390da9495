//! Documents that all conversations share, and how rarely each is written.
//!
//! Firestore sustains about [one write a second][limits] to one document, and delays writers that come
//! more often. So whatever the traffic, no text has to write any of these, and all writers of one together
//! rarely write more than once a second:
//!
//! | documents | contents | who writes one, and when | at most |
//! |---|---|---|---|
//! | `routes/*` | the history of a route | a turn, for a text that took a route not known to work, or that was refused or failed | once in [`RARELY`] |
//! | | | turns, for texts that probe whether a route works again | some, once in five minutes |
//! | | | the sweep, for everything it checks | once a run |
//! | `health/current` | the verdicts on all routes | a turn or the sweep, together with a record, if a verdict changes | the same |
//! | | other incidents | a turn, when one begins, is reported or is over | once in [`RARELY`] |
//! | `rhythm/current` | when conversations usually begin | the sweep, for everything it checks | once for 2,000 texts |
//! | `minutes/*` | places for new people in a minute | a turn, for that person, or for ten who have to wait | once |
//! | `shapes/*` | how many calls of a form were not understood | the function that was called; the calls of a few seconds are counted together | once in [`RARELY`] |
//! | `consents_given/*` | places for consents in a minute, or for one address in an hour | the site | once |
//! | `clock/current` | the last clock reading | the sweep | once in five minutes |
//!
//! If a turn leaves a document alone because of that, nothing is lost: its attempt is due, so the next
//! sweep counts it.
//!
//! [limits]: https://cloud.google.com/firestore/docs/best-practices#updates_to_a_single_document

use std::collections::BTreeMap;

use conversations::{Store, opened};
use documents::{Document, Fields, RARELY, Unavailable, Version, Write, at};
use jiff::{SignedDuration, Timestamp};
use serde::Serialize;
use serde::de::DeserializeOwned;

/// How often a commit is retried after other writers were faster.
pub(crate) const ATTEMPTS: usize = 5;

/// Shorter than the pause between two runs of the sweep, and longer than the time between two pages of
/// a run, which share one timestamp.
const A_RUN: SignedDuration = SignedDuration::from_millis(900);

/// Who writes. Each has room beside the others, and none may write more often than allowed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum By {
    /// A turn, about an attempt of its own.
    Turn,
    /// A turn, about an attempt that probes for everybody whether a route works again. A probe is due
    /// once in five minutes at most, except that several may begin before the outcome of the first is
    /// known.
    Probe,
    /// The sweep, about everything it has checked.
    Sweep,
    /// A turn, about other things it depends on.
    Witness,
}

impl By {
    fn name(self) -> &'static str {
        match self {
            Self::Turn | Self::Probe => "turn",
            Self::Sweep => "sweep",
            Self::Witness => "witness",
        }
    }
}

/// A document as it was loaded. Its content is one text to the store, so that it indexes none of it.
pub(crate) struct Shared<T> {
    pub(crate) content: T,
    version: Option<Version>,
    /// When each last wrote it.
    written: BTreeMap<String, i64>,
}

impl<T: DeserializeOwned> Shared<T> {
    /// The stored content. Unreadable content counts as absent: it is no reason to leave a person
    /// without an answer, and it is built up again.
    pub(crate) fn decode(found: Option<&Document>, otherwise: impl FnOnce() -> T) -> Self {
        let written = found.and_then(|found| found.fields.get("written"));
        Self {
            content: found.and_then(opened).unwrap_or_else(otherwise),
            version: found.map(|found| found.version),
            written: written.unwrap_or_default(),
        }
    }
}

/// The one document of a collection.
pub(crate) async fn current<T: Default + DeserializeOwned>(
    store: &Store,
    collection: &'static str,
) -> Result<Shared<T>, Unavailable> {
    let found = store.documents().get_one(at(collection, "current")).await?;
    Ok(Shared::decode(found.as_ref(), T::default))
}

impl<T: Serialize> Shared<T> {
    /// The same document with other content.
    pub(crate) fn with<U>(&self, content: U) -> Shared<U> {
        Shared { content, version: self.version, written: self.written.clone() }
    }

    /// Whether it was written so recently that they leave it alone now. This process's clock may be
    /// behind that of the last writer.
    pub(crate) fn is_left_alone(&self, by: By, now: Timestamp) -> bool {
        let within = |others: &[By], time: SignedDuration| {
            others.iter().any(|by| {
                let last = self.written.get(by.name());
                let since = last.map(|last| now.as_millisecond().abs_diff(*last).into());
                since.is_some_and(|since: u128| since < time.unsigned_abs().as_millis())
            })
        };
        match by {
            By::Turn => within(&[By::Turn, By::Sweep], RARELY),
            By::Probe => false,
            By::Sweep => within(&[By::Sweep], A_RUN),
            By::Witness => within(&[By::Witness], RARELY),
        }
    }

    /// Stores it, if it is unchanged since it was read.
    pub(crate) fn write(
        &self,
        by: By,
        collection: &'static str,
        id: &str,
        fields: Fields,
        now: Timestamp,
    ) -> Write {
        let content = serde_json::to_string(&self.content);
        let content = content.expect("our own types have string keys only");
        let mut written = self.written.clone();
        written.insert(by.name().to_owned(), now.as_millisecond());
        let fields = fields.with("content", content).with("written", written);
        match self.version {
            Some(version) => Write::Replace(at(collection, id), fields, version),
            None => Write::Create(at(collection, id), fields),
        }
    }
}
