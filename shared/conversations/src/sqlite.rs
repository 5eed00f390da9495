//! The embedded store: one SQLite file, a table for each collection.
//!
//! In WAL mode several processes can share the file. A commit is durable when it returns.

use std::path::Path as FilePath;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use rusqlite::types::ToSql;
use rusqlite::{
    Connection, ErrorCode, OpenFlags, OptionalExtension, Transaction, TransactionBehavior, params,
    params_from_iter,
};
use serde_json::Value;
use tokio::sync::{Mutex, Semaphore};
use tokio::time::{Instant, timeout_at};

use crate::Names;
use crate::collections::Query;
use crate::documents::{Document, Fields, Path, Unavailable, Version, Write, WriteError};
use crate::file::{self, Unusable};
use tables::{Table, question};

pub(crate) use tables::schema;

mod tables;

/// As large as a document of Firestore's may be (1 MiB), so that both stores refuse the same.
const LARGEST_DOCUMENT: usize = 1_048_576;

/// How long anything waits for the file, in all: for those of this process that came before, and for
/// another process that is writing. Twilio gives up after 15 s, and what it then calls again for had
/// better been refused.
const PATIENCE: Duration = Duration::from_secs(8);

/// How much waits for the file at once. What comes on top is refused at once: it would be refused
/// later as well, and takes memory until then.
const WAITING: usize = 2048;

#[derive(Clone)]
pub(crate) struct Sqlite {
    connection: Arc<Mutex<Connection>>,
    /// Room for those who wait for the connection.
    room: Arc<Semaphore>,
    /// Whether something was removed that can still be read in the file or beside it.
    leftovers: Arc<AtomicBool>,
}

impl Sqlite {
    /// The store in this folder, which is made where nothing was ever kept, and what everything is
    /// called in it.
    pub(crate) fn open(folder: &FilePath, given: Option<Names>) -> Result<(Self, Names), Unusable> {
        let file = file::ready(folder, given.as_ref())?;
        let connection = Connection::open_with_flags(file, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
        connection.busy_timeout(PATIENCE)?;
        file::is_ours(&connection)?;
        let names = file::names(&connection, given)?;
        connection.pragma_update(None, "journal_mode", "WAL")?;
        connection.pragma_update(None, "synchronous", "FULL")?;
        // What is removed is written over, not only given up.
        connection.pragma_update(None, "secure_delete", "ON")?;
        connection.set_prepared_statement_cache_capacity(128);
        // Nobody knows what was removed before a crash.
        let leftovers = Arc::new(AtomicBool::new(true));
        let room = Arc::new(Semaphore::new(WAITING));
        Ok((Self { connection: Arc::new(Mutex::new(connection)), room, leftovers }, names))
    }

    /// Runs `work` where waiting for the disk holds up nobody. Its turn is waited for here, because
    /// everybody who waited over there would hold a thread.
    async fn run<T, E>(
        &self,
        work: impl FnOnce(&mut Connection) -> Result<T, E> + Send + 'static,
    ) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<Unavailable> + Send + 'static,
    {
        let deadline = Instant::now() + PATIENCE;
        let _place =
            self.room.try_acquire().map_err(|_| Unavailable::new("too many wait for it"))?;
        // A panic while it was held rolled its transaction back.
        let turn = timeout_at(deadline, Arc::clone(&self.connection).lock_owned()).await;
        let mut connection = turn.map_err(|_| Unavailable::new("it was locked for too long"))?;
        let work = move || {
            connection
                .busy_timeout(deadline.saturating_duration_since(Instant::now()))
                .map_err(Unavailable::from)?;
            work(&mut connection)
        };
        tokio::task::spawn_blocking(work)
            .await
            .unwrap_or_else(|_| Err(Unavailable::new("the store's thread stopped").into()))
    }

    pub(crate) async fn get(&self, paths: &[Path]) -> Result<Vec<Option<Document>>, Unavailable> {
        let paths = paths.to_vec();
        self.run(move |connection| {
            // One transaction, so that all documents are of the same moment.
            let transaction = connection.transaction()?;
            paths.iter().map(|path| read(&transaction, path)).collect()
        })
        .await
    }

    pub(crate) async fn commit(&self, writes: Vec<Write>) -> Result<Option<Version>, WriteError> {
        let leftovers = Arc::clone(&self.leftovers);
        self.run(move |connection| {
            let removes = writes.iter().any(|write| matches!(write, Write::Delete(..)));
            let transaction =
                connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
            let mut replaced = None;
            for write in writes {
                let version = carry_out(&transaction, write)?;
                replaced = replaced.or(version);
            }
            transaction.commit()?;
            leftovers.fetch_or(removes, Ordering::Relaxed);
            Ok(replaced)
        })
        .await
    }

    pub(crate) async fn find(&self, query: Query) -> Result<Vec<Document>, Unavailable> {
        self.run(move |connection| {
            let (question, given) = question(&query);
            let mut statement = connection.prepare_cached(&question)?;
            let mut rows = statement.query(params_from_iter(given))?;
            let mut documents = Vec::new();
            while let Some(row) = rows.next()? {
                documents.push(document(row.get(0)?, row.get(1)?, row.get_ref(2)?.as_str()?)?);
            }
            Ok(documents)
        })
        .await
    }

    /// Removes what has expired, and sees to it that what was removed, then or before, is gone from
    /// the file and from what lies beside it.
    pub(crate) async fn expire(&self, now_ms: i64, worth_ms: i64) -> Result<(), Unavailable> {
        let leftovers = Arc::clone(&self.leftovers);
        self.run(move |connection| {
            let mut first = None;
            for (earliest, _) in Table::all().filter_map(|table| table.expire.as_ref()) {
                let found: Option<i64> = connection
                    .prepare_cached(earliest)?
                    .query_row([i64::MIN], |row| row.get(0))
                    .optional()?;
                first = first.into_iter().chain(found).min();
            }
            let Some(first) = first else { return Ok(()) };
            let until = now_ms.min(first.saturating_add(worth_ms));
            let mut expired = 0;
            for (_, forget) in Table::all().filter_map(|table| table.expire.as_ref()) {
                expired += connection.prepare_cached(forget)?.execute([until, i64::MAX])?;
            }
            leftovers.fetch_or(expired > 0, Ordering::Relaxed);
            if leftovers.load(Ordering::Relaxed) {
                leftovers.store(!truncate(connection)?, Ordering::Relaxed);
            }
            Ok(())
        })
        .await
    }
}

/// Brings all commits into the file itself, over what was removed, and leaves nothing of them beside
/// it. False if somebody else is using the file.
fn truncate(connection: &Connection) -> Result<bool, Unavailable> {
    // Everybody here waits meanwhile, so nobody else is waited for: another time does as well.
    connection.busy_timeout(Duration::ZERO)?;
    let busy: bool =
        connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |row| row.get(0))?;
    Ok(!busy)
}

fn read(transaction: &Transaction<'_>, path: &Path) -> Result<Option<Document>, Unavailable> {
    let found = found(transaction, Table::called(path.collection)?, &path.id)?;
    Ok(found.map(|(_, document)| document))
}

/// A document, and its number in its table.
fn found(
    transaction: &Transaction<'_>,
    table: &Table,
    id: &str,
) -> Result<Option<(i64, Document)>, Unavailable> {
    let mut statement = transaction.prepare_cached(&table.read)?;
    let mut rows = statement.query([id])?;
    let Some(row) = rows.next()? else { return Ok(None) };
    let body = row.get_ref(2)?.as_str()?;
    Ok(Some((row.get(0)?, document(id.to_owned(), row.get(1)?, body)?)))
}

fn document(id: String, version: i64, body: &str) -> Result<Document, Unavailable> {
    let fields = serde_json::from_str(body)
        .map_err(|_| Unavailable::new("a document in the file is not JSON"))?;
    Ok(Document { id, fields, version: Version(version, 0) })
}

fn carry_out(transaction: &Transaction<'_>, write: Write) -> Result<Option<Version>, WriteError> {
    let table = Table::called(write.path().collection)?;
    let held = |changed: usize| if changed == 1 { Ok(()) } else { Err(WriteError::Conflict) };
    match write {
        Write::Create(path, fields) => {
            held(put(transaction, table, &table.create, &path.id, 1, &fields)?)?;
        }
        Write::Replace(path, fields, version) => {
            held(put(transaction, table, &table.replace, &path.id, version.0, &fields)?)?;
            return Ok(Some(Version(version.0 + 1, 0)));
        }
        Write::Merge { path, set, append } => {
            let found = found(transaction, table, &path.id)?;
            let (number, before) = found.unzip();
            let version = before.as_ref().map_or(1, |before| before.version.0 + 1);
            let mut fields = before.map(|before| before.fields).unwrap_or_default();
            fields.extend(set);
            for (name, elements) in append {
                if !matches!(fields.get(name), Some(Value::Array(_))) {
                    fields.insert(name.to_owned(), Value::Array(Vec::new()));
                }
                let Some(Value::Array(array)) = fields.get_mut(name) else { continue };
                for element in elements {
                    if !array.contains(&element) {
                        array.push(element);
                    }
                }
            }
            match number {
                Some(number) => put(transaction, table, &table.change, number, version, &fields)?,
                None => put(transaction, table, &table.create, &path.id, version, &fields)?,
            };
        }
        Write::Count { path, set, add } => {
            let found = found(transaction, table, &path.id)?;
            let Some((number, before)) = found else { return Err(WriteError::Conflict) };
            let (version, mut fields) = (before.version.0 + 1, before.fields);
            fields.extend(set);
            for name in add {
                let count = fields.get(name).and_then(Value::as_i64).unwrap_or_default();
                fields.insert(name.into(), (count + 1).into());
            }
            put(transaction, table, &table.change, number, version, &fields)?;
        }
        Write::Delete(path, None) => {
            transaction.prepare_cached(&table.delete)?.execute([&path.id])?;
        }
        Write::Delete(path, Some(version)) => {
            let mut statement = transaction.prepare_cached(&table.delete_unchanged)?;
            held(statement.execute(params![path.id, version.0])?)?;
        }
        Write::Absent(path) => {
            if transaction.prepare_cached(&table.number)?.exists([&path.id])? {
                return Err(WriteError::Conflict);
            }
        }
    }
    Ok(None)
}

/// Stores a document by one of its table's statements. Returns how many that changed.
fn put(
    transaction: &Transaction<'_>,
    table: &Table,
    statement: &str,
    which: impl ToSql,
    version: i64,
    fields: &Fields,
) -> Result<usize, WriteError> {
    let body = serde_json::to_string(fields)
        .map_err(|_| Unavailable::new("a document cannot be written as JSON"))?;
    if body.len() > LARGEST_DOCUMENT {
        return Err(WriteError::TooLarge);
    }
    let columns = table.columns_of(fields);
    let mut given: Vec<&dyn ToSql> = vec![&which, &version, &body];
    given.extend(columns.iter().map(|column| column as &dyn ToSql));
    Ok(transaction.prepare_cached(statement)?.execute(given.as_slice())?)
}

impl From<rusqlite::Error> for Unavailable {
    fn from(error: rusqlite::Error) -> Self {
        // SQLite's own messages name tables and files, never values.
        let reason = error.to_string();
        match error.sqlite_error_code() {
            Some(
                ErrorCode::CannotOpen
                | ErrorCode::DatabaseCorrupt
                | ErrorCode::DiskFull
                | ErrorCode::NotADatabase
                | ErrorCode::PermissionDenied
                | ErrorCode::ReadOnly
                | ErrorCode::SystemIoFailure,
            ) => Self::refused(reason),
            _ => Self::new(reason),
        }
    }
}

impl From<rusqlite::types::FromSqlError> for Unavailable {
    fn from(error: rusqlite::types::FromSqlError) -> Self {
        Self::new(error.to_string())
    }
}

impl From<rusqlite::Error> for WriteError {
    fn from(error: rusqlite::Error) -> Self {
        Self::Unavailable(error.into())
    }
}

#[cfg(test)]
mod tests {
    use rusqlite::ffi::{self, Error};

    use super::*;

    #[test]
    fn what_passes_by_itself_is_no_refusal() {
        let is_refused = |code| {
            let error = rusqlite::Error::SqliteFailure(Error::new(code), None);
            Unavailable::from(error).is_refused()
        };
        for code in [
            ffi::SQLITE_CANTOPEN,
            ffi::SQLITE_CORRUPT,
            ffi::SQLITE_FULL,
            ffi::SQLITE_IOERR,
            ffi::SQLITE_IOERR_FSYNC,
            ffi::SQLITE_NOTADB,
            ffi::SQLITE_READONLY,
            ffi::SQLITE_READONLY_DBMOVED,
        ] {
            assert!(is_refused(code), "{code}");
        }
        for code in [ffi::SQLITE_BUSY, ffi::SQLITE_CONSTRAINT, ffi::SQLITE_LOCKED] {
            assert!(!is_refused(code), "{code}");
        }
    }
}
