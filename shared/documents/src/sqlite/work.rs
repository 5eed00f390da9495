//! The parts of a commit as the writer carries them out, prepared as far as possible.

use std::sync::Arc;

use rusqlite::types::ToSql;
use rusqlite::{Connection, params};
use serde_json::value::RawValue;

use super::body::{Body, fits, put};
use super::entries::Entries;
use super::tables::{Table, Tables};
use crate::document::{Version, Write};
use crate::error::{Unavailable, WriteError};
use crate::fields::Fields;
use crate::merge::Stored;

/// One part of a commit.
pub(super) struct Work {
    table: Arc<Table>,
    id: String,
    what: What,
}

enum What {
    Create(Body),
    Replace(Body, i64),
    Amend(Fields, i64),
    Merge { set: Fields, append: Vec<(&'static str, Vec<Box<RawValue>>)> },
    Extend { set: Fields, append: Vec<(&'static str, Vec<Box<RawValue>>)> },
    Count { set: Fields, add: Vec<&'static str> },
    Add(Vec<(String, i64)>),
    Delete(Option<i64>),
    Absent,
}

impl Work {
    pub(super) fn of(write: Write, tables: &Tables) -> Result<Self, WriteError> {
        let table = Arc::clone(tables.called(write.path().collection)?);
        let (path, what) = match write {
            Write::Create(path, fields) => (path, What::Create(Body::of(&table, fields)?)),
            Write::Replace(path, fields, version) => {
                (path, What::Replace(Body::of(&table, fields)?, version.0))
            }
            Write::Amend(path, set, version) => (path, What::Amend(set, version.0)),
            Write::Merge { path, set, append } => (path, What::Merge { set, append }),
            Write::Extend { path, set, append } => (path, What::Extend { set, append }),
            Write::Count { path, set, add } => (path, What::Count { set, add }),
            Write::Add(path, more) => (path, What::Add(more)),
            Write::Delete(path, version) => (path, What::Delete(version.map(|version| version.0))),
            Write::Absent(path) => (path, What::Absent),
        };
        Ok(Self { table, id: path.id, what })
    }

    /// Whether it is entered in the ledger.
    pub(super) fn is_entered(&self) -> bool {
        self.table.is_in_ledger && !matches!(self.what, What::Absent)
    }

    /// Carries it out, and records what was written.
    pub(super) fn carry_out(
        &self,
        connection: &Connection,
        written: &mut Written,
    ) -> Result<(), WriteError> {
        let Self { table, id, what } = self;
        match what {
            What::Create(body) => self.create(connection, body, written)?,
            What::Replace(body, version) => {
                let text = body.text();
                let mut given: Vec<&dyn ToSql> = vec![id, version, &text];
                given.extend(body.columns.iter().map(|column| column as &dyn ToSql));
                held(connection.prepare_cached(&table.replace)?.execute(given.as_slice())?)?;
                written.note(table, id, Some(text));
                written.replaced.get_or_insert(Version(version + 1, 0));
            }
            What::Amend(set, version) => {
                held(self.change(connection, Some(*version), set, |_| {}, written)?.into())?;
            }
            What::Merge { set, append } => {
                let change = |stored: &mut Stored<'_>| {
                    append.iter().for_each(|(name, elements)| stored.append(name, elements));
                };
                self.change_or_create(connection, set, change, written)?;
            }
            What::Extend { set, append } => {
                let change = |stored: &mut Stored<'_>| {
                    append.iter().for_each(|(name, elements)| stored.append(name, elements));
                };
                held(self.change(connection, None, set, change, written)?.into())?;
            }
            What::Add(more) => {
                let change = |stored: &mut Stored<'_>| {
                    more.iter().for_each(|(name, more)| stored.add(name, *more));
                };
                self.change_or_create(connection, &Fields::none(), change, written)?;
            }
            What::Count { set, add } => {
                let change =
                    |stored: &mut Stored<'_>| add.iter().for_each(|name| stored.add(name, 1));
                held(self.change(connection, None, set, change, written)?.into())?;
            }
            What::Delete(None) => {
                if connection.prepare_cached(&table.delete)?.execute([id])? > 0 {
                    written.note(table, id, None);
                }
            }
            What::Delete(Some(version)) => {
                let mut statement = connection.prepare_cached(&table.delete_unchanged)?;
                held(statement.execute(params![id, version])?)?;
                written.note(table, id, None);
            }
            What::Absent => {
                if connection.prepare_cached(&table.number)?.exists([id])? {
                    return Err(WriteError::Conflict);
                }
            }
        }
        Ok(())
    }

    fn create(
        &self,
        connection: &Connection,
        body: &Body,
        written: &mut Written,
    ) -> Result<(), WriteError> {
        held(put(connection, &self.table, &self.id, body)?)?;
        written.note(&self.table, &self.id, Some(body.text()));
        Ok(())
    }

    /// Changes the document, or creates it.
    fn change_or_create(
        &self,
        connection: &Connection,
        set: &Fields,
        change: impl Fn(&mut Stored<'_>),
        written: &mut Written,
    ) -> Result<(), WriteError> {
        if self.change(connection, None, set, &change, written)? {
            return Ok(());
        }
        let mut stored = Stored::parse(set.as_str())?;
        change(&mut stored);
        self.create(connection, &Body::of(&self.table, stored.write())?, written)
    }

    /// Changes the existing document, or only this version of it. False if there is none.
    fn change(
        &self,
        connection: &Connection,
        version: Option<i64>,
        set: &Fields,
        change: impl Fn(&mut Stored<'_>),
        written: &mut Written,
    ) -> Result<bool, WriteError> {
        let Self { table, id, .. } = self;
        let mut statement = connection.prepare_cached(&table.read)?;
        let mut rows = statement.query([id])?;
        let Some(row) = rows.next()? else { return Ok(false) };
        let number: i64 = row.get(0)?;
        if version.is_some_and(|version| row.get(1) != Ok(version)) {
            return Ok(false);
        }
        let before = row.get_ref(2)?.as_str().map_err(Unavailable::from)?;
        let mut stored = Stored::parse(before)?;
        stored.set(set)?;
        change(&mut stored);
        let fields = fits(stored.write())?;
        drop(rows);
        let (change, columns) = table.change(&set.each()?);
        let text = fields.as_str();
        let mut given: Vec<&dyn ToSql> = vec![&number, &text];
        given.extend(columns.iter().map(|column| column as &dyn ToSql));
        connection.prepare_cached(&change)?.execute(given.as_slice())?;
        written.note(table, id, Some(text));
        Ok(true)
    }
}

/// What the commits of a batch have written so far.
#[derive(Default)]
pub(super) struct Written {
    /// The new version of the first document that the latest of them replaced.
    pub(super) replaced: Option<Version>,
    /// The lines for the ledger.
    pub(super) entries: Entries,
    /// The total size of the documents in bytes.
    pub(super) bytes: usize,
}

impl Written {
    fn note(&mut self, table: &Table, id: &str, text: Option<&str>) {
        self.bytes += text.map_or(0, str::len);
        self.entries.add(table, id, text);
    }
}

fn held(changed: usize) -> Result<(), WriteError> {
    if changed == 1 { Ok(()) } else { Err(WriteError::Conflict) }
}
