//! Threads that read, each on a connection of its own, so that no read waits for a sync.

use rusqlite::{Connection, Row};

use super::tables::{Tables, counting, question};
use super::threads::Queue;
use crate::collections::Query;
use crate::document::{Document, Path, Version};
use crate::error::Unavailable;
use crate::fields::Fields;

/// A read that sends its answer to the caller.
pub(super) type Question = Box<dyn FnOnce(&Connection) + Send>;

/// How many reads share a snapshot.
const BATCH: usize = 64;

/// Runs a read, and those waiting behind it, in one snapshot: none is older than its request, so a
/// caller whose write was confirmed finds it.
pub(super) fn answer(connection: &Connection, first: Question, queue: &Queue<Question>) {
    let mut questions = vec![first];
    while questions.len() < BATCH
        && let Some(next) = queue.next()
    {
        questions.push(next);
    }
    if !connection.is_autocommit() {
        // The last one panicked. Its snapshot is old by now.
        let _ = connection.execute_batch("ROLLBACK");
    }
    // If anything is wrong with the file, each read will find out.
    let began = connection.prepare_cached("BEGIN").and_then(|mut begin| begin.execute([]));
    for question in questions {
        question(connection);
    }
    if began.is_ok() {
        let _ = connection.prepare_cached("COMMIT").and_then(|mut end| end.execute([]));
    }
}

pub(super) fn get(
    connection: &Connection,
    tables: &Tables,
    paths: &[Path],
) -> Result<Vec<Option<Document>>, Unavailable> {
    let read = |path: &Path| {
        let mut statement = connection.prepare_cached(&tables.called(path.collection)?.read)?;
        let mut rows = statement.query([&path.id])?;
        let Some(row) = rows.next()? else { return Ok(None) };
        Ok(Some(document(path.id.clone(), row)?))
    };
    paths.iter().map(read).collect()
}

pub(super) fn find(connection: &Connection, query: &Query) -> Result<Vec<Document>, Unavailable> {
    let (question, given) = question(query);
    let mut statement = connection.prepare_cached(&question)?;
    let mut rows = statement.query(rusqlite::params_from_iter(given))?;
    let mut documents = Vec::new();
    while let Some(row) = rows.next()? {
        documents.push(document(row.get(0)?, row)?);
    }
    Ok(documents)
}

pub(super) fn count(connection: &Connection, query: &Query) -> Result<u64, Unavailable> {
    let (question, given) = counting(query);
    let mut statement = connection.prepare_cached(&question)?;
    let count =
        statement.query_row(rusqlite::params_from_iter(given), |row| row.get::<_, i64>(0))?;
    Ok(count.unsigned_abs())
}

/// When the first of all documents expires.
pub(super) fn first_to_expire(
    connection: &Connection,
    tables: &Tables,
) -> Result<Option<i64>, Unavailable> {
    let mut first = None;
    for forgets in tables.all().filter_map(|table| table.forgets.as_ref()) {
        let mut statement = connection.prepare_cached(&forgets.earliest)?;
        let mut rows = statement.query([i64::MIN])?;
        let found = rows.next()?.map(|row| row.get::<_, i64>(0)).transpose()?;
        first = first.into_iter().chain(found).min();
    }
    Ok(first)
}

/// The document of a row with the version in its second column and the body in its third.
fn document(id: String, row: &Row<'_>) -> rusqlite::Result<Document> {
    Ok(Document { id, fields: Fields::stored(row.get(2)?), version: Version(row.get(1)?, 0) })
}
