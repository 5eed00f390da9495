//! What the owner pastes into the forms that register a number.

use std::fs;

use product::{Process, Settings};
use tempfile::TempDir;

const BUSINESS: &str = r#"name = "Oakwood Heating"
does = "Heating and plumbing in Sangamon County."
about = "your repair and appointment"
address = { street = "1200 North Oak Street", city = "Springfield", region = "IL", postal_code = "62701" }
email = "office@oakwood.test"
phone = "+12025550120"
number = "+12025550100"
keyword = "OAKWOOD"
"#;

const AGENT: &str = r#"---
name: Oakwood Heating
texts:
  first: "Oakwood Heating: This is our AI assistant. Msg & data rates may apply. Reply HELP for help, STOP to opt out."
  help: "Oakwood Heating: Call (202) 555-0120. Msg & data rates may apply. Reply STOP to opt out."
---
You take in repairs.
"#;

#[tokio::test]
async fn a_business_that_is_ready_gets_forms_to_paste() {
    let (code, printed, said) = register("https://text.oakwood.test", BUSINESS).await;
    assert_eq!((code, said.as_slice()), (Some(0), &[][..]));
    for line in [
        "== A2P 10DLC brand",
        "Legal business name: Oakwood Heating",
        "== A2P 10DLC campaign",
        "Opt-in keywords: OAKWOOD",
        "== Toll-free verification",
        "Terms and conditions URL: https://text.oakwood.test/terms",
        "✓ Nothing that is known to be rejected. Reviewers may still ask.",
    ] {
        assert!(printed.iter().any(|printed| printed == line), "{line}: {printed:#?}");
    }
}

#[tokio::test]
async fn a_reason_for_rejection_fails_and_says_what_to_do() {
    let (code, printed, said) = register("http://localhost:5000", BUSINESS).await;
    assert_eq!((code, said), (Some(1), vec!["error: 1 thing would be rejected".into()]));
    let found = printed.iter().position(|line| line.starts_with("✗ 30891: ")).unwrap();
    assert!(printed[found + 1].starts_with("  fix: set PUBLIC_URL"), "{printed:#?}");
}

#[tokio::test]
async fn facts_that_cannot_be_used_are_named_all_at_once() {
    let wrong = BUSINESS.replace("+12025550100", "2025550100").replace("OAKWOOD", "stop");
    let (code, printed, said) = register("https://text.oakwood.test", &wrong).await;
    assert_eq!((code, printed.len()), (Some(1), 0));
    assert!(said[0].starts_with("error: BUSINESS_FILE cannot be used: "), "{said:?}");
    assert!(said[0].ends_with("business.toml:7: number: write it as +12025550143"), "{said:?}");
    assert!(said[1].contains("business.toml:8: keyword: is reserved"), "{said:?}");
}

/// The exit code, the output and the errors.
async fn register(url: &str, business: &str) -> (Option<i32>, Vec<String>, Vec<String>) {
    let folder = TempDir::new().unwrap();
    let file = |name: &str, text: &str| {
        let path = folder.path().join(name);
        fs::write(&path, text).unwrap();
        path.to_str().unwrap().to_owned()
    };
    let settings: Settings = [
        ("BUSINESS_FILE", file("business.toml", business)),
        ("AGENT_FILE", file("agent.md", AGENT)),
        ("PUBLIC_URL", url.to_owned()),
    ]
    .map(|(name, value)| (name.to_owned(), value))
    .into();
    let mut process = Process::start(&["register"], &settings, "");
    (process.end().await, process.printed(), process.logged())
}
