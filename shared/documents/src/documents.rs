//! The configured store.

use std::time::{Duration, Instant};

#[cfg(feature = "sqlite")]
use futures::future::join_all;
use jiff::SignedDuration;
use serde::de::DeserializeOwned;

use crate::collections::Query;
use crate::document::{Document, Path, Version, Write};
use crate::error::{Left, Unavailable, WriteError};
use crate::firestore::Firestore;
use crate::outages::{Asked, Outages};
#[cfg(feature = "sqlite")]
use crate::sqlite::Sqlite;

/// At level DEBUG, the log under this target names each document that is read or written, and each
/// query and commit. Only benchmarks listen to it.
const OPERATIONS: &str = "documents::operations";

macro_rules! operation {
    ($kind:expr, $collection:expr, $id:expr) => {
        tracing::debug!(target: OPERATIONS, kind = $kind, collection = $collection, id = $id)
    };
}

/// How long a frequent writer leaves a document alone after it was written. Firestore takes about one
/// write a second per document; three times that leaves room for the other writers.
pub const RARELY: SignedDuration = SignedDuration::from_secs(3);

/// How many independent writes go into one round trip.
const BATCH: usize = 500;

/// The configured store.
pub struct Documents {
    kind: Kind,
    outages: Outages,
}

pub(crate) enum Kind {
    #[cfg(feature = "sqlite")]
    Sqlite(Sqlite),
    Firestore(Box<Firestore>),
}

impl Documents {
    pub(crate) fn new(kind: Kind) -> Self {
        Self { kind, outages: Outages::default() }
    }

    /// Whether the documents are in a local file.
    pub fn are_embedded(&self) -> bool {
        !matches!(self.kind, Kind::Firestore(_))
    }

    /// Why the store belongs to another installation, as far as opening it did not show that.
    pub(crate) async fn another(&self) -> Option<String> {
        match &self.kind {
            #[cfg(feature = "sqlite")]
            Kind::Sqlite(_) => None,
            Kind::Firestore(firestore) => firestore.another().await,
        }
    }

    /// Waits for a random moment, so that writers that collided do not collide again.
    pub async fn step_aside(&self) {
        tokio::time::sleep(Duration::from_millis(fastrand::u64(5..50))).await;
    }

    /// Reads several documents in one round trip.
    pub async fn get(&self, paths: &[Path]) -> Result<Vec<Option<Document>>, Unavailable> {
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

    /// Reads one document.
    pub async fn get_one(&self, path: Path) -> Result<Option<Document>, Unavailable> {
        Ok(self.get(&[path]).await?.into_iter().next().flatten())
    }

    /// Carries out all writes in one round trip, or none. Returns the new version of the first document
    /// that is replaced.
    pub async fn commit(&self, writes: Vec<Write>) -> Result<Option<Version>, WriteError> {
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

    /// Carries out all writes. False if another writer was faster: then none was carried out.
    pub async fn if_unchanged(&self, writes: Vec<Write>) -> Result<bool, Unavailable> {
        match self.commit(writes).await {
            Ok(_) => Ok(true),
            Err(WriteError::Conflict) => Ok(false),
            Err(error) => Err(error.into()),
        }
    }

    /// Carries out each write independently, many in one round trip: a write whose condition does not
    /// hold changes nothing and affects no other.
    pub async fn each(&self, writes: Vec<Write>) -> Result<(), Unavailable> {
        for some in writes.chunks(BATCH) {
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
    pub async fn find(&self, query: Query) -> Result<Vec<Document>, Unavailable> {
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

    /// Runs a query, and decodes the documents it finds.
    pub async fn list<T: DeserializeOwned>(&self, query: Query) -> Result<Vec<T>, Unavailable> {
        self.find(query).await?.iter().map(|found| found.fields.decode()).collect()
    }

    /// Counts the documents that a query finds: at most as many as its limit. Firestore charges a read for
    /// each 1,000 of them.
    pub async fn count(&self, query: Query) -> Result<u64, Unavailable> {
        operation!("query", query.collection(), "");
        let outcome = match &self.kind {
            #[cfg(feature = "sqlite")]
            Kind::Sqlite(sqlite) => sqlite.count(query).await,
            Kind::Firestore(firestore) => firestore.count(query).await,
        };
        self.note(Asked::Read, outcome.as_ref().err());
        outcome
    }

    /// Deletes expired documents, from the earliest up to those that expired `worth_ms` later.
    /// Firestore does that by itself, by a TTL policy on `expires_at`.
    #[cfg_attr(
        not(feature = "sqlite"),
        expect(unused_variables, reason = "Firestore needs no help")
    )]
    pub async fn expire(&self, now_ms: i64, worth_ms: i64) -> Result<(), Unavailable> {
        match &self.kind {
            #[cfg(feature = "sqlite")]
            Kind::Sqlite(sqlite) => {
                let outcome = sqlite.expire(now_ms, worth_ms).await;
                outcome.inspect_err(|error| self.note(Asked::Write, Some(error)))
            }
            Kind::Firestore(_) => Ok(()),
        }
    }

    /// Makes sure that nothing deleted can be read any more in the files of the store. `None`: nothing
    /// can, or the store has no files. Takes seconds, in which nobody writes.
    pub async fn purge(&self) -> Result<Option<Left>, Unavailable> {
        match &self.kind {
            #[cfg(feature = "sqlite")]
            Kind::Sqlite(sqlite) => {
                let outcome = sqlite.purge().await;
                outcome.inspect_err(|error| self.note(Asked::Write, Some(error)))
            }
            Kind::Firestore(_) => Ok(None),
        }
    }

    /// Records a failure or success, and alerts the operator if a failure lasts until they act.
    fn note(&self, asked: Asked, error: Option<&Unavailable>) {
        match error {
            None => self.outages.worked(asked),
            Some(error) => {
                self.outages.failed(asked, error.reason(), error.is_refused(), Instant::now());
            }
        }
    }
}

/// A document that another writer has changed since is left as it is.
#[cfg(feature = "sqlite")]
fn unless_changed(outcome: Result<Option<Version>, WriteError>) -> Result<(), Unavailable> {
    match outcome {
        Ok(_) | Err(WriteError::Conflict) => Ok(()),
        Err(error) => Err(error.into()),
    }
}
