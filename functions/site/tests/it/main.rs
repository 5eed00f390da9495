//! The site as a browser sees it.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on says so by panicking")]

mod headers;
mod languages;
mod opt_in;
mod pages;

use std::sync::Arc;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::{HeaderMap, Request};
use business::Business;
use conversations::{Lifetimes, Store};
use host::Caller;
use settings::Settings;
use site::{Pages, Site};
use sms::Number;
use tempfile::TempDir;
use tower::ServiceExt;

const PUBLIC_URL: &str = "https://text.oakwood.test";

/// A business in two languages, with every character that HTML makes special.
const OAKWOOD: &str = r#"
name = "Oakwood & Daughters <LLC>"
doing_business_as = "Oakwood \"Heating\""
does = "Heating & plumbing in Sangamon County."
about = "your repair's progress"
address = { street = "1200 North Oak Street", city = "Springfield", region = "IL", postal_code = "62701" }
email = "office@oakwood.test"
phone = "+12025550120"
number = "+12025550100"
keyword = "OAKWOOD"
languages = ["en", "es"]

[es]
does = "Calefacción y plomería en el condado de Sangamon."
about = "su reparación"
"#;

/// A site on a store of its own.
struct Visitor {
    store: Arc<Store>,
    router: Router,
    folder: TempDir,
}

/// The answer to a call.
struct Answer {
    status: u16,
    headers: HeaderMap,
    body: String,
}

fn oakwood() -> Visitor {
    visitor(Business::parse("oakwood.toml", OAKWOOD).unwrap(), PUBLIC_URL)
}

fn visitor(business: Business, public_url: &str) -> Visitor {
    keeping(business, public_url, &Lifetimes::default())
}

fn keeping(business: Business, public_url: &str, lifetimes: &Lifetimes) -> Visitor {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let data_dir = [("DATA_DIR", data.to_str().unwrap())];
    let store = Arc::new(Store::open(&Settings::from(data_dir)).unwrap());
    let pages = Pages::of(business, public_url, lifetimes);
    let ours = vec![Number::parse("+12025550109").unwrap()];
    let router = Site { pages, store: Arc::clone(&store), ours }.router();
    Visitor { store, router, folder }
}

impl Visitor {
    /// Makes a call such as `GET /privacy`, with these headers, one a line; `caller` is who calls.
    async fn call(&self, call: &str, headers: &str) -> Answer {
        self.send(call, headers, "").await
    }

    async fn send(&self, call: &str, headers: &str, body: &str) -> Answer {
        let (method, path) = call.split_once(' ').unwrap();
        let mut request = Request::builder().method(method).uri(path);
        for (name, value) in headers.lines().filter_map(|line| line.trim().split_once(": ")) {
            request = request.header(name, value);
        }
        let mut request = request.body(Body::from(body.to_owned())).unwrap();
        if let Some(caller) = request.headers().get("caller") {
            let caller = caller.to_str().unwrap().parse().unwrap();
            request.extensions_mut().insert(Caller(caller));
        }
        let (answer, body) = self.router.clone().oneshot(request).await.unwrap().into_parts();
        let body = to_bytes(body, usize::MAX).await.unwrap();
        Answer {
            status: answer.status.as_u16(),
            headers: answer.headers,
            body: String::from_utf8(body.to_vec()).unwrap(),
        }
    }

    /// A page that exists.
    async fn page(&self, path: &str) -> String {
        let answer = self.call(&format!("GET {path}"), "").await;
        assert_eq!(answer.status, 200, "{path}");
        answer.body
    }
}

impl Answer {
    fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }
}

/// The part of a page between these two.
fn between<'a>(page: &'a str, start: &str, end: &str) -> &'a str {
    let (_, rest) = page.split_once(start).unwrap_or_else(|| panic!("no {start} in {page}"));
    rest.split_once(end).unwrap_or_else(|| panic!("no {end} in {page}")).0
}
