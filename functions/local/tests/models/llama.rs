//! A small model of 135 million parameters on llama.cpp's server. It understands next to nothing,
//! which is what makes it a good guest: whatever it says, a person is told no machine's talk.

use fakes::{Llama, llama};

use crate::product::{ANN, Product};

const TEXTS: [&str; 3] =
    ["Hi, my kitchen tap drips", "12 Elm Street, on Friday morning", "My name is Ann. Thanks!"];

/// By its own template, which leaves out the tools.
#[tokio::test]
async fn a_small_model_without_tools_is_talked_to_in_plain_words() {
    let Some(llama) = llama(4096, "").await else { return };
    converse(&llama).await;
}

/// By one that shows it the tools, in room that is too small for them and for an answer as long as
/// it may be elsewhere.
#[tokio::test]
async fn a_small_model_with_tools_and_little_room_is_talked_to_in_plain_words() {
    let Some(llama) = llama(2560, include_str!("tools.jinja")).await else { return };
    converse(&llama).await;
}

async fn converse(llama: &Llama) {
    let url = llama.url();
    let settings =
        [("OPENAI_BASE_URL", url.as_str()), ("OPENAI_API_KEY", ""), ("OPENAI_MODEL", "smollm2")];
    let mut product = Product::start_with(&["twilio"], &settings).await;
    for text in TEXTS {
        product.text(ANN, text).await;
        product.settled().await;
    }
    let said = product.twilio.texts_to(ANN);
    assert_eq!(said.len(), TEXTS.len(), "{said:?}");
    for words in &said {
        let machines = ["<|", "|>", "</", "{", "}", "tool_call", "<think", "\u{fffd}"];
        assert!(!machines.iter().any(|talk| words.contains(talk)), "{words}");
    }
}
