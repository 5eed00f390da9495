//! The businesses in `examples`, each as its owner would run it.

use std::fs;
use std::path::{Path, PathBuf};

use business::Business;
use reqwest::Method;

use product::{ANN, Process, Product, Settings};

/// Every folder of them, by name.
fn examples() -> Vec<PathBuf> {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../examples");
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let mut examples: Vec<_> = entries.filter(|path| path.is_dir()).collect();
    examples.sort();
    assert_eq!(examples.len(), 3, "{examples:?}");
    examples
}

fn file(example: &Path, name: &str) -> String {
    example.join(name).to_str().unwrap().to_owned()
}

#[tokio::test]
async fn each_registers_as_it_is() {
    for example in examples() {
        let settings: Settings = [
            ("AGENT_FILE", file(&example, "agent.md")),
            ("BUSINESS_FILE", file(&example, "business.toml")),
            ("PUBLIC_URL", "https://text.business.test".to_owned()),
        ]
        .map(|(name, value)| (name.to_owned(), value))
        .into();
        let mut process = Process::start(&["register"], &settings, "");
        let code = process.end().await;
        let (printed, said) = (process.printed(), process.logged());
        let found: Vec<_> = printed.iter().filter(|line| line.starts_with("✗")).collect();
        assert!(code == Some(0) && found.is_empty(), "{example:?}: {found:#?} {said:#?}");
    }
}

#[tokio::test]
async fn each_starts_and_answers_in_its_own_name() {
    for example in examples() {
        let (agent, facts) = (file(&example, "agent.md"), file(&example, "business.toml"));
        let business = Business::parse(&facts, &fs::read_to_string(&facts).unwrap()).unwrap();
        let settings = [("AGENT_FILE", agent.as_str()), ("BUSINESS_FILE", &facts)];
        let mut product = Product::start_with(&["twilio"], &settings).await;
        product.openai.says("Yes?");
        product.text(ANN, &business.keyword).await;
        product.settled().await;
        let texts = product.companies.twilio.texts_to(ANN);
        let [reply] = texts.as_slice() else { panic!("{example:?}: {texts:?}") };
        assert!(reply.starts_with(business.brand()) && reply.ends_with("\nYes?"), "{reply}");
        let home = product.call(Method::GET, "/").send().await.unwrap().text().await.unwrap();
        assert!(home.contains(&business.wording(business.main_language()).does), "{example:?}");
    }
}
