//! A document about to be stored in its table.

use jiff::Timestamp;
use rusqlite::Connection;
use rusqlite::types::{ToSql, Value as SqlValue};

use super::tables::Table;
use crate::error::{Unavailable, WriteError};
use crate::fields::Fields;

/// The size limit of a Firestore document (1 MiB), so that both stores refuse the same.
const LARGEST: usize = 1_048_576;

/// A document as it is stored, with the values of its columns.
pub(super) struct Body {
    fields: Fields,
    pub(super) columns: Vec<SqlValue>,
}

impl Body {
    pub(super) fn of(table: &Table, fields: Fields) -> Result<Self, WriteError> {
        let columns = table.columns_of(&fields.each()?);
        Ok(Self { fields: fits(fields)?, columns })
    }

    pub(super) fn text(&self) -> &str {
        self.fields.as_str()
    }
}

/// Stores a document from the ledger if there is none.
pub(super) fn put_back(
    connection: &Connection,
    table: &Table,
    id: &str,
    fields: Fields,
) -> Result<(), Unavailable> {
    put(connection, table, id, &Body::of(table, fields)?)?;
    Ok(())
}

/// Stores a new document. Returns how many were stored: none if it exists.
pub(super) fn put(
    connection: &Connection,
    table: &Table,
    id: &str,
    body: &Body,
) -> rusqlite::Result<usize> {
    // A version that no earlier document had, so that a reader of an earlier one does not mistake this
    // for it.
    let version = Timestamp::now().as_microsecond();
    let text = body.text();
    let mut given: Vec<&dyn ToSql> = vec![&id, &version, &text];
    given.extend(body.columns.iter().map(|column| column as &dyn ToSql));
    connection.prepare_cached(&table.create)?.execute(given.as_slice())
}

/// A document, unless it is too large.
pub(super) fn fits(fields: Fields) -> Result<Fields, WriteError> {
    if fields.as_str().len() <= LARGEST { Ok(fields) } else { Err(WriteError::TooLarge) }
}
