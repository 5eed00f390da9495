//! What is asked next of a server that refuses the form of a request, and what is remembered of it.

use std::time::Duration;

use agent::{ModelError, Pulse, Timeouts};
use fakes::Mode;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;

use crate::{Conversation, person};

/// What a server says that refuses, as its body.
fn refuses(status: u16, body: &Value) -> Mode {
    Mode::Fails(status, body.to_string())
}

fn says(status: u16, message: &str) -> Mode {
    refuses(status, &json!({ "error": { "message": message, "type": "invalid_request_error" } }))
}

/// The requests of a text that is refused so and then taken.
async fn after(modes: impl IntoIterator<Item = Mode>) -> Vec<Value> {
    let mut conversation = Conversation::begin().await;
    conversation.openai.switch.plan(modes);
    conversation.openai.says("Good day.");
    conversation.text("Hi").await.unwrap();
    conversation.openai.requests()
}

/// The request that follows a refusal, of which one more is never needed.
async fn next(mode: Mode) -> Value {
    let requests = after([mode.clone()]).await;
    assert_eq!(requests.len(), 2, "{mode:?}");
    requests[1].clone()
}

/// The limits of tokens that a request names.
fn limits(request: &Value) -> (Option<u64>, Option<u64>) {
    (request["max_completion_tokens"].as_u64(), request["max_tokens"].as_u64())
}

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
        conversation.openai.switch.plan([mode.clone()]);
        conversation.text("And the sink").await.unwrap();
        let requests = conversation.openai.requests();
        assert_eq!(requests.len(), 8, "{mode:?}");
        let tokens = |request: &Value| {
            let bytes = request["messages"].to_string().len() + request["tools"].to_string().len();
            bytes as u64 / 3 + request["max_completion_tokens"].as_u64().unwrap()
        };
        let (before, fitted) = (tokens(&requests[6]), tokens(&requests[7]));
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
async fn tell_tools_in_words_where_there_are_none() {
    for mode in [
        says(400, "registry.ollama.ai/library/gemma:2b does not support tools"),
        says(404, "No endpoints found that support tool use. Try disabling \"record\"."),
        says(
            400,
            "\"auto\" tool choice requires --enable-auto-tool-choice and \
                   --tool-call-parser to be set",
        ),
        says(500, "tools param requires --jinja flag"),
        says(400, "Unrecognized request argument supplied: tools"),
        refuses(400, &json!({ "error": "Function calling is not supported" })),
        refuses(
            422,
            &json!({ "detail": [{ "loc": ["body", "tools"], "type": "extra_forbidden",
            "msg": "Extra inputs are not permitted" }] }),
        ),
    ] {
        let request = next(mode.clone()).await;
        assert_eq!(request.get("tools"), None, "{mode:?}");
        let prompt = request["messages"][0]["content"].as_str().unwrap();
        assert!(prompt.contains("- hand_over: ") && prompt.contains("<tool_call>{\"name\": "));
    }
}

#[tokio::test]
async fn show_calls_in_words_where_there_are_no_tools() {
    let mut conversation = Conversation::begin().await;
    conversation.openai.calls_many(&[
        ("record", r#"{"field":"name","value":"Ann"}"#),
        ("record", r#"{"field":"task","value":"a tap"}"#),
    ]);
    conversation.text("I am Ann, my tap drips").await.unwrap();
    conversation.openai.switch.plan([says(400, "m does not support tools")]);
    conversation.text("Hello?").await.unwrap();
    assert_eq!(
        conversation.messages(),
        [
            "user: I am Ann, my tap drips",
            "assistant: <tool_call>{\\name\\: \\record\\, \\arguments\\: {\\field\\:\\name\\,\\value\\:\
             \\Ann\\}}</tool_call>\\n<tool_call>{\\name\\: \\record\\, \\arguments\\: \
             {\\field\\:\\task\\,\\value\\:\\a tap\\}}</tool_call>",
            "user: <tool_response>name is recorded</tool_response>\\n<tool_response>task is recorded\
             </tool_response>",
            "assistant: You said: I am Ann, my tap drips",
            "user: Hello?",
        ]
    );
}

#[tokio::test]
async fn name_no_choice_of_tools_where_it_is_refused() {
    let mut conversation = Conversation::begin().await;
    conversation.openai.says(" ");
    conversation.openai.switch.plan([
        Mode::Works,
        says(404, "No endpoints found that support the provided 'tool_choice' value."),
    ]);
    conversation.text("Hi").await.unwrap();
    let requests = conversation.openai.requests();
    let choices: Vec<_> = requests.iter().map(|it| it["tool_choice"].as_str()).collect();
    assert_eq!(choices, [None, Some("none"), None]);
    assert!(requests[2].get("tools").is_some());
}

#[tokio::test]
async fn put_the_prompt_in_front_of_what_is_said_where_no_system_is_known() {
    for mode in [
        says(500, "Value is not callable: null at row 1, column 9 of the template"),
        says(400, "System role not supported"),
        says(500, "Conversation roles must alternate user/assistant/user/assistant/..."),
        says(400, "Developer instruction is not enabled for models/gemma-3-27b-it"),
        says(
            500,
            "Error rendering prompt with jinja template: Only user and assistant roles are \
                   supported!",
        ),
    ] {
        let request = next(mode.clone()).await;
        let messages = request["messages"].as_array().unwrap();
        assert_eq!((messages.len(), &messages[0]["role"]), (1, &json!("user")), "{mode:?}");
        let said = messages[0]["content"].as_str().unwrap();
        assert!(said.starts_with("You answer text messages for") && said.ends_with("\n\nHi"));
    }
}

#[tokio::test]
async fn send_back_nothing_that_the_server_does_not_know() {
    let loc = json!(["body", "messages", 2, "assistant", "reasoning_content"]);
    let fastapi = json!({ "detail": [
        { "loc": loc, "msg": "Extra inputs are not permitted", "type": "extra_forbidden" }] });
    for mode in [
        refuses(422, &fastapi),
        says(400, "'messages.2' : property 'reasoning_content' is unsupported"),
    ] {
        let mut conversation = Conversation::begin().await;
        conversation.text("Hi").await.unwrap();
        let extras = json!({ "reasoning_content": "hm", "mood": "good" });
        let agent::Turn::Agent { extras: sent, .. } = &mut conversation.turns[1] else { panic!() };
        *sent = extras.as_object().unwrap().clone();
        conversation.openai.switch.plan([mode]);
        let _ = conversation.text("Hello?").await;
        let requests = conversation.openai.requests();
        assert_eq!(requests[1]["messages"][2]["reasoning_content"], "hm");
        assert_eq!(requests[2]["messages"][2].get("reasoning_content"), None);
        assert_eq!(requests[2]["messages"][2]["mood"], "good");
    }
}

#[tokio::test]
async fn give_calls_the_ids_that_the_server_wants() {
    let mut conversation = Conversation::begin().await;
    conversation.openai.calls("finish", "{}");
    conversation.text("Hi").await.unwrap();
    conversation.openai.switch.plan([says(
        400,
        "Tool call id was call_1 but must be a-z, A-Z, 0-9, with a length of 9.",
    )]);
    conversation.text("Hello?").await.unwrap();
    let requests = conversation.openai.requests();
    let call = &requests.last().unwrap()["messages"][2]["tool_calls"][0];
    assert_eq!(call["id"].as_str().unwrap().len(), 9);
}

#[tokio::test]
async fn are_plain_where_nothing_is_said_that_helps() {
    let request = next(Mode::Fails(400, "<html>Bad Request</html>".into())).await;
    assert_eq!(limits(&request), (None, Some(4_000)));
}

#[tokio::test]
async fn are_plain_where_nothing_is_said_at_all() {
    let request = next(Mode::Fails(400, String::new())).await;
    assert_eq!(limits(&request), (None, Some(4_000)));
}

#[tokio::test]
async fn stay_as_they_are_where_the_server_has_taken_them() {
    let mut conversation = Conversation::begin().await;
    conversation.text("Hi").await.unwrap();
    conversation.openai.switch.plan([Mode::Fails(400, String::new())]);
    conversation.text("Hello?").await.unwrap();
    let requests = conversation.openai.requests();
    assert_eq!((requests.len(), limits(&requests[2])), (3, (Some(4_000), None)));
    assert_eq!(requests[2]["messages"].as_array().unwrap().len(), 2, "without what was before");
}

/// A conversation that another model began.
#[tokio::test]
async fn show_calls_of_another_model_in_words() {
    for message in [
        "Function call is missing a thought_signature in functionCall parts. This is required for \
         tools to work correctly.",
        "thinking is enabled but reasoning_content is missing in assistant tool call message at \
         index 2",
        "The reasoning_content in the thinking mode must be passed back to the API.",
        "Invalid request: tool_call_id call_1 is not found",
    ] {
        let mut conversation = Conversation::begin().await;
        conversation.openai.calls("record", r#"{"field":"name","value":"Ann"}"#);
        conversation.text("Hi").await.unwrap();
        conversation.openai.switch.plan([says(400, message)]);
        conversation.text("Hello?").await.unwrap();
        let request = conversation.openai.requests().pop().unwrap();
        assert!(request.get("tools").is_some(), "{message}");
        let call = request["messages"][2]["content"].as_str().unwrap();
        assert!(call.starts_with("<tool_call>{\"name\": \"record\""), "{message}: {call}");
    }
}

#[tokio::test]
async fn are_remembered_for_the_server() {
    let mut conversation = Conversation::begin().await;
    conversation.openai.switch.plan([
        says(400, "Unsupported parameter: 'max_completion_tokens'"),
        says(400, "System role not supported"),
    ]);
    conversation.openai.says("Good day.");
    conversation.text("Hi").await.unwrap();
    conversation.openai.says("Good day.");
    let mut another = Conversation::begin().await;
    another.agent = conversation.agent.clone();
    another.text("Hello").await.unwrap();
    let requests = conversation.openai.requests();
    assert_eq!(requests.len(), 4);
    assert_eq!(limits(&requests[3]), (None, Some(4_000)));
    assert_eq!(requests[3]["messages"][0]["role"], "user");
}

#[tokio::test]
async fn are_tried_at_most_four_times() {
    let mut conversation = Conversation::begin().await;
    for message in
        ["max_tokens is too large", "this is not talked about", "System role not supported"]
    {
        conversation.openai.switch.set(says(400, message));
        let failed = conversation.text("Hi").await.unwrap_err();
        assert!(matches!(failed.error, ModelError::Refused { .. }), "{:?}", failed.error);
        assert!(failed.steps.len() <= 4, "{message}: {}", failed.steps.len());
    }
}

#[tokio::test]
async fn find_the_address_with_or_without_its_version() {
    let mut conversation = Conversation::begin().await;
    let (url, key) = (conversation.openai.url(), fakes::OpenAi::KEY);
    let bare = url.trim_end_matches("/v1");
    conversation.agent.model = agent::OpenAi::new(bare, Some(key.into()), "gpt-4.1-mini").unwrap();
    for text in ["Hi", "Hello"] {
        assert_eq!(conversation.text(text).await.unwrap().reply, format!("You said: {text}"));
    }
    assert_eq!(conversation.openai.requests().len(), 2, "the second knows where to go");
    // LM Studio says so with a success.
    let lost = json!({ "error": "Unexpected endpoint or method. (POST /chat/completions)" });
    conversation.agent.model = agent::OpenAi::new(&url, Some(key.into()), "gpt-4.1-mini").unwrap();
    conversation.openai.switch.plan([refuses(200, &lost)]);
    let failed = conversation.text("Hi").await.unwrap_err();
    assert_eq!(
        failed.error,
        ModelError::Misconfigured { code: "404 invalid_request_error".into() }
    );
}

/// What is told apart: who has to act, and when.
#[tokio::test]
async fn mean_what_their_words_say() {
    let azure = json!({ "error": { "message": "The response was filtered due to the prompt", "code":
        "content_filter", "innererror": { "code": "ResponsibleAIPolicyViolation" }, "status": 400 } });
    let google = json!([{ "error": { "code": 400, "status": "INVALID_ARGUMENT",
        "message": "API key not valid. Please pass a valid API key." } }]);
    let minute = json!([{ "error": { "code": 429, "status": "RESOURCE_EXHAUSTED", "message":
        "You exceeded your current quota, please check your plan and billing details." } }]);
    let code = |status, code: &str| {
        refuses(status, &json!({ "error": { "message": "no", "code": code } }))
    };
    for (mode, meant) in [
        (refuses(400, &azure), "refused 400 content_filter"),
        (code(400, "data_inspection_failed"), "refused 400 data_inspection_failed"),
        (code(400, "content_policy_violation"), "refused 400 content_policy_violation"),
        (code(400, "1301"), "refused 400"),
        (says(403, "Your input was flagged"), "refused 403 invalid_request_error"),
        (code(451, "sensitive_words_detected"), "refused 451 sensitive_words_detected"),
        (Mode::Fails(400, "<html>".into()), "refused 400"),
        (refuses(400, &google), "misconfigured 400"),
        (says(400, "Your credit balance is too low"), "misconfigured 400 invalid_request_error"),
        (says(402, "Insufficient Balance"), "misconfigured 402 invalid_request_error"),
        (code(429, "billing_hard_limit_reached"), "misconfigured 429 billing_hard_limit_reached"),
        (code(400, "Arrearage"), "misconfigured 400"),
        (says(403, "Your account may not do this"), "misconfigured 403 invalid_request_error"),
        (code(404, "model_not_found"), "misconfigured 404 model_not_found"),
        (says(400, "Model m is currently loading"), "unavailable 400 invalid_request_error"),
        (says(404, "The model is loading"), "unavailable 404 invalid_request_error"),
        (refuses(429, &minute), "unavailable 429"),
        (code(529, "overloaded_error"), "unavailable 529 overloaded_error"),
        (Mode::Fails(499, String::new()), "unavailable 499"),
        (code(500, "context deadline exceeded"), "unavailable 500"),
        (refuses(200, &json!({ "error": { "message": "no", "code": 502 } })), "unavailable 502"),
    ] {
        let mut conversation = Conversation::begin().await;
        conversation.agent.timeouts.turn = Duration::from_millis(500);
        conversation.openai.switch.set(mode.clone());
        let error = conversation.text("Hi").await.unwrap_err().error;
        let kind = match &error {
            ModelError::Unavailable { .. } => "unavailable",
            ModelError::Misconfigured { .. } => "misconfigured",
            ModelError::Refused { .. } => "refused",
        };
        assert_eq!(format!("{kind} {}", error.code()), meant, "{mode:?}");
    }
}

#[tokio::test]
async fn ask_for_pieces_of_an_answer_once_it_was_slow() {
    let mut conversation = Conversation::begin().await;
    conversation.agent.timeouts = Timeouts {
        request: Duration::from_millis(300),
        pause: Duration::from_millis(1),
        ..Timeouts::default()
    };
    let events = "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"Hello Ann.\"},\
                  \"finish_reason\":\"stop\"}]}\n\ndata: [DONE]\n\n";
    conversation.openai.switch.plan([Mode::HangsBefore, Mode::Fails(200, events.into())]);
    let new = [person("Hi")];
    let (heard, pulse) = (agent::Heard { new: &new, ..conversation.heard() }, Pulse::default());
    assert_eq!(conversation.agent.answer(&heard, &pulse).await.unwrap().reply, "Hello Ann.");
    assert!(pulse.silent_for().is_some(), "it beats with the pieces");
    let streams = |requests: &[Value]| -> Vec<bool> {
        requests.iter().map(|request| request["stream"] == true).collect()
    };
    assert_eq!(streams(&conversation.openai.requests()), [false, true]);

    // This one does not, as the stand-in does not.
    conversation.openai.switch.plan([says(400, "'stream' is not supported")]);
    conversation.text("Hello?").await.unwrap();
    conversation.text("Hello?").await.unwrap();
    assert_eq!(streams(&conversation.openai.requests()), [false, true, true, false, false]);
}

#[tokio::test]
async fn hold_schemas_that_every_server_takes() {
    let request = after([]).await.remove(0);
    assert_eq!(limits(&request), (Some(4_000), None));
    for tool in request["tools"].as_array().unwrap() {
        let parameters = &tool["function"]["parameters"];
        assert_eq!(parameters.get("additionalProperties"), None);
        let properties = parameters["properties"].as_object().unwrap();
        assert!(!properties.is_empty(), "{tool}");
        assert!(properties.values().all(|property| property["type"].is_string()), "{tool}");
    }
}

#[tokio::test]
async fn ask_for_no_pieces_where_they_make_no_sense() {
    let mut conversation = Conversation::begin().await;
    conversation.agent.timeouts.request = Duration::from_millis(300);
    let events = "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"Hel";
    conversation.openai.switch.plan([Mode::HangsBefore, Mode::Fails(200, events.into())]);
    conversation.text("Hi").await.unwrap();
    let requests = conversation.openai.requests();
    let streams: Vec<_> = requests.iter().map(|request| request["stream"] == true).collect();
    assert_eq!(streams, [false, true, false]);
}

#[tokio::test]
async fn wait_for_as_long_as_pieces_come() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/v1", listener.local_addr().unwrap());
    // Each piece in time, and all of them longer than one request may take.
    tokio::spawn(async move {
        let (mut caller, _) = listener.accept().await.unwrap();
        assert!(caller.read(&mut [0; 65_536]).await.unwrap() > 0);
        let head =
            "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n\r\n";
        caller.write_all(head.as_bytes()).await.unwrap();
        for word in ["Hello", " Ann,", " how", " are", " you?"] {
            tokio::time::sleep(Duration::from_millis(150)).await;
            let piece = json!({ "choices": [{ "delta": { "content": word } }] });
            caller.write_all(format!("data: {piece}\n\n").as_bytes()).await.unwrap();
        }
        caller.write_all(b"data: [DONE]\n\n").await.unwrap();
    });
    let mut conversation = Conversation::begin().await;
    conversation.agent.model = agent::OpenAi::new(&url, None, "m").unwrap();
    conversation.agent.timeouts.request = Duration::from_millis(500);
    assert_eq!(conversation.text("Hi").await.unwrap().reply, "Hello Ann, how are you?");
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
