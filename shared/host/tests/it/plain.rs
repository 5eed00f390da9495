use std::time::Duration;

use fakes::{moto, unique_name};
use queue::{Queue, WakeUp};
use settings::Settings;
use telemetry::TraceId;

use crate::functions::Function;

#[tokio::test]
async fn finishes_a_call_when_asked_to_stop() {
    for signal in ["TERM", "INT", "HUP"] {
        let mut function = Function::start("called", &[]);
        let address = function.address().await;
        let call = tokio::spawn(reqwest::get(format!("{address}/slow")));
        function.says("begun").await;
        function.signal(signal).await;
        function.says("stopping").await;
        drop(function.process.stdin.take());
        let answer = call.await.unwrap().unwrap().text().await.unwrap();
        assert_eq!((answer.as_str(), function.end().await), ("finished", (Some(0), vec![])));
    }
}

#[tokio::test]
async fn knows_who_calls_behind_a_trusted_proxy() {
    for (trusted, caller) in [("", "127.0.0.1"), ("127.0.0.0/8", "203.0.113.9")] {
        let mut function = Function::start("called", &[("TRUSTED_PROXIES", trusted)]);
        let call = reqwest::Client::new().get(function.address().await);
        let call = call.header("x-forwarded-for", "192.0.2.1, 203.0.113.9");
        let seen = call.send().await.unwrap().text().await.unwrap();
        assert!(seen.contains(&format!("by {caller}\n")), "{seen}");
    }
}

#[tokio::test]
async fn takes_wake_ups_from_the_queue_and_answers_only_health_calls() {
    let Some(moto) = moto().await else { return };
    let url = moto.create_fifo_queue(&unique_name(), Duration::from_secs(60)).await;
    let settings = [
        ("TURN_QUEUE_URL", url.as_str()),
        ("AWS_ENDPOINT_URL", &moto.url),
        ("AWS_REGION", "us-east-1"),
        ("AWS_ACCESS_KEY_ID", "test"),
        ("AWS_SECRET_ACCESS_KEY", "test"),
    ];
    let queue = Queue::from_settings(&Settings::from(settings)).unwrap().unwrap();
    let wake_up = WakeUp { conversation: "somebody".into(), trace: TraceId::fresh() };
    queue.send(&wake_up, "1").await.unwrap();

    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let settings = [&settings[..], &[("DATA_DIR", data.to_str().unwrap())]].concat();
    let mut function = Function::start("woken", &settings);
    let address = function.address().await;
    assert_eq!(function.says("woke ").await, "somebody.");
    assert_eq!(status(&format!("{address}/healthz")).await, 200);
    assert_eq!(status(&format!("{address}/readyz")).await, 200);
    assert_eq!(status(&address).await, 404);
    function.signal("TERM").await;
    assert_eq!(function.end().await.0, Some(0));
}

#[tokio::test]
async fn runs_by_its_own_timer() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let mut function = Function::start("scheduled", &[("DATA_DIR", data.to_str().unwrap())]);
    let address = function.address().await;
    function.says("ran").await;
    assert_eq!(status(&format!("{address}/healthz")).await, 200);
    assert_eq!(status(&format!("{address}/readyz")).await, 200);
    function.signal("TERM").await;
    assert_eq!(function.end().await.0, Some(0));
}

#[tokio::test]
async fn ends_with_one_line_that_says_what_to_do() {
    let mut function = Function::start("woken", &[]);
    assert_eq!(
        function.says("error: ").await,
        "set TURN_QUEUE_URL: alone this function has no queue, `textback` brings its own"
    );
    assert_eq!(function.end().await, (Some(1), vec![]));
}

async fn status(url: &str) -> u16 {
    reqwest::get(url).await.unwrap().status().as_u16()
}
