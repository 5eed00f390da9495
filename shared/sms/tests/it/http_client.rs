use std::time::Duration;

use sms::{Http, SendError};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;

#[tokio::test]
async fn refuses_where_nobody_listens() {
    let nobody = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    assert_eq!(post(&patient(), &format!("http://{nobody}")).await, "refused: connect");
}

#[tokio::test]
async fn refuses_a_server_without_tls() {
    let url = serve_once(b"HTTP/1.1 200 OK\r\n\r\n").await.replace("http:", "https:");
    assert_eq!(post(&patient(), &url).await, "refused: connect");
}

#[tokio::test]
async fn refuses_an_invalid_address() {
    assert_eq!(post(&patient(), "nowhere").await, "refused: connect");
}

#[tokio::test]
async fn does_not_know_the_outcome_of_a_request_whose_connection_was_cut() {
    let cut_at = [
        &b""[..],
        b"HTTP/1.1 201 Cre",
        b"HTTP/1.1 201 Created\r\ncontent-length: 9\r\n\r\n",
        b"HTTP/1.1 201 Created\r\ncontent-length: 9\r\n\r\n{\"sid",
    ];
    for answer in cut_at {
        let url = serve_once(answer).await;
        let outcome = post(&patient(), &url).await;
        assert_eq!(outcome, "unknown: cut");
    }
}

#[tokio::test]
async fn does_not_know_the_outcome_of_a_request_without_an_answer() {
    // The system accepts connections, and nobody reads from them.
    let silent = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let http = Http::with_timeouts(Duration::from_secs(5), Duration::from_millis(200));
    let outcome = post(&http, &format!("http://{}", silent.local_addr().unwrap())).await;
    assert_eq!(outcome, "unknown: timeout");
}

#[tokio::test]
async fn reads_no_answer_without_end() {
    let head = b"HTTP/1.1 200 OK\r\ncontent-length: 1048577\r\n\r\n";
    let url = serve_once([&head[..], &[b' '; 1_048_577]].concat()).await;
    assert_eq!(post(&patient(), &url).await, "unknown: unreadable");
}

#[tokio::test]
async fn follows_no_redirect() {
    let url = serve_once(b"HTTP/1.1 307 Go\r\nlocation: /else\r\ncontent-length: 0\r\n\r\n").await;
    assert_eq!(post(&patient(), &url).await, "answered 307");
}

/// A client whose timeouts exceed any test.
fn patient() -> Http {
    Http::with_timeouts(Duration::from_secs(30), Duration::from_secs(30))
}

async fn post(http: &Http, url: &str) -> String {
    match http.send(http.post(url)).await {
        Ok(answer) => format!("answered {}", answer.status),
        Err(SendError::Refused { code }) => format!("refused: {code}"),
        Err(SendError::Unknown { code }) => format!("unknown: {code}"),
        Err(error) => panic!("{error}"),
    }
}

/// Reads one request, writes these bytes, and hangs up.
async fn serve_once(answer: impl AsRef<[u8]> + Send + 'static) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        let (mut connection, _) = listener.accept().await.unwrap();
        assert_ne!(connection.read(&mut [0; 4096]).await.unwrap(), 0);
        connection.write_all(answer.as_ref()).await.unwrap();
    });
    format!("http://{address}")
}
