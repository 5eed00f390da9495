//! The embedded store: one SQLite file, one table of JSON documents.
//!
//! In WAL mode several processes can share the file. A commit is durable when it returns.

use std::path::Path as FilePath;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use rusqlite::types::Value as SqlValue;
use rusqlite::{
    Connection, ErrorCode, OpenFlags, OptionalExtension, Transaction, TransactionBehavior, params,
    params_from_iter,
};
use serde_json::Value;
use tokio::sync::{Mutex, Semaphore};
use tokio::time::{Instant, timeout_at};

use crate::documents::{
    Document, Fields, Filter, Path, Place, Query, Unavailable, Version, Write, WriteError, end_of,
};
use crate::file::{self, Unusable};

/// As large as a document of Firestore's may be (1 MiB), so that both stores refuse the same.
const LARGEST_DOCUMENT: usize = 1_048_576;

/// How long anything waits for the file, in all: for those of this process that came before, and for
/// another process that is writing. Twilio gives up after 15 s, and what it then calls again for had
/// better been refused.
const PATIENCE: Duration = Duration::from_secs(8);

/// How much waits for the file at once. What comes on top is refused at once: it would be refused
/// later as well, and takes memory until then.
const WAITING: usize = 2048;

pub(crate) const SCHEMA: &str = "
    CREATE TABLE IF NOT EXISTS documents (
        collection TEXT NOT NULL,
        id TEXT NOT NULL,
        body TEXT NOT NULL,
        version INTEGER NOT NULL,
        PRIMARY KEY (collection, id)
    ) WITHOUT ROWID;
    CREATE INDEX IF NOT EXISTS by_expires_at ON documents (body ->> '$.expires_at');
";

/// The fields that are asked by in collections that grow with what strangers send. Each has an index
/// of the documents that have it.
const INDEXED: [&str; 6] = ["due_at", "at", "conversation", "message", "waiting", "aside"];

#[derive(Clone)]
pub(crate) struct Sqlite {
    connection: Arc<Mutex<Connection>>,
    /// Room for those who wait for the connection.
    room: Arc<Semaphore>,
    /// Whether something was removed that can still be read in the file or beside it.
    leftovers: Arc<AtomicBool>,
}

impl Sqlite {
    /// The store in this folder, which is made where nothing was ever kept.
    pub(crate) fn open(folder: &FilePath) -> Result<Self, Unusable> {
        let file = file::ready(folder)?;
        let connection = Connection::open_with_flags(file, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
        connection.busy_timeout(PATIENCE)?;
        file::is_ours(&connection)?;
        connection.pragma_update(None, "journal_mode", "WAL")?;
        connection.pragma_update(None, "synchronous", "FULL")?;
        // What is removed is written over, not only given up.
        connection.pragma_update(None, "secure_delete", "ON")?;
        connection.execute_batch(SCHEMA)?;
        for field in INDEXED {
            connection.execute_batch(&format!(
                "CREATE INDEX IF NOT EXISTS by_{field} ON documents (collection, body ->> '$.{field}')
                 WHERE body ->> '$.{field}' IS NOT NULL"
            ))?;
        }
        connection.set_prepared_statement_cache_capacity(32);
        // Nobody knows what was removed before a crash.
        let leftovers = Arc::new(AtomicBool::new(true));
        let room = Arc::new(Semaphore::new(WAITING));
        Ok(Self { connection: Arc::new(Mutex::new(connection)), room, leftovers })
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
            let mut values = vec![SqlValue::from(query.collection.to_owned())];
            let (condition, order) = match &query.filter {
                Filter::Equal(field, value) => {
                    values.push(match value {
                        Value::String(text) => text.clone().into(),
                        Value::Bool(switch) => i64::from(*switch).into(),
                        other => other.as_i64().into(),
                    });
                    (format!("body ->> '$.{field}' = ?2"), String::new())
                }
                Filter::NotAfter(field, time, after) => {
                    values.push((*time).into());
                    in_order_of_time(field, "<=", after.as_ref(), &mut values)
                }
                Filter::NotBefore(field, time, after) => {
                    values.push((*time).into());
                    in_order_of_time(field, ">=", after.as_ref(), &mut values)
                }
                Filter::Latest(field) => {
                    let field = format!("body ->> '$.{field}'");
                    (format!("{field} IS NOT NULL"), format!("ORDER BY {field} DESC"))
                }
                Filter::Within(field, prefix) | Filter::LastWithin(field, prefix) => {
                    values.extend([prefix.clone().into(), end_of(prefix).into()]);
                    let last = matches!(query.filter, Filter::LastWithin(..));
                    let field = format!("body ->> '$.{field}'");
                    let order = format!("ORDER BY {field} {}", if last { "DESC" } else { "ASC" });
                    (format!("{field} >= ?2 AND {field} < ?3"), order)
                }
            };
            let index = index(&query.filter);
            let mut statement = connection.prepare_cached(&format!(
                "SELECT id, body, version FROM documents {index}
                 WHERE collection = ?1 AND {condition} {order} LIMIT {}",
                query.limit
            ))?;
            let mut rows = statement.query(params_from_iter(values))?;
            let mut documents = Vec::new();
            while let Some(row) = rows.next()? {
                documents.push(document(row.get(0)?, &row.get::<_, String>(1)?, row.get(2)?)?);
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
            let expired = connection
                .prepare_cached(
                    "DELETE FROM documents WHERE body ->> '$.expires_at' <= min(?1, ?2 + (
                         SELECT min(body ->> '$.expires_at') FROM documents
                         WHERE body ->> '$.expires_at' IS NOT NULL))",
                )?
                .execute([now_ms, worth_ms])?;
            leftovers.fetch_or(expired > 0, Ordering::Relaxed);
            if leftovers.load(Ordering::Relaxed) {
                leftovers.store(!truncate(connection)?, Ordering::Relaxed);
            }
            Ok(())
        })
        .await
    }
}

/// The index that a query takes, by name: left to itself, SQLite takes the primary key, and reads the
/// whole collection.
fn index(filter: &Filter) -> String {
    let (Filter::Equal(field, _)
    | Filter::NotAfter(field, ..)
    | Filter::NotBefore(field, ..)
    | Filter::Latest(field)
    | Filter::Within(field, _)
    | Filter::LastWithin(field, _)) = filter;
    if INDEXED.contains(field) { format!("INDEXED BY by_{field}") } else { String::new() }
}

/// The condition and the order of what lies on one side of the time `?2`, and behind a place.
fn in_order_of_time(
    field: &str,
    side: &str,
    after: Option<&Place>,
    values: &mut Vec<SqlValue>,
) -> (String, String) {
    let field = format!("body ->> '$.{field}'");
    let mut condition = format!("{field} {side} ?2");
    if let Some(Place { time, id }) = after {
        values.extend([(*time).into(), id.clone().into()]);
        condition.push_str(&format!(" AND ({field}, id) > (?3, ?4)"));
    }
    (condition, format!("ORDER BY {field}, id"))
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
    let found: Option<(String, i64)> = transaction
        .prepare_cached("SELECT body, version FROM documents WHERE collection = ?1 AND id = ?2")?
        .query_row(params![path.collection, path.id], |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()?;
    found.map(|(body, version)| document(path.id.clone(), &body, version)).transpose()
}

fn document(id: String, body: &str, version: i64) -> Result<Document, Unavailable> {
    let fields = serde_json::from_str(body)
        .map_err(|_| Unavailable::new("a document in the file is not JSON"))?;
    Ok(Document { id, fields, version: Version(version, 0) })
}

fn carry_out(transaction: &Transaction<'_>, write: Write) -> Result<Option<Version>, WriteError> {
    match write {
        Write::Create(path, fields) => match read(transaction, &path)? {
            Some(_) => Err(WriteError::Conflict),
            None => store(transaction, &path, &fields, 1).map(|_| None),
        },
        Write::Replace(path, fields, version) => match read(transaction, &path)? {
            Some(found) if found.version == version => {
                store(transaction, &path, &fields, version.0 + 1).map(Some)
            }
            _ => Err(WriteError::Conflict),
        },
        Write::Merge { path, set, append } => {
            let found = read(transaction, &path)?;
            let version = found.as_ref().map_or(1, |found| found.version.0 + 1);
            let mut fields = found.map(|found| found.fields).unwrap_or_default();
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
            store(transaction, &path, &fields, version).map(|_| None)
        }
        Write::Count { path, set, add } => {
            let Some(found) = read(transaction, &path)? else { return Err(WriteError::Conflict) };
            let mut fields = found.fields;
            fields.extend(set);
            for name in add {
                let count = fields.get(name).and_then(Value::as_i64).unwrap_or_default();
                fields.insert(name.into(), (count + 1).into());
            }
            store(transaction, &path, &fields, found.version.0 + 1).map(|_| None)
        }
        Write::Delete(path, version) => {
            let unchanged = |version| {
                let found = read(transaction, &path)?;
                Ok::<_, Unavailable>(found.is_some_and(|found| found.version == version))
            };
            if let Some(version) = version
                && !unchanged(version)?
            {
                return Err(WriteError::Conflict);
            }
            transaction
                .prepare_cached("DELETE FROM documents WHERE collection = ?1 AND id = ?2")?
                .execute(params![path.collection, path.id])?;
            Ok(None)
        }
        Write::Absent(path) => match read(transaction, &path)? {
            Some(_) => Err(WriteError::Conflict),
            None => Ok(None),
        },
    }
}

fn store(
    transaction: &Transaction<'_>,
    path: &Path,
    fields: &Fields,
    version: i64,
) -> Result<Version, WriteError> {
    let body = serde_json::to_string(fields)
        .map_err(|_| Unavailable::new("a document cannot be written as JSON"))?;
    if body.len() > LARGEST_DOCUMENT {
        return Err(WriteError::TooLarge);
    }
    transaction
        .prepare_cached(
            "INSERT INTO documents (collection, id, body, version) VALUES (?1, ?2, ?3, ?4)
             ON CONFLICT (collection, id) DO UPDATE SET body = ?3, version = ?4",
        )?
        .execute(params![path.collection, path.id, body, version])?;
    Ok(Version(version, 0))
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
