//! Backups: everything that a database and its ledger hold, in one file.

use std::fs::{self, File};
use std::io::{self, ErrorKind};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use jiff::Timestamp;
use rusqlite::Connection;
use rusqlite::backup::{Backup as Copying, StepResult};

use super::connection::{self, For};
use super::file::{self, FILE, Form, Unusable};
use super::ledger::Ledger;
use super::tables::Tables;
use super::{LOCKED, TIMEOUT};
use crate::collections::{Collection, Text, Time};
use crate::key::Key;

/// A copy of an embedded store in one file that nobody else uses.
pub struct Backup {
    connection: Connection,
    key: Key,
}

impl Backup {
    /// Copies the store in this folder into a new file, also while others write to it.
    ///
    /// The copy gets its name when it is complete and was checked, so a file of that name is a whole one.
    pub(crate) fn make(
        folder: &Path,
        given: Option<Key>,
        collections: &'static [Collection],
        file: &Path,
    ) -> Result<Self, Unusable> {
        if file.try_exists()? {
            return Err(is_there(file));
        }
        let database = folder.join(FILE);
        file::is_database(&database)?;
        // For writing, so that nothing stays beside it if nobody else has it open.
        let live = connection::open(&database, For::Writing, TIMEOUT)?;
        file::is_ours(&live, collections)?;
        let key = file::key(&live, given)?;
        let ledger = Ledger::beside(&database, &key, Arc::new(Tables::of(collections)));

        let mut unfinished = file.as_os_str().to_owned();
        unfinished.push(".new");
        let unfinished = Unfinished(PathBuf::from(unfinished));
        unfinished.remove()?;
        create_private(&unfinished.0)?;
        copy(&live, &unfinished.0, &ledger)?;
        drop(live);
        drop(Self::open(&unfinished.0, collections)?);
        File::open(&unfinished.0)?.sync_all()?;
        name(&unfinished.0, file)?;
        Self::open(file, collections)
    }

    /// Opens a backup, and checks that all of it can be read.
    pub(crate) fn open(file: &Path, collections: &'static [Collection]) -> Result<Self, Unusable> {
        let damaged = |error: rusqlite::Error| Unusable(format!("it is damaged ({error})"));
        let connection = connection::open(file, For::Writing, TIMEOUT).map_err(damaged)?;
        // Nothing is beside the file from here on, even if it was copied by hand.
        connection.pragma_update(None, "journal_mode", "DELETE").map_err(damaged)?;
        Err(Unusable(match file::form(&connection, collections).map_err(damaged)? {
            Form::Ours => match fault(&connection).map_err(damaged)? {
                None => {
                    let Unusable(why) = match file::key(&connection, None) {
                        Ok(key) => return Ok(Self { connection, key }),
                        Err(error) => error,
                    };
                    format!("it is damaged ({why})")
                }
                Some(fault) => format!("it is damaged ({fault})"),
            },
            Form::NotWhole => "a part of it is missing".to_owned(),
            Form::Newer => "a newer version of textback wrote it: use that one".to_owned(),
            Form::Older => "an older version of textback wrote it: use that one".to_owned(),
            Form::AnotherProgram => "it is no backup of textback".to_owned(),
        }))
    }

    /// Adds what it lacks because it was made before that was added to its form.
    pub(crate) fn complete(&mut self, collections: &[Collection]) -> Result<(), Unusable> {
        file::complete(&mut self.connection, collections)
    }

    /// The key of its names.
    pub(crate) fn key(&self) -> &Key {
        &self.key
    }

    /// How many documents of a collection it holds.
    pub fn count(&self, collection: &'static str) -> u64 {
        self.number(&format!("SELECT count(*) FROM {collection}")).unwrap_or_default()
    }

    /// How many documents it holds that have this text.
    pub fn count_with(&self, Text { collection, field }: Text) -> u64 {
        let with = format!("SELECT count(*) FROM {collection} WHERE {field} IS NOT NULL");
        self.number(&with).unwrap_or_default()
    }

    /// The latest time of a document.
    pub fn latest(&self, Time { collection, field }: Time) -> Option<Timestamp> {
        let latest = format!("SELECT max({field}) FROM {collection}");
        let latest = self.connection.query_row(&latest, [], |row| row.get(0)).ok()?;
        Timestamp::from_millisecond(latest).ok()
    }

    fn number(&self, asked: &str) -> rusqlite::Result<u64> {
        let number = self.connection.query_row(asked, [], |row| row.get::<_, i64>(0))?;
        Ok(number.unsigned_abs())
    }
}

/// A file that is removed, unless it gets another name.
struct Unfinished(PathBuf);

impl Unfinished {
    fn remove(&self) -> io::Result<()> {
        match fs::remove_file(&self.0) {
            Err(error) if error.kind() != ErrorKind::NotFound => Err(error),
            _ => Ok(()),
        }
    }
}

impl Drop for Unfinished {
    fn drop(&mut self) {
        // A file that stays is overwritten by the next backup of that name.
        let _ = self.remove();
    }
}

/// Copies the database as of one moment, then applies the latest lines of the ledger to the copy.
fn copy(live: &Connection, file: &Path, ledger: &Ledger) -> Result<(), Unusable> {
    let mut copy = Connection::open(file)?;
    // In one step, and so in one transaction: with several, each commit of somebody else in between
    // would make it start over.
    match Copying::new(live, &mut copy)?.step(-1)? {
        StepResult::Done => {}
        _ => return Err(Unusable(LOCKED.to_owned())),
    }
    copy.pragma_update(None, "journal_mode", "DELETE")?;
    let transaction = copy.transaction()?;
    ledger.complete(&transaction).map_err(|error| Unusable(error.reason().to_owned()))?;
    transaction.commit()?;
    copy.close().map_err(|(_, error)| error.into())
}

/// The first thing that is wrong with a database.
pub(super) fn fault(connection: &Connection) -> rusqlite::Result<Option<String>> {
    let found: String = connection.pragma_query_value(None, "integrity_check", |row| row.get(0))?;
    // What SQLite finds names tables and pages, never values.
    Ok((found != "ok").then_some(found))
}

pub(super) fn create_private(file: &Path) -> io::Result<File> {
    File::options().read(true).write(true).create_new(true).mode(0o600).open(file)
}

/// Gives a finished file its name, unless another has that name.
fn name(unfinished: &Path, file: &Path) -> Result<(), Unusable> {
    match fs::hard_link(unfinished, file) {
        Ok(()) => fs::remove_file(unfinished)?,
        Err(error) if error.kind() == ErrorKind::AlreadyExists => return Err(is_there(file)),
        // Some file systems have no links.
        Err(_) => fs::rename(unfinished, file)?,
    }
    let folder = file.parent().filter(|folder| !folder.as_os_str().is_empty());
    File::open(folder.unwrap_or(Path::new(".")))?.sync_all()?;
    Ok(())
}

fn is_there(file: &Path) -> Unusable {
    Unusable(format!("{} exists, and is not overwritten: name another file", file.display()))
}
