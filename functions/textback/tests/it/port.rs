//! Strangers at the port: malformed calls, silent connections, endless bodies.

use std::net::SocketAddr;
use std::time::Duration;

use fakes::InboundShape;
use product::{ANN, Product, WEBHOOK_TOKEN};
use reqwest::Method;
use rustix::process::{Pid, Resource, Rlimit, prlimit};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// The start of a stranger's call: nothing, half a head, and two bodies that never end.
const UNFINISHED: [&str; 4] = [
    "",
    "POST /webhooks/x/inbound HTTP/1.1\r\nHost: a\r\nX-",
    "POST /webhooks/messagecentral/inbound HTTP/1.1\r\nHost: a\r\nContent-Length: 1000\r\n\r\na",
    "POST /webhooks/messagecentral/status HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n1",
];

const GET: &str = "GET /healthz HTTP/1.1\r\nHost: a\r\nConnection: close\r\n";
const POST: &str = "POST /webhooks/twilio/inbound HTTP/1.1\r\nHost: a\r\nConnection: close\r\n";

/// Fails unless these are answered so, and leave nothing behind.
async fn check<const N: usize>(rows: [(&str, String, &str); N]) {
    let product = Product::start(&["twilio"]).await;
    let mut wrong = Vec::new();
    for (what, call, answered) in rows {
        let got = statuses(product.address(), &call).await;
        if got != answered {
            wrong.push(format!("{what}: {got} and not {answered}"));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
    assert_eq!(product.documents(), 0);
}

#[tokio::test]
async fn what_is_no_call_is_no_call() {
    check([
        ("a call", format!("{GET}\r\n"), "200"),
        (
            "one after another",
            format!("{GET}\r\n").replace("Connection: close\r\n", "").repeat(99) + GET + "\r\n",
            "200 x 100",
        ),
        (
            "another server's address",
            "GET http://elsewhere.test/healthz HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"
                .into(),
            "200",
        ),
        (
            "a tunnel",
            "CONNECT 127.0.0.1:22 HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n".into(),
            "404",
        ),
        ("an echo", "TRACE / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n".into(), "405"),
        ("no path", "OPTIONS * HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n".into(), "404"),
        ("another protocol", format!("{GET}Upgrade: websocket\r\n\r\n"), "200"),
        ("no version", "GET /\r\n".into(), "400"),
        // HTTP/2 needs TLS.
        ("HTTP/2", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0".into(), ""),
        (
            "a provider that is none",
            "POST /webhooks/nobody/inbound HTTP/1.1\r\nHost: a\r\nContent-Length: 262000\r\n\r\na"
                .into(),
            "404",
        ),
    ])
    .await;
}

#[tokio::test]
async fn a_body_whose_length_is_not_clear_is_not_read() {
    let long = "a".repeat(100_000);
    check([
        // With two lengths, the data after a body is not treated as another call.
        (
            "two kinds of length",
            format!(
                "{POST}Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n{GET}\r\n"
            ),
            "403",
        ),
        (
            "two lengths",
            format!("{POST}Content-Length: 5\r\nContent-Length: 6\r\n\r\nabcdef"),
            "400",
        ),
        ("a length with a sign", format!("{POST}Content-Length: +5\r\n\r\nabcde"), "400"),
        ("a length below nothing", format!("{POST}Content-Length: -1\r\n\r\n"), "400"),
        (
            "a length without an end",
            format!("{POST}Content-Length: 99999999999999999999\r\n\r\n"),
            "400",
        ),
        ("an unknown coding", format!("{POST}Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n"), "400"),
        (
            "a coding that is not the last",
            format!("{POST}Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n"),
            "400",
        ),
        (
            "a space before the colon",
            format!("{POST}Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n"),
            "400",
        ),
        (
            "a chunk without an end",
            format!("{POST}Transfer-Encoding: chunked\r\n\r\nffffffffffffffffff\r\n"),
            "400",
        ),
        (
            "a chunk with a long note",
            format!("{POST}Transfer-Encoding: chunked\r\n\r\n1;{long}\r\nx\r\n0\r\n\r\n"),
            "400",
        ),
    ])
    .await;
}

#[tokio::test]
async fn a_head_that_is_too_large_or_not_clear_is_not_read() {
    let long = "a".repeat(100_000);
    check([
        ("a folded header", format!("{GET}X: a\r\n b\r\n\r\n"), "400"),
        ("NUL in a path", "GET /\0 HTTP/1.1\r\nHost: a\r\n\r\n".into(), "400"),
        ("NUL in a header", format!("{GET}X: a\0b\r\n\r\n"), "400"),
        ("a header of 100 KB", format!("{GET}X: {long}\r\n\r\n"), "431"),
        ("two hundred headers", format!("{GET}{}\r\n", "X: a\r\n".repeat(200)), "431"),
        ("an address of 100 KB", format!("GET /{long} HTTP/1.1\r\nHost: a\r\n\r\n"), "431"),
    ])
    .await;
}

#[tokio::test]
async fn a_body_that_is_too_large_is_not_read() {
    let long = "a".repeat(100_000);
    check([
        ("a body too large by its word", format!("{POST}Content-Length: 262145\r\n\r\na"), "413"),
        (
            "a body too large",
            format!(
                "{POST}Transfer-Encoding: chunked\r\n\r\n{:x}\r\n{}\r\n0\r\n\r\n",
                300_000,
                long.repeat(3)
            ),
            "413",
        ),
    ])
    .await;
}

#[tokio::test]
async fn an_address_is_served_with_a_slash_at_its_end() {
    let mut product = Product::start(&["twilio", "messagecentral"]).await;
    let number = product.companies.twilio.number().to_owned();
    let fields = [
        ("MessageSid", "SM00000000000000000000000000000001"),
        ("From", ANN),
        ("To", &number),
        ("Body", "Hi"),
    ];
    let route = product.route();
    let call = product.companies.twilio.signed(&route, "/webhooks/twilio/inbound/", &fields);
    assert_eq!(product.post(&call).await.status, 200);
    product.settled().await;
    let heard =
        [product.companies.twilio.texts_to(ANN), product.companies.messagecentral.texts_to(ANN)]
            .concat();
    assert_eq!(heard, ["You said: Hi"]);

    let path = format!("/webhooks/messagecentral/status/?token={WEBHOOK_TOKEN}");
    let report = product.call(Method::POST, &path.replace('+', "%2B")).body("status=DELIVRD");
    assert_eq!(report.send().await.unwrap().status(), 200);
    let kept = product.store.quarantined(10).await.unwrap().remove(0);
    assert_eq!(kept.reason, "a receipt, whose form nothing documents");
}

#[tokio::test]
async fn a_call_that_reaches_nobody_leaves_a_line() {
    let product = Product::start(&["twilio"]).await;
    for (method, path, status, told) in [
        (
            Method::GET,
            "/webhooks/twilio/inbound?From=%2B12025550143",
            405,
            "/webhooks/twilio/inbound",
        ),
        (Method::GET, "/webhooks/twilio/status", 405, "/webhooks/twilio/status"),
        (Method::POST, "/webhooks/twilio", 404, "/webhooks/twilio"),
        (Method::POST, "/webhooks/twilio/imbound/", 404, "/webhooks/twilio/…"),
        (Method::POST, "/webhooks/+12025550143/a/b", 404, "/webhooks/…/…/…"),
        (Method::PUT, "/webhooks", 404, "/webhooks"),
    ] {
        assert_eq!(product.call(method, path).send().await.unwrap().status(), status, "{path}");
        product.process.logs(&format!("a call to {told} reached nobody")).await;
    }
    product.process.logs(r#""calls":6"#).await;
}

#[tokio::test]
async fn a_malformed_call_leaves_a_line() {
    const TEXT: &str = "POST /webhooks/twilio/inbound HTTP/1.1\r\nHost: a\r\nX: a\x01b\r\n\r\n";
    let product = Product::start(&["twilio"]).await;
    assert_eq!(statuses(product.address(), TEXT).await, "400");
    product.process.logs("1 because the head of a call could not be read").await;
}

#[tokio::test]
async fn silent_connections_keep_nobody_out() {
    let mut product = Product::start(&["messagecentral"]).await;
    product.start_again_within(256).await;
    let mut stranger = Vec::new();
    for number in 0..260 {
        stranger.push(left(product.address(), UNFINISHED[number % 4]).await);
    }
    for text in ["My tap drips", "And my sink leaks"] {
        product.text_by("messagecentral", ANN, text).await;
    }
    product.settled().await;
    product.process.logs("turned connections away: 1 for want of room").await;
    product.stop().await;
    // All others share one line.
    let lines = product.process.logged();
    let lines: Vec<_> = lines.iter().filter(|line| line.contains("turned connections")).collect();
    assert_eq!(lines.len(), 2, "{lines:?}");
    assert!(lines[1].contains(" for want of room"));
}

#[tokio::test]
async fn a_process_without_descriptors_goes_on() {
    let mut product = Product::start(&["messagecentral"]).await;
    // Fewer than it expects to have.
    let descriptors = product.process.descriptors() + 20;
    let process = Pid::from_raw(product.process.id().try_into().unwrap());
    let limit = Rlimit { current: Some(descriptors as u64), maximum: Some(descriptors as u64) };
    prlimit(process, Resource::Nofile, limit).unwrap();
    let mut stranger = Vec::new();
    for _ in 0..40 {
        stranger.push(left(product.address(), "").await);
    }
    product.process.logs(" for want of descriptors").await;
    let call = product.call(Method::GET, "/healthz");
    assert_eq!(call.send().await.unwrap().status(), 200);
    drop(stranger);
    product.text_by("messagecentral", ANN, "My tap drips").await;
}

#[tokio::test]
async fn bodies_without_an_end_take_no_memory() {
    let mut product = Product::start(&["messagecentral"]).await;
    let before = product.process.resident_kib();
    let mut stranger = Vec::new();
    for provider in ["nobody", "messagecentral"] {
        for _ in 0..200 {
            let head = format!(
                "POST /webhooks/{provider}/inbound HTTP/1.1\r\nHost: a\r\nContent-Length: 262000\r\n\r\n"
            );
            let body = "a".repeat(261_000);
            stranger.push(left(product.address(), &(head + &body)).await);
        }
    }
    let shape = InboundShape::default();
    let call = product.companies.messagecentral.inbound(
        &product.route(),
        WEBHOOK_TOKEN,
        &shape,
        ANN,
        "My tap drips",
    );
    assert_eq!(product.post(&call).await.status, 200);
    product.process.logs("unfinished bodies reached their limit of memory").await;
    let taken = product.process.resident_kib() - before;
    assert!(taken < 60 * 1024, "{taken} KiB");
}

/// A connection to which this was written, or as much of it as was accepted before the connection
/// was closed.
async fn left(address: SocketAddr, said: &str) -> TcpStream {
    let mut stream = TcpStream::connect(address).await.unwrap();
    let _ = tokio::time::timeout(Duration::from_secs(1), stream.write_all(said.as_bytes())).await;
    stream
}

/// The statuses of the answers until the connection is closed: `403`, or `200 x 100`.
async fn statuses(address: SocketAddr, said: &str) -> String {
    let mut stream = left(address, said).await;
    let mut answer = Vec::new();
    // Data written after an answer may reset the connection.
    let _ = stream.read_to_end(&mut answer).await;
    let answer = String::from_utf8_lossy(&answer);
    let mut found: Vec<_> = answer.split("HTTP/1.1 ").skip(1).map(|rest| &rest[..3]).collect();
    let count = found.len();
    found.dedup();
    if count > 1 { format!("{} x {count}", found.join(" ")) } else { found.concat() }
}
