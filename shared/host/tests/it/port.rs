//! Timeouts for callers, and the answers when they expire.

use std::net::Ipv4Addr;
use std::time::Duration;

use axum::Router;
use axum::body::Bytes;
use axum::routing::post;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;
use tokio::time::Instant;

const HEAD: &str = "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\n";

#[tokio::test(start_paused = true)]
async fn a_head_and_a_body_have_ten_seconds_each() {
    for (said, again, answered) in [
        ("", "", ""),
        ("POST / HT", "", ""),
        ("POST / HTTP/1.1\r\n", "X: a\r\n", ""),
        (HEAD, "", "408"),
        // Each byte comes soon after the one before.
        (HEAD, "a", "408"),
        // A call, and then silence.
        ("GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n", "", "200"),
    ] {
        let (begun, status) = (Instant::now(), call(said, again).await);
        let seconds = begun.elapsed().as_secs();
        assert_eq!((status.as_str(), seconds), (answered, 10), "{said:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_client_that_is_still_writing_sees_the_answer() {
    let body = "a".repeat(3_000_000);
    let said = format!("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3000000\r\n\r\n{body}");
    assert_eq!(call(&said, "").await, "413");
}

/// The status that a client gets that sends something at first, and something again each second until
/// the connection is closed.
async fn call(said: &str, again: &str) -> String {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let address = listener.local_addr().unwrap();
    let (stop, stopped) = oneshot::channel::<()>();
    let router = Router::new().route("/", post(async |body: Bytes| body));
    let stopped = async { stopped.await.unwrap_or_default() };
    let server = tokio::spawn(host::serve(listener.into(), router, stopped));
    let (mut reader, mut writer) = TcpStream::connect(address).await.unwrap().into_split();
    let writing = async {
        writer.write_all(said.as_bytes()).await.unwrap();
        loop {
            tokio::time::sleep(Duration::from_secs(1)).await;
            if writer.write_all(again.as_bytes()).await.is_err() {
                std::future::pending::<()>().await;
            }
        }
    };
    let mut answer = Vec::new();
    tokio::select! {
        () = writing => {}
        end = reader.read_to_end(&mut answer) => drop(end),
    }
    drop(stop);
    server.await.unwrap();
    let answer = String::from_utf8(answer).unwrap();
    answer.strip_prefix("HTTP/1.1 ").map_or("", |rest| &rest[..3]).to_owned()
}
