//! The files for the browser.

use axum::extract::Path;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};

const HTML: &str = "text/html; charset=utf-8";
const CSS: &str = "text/css; charset=utf-8";
const JAVASCRIPT: &str = "text/javascript; charset=utf-8";
const SVG: &str = "image/svg+xml";

/// Everything below `/console/` that is not data.
const FILES: [(&str, &str, &str); 7] = [
    ("page.css", CSS, include_str!("../page/page.css")),
    ("page.js", JAVASCRIPT, include_str!("../page/page.js")),
    ("phone.js", JAVASCRIPT, include_str!("../page/phone.js")),
    ("thread.js", JAVASCRIPT, include_str!("../page/thread.js")),
    ("trace.js", JAVASCRIPT, include_str!("../page/trace.js")),
    ("parts.js", JAVASCRIPT, include_str!("../page/parts.js")),
    ("icon.svg", SVG, include_str!("../page/icon.svg")),
];

/// The page itself.
pub(crate) async fn page() -> Response {
    ([(header::CONTENT_TYPE, HTML)], include_str!("../page/page.html")).into_response()
}

/// A file of the page.
pub(crate) async fn file(Path(name): Path<String>) -> Response {
    named(&name)
}

/// The file of this name.
pub(crate) fn named(name: &str) -> Response {
    match FILES.iter().find(|(file, ..)| *file == name) {
        Some((_, kind, content)) => ([(header::CONTENT_TYPE, *kind)], *content).into_response(),
        None => StatusCode::NOT_FOUND.into_response(),
    }
}
