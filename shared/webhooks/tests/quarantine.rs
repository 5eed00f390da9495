//! How many calls that nobody understands are kept.

use access::Access;
use conversations::Store;
use http::Request;
use jiff::Timestamp;
use providers::Role;
use settings::Settings;
use telemetry::TraceId;

#[tokio::test]
async fn reports_are_kept_by_the_thousand_and_what_may_be_a_text_always() {
    let settings = Settings::from([
        ("MC_CUSTOMER_ID", "C-1"),
        ("MC_PASSWORD", "password"),
        ("MC_WEBHOOK_TOKEN", "open-sesame"),
    ]);
    let providers =
        providers::configured(&settings, "https://sms.example.test", Role::Everything).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let data = Settings::from([("DATA_DIR", data.to_str().unwrap())]);
    let store = Store::open(&data).unwrap();
    let now: Timestamp = "2026-08-05T10:00:00Z".parse().unwrap();
    for address in ["inbound", "status"] {
        for number in 0..=1_000 {
            let call =
                Request::post(format!("/webhooks/messagecentral/{address}?token=open-sesame"))
                    .body(format!("state=sent&number={number}").into())
                    .unwrap();
            let trace = TraceId::fresh();
            let (name, nobody) = ("messagecentral", Access::nobody());
            let read = webhooks::receive(&providers, &nobody, &store, name, &call, &trace, now);
            assert_eq!(read.await.err().unwrap().status(), 200);
        }
    }
    let kept = store.quarantined(5_000).await.unwrap();
    let at = |address| kept.iter().filter(|call| call.path.ends_with(address)).count();
    assert_eq!((at("inbound"), at("status")), (1_001, 1_000));
    let report = kept.iter().find(|call| call.path.ends_with("status")).unwrap();
    assert_eq!(store.seen(&report.shape()).await.unwrap(), 1_001);
}
