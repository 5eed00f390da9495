//! The lines of the ledger: what was written to a collection that is entered in it.

use rusqlite::Connection;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use super::body::put_back;
use super::tables::{Table, Tables};
use crate::error::Unavailable;
use crate::fields::Fields;

/// Its name beside the database.
pub(super) const LEDGER: &str = "textback.ledger";

/// Any other line.
#[derive(Serialize, Deserialize)]
pub(super) struct Entry<'a> {
    pub(super) collection: &'a str,
    pub(super) id: &'a str,
    /// The document as it was stored; nothing if it was removed.
    #[serde(borrow)]
    fields: Option<&'a RawValue>,
}

/// What is to be entered.
#[derive(Default)]
pub(super) struct Entries(Vec<u8>);

impl Entries {
    /// None yet, behind this first line.
    pub(super) fn behind(line: String) -> Self {
        let mut line = line.into_bytes();
        line.push(b'\n');
        Self(line)
    }

    pub(super) fn as_bytes(&self) -> &[u8] {
        &self.0
    }

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

impl<'a> Entry<'a> {
    pub(super) fn parse(line: &'a [u8]) -> Result<Self, Unavailable> {
        serde_json::from_slice(line).map_err(|_| unreadable())
    }

    /// `adds`: only what the database does not have is put there, and nothing is removed.
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
