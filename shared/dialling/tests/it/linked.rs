use std::collections::BTreeSet;
use std::process::Command;

/// Its data and patterns would slow down the start of every function that does not need them.
#[test]
fn is_linked_where_people_type_and_nowhere_else() {
    let tree = Command::new(env!("CARGO"))
        .args(["tree", "--offline", "--locked", "--workspace", "--edges", "normal"])
        .args(["--prefix", "none", "--format", "{p}", "--invert", "rlibphonenumber"])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .unwrap();
    assert!(tree.status.success(), "{}", String::from_utf8_lossy(&tree.stderr));
    let tree = String::from_utf8(tree.stdout).unwrap();
    let linking: BTreeSet<_> = tree.lines().filter_map(|line| line.split(' ').next()).collect();
    assert_eq!(
        linking,
        BTreeSet::from(["dialling", "fuzz", "rlibphonenumber", "site", "textback"])
    );
}
