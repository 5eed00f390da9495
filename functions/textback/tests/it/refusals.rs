//! A store that is reachable but refuses requests.

use std::net::SocketAddr;

use product::{ANN, Product, until};
use reqwest::Method;
use serde_json::Value;
use tokio::net::{TcpListener, TcpStream};

#[tokio::test]
async fn a_full_disk_raises_one_alarm_and_the_log_says_when_there_is_room_again() {
    let mut product = Product::start(&["twilio"]).await;
    product.start_again_after("trap '' XFSZ").await;
    product.process.may_write(false);
    let calls: Vec<_> = ["Hi", "Hello?", "Hello??"]
        .map(|text| product.companies.twilio.inbound(&product.route(), ANN, text))
        .into();
    for call in &calls {
        assert_eq!(product.post(call).await.status, 503);
    }
    let ready = product.call(Method::GET, "/readyz").send().await.unwrap();
    let ready = (ready.status().as_u16(), ready.text().await.unwrap());
    assert_eq!(ready, (503, "not ready\n".into()));
    product.process.logs("not ready: the store is unavailable: disk I/O error").await;
    assert_eq!(alarms(&product), ["the store takes no writes: disk I/O error"]);

    product.process.may_write(true);
    for call in &calls {
        assert_eq!(call.post_until_taken().await.unwrap().status, 200);
    }
    product.process.logs("the store takes writes again").await;
    product.settled().await;
    let heard = product.companies.twilio.texts_to(ANN).join(" ");
    assert_eq!(heard.matches("Hi").count(), 1, "{heard}");
}

#[tokio::test]
async fn firestore_that_refuses_raises_one_alarm() {
    for (code, words) in [
        (7, "Missing or insufficient permissions."),
        (8, "Quota exceeded."),
        (16, "Request had invalid authentication credentials."),
        // Codes that also mean that a text was seen before.
        (5, "The database (default) does not exist for project p"),
        (9, "The Cloud Firestore API is not available for Firestore in Datastore Mode database p."),
    ] {
        let firestore = refusing(code, words).await.to_string();
        let settings =
            [("GOOGLE_CLOUD_PROJECT", "p"), ("FIRESTORE_EMULATOR_HOST", firestore.as_str())];
        let mut product = Product::start_with(&["twilio"], &settings).await;
        for text in ["Hi", "Hello?"] {
            let call = product.companies.twilio.inbound(&product.route(), ANN, text);
            assert_eq!(product.post(&call).await.status, 503);
        }
        refused(&product, 2).await;
        let raised = alarms(&product);
        assert!(
            matches!(&raised[..], [one] if one.contains(" store") && one.contains(": Firestore answ")),
            "{words}: {raised:?}"
        );
    }
}

#[tokio::test]
async fn an_unreachable_or_locked_store_raises_no_alarm() {
    let settings = [("GOOGLE_CLOUD_PROJECT", "p"), ("FIRESTORE_EMULATOR_HOST", "127.0.0.1:1")];
    let mut away = Product::start_with(&["twilio"], &settings).await;
    let mut locked = Product::start(&["twilio"]).await;
    let database = locked.database();
    database.execute_batch("BEGIN EXCLUSIVE").unwrap();
    for product in [&mut away, &mut locked] {
        let call = product.companies.twilio.inbound(&product.route(), ANN, "Hi");
        assert_eq!(product.post(&call).await.status, 503);
        refused(product, 1).await;
        assert_eq!(alarms(product), [""; 0]);
    }
}

/// Waits until the log reports so many refused texts.
async fn refused(product: &Product, texts: usize) {
    until("the log to tell of each text", async || {
        let lines = product.process.logged().into_iter();
        lines.filter(|line| line.contains("did not acknowledge a call")).count() == texts
    })
    .await;
}

/// The alarm's sentences, each time.
fn alarms(product: &Product) -> Vec<String> {
    let lines = product.process.logged().into_iter();
    let lines = lines.filter_map(|line| serde_json::from_str::<Value>(&line).ok());
    let raised = lines.filter(|line| line["alarm"] == "store.refuses");
    raised.map(|line| line["message"].as_str().unwrap().to_owned()).collect()
}

/// A Firestore that answers every call with this code and message.
async fn refusing(code: u16, words: &'static str) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(refuse(stream, code, words));
        }
    });
    address
}

async fn refuse(stream: TcpStream, code: u16, words: &str) {
    let mut connection = h2::server::handshake(stream).await.unwrap();
    while let Some(Ok((_, mut answer))) = connection.accept().await {
        let refused = http::Response::builder()
            .header("content-type", "application/grpc")
            .header("grpc-status", code)
            .header("grpc-message", words)
            .body(())
            .unwrap();
        // A client that has gone hears nothing.
        let _ = answer.send_response(refused, true);
    }
}
