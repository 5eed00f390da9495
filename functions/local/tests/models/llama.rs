//! A small model of 135 million parameters on llama.cpp's server. It understands next to nothing,
//! which is what makes it a good guest: whatever it says, a person is told no machine's talk.

use std::io::Write;

use fakes::{Llama, llama};

use crate::product::{ANN, Product};

const TEXTS: [&str; 3] =
    ["Hi, my kitchen tap drips", "12 Elm Street, on Friday morning", "My name is Ann. Thanks!"];

/// By its own template, which leaves out the tools.
#[tokio::test]
async fn a_small_model_without_tools_is_talked_to_in_plain_words() {
    let Some(llama) = llama(4096, "").await else { return };
    let mut product = converse(&llama).await;
    let ran = product.run(&["doctor"], "").await;
    let found = ran.printed.iter().find(|line| line.contains("model: smollm2 answers in"));
    assert!(found.is_some_and(|line| line.contains("called no tool")), "{ran:?}");
}

/// By one that shows it the tools, in room for little more than these.
#[tokio::test]
async fn a_small_model_with_tools_and_little_room_is_talked_to_in_plain_words() {
    let Some(llama) = llama(2048, include_str!("tools.jinja")).await else { return };
    converse(&llama).await;
}

async fn converse(llama: &Llama) -> Product {
    let url = llama.url();
    let settings =
        [("OPENAI_BASE_URL", url.as_str()), ("OPENAI_API_KEY", ""), ("OPENAI_MODEL", "smollm2")];
    let mut product = Product::start_with(&["twilio"], &settings).await;
    for text in TEXTS {
        product.text(ANN, text).await;
        product.settled().await;
    }
    let mut said = product.twilio.texts_to(ANN);
    // On a busy machine it takes its time, which is told.
    said.retain(|words| !words.contains("We have your text"));
    let _ = writeln!(std::io::stderr(), "{said:#?}");
    assert_eq!(said.len(), TEXTS.len(), "{said:?}");
    for words in &said {
        let machines = ["<", ">", "{", "}", "[", "tool_call", "hand_over", "http", "\u{fffd}"];
        assert!(!machines.iter().any(|talk| words.contains(talk)), "{words}");
    }
    product
}
