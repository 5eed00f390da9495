//! Each server refuses what the real one refuses, in its words.

use std::time::Duration;

use fakes::{OpenAi, Rule};
use serde_json::{Value, json};

async fn ask(server: &OpenAi, request: &Value) -> (u16, Value) {
    let url = format!("{}/chat/completions", server.url());
    let request = reqwest::Client::new().post(url).bearer_auth(OpenAi::KEY).json(request);
    let response = request.send().await.unwrap();
    (response.status().as_u16(), response.json().await.unwrap())
}

fn request(messages: Value) -> Value {
    json!({ "model": "gpt-4.1-mini", "max_tokens": 1_000, "messages": messages })
}

fn tool(parameters: &Value) -> Value {
    json!([{ "type": "function", "function": { "name": "record", "parameters": parameters } }])
}

/// A call under this id, and what the tool answered.
fn called(id: &str) -> [Value; 2] {
    let function = json!({ "name": "record", "arguments": "{}" });
    let call = json!({ "id": id, "type": "function", "function": function });
    [
        json!({ "role": "assistant", "content": "", "tool_calls": [call] }),
        json!({ "role": "tool", "tool_call_id": id, "content": "ok" }),
    ]
}

fn user() -> Value {
    json!({ "role": "user", "content": "Hi" })
}

/// Asks each server, and fails unless it refuses with this status, in these words.
async fn check<const N: usize>(rows: [(Rule, Value, u16, &str); N]) {
    for (rule, request, status, words) in rows {
        let (told, body) = ask(&OpenAi::start_as(rule).await, &request).await;
        assert!(told == status && body.to_string().contains(words), "{rule:?}: {told} {body}");
    }
}

#[tokio::test]
async fn refuse_parameters_that_they_do_not_know() {
    let with = |name: &str, value: Value| {
        let mut request = request(json!([user()]));
        request[name] = value;
        request
    };
    let object = |properties: Value| json!({ "type": "object", "properties": properties });
    check([
        (Rule::Thinking, with("n", json!(1)), 400, "Use 'max_completion_tokens' instead."),
        (
            Rule::Mistral,
            with("max_completion_tokens", json!(4_000)),
            422,
            r#""loc":["body","max_completion_tokens"],"msg":"Extra inputs are not permitted""#,
        ),
        (
            Rule::Gemini,
            with("tools", tool(&object(json!({ "a": { "type": ["string", "number"] } })))),
            400,
            "Proto field is not repeating, cannot start list.",
        ),
        (
            Rule::Gemini,
            with("tools", tool(&object(json!({})))),
            400,
            "should be non-empty for OBJECT type",
        ),
        (
            Rule::Anthropic,
            json!({ "model": "m", "messages": [user()] }),
            400,
            "max_tokens: Field required",
        ),
        (
            Rule::NoTools,
            with("tools", tool(&object(json!({})))),
            400,
            "registry.ollama.ai/library/gemma:2b does not support tools",
        ),
    ])
    .await;
}

#[tokio::test]
async fn refuse_messages_in_an_order_that_is_not_theirs() {
    let user = user();
    let agent = json!({ "role": "assistant", "content": "Hello" });
    let system = json!({ "role": "system", "content": "Be kind." });
    check([
        (
            Rule::Mistral,
            request(json!([user, { "role": "assistant", "content": "Hi", "refusal": null }, user])),
            422,
            r#"["body","messages",1,"assistant","refusal"]"#,
        ),
        (Rule::Mistral, request(json!([user, user])), 400, "role 'user' after role 'user'"),
        (
            Rule::Mistral,
            request(json!([user, agent])),
            400,
            "Expected last role User or Tool (or Assistant with prefix True) for serving",
        ),
        (
            Rule::Mistral,
            request(json!([user, { "role": "assistant", "content": "" }])),
            400,
            "Assistant message must have either content or tool_calls",
        ),
        (
            Rule::Anthropic,
            request(json!([agent, user])),
            400,
            r#"first message must use the \"user\""#,
        ),
        (
            Rule::Anthropic,
            request(json!([{ "role": "user", "content": " " }])),
            400,
            "text content blocks must be non-empty",
        ),
        (Rule::Alternating, request(json!([system, user, user])), 400, "roles must alternate"),
        (Rule::NoSystem, request(json!([system, user])), 500, "System role not supported"),
    ])
    .await;
}

#[tokio::test]
async fn refuse_calls_that_are_not_as_they_write_them() {
    let user = user();
    let agent = json!({ "role": "assistant", "content": "Hello" });
    let [call, answer] = called("call_0");
    check([
        (
            Rule::Mistral,
            request(json!([user, call, answer])),
            400,
            "Tool call id was call_0 but must be a-z, A-Z, 0-9, with a length of 9.",
        ),
        (
            Rule::DeepSeek,
            request(json!([user, call, answer])),
            400,
            "Missing `reasoning_content` field in the assistant message at message index 1.",
        ),
        (
            Rule::Kimi,
            request(json!([user, call, answer, agent, user])),
            400,
            "reasoning_content is missing in assistant tool call message at index 1",
        ),
        (
            Rule::Gemini,
            request(json!([user, call, answer])),
            400,
            "Function call is missing a thought_signature in functionCall parts.",
        ),
        (
            Rule::Anthropic,
            request(json!([user, call, answer, call, answer])),
            400,
            "`tool_use` ids must be unique",
        ),
        (Rule::NoSystem, request(json!([user, call, answer])), 500, "roles must alternate"),
        (
            Rule::Content,
            request(
                json!([user, { "role": "assistant", "tool_calls": call["tool_calls"] }, answer]),
            ),
            400,
            "messages.1.content: field required",
        ),
        (
            Rule::UniqueIds,
            request(json!([user, call, answer, call, answer])),
            400,
            "Duplicate value for 'tool_call_id' of 'call_0', in messages[2] and messages[4].",
        ),
    ])
    .await;
}

#[tokio::test]
async fn refuse_more_than_they_can_read() {
    let long = "x".repeat(20_000);
    let long = |role: &str| request(json!([{ "role": role, "content": long }]));
    check([
        (Rule::Vllm, long("user"), 400, "This model's maximum context length is 4096 tokens."),
        (Rule::LlamaCpp, long("user"), 400, r#""n_ctx":4096"#),
    ])
    .await;
}

#[tokio::test]
async fn take_what_all_of_them_take() {
    for rule in Rule::all(Duration::ZERO) {
        let mut fine = json!({ "model": "gpt-4.1-mini", "messages": [user()] });
        let is_new = matches!(rule, Rule::Thinking);
        fine[if is_new { "max_completion_tokens" } else { "max_tokens" }] = json!(1_000);
        let (status, body) = ask(&OpenAi::start_as(rule).await, &fine).await;
        assert_eq!(status, 200, "{rule:?}: {body}");
    }
}

#[tokio::test]
async fn want_back_what_they_gave() {
    for rule in [Rule::DeepSeek, Rule::Kimi, Rule::Gemini] {
        let server = OpenAi::start_as(rule).await;
        server.calls("record", "{}");
        let mut asked = request(json!([{ "role": "user", "content": "Hi" }]));
        asked["tools"] = tool(&json!({ "type": "object" }));
        let (_, body) = ask(&server, &asked).await;
        let mut given = body["choices"][0]["message"].clone();
        // An id that is none has to be made up.
        if given["tool_calls"][0]["id"] == "" {
            given["tool_calls"][0]["id"] = "a".into();
        }
        let id = given["tool_calls"][0]["id"].clone();
        let answer = json!({ "role": "tool", "tool_call_id": id, "content": "ok" });
        asked["messages"] = json!([{ "role": "user", "content": "Hi" }, given, answer]);
        let (status, body) = ask(&server, &asked).await;
        assert_eq!(status, 200, "{rule:?}: {body}");
        let text = asked.to_string().replace("First I think", "I thought");
        let (status, _) = ask(&server, &serde_json::from_str(&text).unwrap()).await;
        assert_eq!(status, 400, "{rule:?}");
    }
}

#[tokio::test]
async fn load_anew_when_whoever_asked_has_gone() {
    let server = OpenAi::start_as(Rule::Loads(Duration::from_millis(300))).await;
    let url = format!("{}/chat/completions", server.url());
    let asked = request(json!([{ "role": "user", "content": "Hi" }]));
    let client = reqwest::Client::new();
    for _ in 0..3 {
        let request = client.post(&url).bearer_auth(OpenAi::KEY).json(&asked);
        let gone = request.timeout(Duration::from_millis(200)).send().await;
        assert!(gone.unwrap_err().is_timeout());
    }
    assert_eq!(ask(&server, &asked).await.0, 200);
    let began = std::time::Instant::now();
    assert_eq!(ask(&server, &asked).await.0, 200);
    assert!(began.elapsed() < Duration::from_millis(200), "it is loaded");
}
