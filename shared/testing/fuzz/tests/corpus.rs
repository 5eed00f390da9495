//! The stored inputs of each target: typical calls and texts, and what `cargo fuzz` has found.

#![expect(clippy::unwrap_used, reason = "a file that cannot be read fails the test")]

use std::collections::BTreeSet;
use std::fs;
use std::panic::catch_unwind;
use std::path::{Path, PathBuf};

use fuzz::TARGETS;

#[test]
fn every_target_holds_for_each_file_in_its_corpus() {
    let mut failed = Vec::new();
    for (name, target) in TARGETS {
        let files = listed(&folder("corpus").join(name));
        assert!(!files.is_empty(), "{name} has no corpus");
        for file in files {
            let data = fs::read(&file).unwrap();
            if catch_unwind(|| target(&data)).is_err() {
                failed.push(file);
            }
        }
    }
    assert!(failed.is_empty(), "these fail: {failed:#?}");
}

#[test]
fn cargo_fuzz_runs_all_targets() {
    let names = |folder: PathBuf| {
        let files = listed(&folder).into_iter();
        files
            .map(|file| file.file_stem().unwrap().to_str().unwrap().to_owned())
            .collect::<BTreeSet<_>>()
    };
    let targets: BTreeSet<_> = TARGETS.iter().map(|(name, _)| (*name).to_owned()).collect();
    assert_eq!(names(folder("libfuzzer/src/bin")), targets);
    assert_eq!(names(folder("corpus")), targets);
}

fn folder(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(name)
}

fn listed(folder: &Path) -> Vec<PathBuf> {
    let Ok(entries) = fs::read_dir(folder) else { return vec![] };
    let mut files: Vec<_> = entries.map(|entry| entry.unwrap().path()).collect();
    files.sort();
    files
}
