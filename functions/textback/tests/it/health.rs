//! The public health checks: that the program is alive, and whether it is ready.

use futures::future::join_all;
use product::Product;
use reqwest::Method;
use tokio::net::TcpListener;

#[tokio::test]
async fn it_is_alive_and_says_which_it_is() {
    let product = Product::start(&["twilio"]).await;
    let version = format!("version {}", env!("CARGO_PKG_VERSION"));
    for path in ["/healthz", "/health"] {
        let (status, words) = answer(&product, path).await;
        let lines: Vec<_> = words.lines().collect();
        assert_eq!((status, &lines[..2]), (200, &["ok", &version][..]), "{path}");
        let commit = option_env!("TEXTBACK_COMMIT").map(|commit| format!("commit {commit}"));
        assert_eq!(lines.get(2).copied(), commit.as_deref(), "{path}");
    }
}

#[tokio::test]
async fn readiness_is_one_word_and_costs_one_write() {
    let product = Product::start(&["twilio"]).await;
    let ask = |asked| answer(&product, if asked % 2 == 0 { "/readyz" } else { "/ready" });
    let version = || {
        let sql = "SELECT version FROM tries";
        product.database().query_one(sql, [], |row| row.get::<_, i64>(0)).unwrap()
    };
    ask(0).await;
    let first = version();
    for told in join_all((0..200).map(ask)).await {
        assert_eq!(told, (200, "ready\n".into()));
    }
    // One more, if all that took ten seconds.
    let written = version() - first;
    assert!((0..=1).contains(&written), "{written}");
}

#[tokio::test]
async fn without_its_queue_it_is_not_ready_and_the_log_alone_says_why() {
    let closed = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    let queue = format!("http://{closed}/0/turn.fifo");
    let keys = [("AWS_ACCESS_KEY_ID", "test"), ("AWS_SECRET_ACCESS_KEY", "throw-away-4d1c")];
    let aws = [("TURN_QUEUE_URL", queue.as_str()), ("AWS_REGION", "us-east-1"), keys[0], keys[1]];
    let product = Product::start_with(&["twilio"], &aws).await;
    assert_eq!(answer(&product, "/readyz").await, (503, "not ready\n".into()));
    product.process.logs("not ready: the queue did not answer").await;
    assert_eq!(answer(&product, "/healthz").await.0, 200);
}

async fn answer(product: &Product, path: &str) -> (u16, String) {
    let answer = product.call(Method::GET, path).send().await.unwrap();
    (answer.status().as_u16(), answer.text().await.unwrap())
}
