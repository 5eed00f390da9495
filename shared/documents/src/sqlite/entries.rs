//! The lines of the ledger: every write to a collection that is entered in it.

use rusqlite::Connection;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use super::body::put_back;
use super::tables::{Table, Tables};
use crate::error::Unavailable;
use crate::fields::Fields;

/// Its file name beside the database.
pub(super) const LEDGER: &str = "textback.ledger";

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

    /// `adds`: only documents that the database lacks are stored, and nothing is deleted.
    pub(super) fn carry_out(
        &self,
        connection: &Connection,
        tables: &Tables,
        adds: bool,
    ) -> Result<(), Unavailable> {
        let table = tables.called(self.collection)?;
        if !adds {
            connection.prepare_cached(&table.delete)?.execute([self.id])?;
        }
        if let Some(text) = self.fields {
            let fields = Fields::stored(text.get().to_owned());
            fields.each().map_err(|_| unreadable())?;
            put_back(connection, table, self.id, fields)?;
        }
        Ok(())
    }
}

fn unreadable() -> Unavailable {
    Unavailable::refused(format!("a line of {LEDGER} cannot be read: put it back from a backup"))
}
