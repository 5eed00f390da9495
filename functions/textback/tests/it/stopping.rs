//! A stop of the process takes little time, and no text is lost.

use std::time::{Duration, Instant};

use fakes::Mode;
use product::{ANN, BOB, Product};
use rusqlite::Connection;
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;

/// Docker waits ten seconds, and then kills.
const MOST: Duration = Duration::from_secs(8);

#[tokio::test]
async fn it_stops_within_eight_seconds_whatever_hangs_and_everybody_is_answered_once() {
    // Concurrently, since each uses all its time.
    tokio::join!(
        ends_in_time("TERM", async |product| {
            product.openai.switch.set(Mode::HangsBefore);
            product.text(ANN, "My tap drips").await;
            product.openai.wait_for_requests(1).await;
            None
        }),
        ends_in_time("HUP", async |product| {
            product.companies.twilio.switch.set(Mode::HangsAfter);
            product.text(ANN, "My tap drips").await;
            product.companies.twilio.wait_for_messages(1).await;
            None
        }),
        ends_in_time("INT", async |product| {
            product.openai.switch.set(Mode::Holds);
            product.text(ANN, "My tap drips").await;
            product.openai.wait_for_requests(1).await;
            let locked = product.database();
            locked.execute_batch("BEGIN EXCLUSIVE").unwrap();
            product.openai.switch.set(Mode::Works);
            Some(locked)
        }),
    );
}

/// Asks the process to stop after `begin`, with an endless call open.
async fn ends_in_time(signal: &str, begin: impl AsyncFn(&mut Product) -> Option<Connection>) {
    let mut product = Product::start(&["twilio"]).await;
    let mut unfinished = TcpStream::connect(product.address()).await.unwrap();
    unfinished.write_all(b"POST /webhooks/twilio/inbound HTTP/1.1\r\n").await.unwrap();
    let locked = begin(&mut product).await;
    let asked = Instant::now();
    product.process.signal(signal);
    assert_eq!(product.process.end().await, Some(0), "{signal}");
    assert!(asked.elapsed() < MOST, "{signal}: {:?}", asked.elapsed());

    drop(locked);
    product.openai.switch.set(Mode::Works);
    product.companies.twilio.switch.set(Mode::Works);
    product.as_if_later(Duration::from_secs(130));
    product.start_again().await;
    product.settled().await;
    assert_eq!(product.companies.twilio.texts_to(ANN), ["You said: My tap drips"], "{signal}");
}

#[tokio::test]
async fn a_second_signal_ends_it_at_once() {
    let mut product = Product::start(&["twilio"]).await;
    product.openai.switch.set(Mode::HangsBefore);
    product.text(ANN, "My tap drips").await;
    product.openai.wait_for_requests(1).await;
    product.process.signal("TERM");
    product.process.logs("stopping").await;
    let asked = Instant::now();
    product.process.signal("TERM");
    assert_eq!(product.process.end().await, Some(1));
    assert!(asked.elapsed() < Duration::from_secs(4), "{:?}", asked.elapsed());
}

#[tokio::test]
async fn a_process_started_with_nohup_outlives_its_terminal() {
    let mut product = Product::start(&["twilio"]).await;
    product.start_again_after("trap '' HUP").await;
    for person in [ANN, BOB] {
        product.process.signal("HUP");
        product.text(person, "My tap drips").await;
        product.settled().await;
        assert_eq!(product.companies.twilio.texts_to(person), ["You said: My tap drips"]);
    }
    product.stop().await;
}
