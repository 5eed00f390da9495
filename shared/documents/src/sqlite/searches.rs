//! Indexes of what is within a field: the texts of an array, or the words of a text.
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

/// The index of the words in a field. It keeps no copy of the text, and of what is deleted no trace:
/// `contentless_delete` would only mark it as deleted, and the words could still be read.
pub(super) fn of_words(name: &str, field: &str) -> String {
    let index = format!("{name}_by_{field}");
    let words = |document: &str| format!("{document}.number, {document}.body ->> '$.{field}'");
    let enter = format!("INSERT INTO {index} (rowid, {field}) VALUES ({});", words("new"));
    // The index finds the entries to be removed by the text that they were made from.
    let remove = format!(
        "INSERT INTO {index} ({index}, rowid, {field}) VALUES ('delete', {});",
        words("old")
    );
    let table = format!(
        "CREATE VIEW {name}_with_{field} (number, {field}) AS
             SELECT number, body ->> '$.{field}' FROM {name};
         CREATE VIRTUAL TABLE {index} USING fts5(
             {field}, content='{name}_with_{field}', content_rowid='number',
             tokenize='unicode61 remove_diacritics 2');
         INSERT INTO {index} ({index}, rank) VALUES ('secure-delete', 1);"
    );
    table + &triggers(name, field, &enter, &remove)
}

/// The query for documents with all of some words in a field.
pub(super) fn all_of(what: &str, field: &str, query: &Query) -> String {
    let (name, limit) = (query.collection(), query.limit());
    let index = format!("{name}_by_{field}");
    format!(
        "SELECT {what} FROM {index} CROSS JOIN {name} ON {name}.number = {index}.rowid
         WHERE {index} MATCH ?1 ORDER BY {index}.rowid DESC LIMIT {limit}"
    )
}

/// The pattern for each of these words, whatever characters they have: in quotes nothing is an operator.
/// An empty one is no condition beside others, and alone finds nothing.
pub(super) fn each(words: &str) -> String {
    let ends = |character: char| character.is_whitespace() || character.is_control();
    let quoted = |word: &str| format!("\"{}\" ", word.replace('"', "\"\""));
    words.split(ends).map(quoted).collect()
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
