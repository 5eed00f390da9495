//! How many tokens are asked for, and how many are shown.

use fakes::Mode;
use serde_json::{Value, json};

use super::{after, limits, next, refuses, says};
use crate::Conversation;

#[tokio::test]
async fn say_how_many_tokens_as_the_server_does() {
    let mistral = json!({ "object": "error", "message": { "detail": [{ "type": "extra_forbidden",
        "loc": ["body", "max_completion_tokens"], "msg": "Extra inputs are not permitted",
        "input": 4000 }] }, "type": "invalid_request_error" });
    let fastapi = json!({ "detail": [{ "loc": ["body", "max_completion_tokens"], "type": "x",
        "msg": "ensure this value is less than or equal to 2048", "input": 4000 }] });
    let google = json!([{ "error": { "code": 400, "status": "INVALID_ARGUMENT", "message":
        "Invalid JSON payload received. Unknown name \"max_completion_tokens\": Cannot find field." } }]);
    let litellm = "litellm.UnsupportedParamsError: x does not support parameters: \
                   ['max_completion_tokens'], for model=m. To drop these, set drop_params=True";
    for (mode, expected) in [
        (refuses(422, &mistral), (None, Some(4_000))),
        (refuses(400, &google), (None, Some(4_000))),
        (says(400, litellm), (None, Some(4_000))),
        (refuses(422, &fastapi), (Some(2_048), None)),
        (
            says(
                400,
                "max_tokens is too large: 4000. This model supports at most 2048 completion \
                       tokens, whereas you provided 4000.",
            ),
            (Some(2_048), None),
        ),
        (says(400, "max_tokens: 4000 > 1024, which is the maximum allowed"), (Some(1_024), None)),
        (says(400, "Range of max_tokens should be [1, 2000]"), (Some(2_000), None)),
        (says(400, "Invalid max_completion_tokens: too large"), (Some(2_000), None)),
        (says(400, "max_tokens: Field required"), (None, Some(4_000))),
        (
            refuses(
                400,
                &json!({ "error": { "message": "max_tokens: Field required", "status": 400 } }),
            ),
            (None, Some(4_000)),
        ),
        (
            says(
                400,
                "`max_completion_tokens` must be less than or equal to `1024`, the maximum value \
                       for `max_completion_tokens` is less than the `context_window` for this model",
            ),
            (Some(1_024), None),
        ),
        (says(400, "max_completion_tokens (4000) exceeds the limit of 1,024"), (Some(1_024), None)),
    ] {
        assert_eq!(limits(&next(mode.clone()).await), expected, "{mode:?}");
    }
}

#[tokio::test]
async fn say_nothing_of_tokens_where_neither_name_is_known() {
    let unknown =
        |name: &str| says(400, &format!("Unrecognized request argument supplied: {name}"));
    let requests = after([unknown("max_completion_tokens"), unknown("max_tokens")]).await;
    let limits: Vec<_> = requests.iter().map(limits).collect();
    assert_eq!(limits, [(Some(4_000), None), (None, Some(4_000)), (None, None)]);
}

#[tokio::test]
async fn fit_into_the_context_that_the_server_names() {
    let llama = json!({ "error": { "code": 400, "type": "exceed_context_size_error", "message":
        "the request exceeds the available context size, try increasing it", "n_ctx": 4096 } });
    let ollama = json!({ "error": "Trying to keep the first 5000 tokens when context the overflows. \
        However, the model is loaded with context length of only 4096 tokens" });
    for mode in [
        says(
            400,
            "This model's maximum context length is 4096 tokens. However, you requested 5500 \
                   tokens (1500 in the messages, 4000 in the completion). Please reduce the length.",
        ),
        says(500, "This model's maximum context length is 4096 tokens."),
        says(400, "input length and `max_tokens` exceed context limit: 1500 + 4000 > 4096"),
        says(
            400,
            "`inputs` tokens + `max_new_tokens` must be <= 4096. Given: 1500 `inputs` tokens",
        ),
        says(
            429,
            "Request too large for m on tokens per min (TPM): Limit 4096, Requested 5500. The \
                   input or output tokens must be reduced in order to run successfully.",
        ),
        says(413, "Request too large on tokens per minute (TPM): Limit 4096, Requested 5500"),
        says(400, "This model's maximum prompt length is 4096 but the request has 5500 tokens."),
        says(400, "max_tokens must be at least 1, got -404."),
        refuses(400, &llama),
        refuses(400, &ollama),
    ] {
        let mut conversation = Conversation::begin().await;
        let said = "I am telling you everything about the tap in our kitchen. ".repeat(10);
        for _ in 0..6 {
            conversation.text(&said).await.unwrap();
        }
        conversation.number = 6;
        let earlier = conversation.openai.requests().len();
        conversation.openai.switch.plan([mode.clone()]);
        conversation.text("And the sink").await.unwrap();
        let requests = conversation.openai.requests().split_off(earlier);
        assert_eq!(requests.len(), 2, "{mode:?}");
        let tokens = |request: &Value| {
            let bytes = request["messages"].to_string().len() + request["tools"].to_string().len();
            bytes as u64 / 3 + request["max_completion_tokens"].as_u64().unwrap()
        };
        let (before, fitted) = (tokens(&requests[0]), tokens(&requests[1]));
        assert!(before > 4_096 && fitted <= 4_096, "{mode:?}: {before}, then {fitted}");
        let shown = conversation.messages();
        assert!(shown.len() > 1, "{mode:?}: some of what was said is left: {shown:?}");
        assert!(shown[0].starts_with("user: ") && shown.last().unwrap() == "user: And the sink");
    }
}

#[tokio::test]
async fn fit_where_the_server_does_not_say_how_much() {
    for mode in [says(400, "prompt is too long"), Mode::Fails(413, "Content Too Large".into())] {
        let request = next(mode).await;
        assert!(limits(&request).0.unwrap() < 4_000 - 1_024, "{request}");
    }
}

#[tokio::test]
async fn leave_room_for_an_answer_that_had_none_beside_its_thoughts() {
    let mut conversation = Conversation::begin().await;
    let body = json!({ "choices": [{ "finish_reason": "length",
        "message": { "role": "assistant", "content": "", "reasoning_content": "hm" } }] });
    conversation.openai.answers_with(200, &[], &body);
    conversation.text("Hi").await.unwrap();
    conversation.text("Hello?").await.unwrap();
    let requests = conversation.openai.requests();
    let limits: Vec<_> = requests.iter().map(|request| limits(request).0.unwrap()).collect();
    assert_eq!(limits, [4_000, 16_000, 16_000]);
}
