//! The fate of a text when the model does not work: in time, an error that says what to do.

use std::io::Write;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use agent::{Heard, ModelError, Pulse};
use fakes::Mode;
use serde_json::json;
use tokio::task::JoinSet;
use tracing_subscriber::fmt::MakeWriter;

use crate::{Conversation, SECRET, person};

/// The code of an error to retry later.
fn unavailable(error: &ModelError) -> &str {
    match error {
        ModelError::Unavailable { code, .. } => code,
        error => panic!("{error}"),
    }
}

#[tokio::test]
async fn is_asked_again_until_its_time_is_up() {
    let html = "<html><h1>502 Bad Gateway</h1></html>".to_owned();
    let mut troubles = Vec::new();
    for (mode, code) in [
        (Mode::HangsBefore, "slow"),
        (Mode::HangsAfter, "slow"),
        (Mode::Slow(Duration::from_secs(60)), "slow"),
        (Mode::CutsAfter, "cut"),
        (Mode::Nonsense, "nonsense"),
        (Mode::Fails(500, html), "500"),
        (Mode::Fails(200, r#"{"choices":[]}"#.into()), "nonsense"),
        (Mode::Fails(429, r#"{"error":{"code":429}}"#.into()), "429"),
        (fakes::OpenAi::overloaded(), "503 service_unavailable_error"),
        (fakes::OpenAi::rate_limited(), "429 rate_limit_exceeded"),
    ] {
        let mut conversation = Conversation::impatient().await;
        conversation.openai.switch.set(mode.clone());
        troubles.push(async move {
            let failed = conversation.text("Hi").await.unwrap_err();
            let requests = failed.steps.len();
            assert_eq!(failed.steps[0].details["outcome"], code, "{mode:?}");
            // The last may have had no time to be anything but slow.
            assert!([code, "slow"].contains(&unavailable(&failed.error)), "{mode:?}");
            assert!((2..200).contains(&requests), "{mode:?}: {requests} requests");
        });
    }
    troubles.into_iter().collect::<JoinSet<_>>().join_all().await;
}

#[tokio::test]
async fn is_asked_again_when_nobody_listens() {
    let mut conversation = Conversation::impatient().await;
    // A port that was free a moment ago.
    let closed = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let model = agent::OpenAi::new(&format!("http://{closed}/v1"), None, "gpt-4.1-mini");
    conversation.agent.model = model.unwrap();
    let failed = conversation.text("Hi").await.unwrap_err();
    assert_eq!(unavailable(&failed.error), "unreachable");
    assert!(failed.steps.len() > 1);
}

#[tokio::test]
async fn answers_as_soon_as_it_is_back() {
    let mut conversation = Conversation::begin().await;
    conversation.openai.switch.set(fakes::OpenAi::overloaded());
    let openai = &conversation.openai;
    let back = async {
        while openai.requests().len() < 3 {
            tokio::task::yield_now().await;
        }
        openai.switch.set(Mode::Works);
    };
    let (new, pulse) = ([person("Hi")], Pulse::default());
    let heard = Heard { new: &new, ..conversation.heard() };
    let (answered, ()) = tokio::join!(conversation.agent.answer(&heard, &pulse), back);
    assert_eq!(answered.unwrap().reply, "You said: Hi");
    conversation.text("Still there?").await.unwrap();
}

#[tokio::test]
async fn is_not_asked_again_when_it_asks_for_more_time_than_is_left() {
    let mut conversation = Conversation::begin().await;
    conversation.openai.switch.set(fakes::OpenAi::rate_limited());
    conversation.openai.asks_to_wait(86_400);
    let failed = conversation.text("Hi").await.unwrap_err();
    let after = Some(Duration::from_secs(86_400));
    assert_eq!(
        failed.error,
        ModelError::Unavailable { code: "429 rate_limit_exceeded".into(), after }
    );
    assert_eq!(conversation.openai.requests().len(), 1);
}

#[tokio::test]
async fn is_not_asked_again_if_a_person_has_to_act() {
    let anything = r#"{"error":{"message":"sk-1","code":"sk-1"}}"#.to_owned();
    for (mode, code) in [
        (fakes::OpenAi::out_of_quota(), "429 insufficient_quota"),
        (Mode::Fails(403, anything), "403"),
        (Mode::Fails(301, "<html>".into()), "301"),
    ] {
        let mut conversation = Conversation::begin().await;
        conversation.openai.switch.set(mode);
        let failed = conversation.text("Hi").await.unwrap_err();
        assert_eq!(failed.error, ModelError::Misconfigured { code: code.into() });
        assert_eq!(conversation.openai.requests().len(), 1);
    }
}

#[tokio::test]
async fn names_a_wrong_key_model_and_address() {
    let mut conversation = Conversation::begin().await;
    let (url, key) = (conversation.openai.url(), fakes::OpenAi::KEY);
    for (url, key, model, code) in [
        (&url, "wrong", "gpt-4.1-mini", "401 invalid_api_key"),
        (&url, key, "llama", "404 model_not_found"),
        (&url.replace("/v1", "/v2"), key, "gpt-4.1-mini", "404 invalid_request_error"),
    ] {
        conversation.agent.model = agent::OpenAi::new(url, Some(key.into()), model).unwrap();
        let failed = conversation.text("Hi").await.unwrap_err();
        assert_eq!(failed.error, ModelError::Misconfigured { code: code.into() });
    }
}

#[tokio::test]
async fn may_only_talk_after_an_empty_answer() {
    let mut conversation = Conversation::begin().await;
    conversation.openai.answers(json!({ "role": "assistant", "content": " " }));
    conversation.openai.calls("finish", "{}");
    assert_eq!(conversation.text("Hi").await.unwrap().reply, "You said: Hi");
    let requests = conversation.openai.requests();
    let choices: Vec<_> = requests.iter().map(|request| &request["tool_choice"]).collect();
    assert_eq!(choices, [&json!(null), &json!("none")]);
    let told = requests[1]["messages"][0]["content"].as_str().unwrap();
    assert!(told.ends_with("Answer now, in one short sentence, without thinking first."), "{told}");
}

#[tokio::test]
async fn gives_up_on_a_model_that_never_says_anything() {
    let mut conversation = Conversation::begin().await;
    for _ in 0..100 {
        conversation.openai.answers(json!({ "role": "assistant", "content": null }));
    }
    let failed = conversation.text("Hi").await.unwrap_err();
    assert_eq!(failed.error, ModelError::Refused { code: "empty".into() });
    assert_eq!(conversation.openai.requests().len(), 2);
    assert!(failed.tokens.input > 0, "what was thrown away is paid all the same");
}

#[tokio::test]
async fn must_talk_after_it_called_tools_in_circles() {
    let mut conversation = Conversation::begin().await;
    for _ in 0..100 {
        conversation.openai.calls("record", r#"{"field":"name","value":"Ann"}"#);
    }
    assert_eq!(conversation.text("Hi").await.unwrap().reply, "You said: Hi");
    assert_eq!(conversation.openai.requests().len(), 6);
}

#[tokio::test]
async fn keeps_no_more_of_an_answer_than_can_be_stored() {
    let mut conversation = Conversation::begin().await;
    conversation.openai.calls("record", &format!(r#"{{"field":"{}"}}"#, "x".repeat(100_000)));
    for _ in 0..2 {
        conversation.openai.says(&"x".repeat(100_000));
    }
    let answered = conversation.text("Hi").await.unwrap();
    assert_eq!(answered.reply.len(), 4_000);
    assert!(crate::lines(&answered.turns)[1].starts_with("tool: error: arguments are not JSON"));

    conversation.openai.says(&"x".repeat(2_000_000));
    assert_eq!(conversation.text("Hi").await.unwrap().steps[0].details["outcome"], "too long");
}

#[tokio::test]
async fn reveals_neither_the_conversation_nor_the_key() {
    let log = Log::default();
    let subscriber = tracing_subscriber::fmt()
        .with_max_level(tracing::Level::TRACE)
        .with_writer(log.clone())
        .finish();
    let _logging = tracing::subscriber::set_default(subscriber);

    let quoting = json!({ "error": { "message": SECRET, "type": SECRET, "code": SECRET } });
    let mut conversation = Conversation::begin().await;
    conversation.openai.calls("hand_over", &json!({ "reason": SECRET }).to_string());
    tracing::info!("{:?}", conversation.text(SECRET).await.unwrap());
    for mode in [
        Mode::CutsAfter,
        Mode::Fails(200, SECRET.into()),
        Mode::Fails(200, json!({ "choices": SECRET }).to_string()),
        Mode::Fails(500, SECRET.into()),
        Mode::Fails(400, quoting.to_string()),
    ] {
        let mut conversation = Conversation::begin().await;
        conversation.agent.timeouts.turn = Duration::from_millis(100);
        conversation.openai.switch.set(mode);
        let failed = conversation.text(SECRET).await.unwrap_err();
        tracing::info!("{failed} {failed:?} {:?}", conversation.agent);
    }
    let log = log.text();
    assert!(log.contains("Answered {") && log.contains("AnswerError {"), "{log}");
    for secret in [SECRET, "elderberry", fakes::OpenAi::KEY, "0123456789abc"] {
        let line = log.lines().find(|line| line.contains(secret));
        assert_eq!(line, None);
    }
}

/// Every log line, from any crate.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Log {
    fn text(&self) -> String {
        String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
    }
}

impl Write for Log {
    fn write(&mut self, line: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().write(line)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for Log {
    type Writer = Self;

    fn make_writer(&'a self) -> Self {
        self.clone()
    }
}
