use std::time::Duration;

use fakes::{Moto, moto, unique_name};
use queue::{Queue, WakeUp, consume};
use settings::Settings;

use crate::consume::stop;
use crate::{HIDDEN, check_that_a_dropped_wake_up_comes_back, send, wake_up};

/// A new queue on moto, with this visibility timeout.
pub(crate) async fn queue(hidden: Duration) -> Option<Queue> {
    let moto = moto().await?;
    let url = moto.create_fifo_queue(&unique_name(), hidden).await;
    Some(open(&moto, &url).await)
}

async fn open(moto: &Moto, url: &str) -> Queue {
    let settings = Settings::from([
        ("TURN_QUEUE_URL", url),
        ("AWS_ENDPOINT_URL", &moto.url),
        ("AWS_REGION", "us-east-1"),
        ("AWS_ACCESS_KEY_ID", "test"),
        ("AWS_SECRET_ACCESS_KEY", "test"),
    ]);
    Queue::from_settings(&settings).unwrap().unwrap()
}

#[test]
fn asks_for_all_that_says_who_we_are() {
    assert!(amazon::SETTINGS.iter().all(|name| Queue::SETTINGS.contains(name)));
}

#[tokio::test]
async fn brings_back_what_nobody_settled() {
    let Some(queue) = queue(Duration::from_secs(1)).await else { return };
    check_that_a_dropped_wake_up_comes_back(queue).await;
}

#[tokio::test]
async fn goes_on_when_the_queue_comes_back() {
    let Some(moto) = moto().await else { return };
    let name = unique_name();
    let queue = open(&moto, &format!("{}/123456789012/{name}.fifo", moto.url)).await;
    let (stop, stopped) = stop();
    let handler = move |_: WakeUp| {
        let stop = stop.clone();
        async move {
            stop.notify_one();
            Ok::<_, String>(())
        }
    };
    let begin = async {
        let refused = queue.send(&wake_up("a1"), "a1").await.unwrap_err().to_string();
        assert!(refused.starts_with("the queue refused: "), "{refused}");
        assert_eq!(queue.reachable().await.unwrap_err().to_string(), refused);
        moto.create_fifo_queue(&name, HIDDEN).await;
        send(&queue, &["a1"]).await;
    };
    tokio::join!(consume(&queue, 1, stopped, handler), begin);
}

#[tokio::test]
async fn counts_what_was_put_aside() {
    let Some(moto) = moto().await else { return };
    let [url, dead_url] = moto.create_fifo_queue_and_its_dead(&unique_name()).await;
    let (queue, dead) = (open(&moto, &url).await, open(&moto, &dead_url).await);
    assert_eq!(queue.dead_letters().await.unwrap(), Some(0));
    send(&dead, &["a1", "b1"]).await;
    assert_eq!(queue.dead_letters().await.unwrap(), Some(2));
    assert_eq!(dead.dead_letters().await.unwrap(), None);
}

#[tokio::test]
async fn says_what_kept_it_from_the_queue() {
    let moto = Moto { url: "http://127.0.0.1:1".into() };
    let queue = open(&moto, "http://127.0.0.1:1/123456789012/turn.fifo").await;
    let error = queue.send(&wake_up("a1"), "a1").await.unwrap_err().to_string();
    assert!(error.starts_with("the queue did not answer: "), "{error}");
    assert!(error.contains("refused"), "{error}");
    assert_eq!(queue.reachable().await.unwrap_err().to_string(), error);
}

#[test]
fn opens_what_is_configured() {
    let open = |settings: &[(&str, &str)]| {
        let settings: Settings = settings.iter().copied().collect();
        match Queue::from_settings(&settings) {
            Ok(queue) => if queue.is_some() { "a queue" } else { "no queue" }.to_owned(),
            Err(error) => error.to_string(),
        }
    };
    let aws = "https://sqs.eu-central-1.amazonaws.com/123456789012/turn.fifo";
    let elsewhere = "http://localhost:4566/000000000000/turn.fifo";
    let standard = "https://sqs.eu-central-1.amazonaws.com/123456789012/turn";
    assert_eq!(open(&[]), "no queue");
    assert_eq!(open(&[("TURN_QUEUE_URL", aws)]), "a queue");
    assert_eq!(
        open(&[("TURN_QUEUE_URL", elsewhere)]),
        "the queue is half configured: set AWS_REGION as well"
    );
    assert_eq!(
        open(&[("TURN_QUEUE_URL", standard)]),
        "TURN_QUEUE_URL cannot be used: write the https:// address of an SQS queue whose name \
         ends in .fifo"
    );
}
