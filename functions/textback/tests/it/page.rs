//! The agent's page is changed while the program serves.

use std::fs;
use std::path::PathBuf;

use product::{ANN, Product, between, until};
use reqwest::Method;
use telemetry::TraceId;

const OAK: &str = "---\nname: Oak Lane\nfields: []\n---\nSay that you are new.\n";
const BROKEN: &str = "---\nname: Elm Street\nturns: many\n---\nNobody reads this.\n";
const MENDED: &str = "---\nname: Elm Street\nturns: 4\n---\nSay that you are mended.\n";

/// Where the page is.
fn path(product: &Product) -> PathBuf {
    product.folder().parent().unwrap().join("agent.md")
}

/// The log lines that contain this.
fn logged(product: &Product, words: &str) -> Vec<String> {
    product.process.logged().into_iter().filter(|line| line.contains(words)).collect()
}

/// Writes a page, and waits until the log has one more line with these words.
async fn write(product: &Product, page: &str, words: &str) {
    let before = logged(product, words).len();
    fs::write(path(product), page).unwrap();
    until(words, async || logged(product, words).len() > before).await;
}

/// Texts, and returns the instructions by which the model answered and the version in the trace.
async fn answered_by(product: &mut Product, text: &str) -> (String, String) {
    let answer = product.text(ANN, text).await;
    product.settled().await;
    let trace = TraceId::parse(answer.headers["x-trace-id"].to_str().unwrap()).unwrap();
    let trace = product.store.trace(&trace).await.unwrap().unwrap();
    let took_up = trace.steps.iter().find(|step| step.what == "took up").unwrap();
    let requests = product.openai.requests();
    let told = requests.last().unwrap()["messages"][0]["content"].as_str().unwrap();
    (told.to_owned(), took_up.details["page"].as_str().unwrap().to_owned())
}

#[tokio::test]
async fn a_changed_page_answers_the_next_text_and_the_trace_says_so() {
    let mut product = Product::start(&["twilio"]).await;
    let (told, first) = answered_by(&mut product, "My tap drips").await;
    assert!(!told.contains("Oak Lane"));

    write(&product, OAK, "the agent answers by this page").await;
    let (told, second) = answered_by(&mut product, "And a door sticks").await;
    assert!(told.contains("Oak Lane") && told.contains("Say that you are new."), "{told}");
    assert_ne!(first, second);
    let lines = logged(&product, &second);
    assert!(lines[0].contains("the agent answers by this page"), "{lines:?}");
    assert!(!lines.concat().contains("Say that you are new"), "{lines:?}");

    let thread = format!("/console/inbox/{}", between("twilio", ANN));
    let thread = product.known(Method::GET, &thread).send().await.unwrap().text().await.unwrap();
    assert!(thread.contains(">Oak Lane</b>") && thread.contains(&second), "{thread}");
}

#[tokio::test]
async fn a_broken_page_changes_nothing_but_the_log_until_it_is_mended() {
    let mut product = Product::start(&["twilio"]).await;
    let (_, first) = answered_by(&mut product, "My tap drips").await;

    write(&product, BROKEN, "page.refused").await;
    let refused = logged(&product, "page.refused").concat();
    assert!(refused.contains("agent.md, line 3: write a number from 1 to 50"), "{refused}");
    assert!(!refused.contains("Nobody reads this"), "{refused}");
    let (told, second) = answered_by(&mut product, "And a door sticks").await;
    assert_eq!(second, first, "{told}");
    let ready = product.call(Method::GET, "/readyz").send().await.unwrap();
    assert_eq!(ready.status(), 200);

    write(&product, MENDED, "the agent answers by this page").await;
    let (told, third) = answered_by(&mut product, "Thursday").await;
    assert!(told.contains("Say that you are mended."), "{told}");
    assert_ne!(third, first);
    assert_eq!(logged(&product, "page.refused").len(), 1);
}
