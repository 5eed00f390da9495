//! The thread that writes: it takes all waiting commits, and they share one sync.
//!
//! Each has a savepoint of its own, so that a failed condition rolls back only that commit. Nobody is
//! answered before everything is on the disk; after a failed sync, the outcome of all of them is
//! unknown.

use std::sync::Arc;
use std::sync::atomic::{AtomicI32, Ordering};
use std::thread::sleep;
use std::time::{Duration, Instant};

use rusqlite::wal::CheckpointMode;
use rusqlite::{Connection, DEFAULT_NAME, ErrorCode};
use tokio::sync::{OwnedSemaphorePermit, oneshot};

use super::checkpoints::Checkpoint;
use super::ledger::Ledger;
use super::tables::Table;
use super::threads::Queue;
use super::work::{Work, Written};
use crate::document::Version;
use crate::error::{Left, Unavailable, WriteError};

/// The most commits, and about the most bytes, that share a sync: the first of them must not wait long
/// because of the others.
const BATCH: usize = 256;
const BYTES: usize = 4 * 1_024 * 1_024;

/// The pause between attempts to lock a file that another process is writing to. That process holds it
/// only for moments.
const PAUSE: Duration = Duration::from_millis(1);

/// After this many new pages in the write-ahead log (4 MiB), they are copied into the database beside
/// this thread.
const COPIED: i32 = 1_024;

/// While new pages come faster than they are copied, the write-ahead log never starts over. From this
/// many pages on (32 MiB), this thread copies the rest itself, while all others wait.
const MOST: i32 = 8_192;

/// How large a database may be, in bytes, to be written anew: that takes as much memory, and seconds in
/// which nobody writes.
const REWRITTEN: i64 = 256 * 1_024 * 1_024;

/// How long it waits at each step for other processes, which hold the file only for moments.
const PURGE: Duration = Duration::from_secs(5);

/// How long the writer waits for readers of pages that it is about to overwrite.
const READERS: Duration = Duration::from_millis(100);

/// A request to the writer.
pub(super) struct Asked {
    pub(super) what: What,
    pub(super) answer: oneshot::Sender<Result<Done, WriteError>>,
    /// The time until which somebody waits for it.
    pub(super) deadline: Instant,
    pub(super) place: OwnedSemaphorePermit,
}

/// The kind of request.
pub(super) enum What {
    /// All parts of a commit, or none.
    Commit(Vec<Work>),
    /// Delete documents of a table that have expired by this time, up to a limit.
    Forget { table: Arc<Table>, until: i64, most: u32 },
    /// Make deleted content unreadable everywhere.
    Tidy,
    /// The same now, after everything was written anew: the ledger and the database.
    Purge,
}

/// The result of a request.
#[derive(Default)]
pub(super) struct Done {
    /// The new version of the first document that was replaced.
    pub(super) replaced: Option<Version>,
    /// How many were deleted.
    pub(super) forgotten: u32,
    /// What may still be readable.
    pub(super) left: Option<Left>,
}

impl Asked {
    fn is_wanted(&self) -> bool {
        !self.answer.is_closed()
    }

    fn answer(self, outcome: Result<Done, WriteError>) {
        drop(self.place);
        // The caller may be gone.
        let _ = self.answer.send(outcome);
    }
}

/// Why the file was not written anew.
enum Rewriting {
    Sqlite(rusqlite::Error),
    Ledger(Unavailable),
}

impl Rewriting {
    fn is_busy(&self) -> bool {
        matches!(self, Self::Sqlite(error) if error.sqlite_error_code() == Some(ErrorCode::DatabaseBusy))
    }
}

impl From<rusqlite::Error> for Rewriting {
    fn from(error: rusqlite::Error) -> Self {
        Self::Sqlite(error)
    }
}

impl From<Unavailable> for Rewriting {
    fn from(error: Unavailable) -> Self {
        Self::Ledger(error)
    }
}

impl From<Rewriting> for Unavailable {
    fn from(error: Rewriting) -> Self {
        match error {
            Rewriting::Sqlite(error) => error.into(),
            Rewriting::Ledger(error) => error,
        }
    }
}

pub(super) struct Writer {
    connection: Connection,
    ledger: Ledger,
    checkpoints: Arc<Queue<Checkpoint>>,
    /// How many pages the write-ahead log has.
    pages: Arc<AtomicI32>,
    /// How many it had when it was last copied.
    copied: i32,
    /// Whether deleted or overwritten content may still be readable.
    leftovers: bool,
}

impl Writer {
    pub(super) fn new(
        mut connection: Connection,
        ledger: Ledger,
        checkpoints: Arc<Queue<Checkpoint>>,
    ) -> rusqlite::Result<Self> {
        let pages = Arc::new(AtomicI32::new(0));
        let now = Arc::clone(&pages);
        connection.wal_hook(Some(move |_: &mut _, pages| {
            now.store(pages, Ordering::Relaxed);
            Ok(())
        }))?;
        // It is unknown what was deleted before a crash.
        Ok(Self { connection, ledger, checkpoints, pages, copied: 0, leftovers: true })
    }

    /// Handles the first request and all that wait behind it, with one sync.
    pub(super) fn work(&mut self, first: Asked, queue: &Queue<Asked>) {
        if !self.connection.is_autocommit() {
            // The last run panicked.
            let _ = self.run("ROLLBACK");
        }
        if let Some(done) = self.alone(&first.what) {
            return first.answer(done.map_err(WriteError::from));
        }
        let Some(first) = self.begin(first) else { return };
        let (mut batch, mut written) = (Vec::new(), Written::default());
        let (mut next, mut tidies) = (Some(first), None);
        while let Some(asked) = next.take() {
            if let What::Tidy | What::Purge = asked.what {
                tidies = Some(asked);
                break;
            }
            let outcome = self.carry_out(&asked.what, &mut written);
            let is_lost = self.connection.is_autocommit();
            batch.push((asked, outcome));
            if is_lost {
                break;
            }
            if batch.len() < BATCH && written.bytes < BYTES {
                next = std::iter::from_fn(|| queue.next()).find(Asked::is_wanted);
            }
        }
        let ended = self.end(&batch, &written);
        for (asked, outcome) in batch {
            // A condition may have failed because of a write that was lost with the others.
            let ended = ended.as_ref().map_err(|error| WriteError::Unavailable(error.clone()));
            asked.answer(ended.and(outcome));
        }
        self.copy();
        if let Some(tidies) = tidies {
            self.work(tidies, queue);
        }
    }

    /// Does what needs the file outside of any transaction. `None`: a write does not.
    fn alone(&mut self, what: &What) -> Option<Result<Done, Unavailable>> {
        match what {
            What::Tidy => Some(self.tidy().map(|()| Done::default())),
            What::Purge => Some(self.purge().map(|left| Done { left, ..Done::default() })),
            What::Commit(_) | What::Forget { .. } => None,
        }
    }

    /// Begins a transaction. If another process is writing, waits as long as somebody waits for the
    /// result.
    fn begin(&mut self, first: Asked) -> Option<Asked> {
        while first.is_wanted() {
            match self.run("BEGIN IMMEDIATE") {
                Ok(()) => return Some(first),
                Err(error) if error.sqlite_error_code() != Some(ErrorCode::DatabaseBusy) => {
                    first.answer(Err(error.into()));
                    return None;
                }
                Err(error) if Instant::now() >= first.deadline => {
                    first.answer(Err(error.into()));
                    return None;
                }
                Err(_) => sleep(PAUSE),
            }
        }
        None
    }

    /// Carries out one of several requests, or rolls back all of it.
    fn carry_out(&self, what: &What, written: &mut Written) -> Result<Done, WriteError> {
        let entered = written.entries.len();
        self.run("SAVEPOINT one")?;
        let outcome = match what {
            What::Commit(works) => self.commit(works, written),
            What::Forget { table, until, most } => self.forget(table, *until, *most),
            What::Tidy | What::Purge => Ok(Done::default()),
        };
        if outcome.is_err() {
            written.entries.truncate(entered);
        }
        // If the disk is full, SQLite has rolled back everything.
        if self.connection.is_autocommit() {
            return outcome;
        }
        let kept = match outcome {
            Ok(_) => self.run("RELEASE one"),
            Err(_) => self.run("ROLLBACK TO one").and_then(|()| self.run("RELEASE one")),
        };
        if let Err(error) = kept {
            // It is unknown which of it would be kept with the others.
            let _ = self.run("ROLLBACK");
            return Err(error.into());
        }
        outcome
    }

    fn commit(&self, works: &[Work], written: &mut Written) -> Result<Done, WriteError> {
        written.replaced = None;
        if works.iter().any(Work::is_entered) {
            // Older ledger lines are applied before the new writes.
            self.ledger.agree(&self.connection)?;
        }
        works.iter().try_for_each(|work| work.carry_out(&self.connection, written))?;
        Ok(Done { replaced: written.replaced, ..Done::default() })
    }

    fn forget(&self, table: &Table, until: i64, most: u32) -> Result<Done, WriteError> {
        let Some(forgets) = &table.forgets else { return Ok(Done::default()) };
        let mut statement = self.connection.prepare_cached(&forgets.forget)?;
        let forgotten = u32::try_from(statement.execute((until, most))?).unwrap_or(most);
        Ok(Done { forgotten, ..Done::default() })
    }

    /// Makes the successful commits durable. If that fails, they may be durable anyway.
    fn end(
        &mut self,
        batch: &[(Asked, Result<Done, WriteError>)],
        written: &Written,
    ) -> Result<(), Unavailable> {
        if self.connection.is_autocommit() {
            let lost = batch.last().and_then(|(_, outcome)| outcome.as_ref().err());
            return Err(match lost {
                Some(WriteError::Unavailable(error)) => error.clone(),
                _ => Unavailable::new("everything was rolled back"),
            });
        }
        let holds = batch.iter().any(|(_, outcome)| outcome.is_ok());
        let ended = match holds {
            true => self.ledger.enter(&self.connection, &written.entries).and_then(|()| {
                self.run("COMMIT")?;
                Ok(())
            }),
            false => Ok(self.run("ROLLBACK")?),
        };
        if ended.is_err() && !self.connection.is_autocommit() {
            let _ = self.run("ROLLBACK");
        }
        self.leftovers |= holds;
        ended
    }

    /// Keeps the write-ahead log short.
    fn copy(&mut self) {
        let pages = self.pages.load(Ordering::Relaxed);
        if pages < self.copied {
            // It has started over.
            self.copied = 0;
        }
        if pages - self.copied < COPIED {
            return;
        }
        self.copied = pages;
        if pages < MOST {
            self.checkpoints.hand(None);
        } else if let Err(error) = self.checkpoint(CheckpointMode::RESTART, READERS) {
            tracing::warn!("the write-ahead log keeps growing: {error}");
        }
    }

    /// Moves all commits into the database, over the deleted content, and leaves nothing of them beside
    /// it. If another process is using the file, it is done another time.
    fn tidy(&mut self) -> Result<(), Unavailable> {
        if self.leftovers {
            match self.checkpoint(CheckpointMode::TRUNCATE, Duration::ZERO) {
                Ok(()) => (self.leftovers, self.copied) = (false, 0),
                Err(error) if error.sqlite_error_code() == Some(ErrorCode::DatabaseBusy) => {}
                Err(error) => return Err(error.into()),
            }
        }
        Ok(())
    }

    /// Writes the ledger and the database anew, so that no page and no line holds anything that was
    /// deleted, and leaves nothing beside the database. What is left if others use the file meanwhile.
    fn purge(&mut self) -> Result<Option<Left>, Unavailable> {
        let number = |name| {
            let read = self.connection.pragma_query_value(None, name, |row| row.get::<_, i64>(0));
            read.map(|number| number.max(0))
        };
        let is_small = number("page_count")?.saturating_mul(number("page_size")?) <= REWRITTEN;
        self.connection.busy_timeout(PURGE)?;
        let anew = self.rewrite(is_small);
        self.connection.busy_timeout(Duration::ZERO)?;
        self.leftovers = true;
        match anew.and_then(|()| Ok(self.checkpoint(CheckpointMode::TRUNCATE, PURGE)?)) {
            Ok(()) => {
                (self.leftovers, self.copied) = (false, 0);
                Ok((!is_small).then_some(Left::TooLarge))
            }
            Err(error) if error.is_busy() => Ok(Some(Left::InUse)),
            Err(error) => Err(error.into()),
        }
    }

    fn rewrite(&self, database: bool) -> Result<(), Rewriting> {
        self.run("BEGIN IMMEDIATE")?;
        let begun = self.ledger.begin_anew(&self.connection);
        self.run(if begun.is_ok() { "COMMIT" } else { "ROLLBACK" })?;
        begun?;
        // Deleted content is overwritten at once, but a page that was divided may hold an older copy.
        if database {
            self.connection.execute_batch("VACUUM")?;
        }
        Ok(())
    }

    fn checkpoint(&self, mode: CheckpointMode, timeout: Duration) -> rusqlite::Result<()> {
        self.connection.busy_timeout(timeout)?;
        let done = self.connection.wal_checkpoint_v2(DEFAULT_NAME, mode);
        self.connection.busy_timeout(Duration::ZERO)?;
        done.map(|_| ())
    }

    fn run(&self, statement: &str) -> rusqlite::Result<()> {
        self.connection.prepare_cached(statement)?.execute([])?;
        Ok(())
    }
}
