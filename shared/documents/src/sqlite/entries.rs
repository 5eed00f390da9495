//! The lines of the ledger: every write to a collection that is entered in it.

use rusqlite::{Connection, OptionalExtension as _};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use super::body::put_back;
use super::tables::{Table, Tables};
use crate::error::Unavailable;
use crate::fields::Fields;

/// Its file name beside the database.
pub(super) const LEDGER: &str = "textback.ledger";

/// The collection that says who was erased, and when: of two times the later one has to hold.
const ERASURES: &str = "erasures";

/// Any line after the first.
#[derive(Serialize, Deserialize)]
pub(super) struct Entry<'a> {
    pub(super) collection: &'a str,
    pub(super) id: &'a str,
    /// The document as it was stored; nothing if it was deleted.
    #[serde(borrow)]
    fields: Option<&'a RawValue>,
}

/// The lines to be written.
#[derive(Default)]
pub(super) struct Entries(Vec<u8>);

impl Entries {
    /// None yet, after this first line.
    pub(super) fn behind(line: String) -> Self {
        let mut line = line.into_bytes();
        line.push(b'\n');
        Self(line)
    }

    pub(super) fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// Adds a write, if it belongs in the ledger.
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

    /// Drops everything after this length.
    pub(super) fn truncate(&mut self, length: usize) {
        self.0.truncate(length);
    }
}

impl<'a> Entry<'a> {
    pub(super) fn parse(line: &'a [u8]) -> Result<Self, Unavailable> {
        serde_json::from_slice(line).map_err(|_| unreadable())
    }

    /// `adds`: only documents that the database lacks are stored, and nothing is deleted, except that the
    /// later of two erasures counts.
    pub(super) fn carry_out(
        &self,
        connection: &Connection,
        tables: &Tables,
        adds: bool,
    ) -> Result<(), Unavailable> {
        let table = tables.called(self.collection)?;
        if !adds || self.is_later_erasure(connection, table)? {
            connection.prepare_cached(&table.delete)?.execute([self.id])?;
        }
        if let Some(text) = self.fields {
            let fields = Fields::stored(text.get().to_owned());
            fields.each().map_err(|_| unreadable())?;
            put_back(connection, table, self.id, fields)?;
        }
        Ok(())
    }

    /// Whether it says of somebody that they were erased later than the database knows.
    fn is_later_erasure(
        &self,
        connection: &Connection,
        table: &Table,
    ) -> Result<bool, Unavailable> {
        let Some(fields) = self.fields.filter(|_| self.collection == ERASURES) else {
            return Ok(false);
        };
        let mut read = connection.prepare_cached(&table.read)?;
        let known = read.query_row([self.id], |row| row.get::<_, String>(2)).optional()?;
        let at = |text: String| Fields::stored(text).get::<i64>("at");
        Ok(known.is_some_and(|known| at(known) < at(fields.get().to_owned())))
    }
}

fn unreadable() -> Unavailable {
    Unavailable::refused(format!("a line of {LEDGER} cannot be read: put it back from a backup"))
}
