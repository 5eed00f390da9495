//! A small model of 135 million parameters on llama.cpp's server. It understands next to nothing,
//! which makes it a good test: whatever it says, a person must not be sent machine syntax.

use std::time::Duration;

use fakes::{Llama, llama};
use product::{ANN, Product};

const TEXTS: [&str; 3] =
    ["Hi, my kitchen tap drips", "12 Elm Street, on Friday morning", "My name is Ann. Thanks!"];

/// The timeout of an answer, even if others keep the processors busy.
const TIMEOUT: Duration = Duration::from_secs(150);

/// With its own template, which leaves out the tools.
#[tokio::test]
async fn a_small_model_without_tools_is_talked_to_in_plain_words() {
    let Some(llama) = llama(2048, "").await else { return };
    let mut product = converse(&llama).await;
    let ran = product.run(&["doctor"], "").await;
    let found = ran.printed.iter().find(|line| line.contains("model: smollm2 answers in"));
    assert!(found.is_some_and(|line| line.contains("called no tool")), "{ran:?}");
}

/// With a template that includes the tools, and a context with room for little more.
#[tokio::test]
async fn a_small_model_with_tools_and_little_room_is_talked_to_in_plain_words() {
    let Some(llama) = llama(2048, include_str!("tools.jinja")).await else { return };
    converse(&llama).await;
}

async fn converse(llama: &Llama) -> Product {
    let url = llama.url();
    let settings = [
        // Short, because a slow processor reads it again and again.
        ("AGENT_FILE", concat!(env!("CARGO_MANIFEST_DIR"), "/tests/models/page.md")),
        ("OPENAI_API_KEY", ""),
        ("OPENAI_BASE_URL", &url),
        ("OPENAI_MODEL", "smollm2"),
    ];
    let mut product = Product::start_with(&["twilio"], &settings).await;
    for (index, text) in TEXTS.iter().enumerate() {
        product.text(ANN, text).await;
        let answers = async {
            while replies(&product).len() <= index {
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        };
        let answered = tokio::time::timeout(TIMEOUT, answers).await;
        assert!(answered.is_ok(), "waited {TIMEOUT:?} without an answer to {text:?}");
    }
    product.settled().await;
    let said = replies(&product);
    assert_eq!(said.len(), TEXTS.len(), "{said:?}");
    for words in &said {
        let machines = ["<", ">", "{", "}", "[TOOL", "tool_call", "hand_over", "http", "\u{fffd}"];
        assert!(!machines.iter().any(|talk| words.contains(talk)), "{words}");
    }
    product
}

/// The answers to her, except apologies for being slow, as a busy machine is.
fn replies(product: &Product) -> Vec<String> {
    let mut said = product.companies.twilio.texts_to(ANN);
    said.retain(|words| !words.contains("We have your text and will answer it"));
    said
}
