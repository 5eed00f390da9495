//! Which settings each function reads. Its role at AWS may read their parameters and no others.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use settings::Names;

const FUNCTIONS: [(&str, &[Names]); 6] = [
    ("console", console::SETTINGS),
    ("inbound", inbound::SETTINGS),
    ("receipts", receipts::SETTINGS),
    ("site", site::SETTINGS),
    ("sweep", sweep::SETTINGS),
    ("turn", turn::SETTINGS),
];

#[test]
fn a_role_may_read_what_its_function_asks_for() {
    let file = fs::read_to_string(workspace().join("infra/parameters.json")).unwrap();
    let listed: BTreeMap<String, Vec<String>> = serde_json::from_str(&file).unwrap();
    for (function, names) in FUNCTIONS {
        assert_eq!(listed[function], host::parameters(names), "{function}");
    }
    let named = FUNCTIONS.map(|(function, _)| workspace().join("functions").join(function));
    let mut folders = crates("functions");
    folders.retain(|folder| !folder.ends_with("textback"));
    assert_eq!(folders, BTreeSet::from(named));
}

/// Whoever gets into a function has its secrets: no more than it works with. The tests of `turn` give
/// each function what it lists, and all of it works.
#[test]
fn a_function_may_read_the_secrets_that_it_uses_and_no_others() {
    const CALLED: &str = "CONSOLE_PASSWORD GOOGLE_APPLICATION_CREDENTIALS MC_WEBHOOK_TOKEN NAME_KEY \
        PLIVO_AUTH_TOKEN PLIVO_WEBHOOK_TOKEN TWILIO_AUTH_TOKEN TWILIO_AUTH_TOKEN_NEXT \
        TWILIO_SHARED_KEY VONAGE_SIGNATURE_SECRET";
    for (function, names) in FUNCTIONS {
        let used = match function {
            "console" => "CONSOLE_PASSWORD GOOGLE_APPLICATION_CREDENTIALS NAME_KEY",
            "inbound" | "receipts" => CALLED,
            "sweep" => {
                "GOOGLE_APPLICATION_CREDENTIALS MC_PASSWORD MC_PASSWORD_BASE64 NAME_KEY \
                 PLIVO_AUTH_TOKEN TWILIO_AUTH_TOKEN"
            }
            "turn" => {
                "GOOGLE_APPLICATION_CREDENTIALS MC_PASSWORD MC_PASSWORD_BASE64 NAME_KEY \
                 OPENAI_API_KEY PLIVO_AUTH_TOKEN PLIVO_WEBHOOK_TOKEN RESULT_WEBHOOK_SECRET TWILIO_AUTH_TOKEN \
                 VONAGE_PRIVATE_KEY"
            }
            _ => "GOOGLE_APPLICATION_CREDENTIALS NAME_KEY",
        };
        let mut read = host::parameters(names);
        read.retain(|name| is_secret(name));
        assert_eq!(read.join(" "), used, "{function}");
    }
}

/// What is not listed where it is read has no value on Lambda, whatever the environment says.
#[test]
fn whatever_a_crate_reads_it_lists() {
    let mut found = 0;
    for folder in crates("shared").union(&crates("functions")) {
        // The first knows older names, the other reads what all others do.
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
        found += listed.len();
        // It is handed to all who need it.
        listed.insert("PUBLIC_URL");
        for name in sources.iter().flat_map(|source| names(source)) {
            assert!(listed.contains(name), "{} reads {name}", folder.display());
        }
    }
    assert!(found > 40, "it found {found} names only");
}

fn is_secret(name: &str) -> bool {
    let words = ["CREDENTIALS", "KEY", "PASSWORD", "SECRET", "TOKEN"];
    words.iter().any(|word| name.contains(word))
}

/// What stands in quotes and looks like the name of a setting.
fn names(source: &str) -> impl Iterator<Item = &str> {
    source.split('"').filter(|word| {
        let letters = |byte: u8| byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b'_';
        word.contains('_') && word.bytes().all(letters)
    })
}

/// A source file without its tests.
fn production(path: &Path) -> String {
    let source = fs::read_to_string(path).unwrap();
    let source = source.split("#[cfg(test)]").next().unwrap();
    if path.ends_with("sms/src/aws.rs") {
        // Amazon writes its own words in the same way. Settings have their owner in front.
        return names(source).filter(|name| name.starts_with("AWS_")).map(quoted).collect();
    }
    // What is known when it is built is no setting.
    source.lines().filter(|line| !line.contains("env!(")).map(|line| format!("{line}\n")).collect()
}

fn quoted(name: &str) -> String {
    format!("\"{name}\" ")
}

fn sources(folder: &Path) -> Vec<PathBuf> {
    let mut paths: Vec<_> =
        fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.retain(|path| path.extension().is_some_and(|extension| extension == "rs"));
    // Speaks of settings that others read.
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
