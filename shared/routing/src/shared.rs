//! Documents that all conversations share, and how seldom each is written.
//!
//! Firestore takes about [one write a second][limits] of one document for as long as one likes, and puts
//! off whoever comes more often. So whatever the traffic, none of these is written by every text, and none
//! by all of its writers together much more often than once a second:
//!
//! | documents | what they say | who writes one, and when | at most |
//! |---|---|---|---|
//! | `routes/*` | what is remembered of a way | a turn, of a text by a way that is not known to work, or that was refused or failed | once in [`RARELY`] |
//! | | | turns, of texts that find out whether a way works again | some, once in five minutes |
//! | | | the sweep, of all that it looks at | once a run |
//! | `health/current` | the verdicts on all routes | a turn or the sweep, together with a record, where a verdict changes | the same |
//! | | what else fails | a turn, where that begins, is told, or is over | once in [`RARELY`] |
//! | `rhythm/current` | when conversations usually begin | the sweep, of all that it looks at together | once for 2,000 texts |
//! | `minutes/*` | that a new person has a place in a minute | a turn, for that person, or for ten who have to wait | once |
//! | `shapes/*` | how many calls of a form were not understood | whoever was called; the calls of some seconds are counted together | once in [`RARELY`] |
//! | `consents_given/*` | that a consent has a place among those of a minute, or of an address in an hour | the site | once |
//! | `clock/current` | what the clock said | the sweep | once in five minutes |
//!
//! What a turn leaves alone because of that is not lost: its attempt is due, so that the sweep counts
//! it with its next run.
//!
//! [limits]: https://cloud.google.com/firestore/docs/best-practices#updates_to_a_single_document

use std::collections::BTreeMap;

use conversations::{Store, opened};
use documents::{Document, Fields, RARELY, Unavailable, Version, Write, at};
use jiff::{SignedDuration, Timestamp};
use serde::Serialize;
use serde::de::DeserializeOwned;

/// How often a commit is tried again that others were faster than.
pub(crate) const ATTEMPTS: usize = 5;

/// Shorter than the pause between two runs of the sweep, and longer than it takes from one page of a
/// run to the next, which go by one moment.
const A_RUN: SignedDuration = SignedDuration::from_millis(900);

/// Who writes. Each finds room beside the others, and none comes more often than it may.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum By {
    /// A turn, of an attempt of its own.
    Turn,
    /// A turn, of an attempt that finds out for all others whether a way works again. Such are due once
    /// in five minutes at most, and all are that begin before it is known what came of the first.
    Probe,
    /// The sweep, of all that it has looked at.
    Sweep,
    /// A turn, of what else it depends on.
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

/// A document as it was read, whose content is text to the store, so that it indexes none of it.
pub(crate) struct Shared<T> {
    pub(crate) content: T,
    version: Option<Version>,
    /// When each last wrote it.
    written: BTreeMap<String, i64>,
}

impl<T: DeserializeOwned> Shared<T> {
    /// What was found. What cannot be read is as if it were not there: it is no reason to leave a
    /// person without an answer, and comes again.
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
    /// The same with another content.
    pub(crate) fn with<U>(&self, content: U) -> Shared<U> {
        Shared { content, version: self.version, written: self.written.clone() }
    }

    /// Whether it was written so lately that it is left alone by them at this moment. A clock may be
    /// behind the one that was last written by, too.
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
