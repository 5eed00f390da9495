//! The console as a browser sees it.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on says so by panicking")]

mod blocking;
mod conversation;
mod data;
mod figures;
mod guard;
mod operators;
mod orders;
mod page;
mod pages;

use std::future::pending;
use std::sync::Arc;

use access::Access;
use agent::{Field, Kind};
use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::{HeaderMap, Request, StatusCode};
use console::{About, Console, Kept, Live};
use conversations::Store;
use jiff::tz::TimeZone;
use limits::Limits;
use providers::Role;
use queue::Queue;
use serde_json::Value;
use settings::Settings;
use sms::Providers;
use tempfile::TempDir;
use tower::ServiceExt;

/// Calls to a console on a store of its own.
struct Browser {
    store: Arc<Store>,
    queue: Queue,
    providers: Arc<Providers>,
    access: Access,
    router: Router,
    _folder: TempDir,
}

/// In hexadecimal, as good as Base64.
const NAME_KEY: &str = "6e616d6573206f662070656f706c6520616e64206e756d62657273206f662061";

/// A field of the agent's page.
fn field(name: &str, kind: Kind) -> Field {
    Field { name: name.into(), description: String::new(), kind, required: true }
}

/// A console, and who may see it.
fn browser(access: Access) -> Browser {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let data_dir = [("DATA_DIR", data.to_str().unwrap()), ("NAME_KEY", NAME_KEY)];
    let store = Arc::new(Store::open(&Settings::from(data_dir)).unwrap());
    let about = About {
        agent: "Handy Home".into(),
        model: "offline".into(),
        model_offline: true,
        providers: vec!["mock"],
        store: Kept::Embedded,
        public_url: "http://localhost:5000".into(),
        turns: 7,
        currency: "USD".into(),
        fields: vec![field("task", Kind::Text), field("day", Kind::Date)],
    };
    let settings = Settings::from([
        ("TWILIO_ACCOUNT_SID", "AC1"),
        ("TWILIO_AUTH_TOKEN", "token"),
        ("TWILIO_FROM", "+12025550100"),
        ("USE_MOCK", "true"),
    ]);
    let providers = providers::configured(&settings, &about.public_url, Role::Everything).unwrap();
    let providers = Arc::new(providers);
    let queue = Queue::in_process();
    let console = Console {
        store: Arc::clone(&store),
        providers: Arc::clone(&providers),
        access: access.clone(),
        about,
        limits: Limits::from_settings(&settings, &providers).unwrap(),
        time_zone: TimeZone::UTC,
        queue: Some(queue.clone()),
        live: Some(Live::until(pending())),
    };
    Browser { store, queue, providers, access, router: console.router(), _folder: folder }
}

/// A console on this machine, which opens by a link.
fn at_home() -> Browser {
    browser(Access::by_link("http://localhost:5000"))
}

impl Browser {
    /// The answer to a call with these headers, one a line.
    async fn call(&self, call: &str, headers: &str) -> (StatusCode, HeaderMap, String) {
        self.sends(call, headers, "").await
    }

    /// The answer to a call with these headers and this body.
    async fn sends(
        &self,
        call: &str,
        headers: &str,
        body: &str,
    ) -> (StatusCode, HeaderMap, String) {
        let (method, path) = call.split_once(' ').unwrap();
        let mut request = Request::builder().method(method).uri(path);
        for (name, value) in headers.lines().filter_map(|line| line.trim().split_once(": ")) {
            request = request.header(name, value);
        }
        let request = request.body(Body::from(body.to_owned())).unwrap();
        let (answer, body) = self.router.clone().oneshot(request).await.unwrap().into_parts();
        let body = to_bytes(body, usize::MAX).await.unwrap();
        (answer.status, answer.headers, String::from_utf8(body.to_vec()).unwrap())
    }

    /// The token in the link.
    fn token(&self) -> String {
        let link = self.access.link().unwrap();
        link.strip_prefix("/console?token=").unwrap().to_owned()
    }

    /// The header that lets it in.
    fn known(&self) -> String {
        format!("Cookie: console-5000={}", self.token())
    }

    /// The same for a page of ours that changes something.
    async fn acting(&self) -> String {
        let session = self.get("session").await;
        format!("{}\nX-Form-Token: {}", self.known(), session["form_token"].as_str().unwrap())
    }

    /// The data at a path below `/console/api/`.
    async fn get(&self, path: &str) -> Value {
        let call = format!("GET /console/api/{path}");
        let (status, _, body) = self.call(&call, &self.known()).await;
        assert_eq!(status, StatusCode::OK, "{path}");
        serde_json::from_str(&body).unwrap()
    }
}
