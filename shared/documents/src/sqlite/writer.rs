//! The thread that writes: it takes all commits that wait, and all of them share one sync.
//!
//! Each has a savepoint of its own, so that a condition that does not hold takes back its own alone.
//! Nobody is answered before everything is on the disk, and after a sync that fails none of them
//! knows whether it is.

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
use crate::error::{Unavailable, WriteError};

/// How many share a sync at most, and about how many bytes they write: the first of them does not
/// wait for long because of the others.
const BATCH: usize = 256;
const BYTES: usize = 4 * 1_024 * 1_024;

/// How often it is tried to get hold of a file that another process is writing to. That one leaves it
/// alone for moments only.
const PAUSE: Duration = Duration::from_millis(1);

/// After so many new pages in the file of the latest commits (4 MiB) they are copied into the store's
/// own file, beside this thread.
const COPIED: i32 = 1_024;

/// While more keep coming than is copied beside, the file of the latest commits never begins anew.
/// From so many pages on (32 MiB) this thread copies the rest itself, for which all others wait.
const MOST: i32 = 8_192;

/// How long the writer waits for those who still read what it is about to write over.
const READERS: Duration = Duration::from_millis(100);

/// Something that is asked of the writer.
pub(super) struct Asked {
    pub(super) what: What,
    pub(super) answer: oneshot::Sender<Result<Done, WriteError>>,
    /// Nobody waits for it any longer than this.
    pub(super) deadline: Instant,
    pub(super) place: OwnedSemaphorePermit,
}

/// What is asked.
pub(super) enum What {
    /// All parts of a commit, or none.
    Commit(Vec<Work>),
    /// To forget some documents of a table that have expired by this time, and no more than so many.
    Forget { table: Arc<Table>, until: i64, most: u32 },
    /// That what was removed can be read nowhere any more.
    Tidy,
}

/// What has come of it.
#[derive(Default)]
pub(super) struct Done {
    /// The new version of the first document that was replaced.
    pub(super) replaced: Option<Version>,
    /// How many were forgotten.
    pub(super) forgotten: u32,
}

impl Asked {
    fn is_wanted(&self) -> bool {
        !self.answer.is_closed()
    }

    fn answer(self, outcome: Result<Done, WriteError>) {
        drop(self.place);
        // Whoever asked may be gone.
        let _ = self.answer.send(outcome);
    }
}

pub(super) struct Writer {
    connection: Connection,
    ledger: Ledger,
    checkpoints: Arc<Queue<Checkpoint>>,
    /// How many pages the file of the latest commits has.
    pages: Arc<AtomicI32>,
    /// How many it had when it was copied last.
    copied: i32,
    /// Whether something may have been removed or written over that can still be read.
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
        // Nobody knows what was removed before a crash.
        Ok(Self { connection, ledger, checkpoints, pages, copied: 0, leftovers: true })
    }

    /// Does what is asked first, and all that waits behind it, with one sync.
    pub(super) fn work(&mut self, first: Asked, queue: &Queue<Asked>) {
        if !self.connection.is_autocommit() {
            // It panicked.
            let _ = self.run("ROLLBACK");
        }
        if let What::Tidy = first.what {
            let tidied = self.tidy();
            return first.answer(tidied.map(|()| Done::default()).map_err(WriteError::from));
        }
        let Some(first) = self.begin(first) else { return };
        let (mut batch, mut written) = (Vec::new(), Written::default());
        let (mut next, mut tidies) = (Some(first), None);
        while let Some(asked) = next.take() {
            if let What::Tidy = asked.what {
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
            // A condition may have been seen not to hold by what was lost with the others.
            let ended = ended.as_ref().map_err(|error| WriteError::Unavailable(error.clone()));
            asked.answer(ended.and(outcome));
        }
        self.copy();
        if let Some(tidies) = tidies {
            self.work(tidies, queue);
        }
    }

    /// Begins a transaction. Another process may be writing: that is waited for as long as somebody
    /// waits for this.
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

    /// Carries out one of several, or takes all of it back.
    fn carry_out(&self, what: &What, written: &mut Written) -> Result<Done, WriteError> {
        let entered = written.entries.len();
        self.run("SAVEPOINT one")?;
        let outcome = match what {
            What::Commit(works) => self.commit(works, written),
            What::Forget { table, until, most } => self.forget(table, *until, *most),
            What::Tidy => Ok(Done::default()),
        };
        if outcome.is_err() {
            written.entries.truncate(entered);
        }
        // Where the disk is full, SQLite has taken back all there was.
        if self.connection.is_autocommit() {
            return outcome;
        }
        let kept = match outcome {
            Ok(_) => self.run("RELEASE one"),
            Err(_) => self.run("ROLLBACK TO one").and_then(|()| self.run("RELEASE one")),
        };
        if let Err(error) = kept {
            // Nobody knows what of it would be kept with the others.
            let _ = self.run("ROLLBACK");
            return Err(error.into());
        }
        outcome
    }

    fn commit(&self, works: &[Work], written: &mut Written) -> Result<Done, WriteError> {
        written.replaced = None;
        if works.iter().any(Work::is_entered) {
            // What the ledger has of before comes before what is written now.
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

    /// Makes durable what held. If that fails, it may be all the same.
    fn end(
        &mut self,
        batch: &[(Asked, Result<Done, WriteError>)],
        written: &Written,
    ) -> Result<(), Unavailable> {
        if self.connection.is_autocommit() {
            let lost = batch.last().and_then(|(_, outcome)| outcome.as_ref().err());
            return Err(match lost {
                Some(WriteError::Unavailable(error)) => error.clone(),
                _ => Unavailable::new("all was taken back"),
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

    /// Keeps the file of the latest commits short.
    fn copy(&mut self) {
        let pages = self.pages.load(Ordering::Relaxed);
        if pages < self.copied {
            // It has begun anew.
            self.copied = 0;
        }
        if pages - self.copied < COPIED {
            return;
        }
        self.copied = pages;
        if pages < MOST {
            self.checkpoints.hand(None);
        } else if let Err(error) = self.checkpoint(CheckpointMode::RESTART, READERS) {
            tracing::warn!("the file of the latest commits grows: {error}");
        }
    }

    /// Brings all commits into the file itself, over what was removed, and leaves nothing of them
    /// beside it. Where somebody else is using the file, another time does as well.
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
