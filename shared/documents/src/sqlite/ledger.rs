//! The ledger: writes that must survive even if an old copy of the database is restored.
//!
//! An append-only file beside the database, with a line for each write to a collection that is entered
//! in it. The database records how much of it has been applied, in the same transaction; the rest is
//! applied before anything else.

use std::collections::HashMap;
use std::fs::File;
use std::io::{self, ErrorKind, Read as _, Seek as _, SeekFrom, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use rusqlite::{Connection, params};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::entries::{Entries, Entry, LEDGER};
use super::tables::Tables;
use crate::error::Unavailable;
use crate::key::Key;

/// The table that records which ledger the database knows, and how much of it.
pub(super) const SCHEMA: &str = "
    CREATE TABLE ledger (
        number INTEGER PRIMARY KEY CHECK (number = 1), name TEXT NOT NULL, length INTEGER NOT NULL
    ) STRICT;
    INSERT INTO ledger VALUES (1, '', 0);
";

/// Reads and writes that record.
pub(super) const STATEMENTS: [&str; 2] = [
    "SELECT name, length FROM ledger WHERE number = 1",
    "UPDATE ledger SET name = ?1, length = ?2 WHERE number = 1",
];

/// How many documents are read at a time for a new ledger.
const PAGE: u32 = 500;

/// How old a ledger gets before a start replaces it with one that contains each opt-out once and
/// nothing that has expired.
const LONGEST: SignedDuration = SignedDuration::from_hours(30 * 24);

/// The first line.
#[derive(Serialize, Deserialize)]
struct Head {
    /// Its unique name.
    ledger: String,
    /// The fingerprint of the key that made its names.
    names: String,
    /// When it was begun.
    #[serde(with = "jiff::fmt::serde::timestamp::millisecond::required")]
    at: Timestamp,
}

/// The file. It is opened for each use, which is rare: another process that uses the folder may have
/// begun a new one.
pub(super) struct Ledger {
    path: PathBuf,
    /// The fingerprint of our key.
    names: String,
    tables: Arc<Tables>,
}

impl Ledger {
    pub(super) fn beside(database: &Path, key: &Key, tables: Arc<Tables>) -> Self {
        Self { path: database.with_file_name(LEDGER), names: key.fingerprint(), tables }
    }

    /// Applies the part of the ledger that the database does not have.
    pub(super) fn catch_up(&self, connection: &mut Connection) -> Result<(), Unavailable> {
        if known(connection)?.0.is_empty() && !self.path.try_exists()? {
            return Ok(());
        }
        let transaction =
            connection.transaction_with_behavior(rusqlite::TransactionBehavior::Immediate)?;
        let Agreed { begun, .. } = self.agree(&transaction)?;
        if Timestamp::now().duration_since(begun) > LONGEST {
            self.begin(&transaction)?;
        }
        Ok(transaction.commit()?)
    }

    /// Adds entries, which are on the disk when this returns.
    pub(super) fn enter(
        &self,
        connection: &Connection,
        entries: &Entries,
    ) -> Result<(), Unavailable> {
        if entries.as_bytes().is_empty() {
            return Ok(());
        }
        let Agreed { mut file, name, length, .. } = self.agree(connection)?;
        file.seek(SeekFrom::Start(length))?;
        file.write_all(entries.as_bytes())?;
        file.sync_data()?;
        know(connection, &name, length + entries.len() as u64)
    }

    /// Makes sure that the database has applied the whole ledger. To be called before any write that is
    /// entered in it: older lines must not be applied on top of newer ones.
    pub(super) fn agree(&self, connection: &Connection) -> Result<Agreed, Unavailable> {
        let (known, length) = known(connection)?;
        let Some((mut file, Head { ledger: name, at: begun, .. })) = self.find()? else {
            return self.begin(connection);
        };
        let there = file.metadata()?.len();
        let from = match name == known {
            true if there == length => return Ok(Agreed { file, name, begun, length }),
            // A part of it is lost, but the database has it.
            true if there < length => return self.begin(connection),
            true => length,
            false => 0,
        };
        // It is unknown which of the two is newer, so anybody who has opted out in either is treated as
        // opted out.
        let knows_another = name != known && !known.is_empty();
        let whole = self.apply(connection, &mut file, from, knows_another)?;
        tracing::warn!("applied ledger entries that the database did not have");
        if knows_another {
            return self.begin(connection);
        }
        let length = from + whole;
        file.set_len(length)?;
        know(connection, &name, length)?;
        Ok(Agreed { file, name, begun, length })
    }

    /// Applies to a copy of the database whatever the ledger knows and it does not. The ledger itself
    /// stays as it is: others may be writing to it.
    pub(super) fn complete(&self, copy: &Connection) -> Result<(), Unavailable> {
        let (known, length) = known(copy)?;
        let Some((mut file, Head { ledger: name, .. })) = self.find()? else { return Ok(()) };
        let knows_another = name != known && !known.is_empty();
        let from = if name == known { length } else { 0 };
        let whole = self.apply(copy, &mut file, from, knows_another)?;
        if knows_another { Ok(()) } else { know(copy, &name, from + whole) }
    }

    /// Applies the lines from this place on, and returns how long they are. With `adds`, they only add
    /// what the database lacks.
    fn apply(
        &self,
        connection: &Connection,
        file: &mut File,
        from: u64,
        adds: bool,
    ) -> Result<u64, Unavailable> {
        file.seek(SeekFrom::Start(from))?;
        let mut rest = Vec::new();
        file.read_to_end(&mut rest)?;
        let whole = whole(&rest);
        let lines = whole.split_inclusive(|byte| *byte == b'\n').skip(usize::from(from == 0));
        let entries = lines.map(Entry::parse).collect::<Result<Vec<_>, _>>()?;
        // The last line of each document is what counts.
        let last: HashMap<_, _> = entries.iter().map(|it| ((it.collection, it.id), it)).collect();
        last.into_values().try_for_each(|entry| entry.carry_out(connection, &self.tables, adds))?;
        Ok(whole.len() as u64)
    }

    /// Begins it anew with what the database holds, without what it held before.
    pub(super) fn begin_anew(&self, connection: &Connection) -> Result<(), Unavailable> {
        self.agree(connection)?;
        self.begin(connection)?;
        Ok(())
    }

    /// The existing ledger and its first line. It gets its name only when it is complete, so a ledger
    /// with another beginning is damaged: it may contain opt-outs.
    fn find(&self) -> Result<Option<(File, Head)>, Unavailable> {
        let file = match File::options().read(true).write(true).open(&self.path) {
            Ok(file) => file,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(error.into()),
        };
        let mut beginning = Vec::new();
        (&file).take(1_024).read_to_end(&mut beginning)?;
        let line = beginning.split_inclusive(|byte| *byte == b'\n').next().unwrap_or_default();
        match serde_json::from_slice::<Head>(line) {
            Ok(head) if head.names == self.names => Ok(Some((file, head))),
            Ok(_) => Err(Unavailable::refused(format!(
                "{LEDGER} belongs to another textback.db, by the key of its names: put that one back, \
                 or remove {LEDGER} too to start from scratch, without what people said, their stops included"
            ))),
            Err(_) => Err(Unavailable::refused(format!(
                "{LEDGER} does not begin as a ledger does: put it back from a backup, or remove it, and \
                 with it what it knows and textback.db does not"
            ))),
        }
    }

    /// Begins a ledger with everything that belongs in it: there is none, or a part of it is lost.
    fn begin(&self, connection: &Connection) -> Result<Agreed, Unavailable> {
        let (name, begun) = (Uuid::new_v4().to_string(), Timestamp::now());
        let head = Head { ledger: name.clone(), names: self.names.clone(), at: begun };
        let head = serde_json::to_string(&head).map_err(|_| gone())?;
        let mut entries = Entries::behind(head);
        for table in self.tables.all().filter(|table| table.is_in_ledger) {
            let (mut last, mut before) = (0, None);
            while before != Some(last) {
                before = Some(last);
                let mut statement = connection.prepare_cached(&table.page)?;
                let mut rows = statement.query((last, PAGE))?;
                while let Some(row) = rows.next()? {
                    last = row.get(0)?;
                    entries.add(table, &row.get::<_, String>(1)?, Some(row.get_ref(2)?.as_str()?));
                }
            }
        }
        // Under another name until it is complete.
        let unfinished = self.path.with_extension("ledger.new");
        let mut options = File::options();
        options.read(true).write(true).create(true).truncate(true).mode(0o600);
        let mut file = options.open(&unfinished)?;
        file.write_all(entries.as_bytes())?;
        file.sync_all()?;
        std::fs::rename(&unfinished, &self.path)?;
        if let Some(folder) = self.path.parent() {
            File::open(folder)?.sync_all()?;
        }
        let length = entries.len() as u64;
        know(connection, &name, length)?;
        Ok(Agreed { file, name, begun, length })
    }
}

/// What a ledger without its database is good for.
pub(super) enum Alone {
    /// There is none.
    Missing,
    /// It can be applied to a database whose key has this fingerprint.
    Sound(String),
    /// It cannot be read to its end.
    Damaged,
}

/// Reads the ledger at this path to its end.
pub(super) fn read_alone(path: &Path) -> io::Result<Alone> {
    let all = match std::fs::read(path) {
        Ok(all) => all,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Alone::Missing),
        Err(error) => return Err(error),
    };
    let mut lines = whole(&all).split_inclusive(|byte| *byte == b'\n');
    let head = lines.next().and_then(|line| serde_json::from_slice::<Head>(line).ok());
    Ok(match head {
        Some(head) if lines.all(|line| Entry::parse(line).is_ok()) => Alone::Sound(head.names),
        _ => Alone::Damaged,
    })
}

/// All but a truncated last line, which was never confirmed.
fn whole(lines: &[u8]) -> &[u8] {
    &lines[..lines.iter().rposition(|byte| *byte == b'\n').map_or(0, |end| end + 1)]
}

/// A ledger that the database has applied completely.
pub(super) struct Agreed {
    file: File,
    name: String,
    begun: Timestamp,
    length: u64,
}

fn known(connection: &Connection) -> rusqlite::Result<(String, u64)> {
    let mut statement = connection.prepare_cached(STATEMENTS[0])?;
    statement.query_row([], |row| Ok((row.get(0)?, row.get::<_, i64>(1)?.unsigned_abs())))
}

fn know(connection: &Connection, name: &str, length: u64) -> Result<(), Unavailable> {
    let length = i64::try_from(length).unwrap_or(i64::MAX);
    let mut statement = connection.prepare_cached(STATEMENTS[1])?;
    statement.execute(params![name, length])?;
    Ok(())
}

fn gone() -> Unavailable {
    Unavailable::refused(format!("{LEDGER} cannot be written"))
}

impl From<io::Error> for Unavailable {
    fn from(error: io::Error) -> Self {
        Self::refused(format!("{LEDGER}: {error}"))
    }
}
