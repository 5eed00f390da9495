//! The form in which people record their consent.

use std::sync::{Arc, LazyLock, Mutex, PoisonError};

use axum::Router;
use axum::body::{Body, to_bytes};
use business::Business;
use conversations::{Lifetimes, Store};
use http::{Method, Request, StatusCode};
use settings::Settings;
use site::{Pages, Site};
use tempfile::TempDir;
use tower::ServiceExt as _;
use url::form_urlencoded;

use crate::call::call;
use crate::calls::PUBLIC_URL;
use crate::wait;

/// After this many calls the store is replaced, because the form would refuse any more.
const CALLS: u32 = 500;

struct Visited {
    store: Arc<Store>,
    router: Router,
    version: String,
    calls: u32,
    _folder: TempDir,
}

static SITE: LazyLock<Mutex<Visited>> = LazyLock::new(|| Mutex::new(Visited::new()));

/// A submission of the form: consent is recorded only for a valid number and a ticked box, and nothing
/// that was typed becomes markup. `PAGE` stands for the version of the form.
pub fn opt_in(data: &[u8]) {
    let Some(mut call) = call(data) else { return };
    let query = call.uri().query().unwrap_or_default();
    let Ok(uri) = format!("/opt-in?{query}").parse() else { return };
    *call.uri_mut() = uri;
    *call.method_mut() = Method::POST;
    let mut visited = SITE.lock().unwrap_or_else(PoisonError::into_inner);
    visited.calls += 1;
    if visited.calls > CALLS {
        *visited = Visited::new();
    }
    let body = replaced(call.body(), b"PAGE", visited.version.as_bytes());
    let typed = |name: &str| {
        let pairs = form_urlencoded::parse(&body).filter(|(known, _)| known == name);
        pairs.last().map(|(_, value)| value.trim().to_owned()).unwrap_or_default()
    };
    let (status, html) = answered(&visited.router, call.map(|_| body.clone().into()));
    assert!(!status.is_server_error(), "{status}");
    let (number, us) = (typed("number"), Business::sample().number);
    let theirs = dialling::parse(&number, Some(&us)).ok();
    if status == StatusCode::OK {
        assert_eq!(typed("consent"), "yes");
        let consents = wait(visited.store.consents_of(&theirs.unwrap())).unwrap();
        assert!(!consents.is_empty());
    }
    let is_markup = number.contains(['<', '>', '"']) && number.len() > 2;
    assert!(!is_markup || !html.contains(&number), "what was typed became markup");
}

impl Visited {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let data_dir = [("DATA_DIR", folder.path().join("data"))];
        let data_dir = data_dir.each_ref().map(|(name, path)| (*name, path.to_str().unwrap()));
        let store = Arc::new(Store::open(&Settings::from(data_dir)).unwrap());
        let pages = Pages::of(Business::sample(), PUBLIC_URL, &Lifetimes::default());
        let router = Site { pages, store: Arc::clone(&store), ours: vec![] }.router();
        let page = Request::get("/opt-in").body(Body::empty()).unwrap();
        let (_, page) = answered(&router, page);
        let version = page.split("name=\"page\" value=\"").nth(1).unwrap();
        let version = version.split('"').next().unwrap().to_owned();
        Self { store, router, version, calls: 0, _folder: folder }
    }
}

fn answered(router: &Router, call: Request<Body>) -> (StatusCode, String) {
    let answer = wait(router.clone().oneshot(call)).unwrap();
    let status = answer.status();
    let html = wait(to_bytes(answer.into_body(), usize::MAX)).unwrap();
    (status, String::from_utf8(html.to_vec()).unwrap())
}

/// The bytes with each `from` replaced.
fn replaced(sent: &[u8], from: &[u8], to: &[u8]) -> Vec<u8> {
    let (mut made, mut rest) = (Vec::new(), sent);
    while let Some(at) = rest.windows(from.len()).position(|part| part == from) {
        made.extend([&rest[..at], to].concat());
        rest = &rest[at + from.len()..];
    }
    made.extend_from_slice(rest);
    made
}
