//! Files of words, wherever there are some: one for each language, and all say as much.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on says so by panicking")]

use std::fs;
use std::path::{Path, PathBuf};

use localization::Language;
use toml::{Table, Value};

#[test]
fn every_language_says_as_much_as_the_others_and_fills_in_the_same() {
    let folders = folders();
    assert!(folders.len() > 1, "{folders:?}");
    for folder in folders {
        let file = |code: &str| fs::read_to_string(folder.join(format!("{code}.toml"))).unwrap();
        let shape = |code| shape(&Value::Table(file(code).parse::<Table>().unwrap()));
        for language in Language::ALL {
            assert_eq!(
                shape(language.code()),
                shape("en"),
                "{} {}",
                folder.display(),
                language.code()
            );
        }
        assert_eq!(
            fs::read_dir(&folder).unwrap().count(),
            Language::ALL.len(),
            "{}",
            folder.display()
        );
    }
}

/// The folders of words of all functions.
fn folders() -> Vec<PathBuf> {
    let functions = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../functions");
    let words = fs::read_dir(functions).unwrap().map(|it| it.unwrap().path().join("words"));
    words.filter(|words| words.is_dir()).collect()
}

/// The keys of a file, with the placeholders below each. Those in capitals are keywords that people text,
/// which appear under the same keys in every language, but not always equally often.
fn shape(value: &Value) -> Vec<String> {
    match value {
        Value::String(words) => {
            let names = words.split('{').skip(1).filter_map(|rest| rest.split_once('}'));
            let mut names: Vec<_> = names.map(|(name, _)| name.to_owned()).collect();
            names.sort();
            names.dedup_by(|one, other| {
                one == other && one.bytes().all(|it| it.is_ascii_uppercase())
            });
            names
        }
        Value::Array(items) => {
            let items = items.iter().enumerate();
            items.map(|(index, item)| format!("{index}: {:?}", shape(item))).collect()
        }
        Value::Table(table) => {
            table.iter().map(|(key, value)| format!("{key}: {:?}", shape(value))).collect()
        }
        _ => Vec::new(),
    }
}
