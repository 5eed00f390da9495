//! What the two stores have in common: documents, conditional commits of several at once, and
//! queries on one field.
//!
//! Everything that [`crate::Store`] promises is written once, in these terms.

use std::time::{Duration, Instant};

#[cfg(feature = "sqlite")]
use futures::future::join_all;
use google::NoToken;
use serde_json::value::RawValue;
use thiserror::Error;

use crate::collections::Query;
use crate::fields::Fields;
use crate::firestore::Firestore;
use crate::refusals::{Asked, Refusals};
#[cfg(feature = "sqlite")]
use crate::sqlite::Sqlite;

/// Where a document is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Path {
    pub(crate) collection: &'static str,
    pub(crate) id: String,
}

/// A document as it was read.
#[derive(Clone, Debug)]
pub(crate) struct Document {
    pub(crate) id: String,
    pub(crate) fields: Fields,
    pub(crate) version: Version,
}

/// Which state of a document was read; changes with every write to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Version(pub(crate) i64, pub(crate) i32);

/// One part of a commit. All parts are carried out, or none.
#[derive(Clone, Debug)]
pub(crate) enum Write {
    /// Stores a document, on condition that there is none.
    Create(Path, Fields),
    /// Stores a document in place of the one that was read, on condition that it is unchanged.
    Replace(Path, Fields, Version),
    /// Sets some fields of the document that was read, on condition that it is unchanged.
    Amend(Path, Fields, Version),
    /// Sets some fields and adds to arrays what they do not hold yet, whatever was there before.
    Merge { path: Path, set: Fields, append: Vec<(&'static str, Vec<Box<RawValue>>)> },
    /// Sets some fields and adds one to others, on condition that there is a document. Those who
    /// count at the same time do not get into each other's way.
    Count { path: Path, set: Fields, add: Vec<&'static str> },
    /// Removes a document, if there is one; given a version, on condition that it is unchanged.
    Delete(Path, Option<Version>),
    /// Changes nothing, on condition that there is no such document.
    Absent(Path),
}

impl Write {
    /// The document that it writes, or whose absence it asks for.
    pub(crate) fn path(&self) -> &Path {
        match self {
            Self::Create(path, _)
            | Self::Replace(path, ..)
            | Self::Amend(path, ..)
            | Self::Merge { path, .. }
            | Self::Count { path, .. }
            | Self::Delete(path, _)
            | Self::Absent(path) => path,
        }
    }

    /// What it does, in a word.
    fn kind(&self) -> &'static str {
        match self {
            Self::Create(..) => "create",
            Self::Replace(..) => "replace",
            Self::Amend(..) => "amend",
            Self::Merge { .. } => "merge",
            Self::Count { .. } => "count",
            Self::Delete(..) => "delete",
            Self::Absent(_) => "absent",
        }
    }
}

/// Why a commit changed nothing, or may not have.
#[derive(Debug, Error)]
pub(crate) enum WriteError {
    /// A condition did not hold.
    #[error("a condition of the commit does not hold")]
    Conflict,
    /// So many write to one of the documents that the store gave up. Nothing was written.
    #[error("too many write to a document of the commit")]
    Contended,
    /// A document would become larger than the store takes.
    #[error("a document would grow too large")]
    TooLarge,
    /// The store did not answer. The commit may have been carried out.
    #[error(transparent)]
    Unavailable(#[from] Unavailable),
}

/// The store cannot be reached, or does not work. Nothing is known about what was asked.
#[derive(Clone, Debug, Error)]
#[error("the store is unavailable: {reason}")]
pub struct Unavailable {
    /// In the words of the store's client. Holds no content of any document.
    reason: String,
    /// Whether it stays so until a person does something about it.
    refused: bool,
}

impl Unavailable {
    pub(crate) fn new(reason: impl Into<String>) -> Self {
        Self { reason: reason.into(), refused: false }
    }

    /// The store is there, and will not have what it is given.
    pub(crate) fn refused(reason: impl Into<String>) -> Self {
        Self { reason: reason.into(), refused: true }
    }

    #[cfg(feature = "sqlite")]
    pub(crate) fn reason(&self) -> &str {
        &self.reason
    }

    pub(crate) fn is_refused(&self) -> bool {
        self.refused
    }
}

impl From<NoToken> for Unavailable {
    fn from(error: NoToken) -> Self {
        match error {
            NoToken::Refused(_) => Self::refused(error.to_string()),
            NoToken::Unanswered(_) => Self::new(error.to_string()),
        }
    }
}

/// Under this target, at the level DEBUG, the log names each document that is read or written, and
/// each query and commit: what a benchmark counts, and nobody else listens to.
const OPERATIONS: &str = "conversations::operations";

macro_rules! operation {
    ($kind:expr, $collection:expr, $id:expr) => {
        tracing::debug!(target: OPERATIONS, kind = $kind, collection = $collection, id = $id)
    };
}

/// How many writes are carried out in one round trip, each by itself: as many as Firestore takes.
const AT_ONCE: usize = 500;

/// The store that was configured.
pub(crate) struct Documents {
    kind: Kind,
    refusals: Refusals,
}

pub(crate) enum Kind {
    #[cfg(feature = "sqlite")]
    Sqlite(Sqlite),
    Firestore(Box<Firestore>),
}

impl Documents {
    pub(crate) fn new(kind: Kind) -> Self {
        Self { kind, refusals: Refusals::default() }
    }

    /// Whether they are in a file of our own.
    pub(crate) fn are_embedded(&self) -> bool {
        !matches!(self.kind, Kind::Firestore(_))
    }

    /// Why they are another's, as far as that was not seen when they were opened.
    pub(crate) async fn another(&self) -> Option<String> {
        match &self.kind {
            #[cfg(feature = "sqlite")]
            Kind::Sqlite(_) => None,
            Kind::Firestore(firestore) => firestore.another().await,
        }
    }

    /// Waits for a moment: those who met at a document do not meet there again.
    pub(crate) async fn step_aside(&self) {
        tokio::time::sleep(Duration::from_millis(fastrand::u64(5..50))).await;
    }

    /// Reads several documents in one round trip.
    pub(crate) async fn get(&self, paths: &[Path]) -> Result<Vec<Option<Document>>, Unavailable> {
        for path in paths {
            operation!("get", path.collection, path.id);
        }
        let outcome = match &self.kind {
            #[cfg(feature = "sqlite")]
            Kind::Sqlite(sqlite) => sqlite.get(paths).await,
            Kind::Firestore(firestore) => firestore.get(paths).await,
        };
        self.note(Asked::Read, outcome.as_ref().err());
        outcome
    }

    /// Carries out all writes in one round trip, or none. Returns the new version of the first
    /// document that is replaced.
    pub(crate) async fn commit(&self, writes: Vec<Write>) -> Result<Option<Version>, WriteError> {
        for write in &writes {
            let path = write.path();
            operation!(write.kind(), path.collection, path.id);
        }
        operation!("commit", "", "");
        let outcome = match &self.kind {
            #[cfg(feature = "sqlite")]
            Kind::Sqlite(sqlite) => sqlite.commit(writes).await,
            Kind::Firestore(firestore) => firestore.commit(writes).await,
        };
        match &outcome {
            Ok(_) => self.note(Asked::Write, None),
            Err(WriteError::Unavailable(error)) => self.note(Asked::Write, Some(error)),
            Err(_) => {}
        }
        outcome
    }

    /// Carries out each write by itself, in one round trip for many: one whose condition does not
    /// hold changes nothing, and undoes no other.
    pub(crate) async fn each(&self, writes: Vec<Write>) -> Result<(), Unavailable> {
        for some in writes.chunks(AT_ONCE) {
            for write in some {
                let path = write.path();
                operation!(write.kind(), path.collection, path.id);
            }
            operation!("commit", "", "");
            let outcome = match &self.kind {
                #[cfg(feature = "sqlite")]
                Kind::Sqlite(sqlite) => {
                    let alone = some.iter().map(|write| sqlite.commit(vec![write.clone()]));
                    join_all(alone).await.into_iter().try_for_each(unless_changed)
                }
                Kind::Firestore(firestore) => firestore.each(some).await,
            };
            self.note(Asked::Write, outcome.as_ref().err());
            outcome?;
        }
        Ok(())
    }

    /// Runs a query.
    pub(crate) async fn find(&self, query: Query) -> Result<Vec<Document>, Unavailable> {
        let collection = query.collection();
        operation!("query", collection, "");
        let outcome = match &self.kind {
            #[cfg(feature = "sqlite")]
            Kind::Sqlite(sqlite) => sqlite.find(query).await,
            Kind::Firestore(firestore) => firestore.find(query).await,
        };
        for document in outcome.iter().flatten() {
            operation!("found", collection, document.id);
        }
        self.note(Asked::Read, outcome.as_ref().err());
        outcome
    }

    /// Removes what has expired, beginning with the earliest and ending with what expired `worth_ms`
    /// after it. Firestore does that by itself, by a TTL policy on `expires_at`.
    #[cfg_attr(
        not(feature = "sqlite"),
        expect(unused_variables, reason = "Firestore needs no help")
    )]
    pub(crate) async fn expire(&self, now_ms: i64, worth_ms: i64) -> Result<(), Unavailable> {
        match &self.kind {
            #[cfg(feature = "sqlite")]
            Kind::Sqlite(sqlite) => {
                let outcome = sqlite.expire(now_ms, worth_ms).await;
                outcome.inspect_err(|error| self.note(Asked::Write, Some(error)))
            }
            Kind::Firestore(_) => Ok(()),
        }
    }

    /// Tells somebody of what it does not do, if that goes on until they act.
    fn note(&self, asked: Asked, error: Option<&Unavailable>) {
        match error {
            None => self.refusals.worked(asked),
            Some(error) => {
                self.refusals.failed(asked, &error.reason, error.is_refused(), Instant::now());
            }
        }
    }
}

/// What somebody else has changed since is left as it is.
#[cfg(feature = "sqlite")]
fn unless_changed(outcome: Result<Option<Version>, WriteError>) -> Result<(), Unavailable> {
    match outcome {
        Ok(_) | Err(WriteError::Conflict) => Ok(()),
        Err(error) => Err(error.into()),
    }
}
