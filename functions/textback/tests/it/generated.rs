//! Files that are generated from the functions' and providers' descriptions. `UPDATE=1 cargo test
//! -p textback --test it generated` writes them.

use std::collections::{BTreeMap, BTreeSet};
use std::env;
use std::fs;

use providers::{ENTRIES, Entry, Setting};
use serde_json::{Value, json};
use settings::Names;

use crate::settings::{FUNCTIONS, is_secret, workspace};

/// What `infra` has to know: which function reads which setting, what a smoke test reads, which
/// settings are secrets, and the addresses to paste.
#[test]
fn terraform_knows_the_settings_and_the_addresses() {
    let parameters: BTreeMap<_, _> =
        FUNCTIONS.iter().map(|(function, names)| (*function, host::parameters(names))).collect();
    let smoke: &[Names] = &[&["CONSOLE_PASSWORD", "PUBLIC_URL"], providers::SIGNING];
    let all: BTreeSet<_> = parameters.values().flatten().copied().collect();
    let secrets: Vec<_> = all.into_iter().filter(|name| is_kept_secret(name)).collect();
    let outputs: BTreeMap<_, _> = companies().map(|entry| (entry.name, to_paste(entry))).collect();
    let file = json!({
        "//": "Written by UPDATE=1 cargo test -p textback --test it generated",
        "locals": {
            "parameters": parameters,
            "smoke": host::parameters(smoke),
            "secrets": secrets,
        },
        "output": outputs,
    });
    check("infra/settings.tf.json", &format!("{file:#}\n"));
}

#[test]
fn the_documentation_lists_every_provider_and_every_setting() {
    let mut table = String::new();
    for entry in ENTRIES {
        table += &format!("\n### {}\n\n| setting | meaning |\n|---|---|\n", entry.company);
        for Setting { name, meaning, is_secret, .. } in entry.settings {
            let secret = if *is_secret { " A secret." } else { "" };
            table += &format!("| `{name}` | {meaning}.{secret} |\n");
        }
    }
    table.push('\n');
    let path = "docs/settings.md";
    let page = fs::read_to_string(workspace().join(path)).unwrap();
    let page = marked(&page, "providers", &format!("\n{table}"));
    let order: Vec<_> = ENTRIES.iter().map(|entry| entry.name).collect();
    let page = marked(&page, "order", &format!("`{}`", order.join(",")));
    check(path, &page);
    for name in FUNCTIONS.iter().flat_map(|(_, names)| host::parameters(names)) {
        assert!(page.contains(&format!("`{name}`")), "{name}");
    }
}

#[test]
fn a_providers_secrets_are_named_as_secrets() {
    for setting in ENTRIES.iter().flat_map(|entry| entry.settings) {
        // Half of a key, which is visible in every signed request.
        let is_known = setting.name == "AWS_ACCESS_KEY_ID";
        assert_eq!(setting.is_secret || is_known, is_secret(setting.name), "{}", setting.name);
    }
}

fn is_kept_secret(name: &str) -> bool {
    let mut settings = ENTRIES.iter().flat_map(|entry| entry.settings);
    settings.find(|it| it.name == name).map_or(is_secret(name), |setting| setting.is_secret)
}

fn companies() -> impl Iterator<Item = &'static Entry> {
    ENTRIES.iter().filter(|entry| !entry.is_pretended())
}

fn to_paste(entry: &Entry) -> Value {
    json!({
        "description": format!("What to paste into {}'s console, line by line.", entry.company),
        "value": entry.steps("${local.public_url}").join("\n") + "\n",
    })
}

/// The page with this between the two marks of that name.
fn marked(page: &str, name: &str, text: &str) -> String {
    let (mark, end) = (format!("<!-- {name} -->"), format!("<!-- /{name} -->"));
    let (before, rest) = page.split_once(&mark).unwrap();
    let (_, after) = rest.split_once(&end).unwrap();
    format!("{before}{mark}{text}{end}{after}")
}

/// Compares a file with its expected contents, or writes them.
fn check(path: &str, wanted: &str) {
    let file = workspace().join(path);
    if env::var_os("UPDATE").is_some() {
        fs::write(&file, wanted).unwrap();
    }
    let held = fs::read_to_string(file).unwrap_or_default();
    let update = "UPDATE=1 cargo test -p textback --test it generated";
    assert!(held == wanted, "{path} is stale: {update}");
}
