//! The tables, and every statement on them.
//!
//! Each collection has a table with a column for each time and text that it is queried by, filled
//! whenever a document is written, and an index of the documents that have it. What is within a field has
//! a table of its own ([`super::searches`]).

use std::collections::HashMap;
use std::fmt::Write as _;
use std::sync::Arc;

use rusqlite::types::Value as SqlValue;
use serde_json::value::RawValue;

use super::searches;
use crate::collections::{Collection, Field, Filter, Holds, Kind, Place, Query};
use crate::error::Unavailable;
use crate::fields::Each;

/// When a document expires.
const EXPIRES: Field = Field { name: "expires_at", kind: Kind::Time };

/// The statements for the documents of a collection.
pub(super) struct Table {
    /// Its name.
    pub(super) name: &'static str,
    /// Whether writes to it are entered in the ledger.
    pub(super) is_in_ledger: bool,
    pub(super) columns: Vec<Field>,
    /// Number, name and body of a page of documents after a given number.
    pub(super) page: String,
    /// Number, version and body of a document.
    pub(super) read: String,
    /// The number of a document.
    pub(super) number: String,
    /// Stores a new document. Changes nothing if there is one.
    pub(super) create: String,
    /// Replaces a document, on condition that it has this version.
    pub(super) replace: String,
    /// Removes one.
    pub(super) delete: String,
    /// Removes one on condition that it has this version.
    pub(super) delete_unchanged: String,
    /// How its documents expire, if they do.
    pub(super) forgets: Option<Forgets>,
}

/// How documents of a table expire.
pub(super) struct Forgets {
    /// When the first of them expires.
    pub(super) earliest: String,
    /// Deletes those that have expired by a time, up to a limit.
    pub(super) forget: String,
}

/// The tables of all collections.
pub(super) struct Tables {
    collections: &'static [Collection],
    by_name: HashMap<&'static str, Arc<Table>>,
}

impl Tables {
    pub(super) fn of(collections: &'static [Collection]) -> Self {
        let table = |collection: &Collection| (collection.name, Arc::new(Table::of(collection)));
        Self { collections, by_name: collections.iter().map(table).collect() }
    }

    /// The statements that create them.
    pub(super) fn schema(&self) -> String {
        self.collections.iter().map(definition).collect()
    }

    /// The table of a collection.
    pub(super) fn called(&self, collection: &str) -> Result<&Arc<Table>, Unavailable> {
        let table = self.by_name.get(collection);
        table.ok_or_else(|| Unavailable::new(format!("no collection is declared as {collection}")))
    }

    /// All of them.
    pub(super) fn all(&self) -> impl Iterator<Item = &Arc<Table>> {
        self.collections.iter().filter_map(|collection| self.by_name.get(collection.name))
    }
}

impl Table {
    fn of(collection: &Collection) -> Self {
        let name = collection.name;
        let columns = columns(collection);
        let (mut names, mut places, mut next) = (String::new(), String::new(), String::new());
        for (place, column) in columns.iter().enumerate() {
            let (column, place) = (column.name, place + 4);
            let _ = write!(names, ", {column}");
            let _ = write!(places, ", ?{place}");
            let _ = write!(next, ", {column} = ?{place}");
        }
        let forgets = collection.holds(Holds::Expires).then(|| {
            let earliest = format!(
                "SELECT expires_at FROM {name} INDEXED BY {name}_by_expires_at
                 WHERE expires_at > ?1 ORDER BY expires_at LIMIT 1"
            );
            let forget = format!(
                "DELETE FROM {name} WHERE number IN (
                     SELECT number FROM {name} INDEXED BY {name}_by_expires_at
                     WHERE expires_at <= ?1 ORDER BY expires_at LIMIT ?2)"
            );
            Forgets { earliest, forget }
        });
        Self {
            name,
            is_in_ledger: collection.holds(Holds::InLedger),
            page: format!(
                "SELECT number, id, body FROM {name} WHERE number > ?1 ORDER BY number LIMIT ?2"
            ),
            read: format!("SELECT number, version, body FROM {name} WHERE id = ?1"),
            number: format!("SELECT number FROM {name} WHERE id = ?1"),
            create: format!(
                "INSERT INTO {name} (id, version, body{names}) VALUES (?1, ?2, ?3{places})
                 ON CONFLICT (id) DO NOTHING"
            ),
            replace: format!(
                "UPDATE {name} SET version = ?2 + 1, body = ?3{next} WHERE id = ?1 AND version = ?2"
            ),
            delete: format!("DELETE FROM {name} WHERE id = ?1"),
            delete_unchanged: format!("DELETE FROM {name} WHERE id = ?1 AND version = ?2"),
            forgets,
            columns,
        }
    }

    /// The statement that changes a document, given its number, and the new values of the columns that
    /// are set. The others are left alone, and so are their indexes.
    pub(super) fn change(&self, set: &Each<'_>) -> (String, Vec<SqlValue>) {
        let name = self.name;
        let mut change = format!("UPDATE {name} SET version = version + 1, body = ?2");
        let mut given = Vec::new();
        let named = |column: &Field| Some((*column, set.get(column.name)?));
        for (column, set) in self.columns.iter().filter_map(named) {
            given.push(value(column, Some(set)));
            let _ = write!(change, ", {} = ?{}", column.name, given.len() + 2);
        }
        change.push_str(" WHERE number = ?1");
        (change, given)
    }

    /// The column values of a document.
    pub(super) fn columns_of(&self, fields: &Each<'_>) -> Vec<SqlValue> {
        self.columns.iter().map(|column| value(*column, fields.get(column.name))).collect()
    }
}

fn value(column: Field, value: Option<&RawValue>) -> SqlValue {
    let text = value.map_or("null", RawValue::get);
    match column.kind {
        Kind::Time => serde_json::from_str::<i64>(text).ok().into(),
        Kind::Text | Kind::Texts | Kind::Words => serde_json::from_str::<String>(text).ok().into(),
    }
}

/// The statement for a query, and its parameters.
pub(super) fn question(query: &Query) -> (String, Vec<SqlValue>) {
    selecting("id, version, body", query)
}

/// The statement that counts what a query finds, and its parameters. By a time, a text or a name it reads
/// nothing but the index.
pub(super) fn counting(query: &Query) -> (String, Vec<SqlValue>) {
    let (selected, given) = selecting("1", query);
    (format!("SELECT count(*) FROM ({selected})"), given)
}

fn selecting(what: &str, query: &Query) -> (String, Vec<SqlValue>) {
    let (field, condition, order, mut given): (_, _, _, Vec<SqlValue>) = match query.filter() {
        Filter::Contains(field, text) => {
            return (searches::contains(what, field, query), vec![text.clone().into()]);
        }
        Filter::AllOf(field, words) => {
            return (searches::all_of(what, field, query), vec![searches::each(words).into()]);
        }
        Filter::Behind(name) => return (behind(what, query), vec![name.clone().into()]),
        Filter::Equal(field, text) => (field, "= ?1", None, vec![text.clone().into()]),
        Filter::NotAfter(field, time) => (field, "<= ?1", Some("ASC"), vec![(*time).into()]),
        Filter::NotBefore(field, time) => (field, ">= ?1", Some("ASC"), vec![(*time).into()]),
        Filter::Latest(field) => (field, ">= ?1", Some("DESC"), vec![i64::MIN.into()]),
        Filter::Within(field, from, end) => (field, ">= ?1", Some("ASC"), both(from, end)),
        Filter::LastWithin(field, from, end) => (field, ">= ?1", Some("DESC"), both(from, end)),
    };
    let name = query.collection();
    let mut asked =
        format!("SELECT {what} FROM {name} INDEXED BY {name}_by_{field} WHERE {field} {condition}");
    if given.len() > 1 {
        let _ = write!(asked, " AND {field} < ?2");
    }
    if let Some(Place { time, id }) = query.after() {
        // By number within a time, which costs the index nothing. If the document at the place is gone,
        // those of its time come again.
        let (beyond, first) = match order {
            Some("DESC") => ("<", i64::MAX),
            _ => (">", 0),
        };
        let number = format!("coalesce((SELECT number FROM {name} WHERE id = ?3), {first})");
        let _ = write!(asked, " AND ({field}, number) {beyond} (?2, {number})");
        given.extend([(*time).into(), id.clone().into()]);
    }
    if let Some(order) = order {
        let _ = write!(asked, " ORDER BY {field} {order}, number {order}");
    }
    let _ = write!(asked, " LIMIT {}", query.limit());
    (asked, given)
}

fn behind(what: &str, query: &Query) -> String {
    let (name, limit) = (query.collection(), query.limit());
    format!("SELECT {what} FROM {name} WHERE id > ?1 ORDER BY id LIMIT {limit}")
}

fn both(from: &str, end: &str) -> Vec<SqlValue> {
    vec![from.to_owned().into(), end.to_owned().into()]
}

fn columns(collection: &Collection) -> Vec<Field> {
    let expires = collection.holds(Holds::Expires).then_some(EXPIRES);
    let asked = collection.asked.iter().filter(|field| kind_of_column(field.kind).is_some());
    asked.copied().chain(expires).collect()
}

/// The type of the column for a field, if it has one.
fn kind_of_column(kind: Kind) -> Option<&'static str> {
    match kind {
        Kind::Time => Some("INTEGER"),
        Kind::Text => Some("TEXT"),
        Kind::Texts | Kind::Words => None,
    }
}

/// The body comes last: a query on the columns need not read past it.
pub(super) fn definition(collection: &Collection) -> String {
    let name = collection.name;
    let columns = columns(collection);
    let mut defined = format!(
        "CREATE TABLE {name} (
             number INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, version INTEGER NOT NULL"
    );
    for Field { name, kind } in &columns {
        let kind = kind_of_column(*kind).unwrap_or_default();
        let _ = write!(defined, ", {name} {kind}");
    }
    defined.push_str(", body TEXT NOT NULL) STRICT;");
    for Field { name: field, .. } in &columns {
        let _ = write!(
            defined,
            "CREATE INDEX {name}_by_{field} ON {name} ({field}) WHERE {field} IS NOT NULL;"
        );
    }
    for Field { name: field, kind } in collection.asked {
        match kind {
            Kind::Time | Kind::Text => {}
            Kind::Texts => defined.push_str(&searches::of_texts(name, field)),
            Kind::Words => defined.push_str(&searches::of_words(name, field)),
        }
    }
    defined
}
