//! Every statement that the store can run uses an index.

use jiff::Timestamp;
use rusqlite::Connection;

use self::kept::ALL;
use super::ledger;
use super::tables::{Forgets, Table, Tables, counting, question};
use crate::collections::{Collection, Field, Kind, Place, Query, Text, Texts, Time, Words};
use crate::fields::Fields;

/// How many documents of each collection there are in a full store.
const MANY: u32 = 5_000;

/// What they contain beside their columns.
const BODY: &str = "json_object('tokens', json_array('a' || i % 7), 'said', 'a b' || i % 7)";

/// Collections of every sort.
#[expect(dead_code, unreachable_pub, reason = "all of them are looked at together")]
mod kept {
    crate::collections! {
        /// Queried by two of each.
        texts [Expires] {
            AT: Time = "at",
            DUE_AT: Time = "due_at",
            THEIRS: Text = "theirs",
            WAITING: Text = "waiting",
        }
        /// Kept forever, and entered in the ledger.
        stops [InLedger FromTheFirst] { AT: Time = "at", }
        /// Entered in the ledger, and expiring.
        consents [Expires InLedger] { THEIRS: Text = "theirs", }
        /// Queried by what is within a field.
        found [Expires Later] { TOKENS: Texts = "tokens", SAID: Words = "said", }
        /// Never queried.
        health [] {}
    }
}

#[test]
fn the_plan_of_every_statement_uses_an_index_in_an_empty_and_in_a_full_store() {
    let (store, tables) = (Connection::open_in_memory().unwrap(), Tables::of(ALL));
    store.execute_batch(&(tables.schema() + ledger::SCHEMA)).unwrap();
    check(&store, &tables);
    fill(&store, &tables);
    store.execute_batch("ANALYZE").unwrap();
    check(&store, &tables);
}

fn check(store: &Connection, tables: &Tables) {
    for collection in ALL {
        for (asked, query) in questions(collection) {
            check_query(store, &query, &format!("{0}_by_{asked}", collection.name));
        }
        for field in collection.asked {
            check_search(store, collection.name, *field);
        }
    }
    for collection in ALL {
        let query = Query::behind_name(collection.name, "a".into(), 20);
        check_query(store, &query, &format!("sqlite_autoindex_{}_1", collection.name));
    }
    check_triggers(store);
    for statement in
        tables.all().flat_map(|table| statements(table)).chain(ledger::STATEMENTS.map(Into::into))
    {
        let plan = plan(store, &statement);
        assert!(plan.iter().all(is_sought), "{statement}: {plan:?}");
    }
}

/// Finding and counting use the index; counting uses nothing else.
fn check_query(store: &Connection, query: &Query, index: &str) {
    let name = query.collection();
    let by = format!("SEARCH {name} USING INDEX {index} (");
    let found = plan(store, &question(query).0);
    assert!(found[0].starts_with(&by) && found.iter().all(is_sought), "{query:?}: {found:?}");
    let by = format!("SEARCH {name} USING COVERING INDEX {index} (");
    let counted = plan(store, &counting(query).0);
    let [around, counted @ .., last] = &counted[..] else { panic!("{query:?}: {counted:?}") };
    assert!(
        around.starts_with("CO-ROUTINE (") && last.starts_with("SCAN (subquery-"),
        "{counted:?}"
    );
    assert!(counted[0].starts_with(&by) && counted.iter().all(is_sought), "{query:?}: {counted:?}");
}

/// A search within a field begins with the index of that, and gets each document by its number.
fn check_search(store: &Connection, name: &'static str, Field { name: field, kind }: Field) {
    let (query, by) = match kind {
        Kind::Texts => {
            let texts = Texts { collection: name, field };
            (texts.contains("a", 20), "SEARCH of USING PRIMARY KEY (text=?)")
        }
        Kind::Words => {
            let words = Words { collection: name, field };
            // By number from the end, for words that match.
            (words.all_of("a", 20), "SCAN found_by_said VIRTUAL TABLE INDEX 192:M1")
        }
        Kind::Time | Kind::Text => return,
    };
    let found = plan(store, &question(&query).0);
    let document = format!("SEARCH {name} USING INTEGER PRIMARY KEY (rowid=?)");
    assert_eq!(found, [by, &document]);
    let counted = plan(store, &counting(&query).0);
    assert!(counted.iter().any(|line| line == by), "{counted:?}");
}

/// What triggers do, which no plan of the statement that sets them off shows. They may read one document
/// whole.
fn check_triggers(store: &Connection) {
    let mut all = store.prepare("SELECT sql FROM sqlite_schema WHERE type = 'trigger'").unwrap();
    let all: Vec<String> =
        all.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect();
    let bodies =
        all.iter().map(|sql| sql.split_once(" BEGIN ").unwrap().1.trim_end_matches("; END"));
    let of_one = |line: &String| {
        line.starts_with("SCAN json_each VIRTUAL TABLE") || line == "USE TEMP B-TREE FOR DISTINCT"
    };
    for statement in bodies.flat_map(|body| body.split(';')) {
        let statement = statement.replace("old.", ":old_").replace("new.", ":new_");
        let plan = plan(store, &statement);
        assert!(plan.iter().all(|line| is_sought(line) || of_one(line)), "{statement}: {plan:?}");
    }
}

/// Whether a line of a plan neither scans a whole table nor sorts.
fn is_sought(line: impl AsRef<str>) -> bool {
    let line = line.as_ref();
    let is_sought = line.starts_with("SEARCH ") && line.contains(" USING ");
    is_sought || line.starts_with("LIST SUBQUERY") || line.starts_with("SCALAR SUBQUERY")
}

/// All queries on a collection.
fn questions(collection: &Collection) -> Vec<(&'static str, Query)> {
    let name = collection.name;
    let asked = |field: &'static str, kind| match kind {
        Kind::Time => {
            let (time, now) = (Time { collection: name, field }, Timestamp::UNIX_EPOCH);
            let place = || Some(Place { time: 1, id: "a".into() });
            let behind = time.not_after(now, 20).behind(place());
            let before = time.latest(20).before(place());
            vec![time.not_after(now, 20), behind, time.not_before(now, 20), time.latest(20), before]
        }
        Kind::Text => {
            let (text, prefix) = (Text { collection: name, field }, || "a/".to_owned());
            vec![text.equal("a", 20), text.within(prefix(), 20), text.last_within(prefix(), 20)]
        }
        Kind::Texts | Kind::Words => vec![],
    };
    let all = collection.asked.iter();
    let named = |field: &Field| {
        let name = field.name;
        asked(name, field.kind).into_iter().map(move |query| (name, query))
    };
    all.flat_map(named).collect()
}

/// All other statements on a table.
fn statements(table: &Table) -> Vec<String> {
    // Destructured, so that new statements are checked too.
    let Table {
        name: _,
        is_in_ledger: _,
        columns,
        page,
        read,
        number,
        create,
        replace,
        delete,
        delete_unchanged,
        forgets,
    } = table;
    let mut all: Vec<String> =
        [page, read, number, create, replace, delete, delete_unchanged].map(Clone::clone).into();
    let sets = columns.iter().map(|column| Fields::none().with(column.name, ()));
    let whole = columns.iter().fold(Fields::none(), |set, column| set.with(column.name, ()));
    let change = |set: Fields| table.change(&set.each().unwrap()).0;
    all.extend(sets.chain([Fields::none(), whole]).map(change));
    if let Some(Forgets { earliest, forget }) = forgets {
        all.extend([earliest.clone(), forget.clone()]);
    }
    all
}

fn plan(store: &Connection, statement: &str) -> Vec<String> {
    let mut plan = store.prepare(&format!("EXPLAIN QUERY PLAN {statement}")).expect(statement);
    let lines = plan.raw_query().mapped(|row| row.get("detail"));
    lines.collect::<Result<_, _>>().unwrap()
}

/// Some fields of most documents are empty, and some have only a few values.
fn fill(store: &Connection, tables: &Tables) {
    for table in tables.all() {
        let columns: Vec<_> = table.columns.iter().map(|column| column.name).collect();
        let names: String = columns.iter().map(|name| format!(", {name}")).collect();
        let values: String = (1..=columns.len())
            .map(|rare| format!(", CASE WHEN i % {rare} = 0 THEN i % 7 END"))
            .collect();
        let fill = format!(
            "WITH RECURSIVE counted (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM counted LIMIT {MANY})
             INSERT INTO {} (id, version, body{names}) SELECT i, 1, {BODY}{values} FROM counted",
            table.name
        );
        store.execute_batch(&fill).unwrap();
    }
}
