//! Answers that are asked for in pieces.

use std::time::Duration;

use agent::{Pulse, Timeouts};
use fakes::Mode;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;

use super::says;
use crate::{Conversation, person};

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
