//! The embedded store: one SQLite file, a table for each collection.
//!
//! One thread writes, and commits for all that are waiting; others read beside it. In WAL mode several
//! processes can share the file. A commit is durable when it returns.

pub(crate) mod backup;
mod body;
mod checkpoints;
mod connection;
mod entries;
pub(crate) mod file;
mod ledger;
pub(crate) mod merge;
#[cfg(test)]
mod plans;
mod reader;
pub(crate) mod restore;
mod searches;
mod tables;
mod threads;
mod work;
mod writer;

use std::path::Path as FilePath;
use std::sync::Arc;
use std::time::{Duration, Instant};

use rusqlite::Connection;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, oneshot};
use tokio::time::timeout;

use crate::collections::{Collection, Query};
use crate::document::{Document, Path, Version, Write};
use crate::error::{Left, Unavailable, WriteError};
use crate::key::Key;
use checkpoints::Checkpoint;
use connection::For;
use file::Unusable;
use ledger::Ledger;
use reader::Question;
use tables::Tables;
use threads::Threads;
use work::Work;
use writer::{Asked, Done, What, Writer};

/// The timeout for anything that waits for the file, in all: for requests of this process that came
/// earlier, and for another process that is writing. Twilio gives up after 15 s and calls again, so it
/// is better to refuse before that.
const TIMEOUT: Duration = Duration::from_secs(8);

/// The error after that.
const LOCKED: &str = "it was locked for too long";

/// The error if a thread is gone.
const STOPPED: &str = "the store's thread stopped";

/// How often a purge is tried while others use the file. Each try waits for them.
const PURGES: usize = 5;

/// How many reads, and how many writes, may be waiting. Any more are refused immediately: they would be
/// refused later anyway, and use memory until then.
const WAITING: usize = 2048;

/// How many threads read.
const READERS: usize = 2;

/// How many expired documents are deleted in one step. A write waits for no more than these.
const FORGOTTEN_IN_ONE_GO: u32 = 200;

/// Fields are dropped in this order: whoever closes the file last leaves nothing beside it.
pub(crate) struct Sqlite {
    readers: Threads<Question>,
    writer: Threads<Asked>,
    checkpoints: Threads<Checkpoint>,
    tables: Arc<Tables>,
    /// Permits for waiting reads and waiting writes.
    room: [Arc<Semaphore>; 2],
}

impl Sqlite {
    /// Opens the store in this folder, creating it if nothing was ever stored there, and returns the
    /// key of its names.
    pub(crate) fn open(
        folder: &FilePath,
        given: Option<Key>,
        collections: &'static [Collection],
    ) -> Result<(Self, Key), Unusable> {
        let tables = Arc::new(Tables::of(collections));
        let schema = || tables.schema() + ledger::SCHEMA;
        let (file, starting) = file::ready(folder, given.as_ref(), schema)?;
        let mut writing = connection::open(&file, For::Writing, TIMEOUT)?;
        file::is_ours(&writing, collections)?;
        file::complete(&mut writing, collections)?;
        let key = file::key(&writing, given)?;
        connection::prepare(&writing)?;
        let ledger = Ledger::beside(&file, &key, Arc::clone(&tables));
        ledger.catch_up(&mut writing).map_err(|error| Unusable(error.reason().to_owned()))?;
        // From here on the writer does its own waiting, as long as somebody waits for the result.
        writing.busy_timeout(Duration::ZERO)?;

        let copying = connection::open(&file, For::Writing, Duration::ZERO)?;
        connection::prepare(&copying)?;
        drop(starting);
        let copy = move |first, queue: &_| checkpoints::copy(&copying, first, queue);
        let checkpoints = Threads::start("store checkpoints", [copy])?;
        let mut writer = Writer::new(writing, ledger, Arc::clone(checkpoints.queue()))?;
        let write = move |first, queue: &_| writer.work(first, queue);
        let reader = |_| {
            let reading = connection::open(&file, For::Reading, TIMEOUT)?;
            Ok(move |first, queue: &_| reader::answer(&reading, first, queue))
        };
        let readers: Vec<_> = (0..READERS).map(reader).collect::<rusqlite::Result<_>>()?;
        let sqlite = Self {
            readers: Threads::start("store reads", readers)?,
            writer: Threads::start("store writes", [write])?,
            checkpoints,
            tables,
            room: [(); 2].map(|()| Arc::new(Semaphore::new(WAITING))),
        };
        Ok((sqlite, key))
    }

    /// Reads several documents in one snapshot.
    pub(crate) async fn get(&self, paths: &[Path]) -> Result<Vec<Option<Document>>, Unavailable> {
        let (paths, tables) = (paths.to_vec(), Arc::clone(&self.tables));
        self.read(move |connection| reader::get(connection, &tables, &paths)).await
    }

    pub(crate) async fn commit(&self, writes: Vec<Write>) -> Result<Option<Version>, WriteError> {
        let works: Vec<_> = writes
            .into_iter()
            .map(|write| Work::of(write, &self.tables))
            .collect::<Result<_, _>>()?;
        Ok(self.write(What::Commit(works)).await?.replaced)
    }

    pub(crate) async fn find(&self, query: Query) -> Result<Vec<Document>, Unavailable> {
        self.read(move |connection| reader::find(connection, &query)).await
    }

    pub(crate) async fn count(&self, query: Query) -> Result<u64, Unavailable> {
        self.read(move |connection| reader::count(connection, &query)).await
    }

    /// Deletes expired documents, and makes sure that whatever was deleted, now or earlier, is gone
    /// from the file and from the files beside it.
    pub(crate) async fn expire(&self, now_ms: i64, worth_ms: i64) -> Result<(), Unavailable> {
        let tables = Arc::clone(&self.tables);
        let first = move |connection: &_| reader::first_to_expire(connection, &tables);
        if let Some(first) = self.read(first).await? {
            let (until, most) = (now_ms.min(first.saturating_add(worth_ms)), FORGOTTEN_IN_ONE_GO);
            for table in self.tables.all().filter(|table| table.forgets.is_some()) {
                let forget = || What::Forget { table: Arc::clone(table), until, most };
                while self.write(forget()).await?.forgotten == most {}
            }
        }
        // First beside the writer, so that little is left for it to do.
        let (done, copied) = oneshot::channel();
        self.checkpoints.queue().hand(Some(done));
        let _ = copied.await;
        self.write(What::Tidy).await?;
        Ok(())
    }

    /// Makes sure that nothing deleted can be read in any file, now and not later; tries again while
    /// others use the file.
    pub(crate) async fn purge(&self) -> Result<Option<Left>, Unavailable> {
        let mut left = None;
        for _ in 0..PURGES {
            let (answer, answered) = oneshot::channel();
            let (place, deadline) = (self.place(1)?, Instant::now() + TIMEOUT);
            self.writer.queue().hand(Asked { what: What::Purge, answer, deadline, place });
            let done = answered.await.map_err(|_| Unavailable::new(STOPPED))?;
            left = done?.left;
            if left != Some(Left::InUse) {
                break;
            }
        }
        Ok(left)
    }

    async fn read<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Connection) -> Result<T, Unavailable> + Send + 'static,
    ) -> Result<T, Unavailable> {
        let place = self.place(0)?;
        let (answer, answered) = oneshot::channel();
        let question = move |connection: &Connection| {
            if !answer.is_closed() {
                let found = work(connection);
                drop(place);
                // The caller may be gone.
                let _ = answer.send(found);
            }
        };
        self.readers.queue().hand(Box::new(question));
        in_time(answered).await?
    }

    async fn write(&self, what: What) -> Result<Done, WriteError> {
        let (place, deadline) = (self.place(1)?, Instant::now() + TIMEOUT);
        let (answer, answered) = oneshot::channel();
        self.writer.queue().hand(Asked { what, answer, deadline, place });
        in_time(answered).await?
    }

    fn place(&self, which: usize) -> Result<OwnedSemaphorePermit, Unavailable> {
        let place = Arc::clone(&self.room[which]).try_acquire_owned();
        place.map_err(|_| Unavailable::new("too many requests are waiting"))
    }
}

/// The answer, if it comes within [`TIMEOUT`].
async fn in_time<T>(answered: oneshot::Receiver<T>) -> Result<T, Unavailable> {
    let answer = timeout(TIMEOUT, answered).await;
    let answer = answer.map_err(|_| Unavailable::new(LOCKED))?;
    answer.map_err(|_| Unavailable::new(STOPPED))
}
