//! Recorded conversations played to another page or model: `textback rehearse`.

use std::fs;
use std::path::Path;

use product::{ANN, Product};
use reqwest::Method;
use serde_json::{Value, json};

const OFFLINE: [(&str, &str); 2] = [("OPENAI_API_KEY", ""), ("OPENAI_BASE_URL", "")];

/// What the model does in the recorded conversation, and again.
fn script(product: &Product) {
    let openai = &product.openai;
    openai.calls("record", r#"{"field":"task","value":"fix the tap"}"#);
    openai.says("Which day suits you?");
    openai.calls("record", r#"{"field":"day","value":"2030-11-28"}"#);
    openai.says("Thank you. Where is it?");
}

/// A conversation of two turns, recorded.
async fn recorded(settings: &[(&str, &str)]) -> Product {
    let mut product = Product::start_with(&["twilio"], settings).await;
    script(&product);
    product.text(ANN, "My tap drips").await;
    product.settled().await;
    product.text(ANN, "Thursday, and call me at (202) 555-0143 or 617 555 2368").await;
    product.settled().await;
    product
}

/// A page that collects these fields, and expects this.
fn page(product: &Product, fields: &str, expect: &str) -> String {
    let path = product.folder().parent().unwrap().join("new.md");
    let fields = fields.split(' ').map(|name| {
        let kind = if name == "day" { "date" } else { "text" };
        format!("  - name: {name}\n    description: what it is\n    type: {kind}\n")
    });
    let fields: String = fields.collect();
    let page = format!("---\nname: Elm\nfields:\n{fields}expect:\n{expect}\n---\nBe kind.\n");
    fs::write(&path, page).unwrap();
    path.to_str().unwrap().to_owned()
}

/// What is in each collection of the store.
fn documents(product: &Product) -> Vec<(String, i64)> {
    let database = product.database();
    let tables = ["attempts", "conversations", "heads", "texts", "traces", "notices", "effects"];
    let count = |table: &str| {
        let rows = format!("SELECT count(*), sum(version) FROM {table}");
        database.query_row(&rows, [], |row| row.get(0)).unwrap()
    };
    tables.iter().map(|table| ((*table).to_owned(), count(table))).collect()
}

#[tokio::test]
async fn the_same_page_and_model_do_not_differ_and_nothing_is_sent_or_stored() {
    let mut product = recorded(&[]).await;
    let (sent, stored) = (product.companies.twilio.messages().len(), documents(&product));
    script(&product);
    let ran = product.run(&["rehearse", "--last", "5"], "").await;
    assert_eq!(ran.code, Some(0), "{ran:?}");
    assert_eq!(ran.printed[1], "Conversations that differ: 0 of 1.", "{ran:?}");
    assert_eq!(product.companies.twilio.messages().len(), sent);
    assert_eq!(documents(&product), stored);
}

#[tokio::test]
async fn a_page_that_forgets_a_field_is_a_loss_that_it_may_forbid() {
    let mut product = recorded(&[]).await;
    let folder = product.folder().to_str().unwrap().to_owned();
    for (expect, code) in [("  fields: 50 %", 0), ("  fields: 100 %", 1)] {
        script(&product);
        let page = page(&product, "task name", expect);
        let ran = product.run(&["rehearse", "--page", &page, "--from", &folder], "").await;
        assert_eq!(ran.code, Some(code), "{ran:?}");
        assert!(ran.printed.iter().any(|it| it.contains("day") && it.contains("2030-11-28")));
        let lost = "Lost, fields: 1 of 2 fields are recorded again, and the page expects 100 %.";
        assert_eq!(ran.printed.iter().any(|it| it == lost), code == 1, "{ran:?}");
    }
}

#[tokio::test]
async fn a_conversation_saved_in_the_console_names_no_number_and_is_played_without_any_account() {
    let mut product = recorded(&[]).await;
    let id = product::between("twilio", ANN);
    let saved = product.known(Method::GET, &format!("/console/inbox/{id}/tests/1"));
    let saved = saved.send().await.unwrap();
    assert_eq!(
        saved.headers()["content-disposition"],
        "attachment; filename=\"conversation-1.json\""
    );
    let saved = saved.text().await.unwrap();
    assert!(!saved.contains("0143") && !saved.contains("2368"), "{saved}");
    assert!(saved.contains("call me at +12025550100 or +12025550101"), "{saved}");
    assert!(saved.contains("2030-11-28"), "{saved}");

    let file = product.folder().parent().unwrap().join("saved.json");
    fs::write(&file, saved).unwrap();
    let file = file.to_str().unwrap();
    script(&product);
    let ran = product.run(&["rehearse", file, "--words"], "").await;
    assert_eq!(ran.code, Some(0), "{ran:?}");
    assert!(ran.printed.contains(&"  no difference".to_owned()), "{ran:?}");

    let (mut offline, asked) =
        (Product::start_with(&["mock"], &OFFLINE).await, product.openai.requests().len());
    let ran = offline.run(&["rehearse", file], "").await;
    assert_eq!(ran.code, Some(0), "{ran:?}");
    assert!(ran.printed.iter().any(|it| it == "Conversations that differ: 1 of 1."), "{ran:?}");
    assert_eq!(product.openai.requests().len(), asked);
}

#[tokio::test]
async fn a_call_of_a_tool_that_there_is_not_is_a_difference() {
    let mut product = recorded(&[]).await;
    product.openai.calls("order_parts", "{}");
    product.openai.says("Which day suits you?");
    product.openai.says("Thank you. Where is it?");
    let ran = product.run(&["rehearse", "--json"], "").await;
    assert_eq!(ran.code, Some(0), "{ran:?}");
    let said: Value = serde_json::from_str(&ran.printed.join("\n")).unwrap();
    let differences = said["conversations"][0]["differences"].as_array().unwrap();
    let unknown = json!({ "what": "unknown calls", "then": "-", "now": "order_parts" });
    assert!(differences.contains(&unknown), "{said:#}");
}

#[tokio::test]
async fn words_go_to_another_model_only_if_the_owner_says_so() {
    let mut product = recorded(&[]).await;
    let asked = product.openai.requests().len();
    let ran = product.run(&["rehearse", "--model", "gpt-5"], "").await;
    assert_eq!((ran.code, product.openai.requests().len()), (Some(2), asked), "{ran:?}");
    assert!(ran.said.iter().any(|it| it.contains("add --send-words")), "{ran:?}");

    script(&product);
    let ran = product.run(&["rehearse", "--model", "gpt-5", "--send-words"], "").await;
    assert_eq!(ran.code, Some(0), "{ran:?}");
    assert!(product.openai.requests()[asked..].iter().all(|it| it["model"] == "gpt-5"));
}

#[tokio::test]
async fn it_says_what_it_costs_and_ends_at_the_cap() {
    let mut product = recorded(&[]).await;
    let path = product.folder().parent().unwrap().join("dear.toml");
    let row =
        r#""gpt-4.1-mini" = { input = 22, output = 22, source = "a bill", date = "2026-11-30" }"#;
    fs::write(&path, format!("[models]\n{row}\n")).unwrap();
    let path = path.to_str().unwrap().to_owned();
    let caps = [("CAP_TURN", "0.10".to_owned()), ("CAP_OWNER_DAY", "0.10".to_owned())];
    product
        .settings
        .extend([("PRICES_FILE", path)].into_iter().chain(caps).map(|(n, v)| (n.into(), v)));
    script(&product);
    let mut asked = product.openai.requests().len();
    for (left, asks) in [("0.10", true), ("0.0", false)] {
        let ran = product.run(&["rehearse"], "").await;
        assert_eq!(ran.code, Some(2), "{ran:?}");
        let said = ran.said.join("\n");
        assert!(said.contains("That costs about 0."), "{said}");
        assert!(said.contains(&format!("CAP_OWNER_DAY leaves {left}")), "{said}");
        assert!(said.contains("the cap CAP_OWNER_DAY is reached"), "{said}");
        assert_eq!(product.openai.requests().len() > asked, asks);
        asked = product.openai.requests().len();
    }
}

#[tokio::test]
async fn a_file_that_is_something_else_says_so() {
    let mut product = Product::start_with(&["mock"], &OFFLINE).await;
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("Cargo.toml");
    let ran = product.run(&["rehearse", file.to_str().unwrap()], "").await;
    assert_eq!(ran.code, Some(2), "{ran:?}");
    let known = "this is no conversation that the console saved as a test";
    assert!(ran.said.iter().any(|it| it.contains(known)), "{ran:?}");
}
