//! The parts of an answer besides its words: calls, how it ended, extras.

use agent::{Answered, Heard, Pulse, ToolCall, Turn};
use serde_json::{Value, json};

use crate::{Conversation, person};

const TAP: &str = r#"{"field":"task","value":"fix tap"}"#;

/// The result of a body; a model that is asked again repeats the person's words.
async fn answered(conversation: &Conversation, body: &Value) -> Answered {
    conversation.openai.answers_with(200, &[], body);
    let new = [person("Hi")];
    let heard = Heard { new: &new, ..conversation.heard() };
    conversation.agent.answer(&heard, &Pulse::default()).await.unwrap()
}

fn body(message: &Value, reason: &str) -> Value {
    json!({ "choices": [{ "index": 0, "message": message, "finish_reason": reason }] })
}

fn calls(answered: &Answered) -> Vec<&ToolCall> {
    let calls = answered.turns.iter().filter_map(|turn| match turn {
        Turn::Agent { tool_calls, .. } => Some(tool_calls),
        _ => None,
    });
    calls.flatten().collect()
}

/// The calls in this message, as `record {…}`.
async fn called(conversation: &Conversation, message: &Value) -> Vec<String> {
    let answered = answered(conversation, &body(message, "stop")).await;
    let line = |call: &&ToolCall| {
        let arguments: Value = serde_json::from_str(&call.arguments).unwrap_or_default();
        format!("{} {arguments}", call.name)
    };
    calls(&answered).iter().map(line).collect()
}

#[tokio::test]
async fn finds_the_intended_tool() {
    let conversation = Conversation::patient().await;
    for name in [
        "functions.record",
        "default_api:record",
        "default_api.record",
        "tools.record",
        "record:0",
        "functions.record:0",
        "record<|channel|>commentary",
        "record<|channel|>json",
        "Record",
        " record ",
        "multi_tool_use.record",
        "mcp__textback__record",
        "tool/record",
        "record()",
        "functions.record<|channel|>commentary",
        "api::record",
    ] {
        let message = json!({ "tool_calls": [{ "id": "a", "type": "function",
            "function": { "name": name, "arguments": TAP } }] });
        assert_eq!(called(&conversation, &message).await, [format!("record {TAP}")], "{name}");
    }
    for (name, meant) in [("hand-over", "hand_over"), ("handOver", "hand_over"), ("a.b", "a.b")] {
        let message =
            json!({ "tool_calls": [{ "function": { "name": name, "arguments": "{}" } }] });
        assert_eq!(called(&conversation, &message).await, [format!("{meant} {{}}")]);
    }
}

#[tokio::test]
async fn reads_arguments_that_are_encoded_twice_or_hardly_at_all() {
    let conversation = Conversation::patient().await;
    let once = json!(TAP).to_string();
    let twice = json!(once).to_string();
    let object: Value = serde_json::from_str(TAP).unwrap();
    for arguments in [
        json!(TAP),
        json!(once),
        json!(twice),
        object,
        json!(format!("```json\n{TAP}\n```")),
        json!(format!("```\n{TAP}```")),
        json!(format!("  {TAP}\n")),
        json!("{'field': 'task', 'value': 'fix tap'}"),
        json!(r#"{"field": "task", "value": "fix tap",}"#),
        json!(r#"{field: "task", value: "fix tap"}"#),
    ] {
        let message =
            json!({ "tool_calls": [{ "function": { "name": "record", "arguments": arguments } }] });
        let called = called(&conversation, &message).await;
        assert_eq!(called, [format!("record {TAP}")], "{arguments}");
    }
    for nothing in [
        json!(""),
        json!(null),
        json!("null"),
        json!("None"),
        json!(" "),
        json!({}),
        json!([]),
        json!("{}"),
    ] {
        let message =
            json!({ "tool_calls": [{ "function": { "name": "finish", "arguments": nothing } }] });
        assert_eq!(called(&conversation, &message).await, ["finish {}"], "{nothing}");
    }
}

#[tokio::test]
async fn reads_calls_in_all_known_forms() {
    let conversation = Conversation::patient().await;
    let tap = format!("record {TAP}");
    let text = format!(r#"<tool_call>{{"name": "record", "arguments": {TAP}}}</tool_call>"#);
    let real = json!([{ "id": "a", "type": "function", "function": { "name": "record", "arguments": TAP } }]);
    for (message, expected) in [
        (json!({ "function_call": { "name": "record", "arguments": TAP } }), vec![&tap]),
        (json!({ "tool_calls": [{ "name": "record", "arguments": TAP }] }), vec![&tap]),
        (
            json!({ "tool_calls": [{ "type": "custom", "custom": { "name": "record", "input": TAP } }] }),
            vec![&tap],
        ),
        (
            json!({ "tool_calls": real, "function_call": { "name": "finish", "arguments": "" } }),
            vec![&tap],
        ),
        // As some servers leave in the content what they have understood.
        (json!({ "tool_calls": real, "content": text }), vec![&tap]),
        (json!({ "tool_calls": [], "content": text }), vec![&tap]),
        (json!({ "tool_calls": null, "content": [{ "type": "text", "text": text }] }), vec![&tap]),
    ] {
        assert_eq!(
            called(&conversation, &message).await.iter().collect::<Vec<_>>(),
            expected,
            "{message}"
        );
    }
}

#[tokio::test]
async fn sends_the_parts_that_are_text() {
    let conversation = Conversation::patient().await;
    let text = json!({ "type": "text", "text": "Which day?" });
    let thinking =
        json!({ "type": "thinking", "thinking": [{ "type": "text", "text": "secret" }] });
    for (content, said) in [
        (json!([{ "type": "reasoning", "text": "secret" }, text]), "Which day?"),
        (json!([thinking, text]), "Which day?"),
        (json!([{ "type": "thinking", "text": "secret" }, text]), "Which day?"),
        (json!([{ "type": "redacted_thinking", "data": "x" }, text]), "Which day?"),
        (
            json!([{ "type": "reasoning_content", "text": "secret" }, { "type": "output_text", "text": "Which day?" }]),
            "Which day?",
        ),
        (json!([{ "thought": true, "text": "secret" }, { "text": "Which day?" }]), "Which day?"),
        (
            json!([{ "type": "text", "text": "Which " }, { "type": "text", "text": "day?" }]),
            "Which day?",
        ),
        (json!([{ "type": "text", "text": { "value": "Which day?" } }]), "Which day?"),
        (json!(["Which day?"]), "Which day?"),
        (json!({ "type": "text", "text": "Which day?" }), "Which day?"),
        (
            json!([{ "type": "text", "text": "<think>secret" }, { "type": "text", "text": "</think>Which day?" }]),
            "Which day?",
        ),
        (json!([{ "type": "refusal", "refusal": "I may not say." }]), "I may not say."),
        (json!([thinking]), "You said: Hi"),
        (json!([{ "type": "image_url", "image_url": { "url": "x" } }]), "You said: Hi"),
        (json!([]), "You said: Hi"),
        (json!(7), "You said: Hi"),
    ] {
        let body = body(&json!({ "role": "assistant", "content": content }), "stop");
        assert_eq!(answered(&conversation, &body).await.reply, said, "{content}");
    }
}

#[tokio::test]
async fn keeps_extras_up_to_a_limit() {
    let conversation = Conversation::patient().await;
    let signature = json!({ "google": { "thought_signature": "s" } });
    let call = json!({ "id": "a", "type": "function", "index": 0, "extra_content": signature,
        "function": { "name": "record", "arguments": TAP } });
    let message = |more: &str| {
        json!({ "role": "assistant", "content": "Hm.", "refusal": null, "annotations": [{}],
            "tool_calls": [call], "reasoning_content": "Ann.", "reasoning": null, "thinking_blocks": [],
            "reasoning_details": [{ "text": more }] })
    };
    for (length, kept) in [
        (
            10,
            json!({ "reasoning_content": "Ann.", "reasoning_details": [{ "text": "x".repeat(10) }] }),
        ),
        (70_000, json!({ "reasoning_content": "Ann." })),
    ] {
        let body = body(&message(&"x".repeat(length)), "stop");
        let answered = answered(&conversation, &body).await;
        let Turn::Agent { extras, tool_calls, .. } = &answered.turns[0] else { panic!() };
        assert_eq!(
            (json!(extras), json!(tool_calls[0].extras)),
            (kept, json!({ "extra_content": signature }))
        );
    }
}

/// The outcome of the first request, in a word.
async fn outcome(body: &Value) -> String {
    let conversation = Conversation::patient().await;
    let answered = answered(&conversation, body).await;
    answered.steps[0].details["outcome"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn knows_how_an_answer_ended() {
    let half = json!({ "role": "assistant", "content": "We come on the" });
    for (reasons, word) in [
        (&["length", "max_tokens", "MAX_TOKENS", "model_length", "max_output_tokens"][..], "cut"),
        (
            &[
                "content_filter",
                "SAFETY",
                "safety",
                "PROHIBITED_CONTENT",
                "blocklist",
                "RECITATION",
                "SPII",
                "refusal",
                "sensitive",
                "content_filtered",
                "guardrail_intervened",
            ],
            "filtered",
        ),
        (
            &[
                "stop",
                "eos",
                "end_turn",
                "STOP",
                "tool_calls",
                "function_call",
                "",
                "eos_token",
                "unknown",
            ],
            "answered",
        ),
        (&["error", "network_error", "insufficient_system_resource", "abort"], "cut"),
    ] {
        for reason in reasons {
            assert_eq!(outcome(&body(&half, reason)).await, word, "{reason}");
        }
    }
    let native = json!({ "choices": [{ "message": half, "finish_reason": "stop",
        "native_finish_reason": "MAX_TOKENS" }] });
    assert_eq!(outcome(&native).await, "cut");
    assert_eq!(outcome(&json!({ "choices": [{ "message": half }] })).await, "answered");
}

#[tokio::test]
async fn recognises_errors_sent_as_answers() {
    let half = json!({ "role": "assistant", "content": "We come on the" });
    let filtered = json!({ "hate": { "filtered": false }, "jailbreak": { "filtered": true } });
    let harmless = json!({ "hate": { "filtered": false } });
    for (body, word) in [
        (
            json!({ "error": { "message": "Provider returned error", "code": 502 }, "user_id": "u" }),
            "502",
        ),
        (json!({ "error": { "message": "x", "code": "429" } }), "429"),
        (
            json!({ "choices": [{ "message": half, "error": { "code": 502, "message": "x" } }] }),
            "502",
        ),
        (json!({ "choices": [{ "message": half, "finish_reason": "error" }] }), "cut"),
        (json!({ "object": "error", "message": "x", "code": 503 }), "503"),
        (
            json!({ "error": { "message": "x", "code": "content_filter" }, "choices": [{ "finish_reason": null }] }),
            "400 content_filter",
        ),
        (json!({ "choices": [], "promptFeedback": { "blockReason": "SAFETY" } }), "filtered"),
        (
            json!({ "choices": [], "prompt_filter_results": [{ "content_filter_results": filtered }] }),
            "filtered",
        ),
        (
            json!({ "choices": [], "prompt_filter_results": [{ "content_filter_results": harmless }] }),
            "nonsense",
        ),
        (json!({ "choices": [{ "finish_reason": "content_filter" }] }), "filtered"),
        (json!({ "choices": [{ "message": null, "finish_reason": "stop" }] }), "nonsense"),
        (json!({ "choices": null }), "nonsense"),
        (json!({}), "nonsense"),
        (json!([]), "nonsense"),
        (json!("data: {}\n\n"), "nonsense"),
    ] {
        assert_eq!(outcome(&body).await, word, "{body}");
    }
}
