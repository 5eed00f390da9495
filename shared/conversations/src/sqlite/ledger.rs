//! The ledger: what nobody may forget, however old the database is that is put in its place.
//!
//! A file beside the database that is only ever added to, a line for each write to a collection that
//! is entered in it. The database keeps how much of it has been carried out, in the same transaction;
//! whatever stands behind that is carried out before anything else.

use std::fs::File;
use std::io::{self, ErrorKind, Read as _, Seek as _, SeekFrom, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use rusqlite::{Connection, params};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use uuid::Uuid;

use super::tables::Table;
use super::work;
use crate::documents::{Fields, Unavailable};

/// Its name beside the database.
pub(crate) const LEDGER: &str = "textback.ledger";

/// Where the database keeps which ledger it knows, and how much of it.
pub(crate) const SCHEMA: &str = "
    CREATE TABLE ledger (name TEXT NOT NULL, length INTEGER NOT NULL) STRICT;
    INSERT INTO ledger VALUES ('', 0);
";

/// The first line.
#[derive(Serialize, Deserialize)]
struct Head {
    /// Its name, which no other has.
    ledger: String,
}

/// Any other line.
#[derive(Serialize, Deserialize)]
struct Entry<'a> {
    collection: &'a str,
    id: &'a str,
    /// The document as it was stored; nothing if it was removed.
    #[serde(borrow)]
    fields: Option<&'a RawValue>,
}

/// What is to be entered.
#[derive(Default)]
pub(super) struct Entries(Vec<u8>);

impl Entries {
    /// Notes what was written, if it belongs into the ledger.
    pub(super) fn add(&mut self, table: &Table, id: &str, text: Option<&str>) {
        if !table.is_in_ledger {
            return;
        }
        let fields = text.map(serde_json::from_str).transpose().unwrap_or_default();
        let entry = Entry { collection: table.name, id, fields };
        serde_json::to_writer(&mut self.0, &entry).expect("a line of text can be written");
        self.0.push(b'\n');
    }

    pub(super) fn len(&self) -> usize {
        self.0.len()
    }

    /// Takes back what was noted since it was so long.
    pub(super) fn truncate(&mut self, length: usize) {
        self.0.truncate(length);
    }
}

/// The file.
pub(super) struct Ledger {
    path: PathBuf,
    open: Option<(File, String)>,
}

impl Ledger {
    pub(super) fn beside(database: &Path) -> Self {
        Self { path: database.with_file_name(LEDGER), open: None }
    }

    /// Carries out what stands in the ledger and the database does not know.
    pub(super) fn catch_up(&mut self, connection: &mut Connection) -> Result<(), Unavailable> {
        if known(connection)?.0.is_empty() && !self.path.try_exists()? {
            return Ok(());
        }
        let transaction =
            connection.transaction_with_behavior(rusqlite::TransactionBehavior::Immediate)?;
        self.agree(&transaction)?;
        Ok(transaction.commit()?)
    }

    /// Adds entries, which are on the disk when this returns.
    pub(super) fn enter(
        &mut self,
        connection: &Connection,
        entries: &Entries,
    ) -> Result<(), Unavailable> {
        if entries.0.is_empty() {
            return Ok(());
        }
        let length = self.agree(connection)?;
        let Some((file, name)) = &mut self.open else { return Err(gone()) };
        file.seek(SeekFrom::Start(length))?;
        file.write_all(&entries.0)?;
        file.sync_data()?;
        know(connection, name, length + entries.0.len() as u64)
    }

    /// Sees to it that the database knows all of the ledger, and returns how long that is.
    fn agree(&mut self, connection: &Connection) -> Result<u64, Unavailable> {
        let (known, length) = known(connection)?;
        if self.open.is_none() {
            self.open = find(&self.path)?;
        }
        let Some((file, name)) = &mut self.open else { return self.begin(connection) };
        let there = file.metadata()?.len();
        let from = match *name == known {
            true if there == length => return Ok(length),
            true if there < length => return self.begin(connection),
            true => length,
            false => 0,
        };
        file.seek(SeekFrom::Start(from))?;
        let mut rest = String::new();
        file.read_to_string(&mut rest)?;
        // A line that was cut short was never answered for.
        let whole = rest.rfind('\n').map_or(0, |end| end + 1);
        let lines = rest[..whole].lines().skip(usize::from(from == 0));
        for line in lines {
            carry_out(connection, line)?;
        }
        let length = from + whole as u64;
        file.set_len(length)?;
        know(connection, name, length)?;
        tracing::warn!("carried out what the ledger knew and the database did not");
        Ok(length)
    }

    /// Begins a ledger with everything that belongs into it: there is none, or a part of it is lost.
    fn begin(&mut self, connection: &Connection) -> Result<u64, Unavailable> {
        let name = Uuid::new_v4().to_string();
        let head = serde_json::to_string(&Head { ledger: name.clone() });
        let mut entries = Entries(head.map_err(|_| gone())?.into_bytes());
        entries.0.push(b'\n');
        for table in Table::all().filter(|table| table.is_in_ledger) {
            let mut statement = connection.prepare(&table.all)?;
            let mut rows = statement.query([])?;
            while let Some(row) = rows.next()? {
                let (id, text): (String, String) = (row.get(0)?, row.get(1)?);
                entries.add(table, &id, Some(&text));
            }
        }
        // Under another name until it is whole.
        let unfinished = self.path.with_extension("ledger.new");
        let mut options = File::options();
        options.read(true).write(true).create(true).truncate(true).mode(0o600);
        let mut file = options.open(&unfinished)?;
        file.write_all(&entries.0)?;
        file.sync_all()?;
        std::fs::rename(&unfinished, &self.path)?;
        if let Some(folder) = self.path.parent() {
            File::open(folder)?.sync_all()?;
        }
        let length = entries.0.len() as u64;
        know(connection, &name, length)?;
        self.open = Some((file, name));
        Ok(length)
    }
}

/// The ledger that is there, and its name. One that has no whole first line holds nothing.
fn find(path: &Path) -> Result<Option<(File, String)>, Unavailable> {
    let file = match File::options().read(true).write(true).open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error.into()),
    };
    let mut beginning = Vec::new();
    (&file).take(1_024).read_to_end(&mut beginning)?;
    let line = beginning.split_inclusive(|byte| *byte == b'\n').next();
    let head = line.filter(|line| line.ends_with(b"\n"));
    let head = head.and_then(|line| serde_json::from_slice::<Head>(line).ok());
    Ok(head.map(|head| (file, head.ledger)))
}

fn carry_out(connection: &Connection, line: &str) -> Result<(), Unavailable> {
    let unreadable = || Unavailable::refused(format!("a line of {LEDGER} cannot be read"));
    let entry: Entry<'_> = serde_json::from_str(line).map_err(|_| unreadable())?;
    let table = Table::called(entry.collection)?;
    connection.prepare_cached(&table.delete)?.execute([entry.id])?;
    if let Some(text) = entry.fields {
        let fields: Fields = serde_json::from_str(text.get()).map_err(|_| unreadable())?;
        work::put_back(connection, table, entry.id, &fields)?;
    }
    Ok(())
}

fn known(connection: &Connection) -> rusqlite::Result<(String, u64)> {
    let mut statement = connection.prepare_cached("SELECT name, length FROM ledger")?;
    statement.query_row([], |row| Ok((row.get(0)?, row.get::<_, i64>(1)?.unsigned_abs())))
}

fn know(connection: &Connection, name: &str, length: u64) -> Result<(), Unavailable> {
    let length = i64::try_from(length).unwrap_or(i64::MAX);
    let mut statement = connection.prepare_cached("UPDATE ledger SET name = ?1, length = ?2")?;
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
