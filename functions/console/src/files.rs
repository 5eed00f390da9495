//! The files that pages refer to.

use axum::extract::Path;
use axum::http::header;
use axum::response::{IntoResponse, Response};

use crate::failure::Failure;
use crate::visit::{Part, Visit};

const CSS: &str = "text/css; charset=utf-8";
const JAVASCRIPT: &str = "text/javascript; charset=utf-8";
const SVG: &str = "image/svg+xml";

/// Everything below `/console/` that is neither a page nor data.
const FILES: [(&str, &str, &str); 11] = [
    ("desk.css", CSS, include_str!("../page/desk.css")),
    ("desk.js", JAVASCRIPT, include_str!("../page/desk.js")),
    ("live.js", JAVASCRIPT, include_str!("../page/live.js")),
    ("phones.css", CSS, include_str!("../page/phones.css")),
    ("phones.js", JAVASCRIPT, include_str!("../page/phones.js")),
    ("phone.js", JAVASCRIPT, include_str!("../page/phone.js")),
    ("segments.js", JAVASCRIPT, include_str!("../page/segments.js")),
    ("thread.js", JAVASCRIPT, include_str!("../page/thread.js")),
    ("inspector.js", JAVASCRIPT, include_str!("../page/inspector.js")),
    ("parts.js", JAVASCRIPT, include_str!("../page/parts.js")),
    ("icon.svg", SVG, include_str!("../page/icon.svg")),
];

/// A file of the pages.
pub(crate) async fn file(visit: Visit, Path(name): Path<String>) -> Response {
    match named(&name) {
        Some(file) => file,
        None => visit.answer(Part::Inbox, Err(Failure::Unknown)),
    }
}

/// The file of this name.
pub(crate) fn named(name: &str) -> Option<Response> {
    let (_, kind, content) = FILES.iter().find(|(file, ..)| *file == name)?;
    Some(([(header::CONTENT_TYPE, *kind)], *content).into_response())
}
