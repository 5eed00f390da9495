//! Each server's own rules, and a conversation that is finished under them anyway.

use dialogue::{LOADING, play};
use fakes::Rule;
use serde_json::json;

async fn finishes(rule: Rule, requests: usize) {
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
    assert_eq!(played.requests[0], requests, "of {server} for the first text");
}

/// One test for each rule, with none forgotten. The calls need three requests for the first text; any
/// more were refused.
macro_rules! servers {
    ($($name:ident: $rule:expr, $requests:literal;)*) => {
        $(
            #[tokio::test]
            async fn $name() {
                finishes($rule, $requests).await;
            }
        )*

        #[test]
        fn are_all_tried() {
            assert_eq!([$($rule),*], Rule::all(LOADING));
        }
    };
}

servers! {
    finishes_with_openai: Rule::OpenAi, 3;
    finishes_with_a_thinking_openai: Rule::Thinking, 3;
    finishes_with_mistral: Rule::Mistral, 4;
    finishes_with_deepseek: Rule::DeepSeek, 3;
    finishes_with_kimi: Rule::Kimi, 3;
    finishes_with_gemini: Rule::Gemini, 3;
    finishes_with_anthropic: Rule::Anthropic, 3;
    finishes_with_ollama: Rule::Ollama, 3;
    finishes_without_tools: Rule::NoTools, 4;
    finishes_where_roles_alternate: Rule::Alternating, 3;
    finishes_without_a_system_role: Rule::NoSystem, 5;
    finishes_where_content_is_required: Rule::Content, 3;
    finishes_where_ids_are_unique: Rule::UniqueIds, 3;
    finishes_in_the_small_context_of_vllm: Rule::Vllm, 4;
    finishes_in_the_small_context_of_llama_cpp: Rule::LlamaCpp, 3;
    finishes_with_a_model_that_is_loaded_first: Rule::Loads(LOADING), 3;
}
