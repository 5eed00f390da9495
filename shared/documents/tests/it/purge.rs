//! What a purge leaves of deleted documents in the files of the embedded store: nothing.

use std::fs;
use std::path::Path;

use documents::{Documents, Fields, Write, at};
use fastrand::Rng;
use serde_json::json;

use crate::open;

/// Found by trying.
const SEED: u64 = 1;

const HERS: &[u8] = b"ELM STREET";

/// None begins as another word does, which would be stored once for both.
const HER_WORDS: [&str; 3] = ["aardvarks", "quagmires", "zeppelins"];
const HER_TOKEN: &str = "0123456789abcdef";

/// SQLite overwrites what is deleted, but keeps an older copy in a page that it has divided: with this
/// seed there is one, which only a purge removes.
#[tokio::test]
async fn a_purge_leaves_no_byte_of_what_was_deleted() {
    let folder = tempfile::tempdir().unwrap();
    let (data, mut chance) = (folder.path().join("data"), Rng::with_seed(SEED));
    let store = open(&[("DATA_DIR", data.to_str().unwrap())]);
    let hers = fill(&store, &mut chance).await;
    let gone = hers.iter().map(|name| Write::Delete(at("things", name), None));
    store.each(gone.collect()).await.unwrap();
    store.expire(0, 0).await.unwrap();
    assert!(is_in_a_file(&data, HERS), "deleting is not enough");
    assert_eq!(store.purge().await.unwrap(), None);
    assert!(!is_in_a_file(&data, HERS));
}

/// The words of a text are indexed on their own, in lower case, and so are its tokens.
#[tokio::test]
async fn a_purge_leaves_no_token_and_no_word_of_what_was_deleted() {
    let folder = tempfile::tempdir().unwrap();
    let (data, mut chance) = (folder.path().join("data"), Rng::with_seed(SEED));
    let store = open(&[("DATA_DIR", data.to_str().unwrap())]);
    let (mut said, mut gone) = (vec![], vec![]);
    for number in 0..2_000 {
        let (name, is_hers) = (format!("{:032x}", chance.u128(..)), number % 50 == 0);
        let words = (0..chance.usize(2..40)).map(|_| format!("w{}", chance.u16(..900)));
        let hers = is_hers.then(|| HER_WORDS[number % 3].to_owned());
        let words = words.chain(hers.clone()).collect::<Vec<_>>().join(" ");
        let token = hers.map_or_else(|| format!("t{}", number % 70), |_| HER_TOKEN.to_owned());
        let fields = Fields::of(&json!({ "said": words, "tokens": [token, "all"] }));
        said.push(Write::Create(at("found", &name), fields));
        if is_hers {
            let elsewhere = Fields::of(&json!({ "said": "nothing", "tokens": ["none"] }));
            gone.push(match number % 100 {
                0 => Write::Delete(at("found", &name), None),
                _ => Write::keep(at("found", &name), elsewhere),
            });
        }
    }
    store.each(said).await.unwrap();
    for word in HER_WORDS.into_iter().chain([HER_TOKEN]) {
        assert!(is_in_a_file(&data, word.as_bytes()), "{word}");
    }
    store.each(gone).await.unwrap();
    assert_eq!(store.purge().await.unwrap(), None);
    for word in HER_WORDS.into_iter().chain([HER_TOKEN]) {
        assert!(!is_in_a_file(&data, word.as_bytes()), "{word}");
    }
}

/// Stores documents of many people that grow at different times, and returns the names of hers.
async fn fill(store: &Documents, chance: &mut Rng) -> Vec<String> {
    let (mut names, mut hers, mut writes) = (Vec::<String>::new(), vec![], vec![]);
    for number in 0..3_000 {
        let name = format!("{:032x}", chance.u128(..));
        let is_hers = number % 40 == 0;
        let whose = if is_hers { "ELM STREET" } else { "somewhere else" };
        let body = format!("{whose} {}", "x".repeat(chance.usize(20..900)));
        let fields = Fields::of(&json!({ "place": format!("{whose}/{number}"), "body": body }));
        writes.push(Write::Create(at("things", &name), fields));
        names.push(name.clone());
        if is_hers {
            hers.push(name);
        }
        if number % 3 == 0 {
            let more = format!("more{}", "y".repeat(chance.usize(1..600)));
            let grown = &names[chance.usize(..names.len())];
            writes.push(Write::keep(at("things", grown), Fields::of(&json!({ "more": more }))));
        }
        if number % 7 == 0 {
            let other = &names[chance.usize(..names.len())];
            writes
                .extend((!hers.contains(other)).then(|| Write::Delete(at("things", other), None)));
        }
    }
    store.each(writes).await.unwrap();
    hers
}

fn is_in_a_file(data: &Path, what: &[u8]) -> bool {
    fs::read_dir(data).unwrap().any(|file| {
        let bytes = fs::read(file.unwrap().path()).unwrap();
        bytes.windows(what.len()).any(|window| window == what)
    })
}
