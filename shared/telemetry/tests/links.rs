//! The links of the documents: each local one leads somewhere.

#![expect(clippy::unwrap_used, reason = "a test ends where an assumption does")]

use std::collections::HashMap;
use std::fs;
use std::path::{Component, Path, PathBuf};

/// Folders without files of ours.
const FOREIGN: [&str; 3] = [".git", "node_modules", "target"];

/// Pages that a forge serves beside the files, relative to the top of the repository.
const OF_THE_FORGE: [&str; 1] = ["../../actions/"];

#[test]
fn every_link_leads_somewhere() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().unwrap();
    let mut documents = HashMap::new();
    read(&root, &mut documents);
    assert!(documents.contains_key(&root.join("README.md")));
    assert_eq!(broken(&root, &documents), Vec::<String>::new());
}

#[test]
fn a_broken_link_is_found() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).canonicalize().unwrap();
    let page = "# A page, with `code` & more\n\n\
                [here](#a-page-with-code--more) [it](Cargo.toml) [src](src) [far](https://a.example)\n\n\
                ## Twice\n\n## Twice\n\n[second](other.md#twice-1) ![no image](none.png)\n\n\
                [no file](missing.md) [no anchor](other.md#thrice) [out](../../../out.md)\n\n\
                ```text\n[not a link](nowhere.md)\n# not a heading\n```\n\n\
                `[nor this](nowhere.md)` [nor its heading](#not-a-heading)\n\n[long\nname](gone.md)\n";
    let documents =
        HashMap::from(["page.md", "other.md"].map(|name| (root.join(name), page.to_owned())));
    let mut found = broken(&root, &documents);
    found.retain(|line| line.starts_with("page.md"));
    found.sort();
    let links = ["#not-a-heading", "../../../out.md", "gone.md", "missing.md", "none.png"];
    let mut expected: Vec<_> = links.map(|link| format!("page.md: {link}")).to_vec();
    expected.push("page.md: other.md#thrice".into());
    expected.sort();
    assert_eq!(found, expected);
}

/// Reads every document below a folder.
fn read(folder: &Path, documents: &mut HashMap<PathBuf, String>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy();
        if path.is_dir() && !path.is_symlink() {
            if !FOREIGN.iter().any(|foreign| name.starts_with(foreign) && name != ".github") {
                read(&path, documents);
            }
        } else if path.extension().is_some_and(|extension| extension == "md") {
            documents.insert(path.clone(), fs::read_to_string(&path).unwrap());
        }
    }
}

/// The links that lead nowhere, each after its document.
fn broken(root: &Path, documents: &HashMap<PathBuf, String>) -> Vec<String> {
    let mut broken = Vec::new();
    for (document, text) in documents {
        let name = document.strip_prefix(root).unwrap().display();
        for link in links(&prose(text)) {
            if !leads_somewhere(root, document, &link, documents) {
                broken.push(format!("{name}: {link}"));
            }
        }
    }
    broken
}

fn leads_somewhere(
    root: &Path,
    document: &Path,
    link: &str,
    documents: &HashMap<PathBuf, String>,
) -> bool {
    if link.contains("://") || link.starts_with("mailto:") {
        return true;
    }
    let folder = document.parent().unwrap();
    if folder == root && OF_THE_FORGE.iter().any(|forge| link.starts_with(forge)) {
        return true;
    }
    let (path, anchor) = link.split_once('#').unwrap_or((link, ""));
    let target = if path.is_empty() { document.to_owned() } else { plain(&folder.join(path)) };
    let there = target.starts_with(root) && (documents.contains_key(&target) || target.exists());
    let anchored =
        || documents.get(&target).is_some_and(|text| anchors(text).contains(&anchor.into()));
    there && (anchor.is_empty() || anchored())
}

/// A document without its code.
fn prose(text: &str) -> String {
    let mut fenced = false;
    let mut prose = String::new();
    for line in text.lines() {
        let fence = line.trim_start().starts_with("```");
        fenced ^= fence;
        if !fence && !fenced {
            prose.extend(line.split('`').step_by(2));
        }
        prose.push('\n');
    }
    prose
}

/// The target of `[…](…)`.
fn links(prose: &str) -> Vec<String> {
    let behind = prose.split("](").skip(1);
    let target = behind.filter_map(|rest| rest.split_once(')')).map(|(target, _)| target);
    target.filter_map(|target| target.split_whitespace().next()).map(str::to_owned).collect()
}

/// The anchors of a document's headings, as forges make them: lower case, dashes for spaces, no
/// punctuation, and a number after each repetition.
fn anchors(text: &str) -> Vec<String> {
    let mut fenced = false;
    let mut seen = HashMap::new();
    let mut anchors = Vec::new();
    for line in text.lines() {
        fenced ^= line.trim_start().starts_with("```");
        let heading = line.trim_start_matches('#');
        if fenced || heading.len() == line.len() || !heading.starts_with(' ') {
            continue;
        }
        let kept = heading.trim().chars().filter(|c| c.is_alphanumeric() || " -_".contains(*c));
        let name: String = kept.map(|c| if c == ' ' { '-' } else { c }).collect();
        let name = name.to_lowercase();
        let times = seen.entry(name.clone()).or_insert(0);
        anchors.push(if *times == 0 { name } else { format!("{name}-{times}") });
        *times += 1;
    }
    anchors
}

/// A path without `.` and `..`.
fn plain(path: &Path) -> PathBuf {
    let mut plain = PathBuf::new();
    for part in path.components() {
        match part {
            Component::ParentDir => drop(plain.pop()),
            Component::CurDir => {}
            part => plain.push(part),
        }
    }
    plain
}
