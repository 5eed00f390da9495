//! Indexes of what is within a field: the texts of an array.
//!
//! Triggers keep them, so that no write can forget them: no merge, expiry, erasure or restored ledger.

use crate::collections::Query;

/// The table of the texts in a field, each with the number of its document.
pub(super) fn of_texts(name: &str, field: &str) -> String {
    let texts = |document: &str| format!("json_each({document}.body, '$.{field}')");
    // Only an array's elements are counted from zero.
    let enter = format!(
        "INSERT INTO {name}_by_{field} (text, number) SELECT DISTINCT value, new.number FROM {}
         WHERE typeof(key) = 'integer' AND type = 'text';",
        texts("new")
    );
    let remove = format!(
        "DELETE FROM {name}_by_{field}
         WHERE number = old.number AND text IN (SELECT value FROM {});",
        texts("old")
    );
    let table = format!(
        "CREATE TABLE {name}_by_{field} (
             text TEXT NOT NULL, number INTEGER NOT NULL, PRIMARY KEY (text, number)
         ) STRICT, WITHOUT ROWID;"
    );
    table + &triggers(name, field, &enter, &remove)
}

/// The query for documents with a text among those in a field.
pub(super) fn contains(what: &str, field: &str, query: &Query) -> String {
    let (name, limit) = (query.collection(), query.limit());
    format!(
        "SELECT {what} FROM {name}_by_{field} AS of CROSS JOIN {name} ON {name}.number = of.number
         WHERE of.text = ?1 LIMIT {limit}"
    )
}

/// The triggers that enter a new document in the index of a field, and remove a deleted one.
fn triggers(name: &str, field: &str, enter: &str, remove: &str) -> String {
    let index = format!("{name}_by_{field}");
    let value = |document: &str| format!("{document}.body -> '$.{field}'");
    let (before, after) = (value("old"), value("new"));
    format!(
        "CREATE TRIGGER {index}_created AFTER INSERT ON {name} BEGIN {enter} END;
         CREATE TRIGGER {index}_changed AFTER UPDATE OF body ON {name}
             WHEN {before} IS NOT {after} BEGIN {remove} {enter} END;
         CREATE TRIGGER {index}_deleted AFTER DELETE ON {name} BEGIN {remove} END;"
    )
}
