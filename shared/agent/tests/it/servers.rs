//! Each server's own rule, and a conversation that is finished under it all the same.

use fakes::Rule;
use serde_json::json;

#[path = "../servers/mod.rs"]
mod conversation;

use conversation::{LOADING, play};

async fn finishes(rule: Rule) {
    let played = play(rule).await;
    let (server, _) = rule.described();
    let replies = [
        "Which time of the day suits you?",
        "Good. And which time suits you?",
        "Thank you, Ann. Goodbye!",
    ];
    assert_eq!(played.replies, replies, "{server}");
    let brief = json!({ "task": "kitchen tap", "address": "1 Elm Street", "day": "2026-11-25",
        "time_of_day": "morning", "name": "Ann" });
    assert_eq!((json!(played.brief), played.is_finished), (brief, true), "{server}");
}

/// One test for each rule, and none forgotten.
macro_rules! servers {
    ($($name:ident: $rule:expr,)*) => {
        $(
            #[tokio::test]
            async fn $name() {
                finishes($rule).await;
            }
        )*

        #[test]
        fn are_all_tried() {
            assert_eq!([$($rule),*], Rule::all(LOADING));
        }
    };
}

servers! {
    finishes_with_openai: Rule::OpenAi,
    finishes_with_a_thinking_openai: Rule::Thinking,
    finishes_with_mistral: Rule::Mistral,
    finishes_with_deepseek: Rule::DeepSeek,
    finishes_with_kimi: Rule::Kimi,
    finishes_with_gemini: Rule::Gemini,
    finishes_with_anthropic: Rule::Anthropic,
    finishes_with_ollama: Rule::Ollama,
    finishes_without_tools: Rule::NoTools,
    finishes_where_roles_alternate: Rule::Alternating,
    finishes_without_a_system_role: Rule::NoSystem,
    finishes_where_content_is_required: Rule::Content,
    finishes_where_ids_are_unique: Rule::UniqueIds,
    finishes_in_the_small_context_of_vllm: Rule::Vllm,
    finishes_in_the_small_context_of_llama_cpp: Rule::LlamaCpp,
    finishes_with_a_model_that_is_loaded_first: Rule::Loads(LOADING),
}
