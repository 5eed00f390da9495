//! A connection to the file, and the meaning of its errors.

use std::cell::RefCell;
use std::collections::HashMap;
use std::path::Path;
use std::time::Duration;

use rusqlite::trace::{TraceEvent, TraceEventCodes};
use rusqlite::types::FromSqlError;
use rusqlite::{Connection, ErrorCode, OpenFlags, StatementStatus};

use crate::error::{Unavailable, WriteError};

/// More than the number of different statements.
const STATEMENTS: usize = 256;

/// How much of the file a connection caches, in KiB. The system caches more.
const CACHE: i32 = 1_024;

/// At level DEBUG, the log under this target says how many steps each statement took in SQLite, how
/// many of them scanned a whole table, and how often it sorted: tests and benchmarks count that. The
/// target is not ours, so the product's log never shows it.
const STEPS: &str = "sqlite";

/// What a connection is for.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum For {
    Reading,
    Writing,
}

/// Opens the file. `timeout`: how long to wait for another process.
pub(super) fn open(file: &Path, what: For, timeout: Duration) -> rusqlite::Result<Connection> {
    let access = match what {
        For::Reading => OpenFlags::SQLITE_OPEN_READ_ONLY,
        For::Writing => OpenFlags::SQLITE_OPEN_READ_WRITE,
    };
    // Each connection belongs to one thread.
    let mut connection =
        Connection::open_with_flags(file, access | OpenFlags::SQLITE_OPEN_NO_MUTEX)?;
    connection.busy_timeout(timeout)?;
    connection.set_prepared_statement_cache_capacity(STATEMENTS);
    if is_counted() {
        connection.trace_v2(TraceEventCodes::SQLITE_TRACE_PROFILE, Some(count))?;
    }
    connection.pragma_update(None, "cache_size", -CACHE)?;
    Ok(connection)
}

/// Whether anything listens to [`STEPS`].
pub(super) fn is_counted() -> bool {
    tracing::enabled!(target: STEPS, tracing::Level::DEBUG)
}

/// Prepares a connection that writes to a file known to be ours.
pub(super) fn prepare(connection: &Connection) -> rusqlite::Result<()> {
    connection.pragma_update(None, "journal_mode", "WAL")?;
    connection.pragma_update(None, "synchronous", "FULL")?;
    // Deleted content is overwritten, not just released.
    connection.pragma_update(None, "secure_delete", "ON")?;
    // What one of several commits rolls back is in memory until then.
    connection.pragma_update(None, "temp_store", "MEMORY")?;
    connection.pragma_update(None, "wal_autocheckpoint", 0)
}

fn count(event: TraceEvent<'_>) {
    thread_local! {
        /// The steps of each statement on this thread's connection so far.
        static TAKEN: RefCell<HashMap<String, i32>> = RefCell::default();
    }
    if let TraceEvent::Profile(statement, _) = event {
        let [steps, scanned, sorted] =
            [StatementStatus::VmStep, StatementStatus::FullscanStep, StatementStatus::Sort]
                .map(|status| statement.get_status(status));
        let sql = statement.sql().into_owned();
        let before = TAKEN.with_borrow_mut(|taken| taken.insert(sql.clone(), steps));
        let steps = steps - before.unwrap_or_default();
        tracing::debug!(target: STEPS, steps, scanned, sorted, sql);
    }
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

impl From<FromSqlError> for Unavailable {
    fn from(error: FromSqlError) -> Self {
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
    fn temporary_errors_are_not_refusals() {
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
