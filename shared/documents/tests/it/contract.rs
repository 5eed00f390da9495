//! What every store promises.

use documents::{Documents, Fields, Place, Query, Version, Write, WriteError, at, raw};
use jiff::Timestamp;
use serde_json::{Value, json};

/// The collections of these tests.
pub(crate) mod kept {
    documents::collections! {
        /// Queried by a time and by a text.
        things [Expires FromTheFirst] { DUE_AT: Time = "due_at", PLACE: Text = "place", }
        /// Queried by what is within a field.
        found [Expires Later] { TOKENS: Texts = "tokens", SAID: Words = "said", }
        /// Entered in the ledger.
        stops [InLedger] {}
    }
}

use kept::{found, things};

pub(crate) async fn creates_a_document_once(store: Documents) {
    let create = || vec![Write::Create(at("things", "a"), of(json!({ "word": "one" })))];
    store.commit(create()).await.unwrap();
    assert!(matches!(store.commit(create()).await, Err(WriteError::Conflict)));
    assert!(!store.if_unchanged(create()).await.unwrap());
    assert_eq!(read(&store, "a").await, Some(json!({ "word": "one" })));
    let found = store.get(&[at("things", "b"), at("things", "a")]).await.unwrap();
    let there: Vec<_> = found.iter().map(Option::is_some).collect();
    assert_eq!(there, [false, true], "in the order in which they were asked for");
}

pub(crate) async fn replaces_and_amends_only_the_version_that_was_read(store: Documents) {
    put(&store, "a", json!({ "word": "one", "other": 1 })).await;
    let first = version(&store, "a").await;
    let replace = |fields, version| vec![Write::Replace(at("things", "a"), of(fields), version)];
    let second = store.commit(replace(json!({ "word": "two", "other": 1 }), first)).await.unwrap();
    assert_eq!(second, Some(version(&store, "a").await), "it says which it has become");
    assert!(!store.if_unchanged(replace(json!({}), first)).await.unwrap());
    assert!(!store.if_unchanged(replace(json!({}), Version::NONE)).await.unwrap());

    let amend = |version| vec![Write::Amend(at("things", "a"), of(json!({ "other": 2 })), version)];
    assert!(!store.if_unchanged(amend(first)).await.unwrap());
    assert!(store.if_unchanged(amend(second.unwrap())).await.unwrap());
    assert_eq!(read(&store, "a").await, Some(json!({ "word": "two", "other": 2 })));
    let delete = vec![Write::Delete(at("things", "a"), Some(first))];
    assert!(!store.if_unchanged(delete).await.unwrap());
}

pub(crate) async fn merges_blindly_and_appends_missing_elements(store: Documents) {
    let merge = |set, words: &[&str]| {
        let append = vec![("words", words.iter().map(raw).collect())];
        vec![Write::Merge { path: at("things", "a"), set: of(set), append }]
    };
    store.commit(merge(json!({ "one": 1 }), &["a", "b"])).await.unwrap();
    store.commit(merge(json!({ "two": 2 }), &["b", "c"])).await.unwrap();
    let whole = json!({ "one": 1, "two": 2, "words": ["a", "b", "c"] });
    assert_eq!(read(&store, "a").await, Some(whole));
}

pub(crate) async fn counts_only_in_an_existing_document(store: Documents) {
    let count = || {
        let path = at("things", "a");
        vec![Write::Count { path, set: Fields::none(), add: vec!["seen"] }]
    };
    assert!(!store.if_unchanged(count()).await.unwrap());
    put(&store, "a", json!({ "seen": 1 })).await;
    for _ in 0..2 {
        store.commit(count()).await.unwrap();
    }
    assert_eq!(read(&store, "a").await, Some(json!({ "seen": 3 })));
}

pub(crate) async fn extends_only_an_existing_document(store: Documents) {
    let extend = |set| {
        let append = vec![("words", vec![raw(&"b")])];
        vec![Write::Merge { path: at("things", "a"), set: of(set), append }.if_there()]
    };
    assert!(!store.if_unchanged(extend(json!({ "one": 1 }))).await.unwrap());
    assert_eq!(read(&store, "a").await, None);
    put(&store, "a", json!({ "words": ["a"] })).await;
    assert!(store.if_unchanged(extend(json!({ "one": 1 }))).await.unwrap());
    assert_eq!(read(&store, "a").await, Some(json!({ "words": ["a", "b"], "one": 1 })));
}

pub(crate) async fn lists_a_whole_collection_by_name(store: Documents) {
    for name in ["b", "c", "a", "0-9"] {
        put(&store, name, json!({})).await;
    }
    let (mut after, mut seen) = (String::new(), vec![]);
    loop {
        let page = store.find(Query::behind_name("things", after, 2)).await.unwrap();
        let Some(last) = page.last() else { break };
        after = last.id.clone();
        seen.extend(page.into_iter().map(|document| document.id));
    }
    assert_eq!(seen, ["0-9", "a", "b", "c"]);
}

pub(crate) async fn adds_to_whatever_was_there(store: Documents) {
    for _ in 0..2 {
        let add = vec![("spent".into(), 2), ("held".into(), -3)];
        store.commit(vec![Write::Add(at("things", "a"), add)]).await.unwrap();
    }
    assert_eq!(read(&store, "a").await, Some(json!({ "spent": 4, "held": -6 })));
    put(&store, "b", json!({ "word": "one" })).await;
    store.commit(vec![Write::Add(at("things", "b"), vec![("spent".into(), 1)])]).await.unwrap();
    assert_eq!(read(&store, "b").await, Some(json!({ "word": "one", "spent": 1 })));
}

pub(crate) async fn carries_out_all_of_a_commit_or_nothing(store: Documents) {
    put(&store, "a", json!({ "word": "one" })).await;
    let both = || {
        vec![
            Write::Create(at("things", "b"), of(json!({}))),
            Write::keep(at("stops", "c"), of(json!({}))),
            Write::Absent(at("things", "a")),
        ]
    };
    assert!(!store.if_unchanged(both()).await.unwrap());
    assert_eq!(read(&store, "b").await, None);
    store.commit(vec![Write::Delete(at("things", "a"), None)]).await.unwrap();
    assert!(store.if_unchanged(both()).await.unwrap());
    assert_eq!(read(&store, "b").await, Some(json!({})));
}

pub(crate) async fn carries_out_each_write_independently(store: Documents) {
    for name in ["a", "b"] {
        put(&store, name, json!({ "word": "one" })).await;
    }
    let (old, now) = (version(&store, "a").await, version(&store, "b").await);
    store.commit(vec![Write::keep(at("things", "a"), of(json!({ "word": "two" })))]).await.unwrap();
    let amend = |name, version| Write::Amend(at("things", name), of(json!({ "seen": 1 })), version);
    store.each(vec![amend("a", old), amend("b", now)]).await.unwrap();
    assert_eq!(read(&store, "a").await, Some(json!({ "word": "two" })));
    assert_eq!(read(&store, "b").await, Some(json!({ "word": "one", "seen": 1 })));
}

pub(crate) async fn finds_by_time_and_by_text_in_order(store: Documents) {
    for (name, due, place) in [("a", 3, "x/1"), ("b", 1, "x/2"), ("c", 2, "y/1")] {
        put(&store, name, json!({ "due_at": due * 1_000, "place": place })).await;
    }
    put(&store, "d", json!({ "due_at": null })).await;
    let time = |seconds| Timestamp::from_second(seconds).unwrap();
    for (query, found) in [
        (things::DUE_AT.not_after(time(2), 9), "b c"),
        (things::DUE_AT.not_before(time(2), 9), "c a"),
        (things::DUE_AT.latest(2), "a c"),
        (things::DUE_AT.latest(9), "a c b"),
        (things::PLACE.equal("y/1", 9), "c"),
        (things::PLACE.within("x/".into(), 9), "a b"),
        (things::PLACE.last_within("x/".into(), 9), "b a"),
    ] {
        let asked = format!("{query:?}");
        assert_eq!(names(&store, query).await.join(" "), found, "{asked}");
    }
}

pub(crate) async fn continues_after_a_place(store: Documents) {
    for name in ["a", "b", "c"] {
        put(&store, name, json!({ "due_at": 1_000 })).await;
    }
    let now = Timestamp::from_second(1).unwrap();
    let (mut after, mut seen) = (None, vec![]);
    while let Some(next) =
        store.find(things::DUE_AT.not_after(now, 1).behind(after.take())).await.unwrap().pop()
    {
        after = Some(Place { time: 1_000, id: next.id.clone() });
        seen.push(next.id);
    }
    assert_eq!(seen, ["a", "b", "c"]);
}

pub(crate) async fn pages_down_through_equal_times(store: Documents) {
    for (name, due) in [("a", 2), ("b", 1), ("c", 2), ("d", 3), ("e", 2), ("f", 1)] {
        put(&store, name, json!({ "due_at": due * 1_000 })).await;
    }
    put(&store, "g", json!({ "due_at": null })).await;
    let whole = names(&store, things::DUE_AT.latest(9)).await;
    assert_eq!((whole.len(), &*whole[0]), (6, "d"));
    for limit in 1..=4 {
        let (mut before, mut seen) = (None, vec![]);
        loop {
            let page = store.find(things::DUE_AT.latest(limit).before(before)).await.unwrap();
            let Some(last) = page.last() else { break };
            before = Some(Place { time: last.fields.get("due_at").unwrap(), id: last.id.clone() });
            seen.extend(page.into_iter().map(|document| document.id));
        }
        assert_eq!(seen, whole, "{limit} at a time");
    }
}

pub(crate) async fn counts_what_a_query_finds_up_to_its_limit(store: Documents) {
    for (name, due, place) in [("a", 3, "x/1"), ("b", 1, "x/2"), ("c", 2, "y/1"), ("d", 2, "x/1")] {
        put(&store, name, json!({ "due_at": due * 1_000, "place": place })).await;
    }
    put(&store, "e", json!({ "due_at": null })).await;
    let time = Timestamp::from_second(2).unwrap();
    let place = Place { time: 2_000, id: "d".into() };
    let counts = async |store: &Documents| {
        let mut counts = vec![];
        for query in [
            things::DUE_AT.latest(9),
            things::DUE_AT.latest(4),
            things::DUE_AT.latest(3),
            things::DUE_AT.not_after(time, 9),
            things::DUE_AT.latest(9).before(Some(place.clone())),
            things::PLACE.equal("x/1", 9),
            things::PLACE.within("x/".into(), 9),
            things::PLACE.equal("z", 9),
            Query::behind_name("things", "b".into(), 9),
        ] {
            counts.push(store.count(query).await.unwrap());
        }
        counts
    };
    assert_eq!(counts(&store).await, [4, 4, 3, 3, 2, 2, 3, 0, 3]);
    store.commit(vec![Write::Delete(at("things", "a"), None)]).await.unwrap();
    store
        .commit(vec![Write::keep(at("things", "b"), of(json!({ "due_at": null })))])
        .await
        .unwrap();
    assert_eq!(counts(&store).await, [2, 2, 2, 2, 1, 1, 2, 0, 3]);
}

pub(crate) async fn finds_documents_by_each_of_their_texts(store: Documents) {
    let path = |name| at("found", name);
    let with = |tokens: &[&str]| of(json!({ "tokens": tokens }));
    let finds = async |write| {
        store.commit(vec![write]).await.unwrap();
        let mut lines = vec![];
        for token in ["a1", "b2", "c3"] {
            let mut found = names(&store, found::TOKENS.contains(token, 9)).await;
            found.sort();
            let count = store.count(found::TOKENS.contains(token, 9)).await.unwrap();
            assert_eq!(count, found.len() as u64);
            lines.push(found.join(" "));
        }
        lines
    };
    let created = Write::Create(path("x"), with(&["a1", "b2", "a1"]));
    assert_eq!(finds(created).await, ["x", "x", ""]);
    let other = Write::Create(path("y"), of(json!({ "tokens": ["b2", "A1", 7, null] })));
    assert_eq!(finds(other).await, ["x", "x y", ""]);
    assert_eq!(finds(Write::Create(path("z"), of(json!({ "at": 1 })))).await, ["x", "x y", ""]);
    let no_array = Write::Create(path("w"), of(json!({ "tokens": "c3", "other": ["c3"] })));
    assert_eq!(finds(no_array).await, ["x", "x y", ""]);
    let x = store.get_one(path("x")).await.unwrap().unwrap().version;
    assert_eq!(finds(Write::Replace(path("x"), with(&["c3", "b2"]), x)).await, ["", "x y", "x"]);
    let append = vec![("tokens", vec![raw(&"a1")])];
    let merge = Write::Merge { path: path("y"), set: Fields::none(), append };
    assert_eq!(finds(merge).await, ["y", "x y", "x"]);
    assert_eq!(finds(Write::keep(path("y"), of(json!({ "at": 1 })))).await, ["y", "x y", "x"]);
    assert_eq!(finds(Write::keep(path("z"), with(&["c3"]))).await, ["y", "x y", "x z"]);
    assert_eq!(
        finds(Write::keep(path("y"), of(json!({ "tokens": null })))).await,
        ["", "x", "x z"]
    );
    assert_eq!(finds(Write::Delete(path("x"), None)).await, ["", "", "z"]);
    assert_eq!(finds(Write::Delete(path("w"), None)).await, ["", "", "z"]);
    assert_eq!(finds(Write::Delete(path("z"), None)).await, [""; 3]);
    let in_their_place = Write::Create(path("v"), with(&[]));
    assert_eq!(finds(in_their_place).await, [""; 3]);
}

pub(crate) async fn finds_documents_by_their_words_in_the_embedded_store(store: Documents) {
    if !store.are_embedded() {
        assert!(store.find(found::SAID.all_of("sink", 9)).await.is_err());
        assert!(store.count(found::SAID.all_of("sink", 9)).await.is_err());
        return;
    }
    let path = |name| at("found", name);
    let says = |words: &str| of(json!({ "said": words }));
    let finds = async |writes| {
        let _ = store.if_unchanged(writes).await.unwrap();
        let mut lines = vec![];
        for words in ["sink", "TAP drips", "café"] {
            let found = names(&store, found::SAID.all_of(words, 9)).await;
            let count = store.count(found::SAID.all_of(words, 9)).await.unwrap();
            assert_eq!(count, found.len() as u64);
            lines.push(found.join(" "));
        }
        lines
    };
    let created = vec![Write::Create(path("x"), says("My sink, in the Cafe, leaks"))];
    assert_eq!(finds(created).await, ["x", "", "x"]);
    let none = vec![Write::Create(path("z"), of(json!({ "at": 1 })))];
    assert_eq!(finds(none).await, ["x", "", "x"]);
    let later = vec![Write::Create(path("y"), says("It drips: the tap, not the sink!"))];
    assert_eq!(finds(later).await, ["y x", "y", "x"]);
    let failing = vec![Write::keep(path("x"), says("tap drips")), Write::Absent(path("y"))];
    assert_eq!(finds(failing).await, ["y x", "y", "x"], "a commit that was not carried out");
    assert_eq!(finds(vec![Write::keep(path("x"), of(json!({ "at": 1 })))]).await[0], "y x");
    assert_eq!(finds(vec![Write::keep(path("z"), says("SINK"))]).await, ["y z x", "y", "x"]);
    assert_eq!(finds(vec![Write::keep(path("x"), says("a café"))]).await, ["y z", "y", "x"]);
    assert_eq!(finds(vec![Write::Delete(path("y"), None)]).await, ["z", "", "x"]);
    let in_its_place = vec![Write::Create(path("v"), says("Hello"))];
    assert_eq!(finds(in_its_place).await, ["z", "", "x"]);
    assert_eq!(names(&store, found::SAID.all_of("cafe", 0)).await, [""; 0]);
}

pub(crate) async fn takes_whatever_is_typed_as_words(store: Documents) {
    if !store.are_embedded() {
        return;
    }
    let said = of(json!({ "said": "NOT my tap-dance (OR 12\" pipe) at 5:30*" }));
    store.commit(vec![Write::Create(at("found", "x"), said)]).await.unwrap();
    let long = "tap ".repeat(5_000);
    for words in [
        "tap-dance",
        "not my",
        "12\" pipe",
        "(or",
        "5:30*",
        "tap\0my",
        " tap\n",
        "tap - pipe",
        &long,
    ] {
        let found = names(&store, found::SAID.all_of(words, 9)).await;
        assert_eq!(found, ["x"], "{words:?}");
    }
    for words in ["", " ", "\0", "\"", "*", "pipe NOT tap OR x", "said:tap", "ta", "dance tap-tap"]
    {
        let found = names(&store, found::SAID.all_of(words, 9)).await;
        assert_eq!(found, [""; 0], "{words:?}");
    }
}

pub(crate) async fn refuses_a_document_that_is_too_large(store: Documents) {
    let large = of(json!({ "words": vec!["x".repeat(1_000); 1_100] }));
    let refused = store.commit(vec![Write::Create(at("things", "a"), large)]).await;
    assert!(matches!(refused, Err(WriteError::TooLarge)));
    assert_eq!(read(&store, "a").await, None);
}

fn of(fields: Value) -> Fields {
    Fields::of(&fields)
}

async fn put(store: &Documents, name: &str, fields: Value) {
    store.commit(vec![Write::Create(at("things", name), of(fields))]).await.unwrap();
}

async fn read(store: &Documents, name: &str) -> Option<Value> {
    let found = store.get_one(at("things", name)).await.unwrap();
    found.map(|found| found.fields.decode().unwrap())
}

pub(crate) async fn names(store: &Documents, query: Query) -> Vec<String> {
    let found = store.find(query).await.unwrap();
    found.into_iter().map(|document| document.id).collect()
}

async fn version(store: &Documents, name: &str) -> Version {
    store.get_one(at("things", name)).await.unwrap().unwrap().version
}
