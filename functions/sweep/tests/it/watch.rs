//! Problems that only the sweep can notice.

use std::sync::Arc;

use conversations::Store;
use fakes::{moto, unique_name};
use jiff::Timestamp;
use money::Currency;
use queue::{Queue, WakeUp};
use settings::Settings;
use sms::Providers;
use sweep::{Runs, Sweep};
use telemetry::TraceId;

use crate::Log;

#[tokio::test]
async fn dead_letters_are_an_alarm_every_five_minutes() {
    let Some(moto) = moto().await else { return };
    let [url, dead] = moto.create_fifo_queue_and_its_dead(&unique_name()).await;
    let open = |url: &str| {
        Queue::from_settings(&Settings::from([
            ("TURN_QUEUE_URL", url),
            ("AWS_ENDPOINT_URL", &moto.url),
            ("AWS_REGION", "us-east-1"),
            ("AWS_ACCESS_KEY_ID", "test"),
            ("AWS_SECRET_ACCESS_KEY", "test"),
        ]))
    };
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let store = Settings::from([("DATA_DIR", data.to_str().unwrap())]);
    let sweep = Sweep {
        store: Arc::new(Store::open(&store).unwrap()),
        queue: open(&url).unwrap().unwrap(),
        providers: Arc::new(Providers::new(vec![])),
        currency: Currency::USD,
        probes: None,
        runs: Runs::default(),
    };
    let log = Log::capture("info");
    let watch = async |minute: i64| {
        sweep.watch(Timestamp::from_second(minute * 60 + 7).unwrap()).await.unwrap();
        log.take().contains(r#""alarm":"queue.dead_letters","count":1"#)
    };

    assert!(!watch(10).await);
    let wake_up = WakeUp { conversation: "a".into(), trace: TraceId::fresh() };
    open(&dead).unwrap().unwrap().send(&wake_up, "a1").await.unwrap();
    let rang = [watch(10).await, watch(11).await, watch(14).await, watch(15).await];
    assert_eq!(rang, [true, false, false, true]);
}
