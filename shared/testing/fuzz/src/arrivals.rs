//! Genuine calls with any content, on their way into the store.

use std::sync::{Arc, LazyLock, Mutex, PoisonError};

use access::Access;
use axum::Router;
use axum::body::Body;
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use conversations::Store;
use fakes::WEBHOOK_TOKEN;
use http::{Request, StatusCode, header};
use inbound::Inbound;
use providers::Role;
use queue::Queue;
use settings::Settings;
use tempfile::TempDir;
use tower::ServiceExt as _;

use crate::calls::PUBLIC_URL;
use crate::wait;

const PASSWORD: &str = "correct-horse-battery";

/// After this many calls the store is replaced, because it would only grow.
const CALLS: u32 = 500;

struct Running {
    router: Router,
    calls: u32,
    _folder: TempDir,
}

static INBOUND: LazyLock<Mutex<Running>> = LazyLock::new(|| Mutex::new(Running::new()));

/// A call of a company that signs nothing, so that it may contain anything: it is accepted or kept, and
/// answered with success. The simulated phone is told what is wrong.
pub fn arrivals(data: &[u8]) {
    let mut running = INBOUND.lock().unwrap_or_else(PoisonError::into_inner);
    running.calls += 1;
    if running.calls > CALLS {
        *running = Running::new();
    }
    let status = |call: http::request::Builder| {
        let call = call.body(Body::from(data.to_vec())).unwrap();
        wait(running.router.clone().oneshot(call)).unwrap().status()
    };
    let address = format!("/webhooks/messagecentral/inbound?token={WEBHOOK_TOKEN}");
    assert_eq!(status(Request::post(address)), StatusCode::OK);
    let shown = format!("Basic {}", BASE64_STANDARD.encode(format!("owner:{PASSWORD}")));
    let phone = Request::post("/webhooks/mock/inbound").header(header::AUTHORIZATION, shown);
    assert!(matches!(status(phone), StatusCode::OK | StatusCode::BAD_REQUEST));
}

impl Running {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let data_dir = folder.path().join("data");
        let settings = Settings::from([
            ("DATA_DIR", data_dir.to_str().unwrap()),
            ("MC_CUSTOMER_ID", "C-0123456789ABCDE"),
            ("MC_PASSWORD", PASSWORD),
            ("MC_WEBHOOK_TOKEN", WEBHOOK_TOKEN),
            ("USE_MOCK", "true"),
            ("CONSOLE_PASSWORD", PASSWORD),
        ]);
        let providers = providers::configured(&settings, PUBLIC_URL, Role::Receiving).unwrap();
        let inbound = Inbound {
            providers: Arc::new(providers),
            access: Access::by_password(&settings, PUBLIC_URL),
            store: Arc::new(Store::open(&settings).unwrap()),
            queue: Queue::in_process(),
        };
        Self { router: inbound.router(), calls: 0, _folder: folder }
    }
}
