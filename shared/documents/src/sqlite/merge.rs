//! What a restored store takes over from the present one: who has stopped or agreed since, which messages
//! were taken, and what was spent.

use std::path::Path;

use jiff::Timestamp;
use rusqlite::{Connection, params};

use super::file::Unusable;
use super::tables::{Table, Tables};
use crate::collections::Text;

/// What of the present store is wanted, besides the collections in its ledger.
#[derive(Clone, Copy)]
pub struct Wanted {
    /// The collection whose documents the restored store keeps.
    pub claims: &'static str,
    /// The collection that counts what was spent, and the field of its documents that is no such count.
    pub spent: (&'static str, &'static str),
    /// Documents that only the present store has are counted if they have this text.
    pub lost: Text,
}

/// Merges the present store into the one in this new file. Returns how many wanted documents only the
/// present store has.
pub(super) fn into(
    present: &Connection,
    new: &Path,
    tables: &Tables,
    wanted: Wanted,
    now: Timestamp,
) -> Result<u64, Unusable> {
    let new = new.to_str().ok_or_else(|| Unusable("its path is not UTF-8".into()))?;
    present.pragma_update(None, "secure_delete", "ON")?;
    present.execute("ATTACH ?1 AS new", [new])?;
    let transaction = present.unchecked_transaction()?;
    let lost = number(present, &only_in_present(wanted))?;
    let claims = tables.called(wanted.claims)?;
    let continues = continues(present, claims, now)?;
    for table in tables.all().filter(|table| table.is_in_ledger) {
        if !present.table_exists(Some("main"), table.name)? {
            // A version has written it that did not have this collection.
            continue;
        }
        if continues {
            transaction.execute(&format!("DELETE FROM new.{}", table.name), [])?;
        }
        transaction.execute(&latest_wins(table, "at"), [])?;
    }
    transaction.execute(&latest_wins(claims, "expires_at"), [])?;
    let (spent, apart) = wanted.spent;
    if present.table_exists(Some("main"), spent)? {
        if continues {
            transaction.execute(&format!("DELETE FROM new.{spent}"), [])?;
        }
        // Of two stores of which neither continues the other, each has spent what it counts.
        transaction.execute(&add_up(spent, apart), [])?;
    }
    let knows = match continues {
        true => "UPDATE new.ledger SET (name, length) = (SELECT name, length FROM main.ledger)",
        // No ledger has this name, so the present one adds to what is known and is then begun again.
        false => "UPDATE new.ledger SET name = 'restored', length = 0",
    };
    transaction.execute(knows, [])?;
    transaction.commit()?;
    present.execute("DETACH new", [])?;
    Ok(lost)
}

/// Whether the present store is what became of the backup, so that it alone knows who has stopped.
/// Otherwise, as when both were begun with the same key, neither is newer as a whole.
fn continues(present: &Connection, claims: &Table, now: Timestamp) -> rusqlite::Result<bool> {
    let ledgers: (String, i64, String, i64) = present.query_row(
        "SELECT was.name, was.length, its.name, its.length
         FROM new.ledger AS was, main.ledger AS its",
        [],
        |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?)),
    )?;
    if let (was, length, its, now) = &ledgers
        && was == its
        && !was.is_empty()
    {
        return Ok(length <= now);
    }
    // The ledger was begun again since. Claims last longer than that.
    let name = claims.name;
    let mut found = present.prepare(&format!(
        "SELECT count(*), count(its.id) FROM new.{name} AS was LEFT JOIN main.{name} AS its
         ON its.id = was.id WHERE was.expires_at > ?1"
    ))?;
    let (was, still): (i64, i64) =
        found.query_row(params![now.as_millisecond()], |row| Ok((row.get(0)?, row.get(1)?)))?;
    Ok(was > 0 && was == still)
}

/// Takes over all documents of a table; of two with the same name the one with the later time.
fn latest_wins(table: &Table, time: &str) -> String {
    let name = table.name;
    let columns = ["id", "version", "body"].into_iter();
    let columns: Vec<_> = columns.chain(table.columns.iter().map(|column| column.name)).collect();
    let all = columns.join(", ");
    let then = match columns.contains(&time) {
        true => {
            let set: Vec<_> =
                columns.iter().skip(1).map(|it| format!("{it} = excluded.{it}")).collect();
            format!("UPDATE SET {} WHERE excluded.{time} > {name}.{time}", set.join(", "))
        }
        false => "NOTHING".to_owned(),
    };
    format!(
        "INSERT INTO new.{name} ({all}) SELECT {all} FROM main.{name} WHERE true
         ON CONFLICT (id) DO {then}"
    )
}

/// Takes over all documents of a table that has no columns; of two with the same name, the sum of each number
/// but of this one, which is left out.
fn add_up(name: &str, apart: &str) -> String {
    format!(
        "INSERT INTO new.{name} (id, version, body) SELECT id, version, body FROM main.{name} WHERE true
         ON CONFLICT (id) DO UPDATE SET version = excluded.version, body = (
             SELECT json_group_object(key, number) FROM (
                 SELECT key, sum(value) AS number FROM (
                     SELECT key, value FROM json_each({name}.body)
                     UNION ALL SELECT key, value FROM json_each(excluded.body)
                 ) WHERE key <> '{apart}' GROUP BY key
             )
         )"
    )
}

fn only_in_present(wanted: Wanted) -> String {
    let (name, field) = (wanted.lost.collection, wanted.lost.field);
    format!(
        "SELECT count(*) FROM main.{name} WHERE {field} IS NOT NULL
         AND id NOT IN (SELECT id FROM new.{name})"
    )
}

fn number(connection: &Connection, asked: &str) -> rusqlite::Result<u64> {
    let number = connection.query_row(asked, [], |row| row.get::<_, i64>(0))?;
    Ok(number.unsigned_abs())
}
