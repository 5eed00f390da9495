//! The settings of each function. Its role at AWS may read their parameters and no others.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use providers::{ENTRIES, Entry, Role};
use settings::Names;

pub(crate) const FUNCTIONS: [(&str, &[Names]); 6] = [
    ("console", console::SETTINGS),
    ("inbound", inbound::SETTINGS),
    ("receipts", receipts::SETTINGS),
    ("site", site::SETTINGS),
    ("sweep", sweep::SETTINGS),
    ("turn", turn::SETTINGS),
];

#[test]
fn every_function_is_known_by_its_settings() {
    let named = FUNCTIONS.map(|(function, _)| workspace().join("functions").join(function));
    let mut folders = crates("functions");
    folders.retain(|folder| !folder.ends_with("textback"));
    assert_eq!(folders, BTreeSet::from(named));
}

/// Anybody who breaks into a function has its secrets, so it gets only those it works with. Each
/// provider says which of its own those are. The tests of `turn` give each function only what it
/// lists, and everything works.
#[test]
fn a_function_may_read_the_secrets_that_it_uses_and_no_others() {
    const OF_THE_CONSOLE: Names = &["CONSOLE_PASSWORD", "CONSOLE_USERS"];
    const STORE: [&str; 2] = ["GOOGLE_APPLICATION_CREDENTIALS", "NAME_KEY"];
    for (function, names) in FUNCTIONS {
        let (own, role) = match function {
            "console" => (OF_THE_CONSOLE, Role::Describing),
            "inbound" | "receipts" => (OF_THE_CONSOLE, Role::Receiving),
            "sweep" => (&[][..], Role::Polling),
            "turn" => (&["OPENAI_API_KEY", "RESULT_WEBHOOK_SECRET"][..], Role::Sending),
            _ => (&[][..], Role::Describing),
        };
        // A setting that no poll needs is given to no function that only polls.
        let asks = |entry: &&Entry| role != Role::Polling || entry.is_asked;
        let of_providers = ENTRIES.iter().filter(asks).flat_map(|entry| entry.names(role));
        let used = own.iter().copied().chain(STORE).chain(of_providers);
        let used: BTreeSet<_> = used.filter(|name| is_secret(name)).collect();
        let mut read = host::parameters(names);
        read.retain(|name| is_secret(name));
        let used: Vec<_> = used.into_iter().filter(|name| !name.starts_with("AWS_")).collect();
        assert_eq!(read, used, "{function}");
    }
    let of_the_site = host::parameters(site::SETTINGS);
    assert!(!of_the_site.iter().any(|name| is_secret(name) && !STORE.contains(name)));
    let told = ENTRIES.iter().flat_map(|entry| entry.settings);
    assert!(!told.into_iter().any(|it| it.is_secret && it.is_read_by(Role::Describing)));
}

/// A setting that is not listed where it is read has no value on Lambda, whatever the environment
/// says.
#[test]
fn whatever_a_crate_reads_it_lists() {
    let mut found = 0;
    for folder in crates("shared").union(&crates("functions")) {
        // The first knows older names, the other reads the settings of all others.
        if ["shared/settings", "functions/textback"].iter().any(|it| folder.ends_with(it)) {
            continue;
        }
        let sources: Vec<_> =
            sources(&folder.join("src")).iter().map(|path| production(path)).collect();
        let mut listed: BTreeSet<_> = sources
            .iter()
            .flat_map(|source| source.split("Names =").skip(1))
            .flat_map(|list| names(list.split(']').next().unwrap()))
            .collect();
        // A provider lists its own settings in its description.
        if folder.ends_with("shared/providers") {
            listed.extend(providers::SETTINGS);
        }
        found += listed.len();
        // It is passed to everything that needs it.
        listed.insert("PUBLIC_URL");
        for name in sources.iter().flat_map(|source| names(source)) {
            assert!(listed.contains(name), "{} reads {name}", folder.display());
        }
    }
    assert!(found > 40, "it found {found} names only");
}

/// Whether a name is that of a secret.
pub(crate) fn is_secret(name: &str) -> bool {
    let words = ["CREDENTIALS", "KEY", "PASSWORD", "SECRET", "TOKEN", "CONSOLE_USERS"];
    words.iter().any(|word| name.contains(word))
}

/// The quoted strings that look like names of settings.
fn names(source: &str) -> impl Iterator<Item = &str> {
    source.split('"').filter(|word| {
        let letters = |byte: u8| byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b'_';
        word.contains('_') && !word.starts_with('_') && word.bytes().all(letters)
    })
}

/// A source file without its tests.
fn production(path: &Path) -> String {
    let source = fs::read_to_string(path).unwrap();
    let source = source.split("#[cfg(test)]").next().unwrap();
    if path.components().any(|part| part.as_os_str() == "aws") {
        // Amazon writes its own constants in the same way. Settings begin with their owner.
        return names(source).filter(|name| name.starts_with("AWS_")).map(quoted).collect();
    }
    // Values that are known at build time are not settings.
    source.lines().filter(|line| !line.contains("env!(")).map(|line| format!("{line}\n")).collect()
}

fn quoted(name: &str) -> String {
    format!("\"{name}\" ")
}

fn sources(folder: &Path) -> Vec<PathBuf> {
    let mut paths: Vec<_> =
        fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    // Other companies' codes are written like settings, in files beside the one that reads these.
    let modules: Vec<_> = paths.iter().map(|path| path.join("mod.rs")).collect();
    paths.extend(modules.into_iter().filter(|path| path.is_file()));
    paths.retain(|path| path.extension().is_some_and(|extension| extension == "rs"));
    // It mentions settings that others read.
    paths.retain(|path| !path.ends_with("host/src/parameters.rs"));
    paths
}

fn crates(parent: &str) -> BTreeSet<PathBuf> {
    let entries = fs::read_dir(workspace().join(parent)).unwrap();
    let folders = entries.map(|entry| entry.unwrap().path());
    folders.filter(|folder| folder.join("Cargo.toml").is_file()).collect()
}

pub(crate) fn workspace() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().unwrap()
}
