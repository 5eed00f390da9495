//! What each function checks before it says that it is ready.

use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::http::Request;
use conversations::Store;
use rusqlite::Connection;
use settings::Settings;
use tower::ServiceExt;

#[tokio::test]
async fn a_function_that_only_reads_writes_nothing_to_check_that_it_is_ready() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let store = open(&[("DATA_DIR", data.to_str().unwrap())]);
    let file = Connection::open(data.join("textback.db")).unwrap();
    let documents = || {
        let count = "SELECT count(*) FROM tries";
        file.query_one(count, [], |row| row.get::<_, i64>(0)).unwrap()
    };
    assert_eq!((ask(host::readiness_to_read(&store)).await, documents()), (200, 0));
    assert_eq!((ask(host::readiness(&store, None)).await, documents()), (200, 1));

    let away = [
        ("GOOGLE_CLOUD_PROJECT", "p"),
        ("FIRESTORE_EMULATOR_HOST", "127.0.0.1:1"),
        ("NAME_KEY", fakes::NAME_KEY),
    ];
    assert_eq!(ask(host::readiness_to_read(&open(&away))).await, 503);
}

fn open(settings: &[(&str, &str)]) -> Arc<Store> {
    let settings: Settings = settings.iter().copied().collect();
    Arc::new(Store::open(&settings).unwrap())
}

async fn ask(router: Router) -> u16 {
    let call = Request::get("/readyz").body(Body::empty()).unwrap();
    router.oneshot(call).await.unwrap().status().as_u16()
}
