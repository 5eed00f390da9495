//! The public pages of the business: who it is, how to text it, how people's data is used, and a
//! form to record consent.
//!
//! Carriers and their reviewers look at these pages before they let a number text. They are plain
//! HTML without scripts, cookies or external resources, rendered once at the start.

#![warn(missing_docs)]

mod headers;
mod language;
mod opt_in;
mod pages;
mod public_page;
mod words;

use std::sync::Arc;

use axum::Router;
use axum::extract::{DefaultBodyLimit, State};
use axum::http::{HeaderMap, StatusCode, Uri, header};
use axum::middleware::from_fn_with_state;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use business::Business;
use conversations::Store;
use settings::Names;
use sms::Number;

pub use localization::text;
pub use pages::Pages;
pub use public_page::PublicPage;

use crate::headers::Hardening;
use crate::pages::Rendered;

/// The settings that the function reads.
pub const SETTINGS: &[Names] =
    &[host::PUBLIC_URL, Business::SETTINGS, Store::SETTINGS, providers::SENDERS];

/// More than our form needs.
const LARGEST_FORM: usize = 4096;

/// The function, with its pages and its store.
pub struct Site {
    /// The pages.
    pub pages: Pages,
    /// The store for consents.
    pub store: Arc<Store>,
    /// Our own numbers, which sign up for nothing.
    pub ours: Vec<Number>,
}

impl Site {
    /// The four pages and the form.
    pub fn router(self) -> Router {
        let hardening = Hardening::of(self.pages.public_url());
        let page = |page: PublicPage| {
            get(async move |State(site): State<Arc<Self>>, uri: Uri, headers: HeaderMap| {
                site.show(page, &uri, &headers)
            })
        };
        Router::new()
            .route(PublicPage::Home.path(), page(PublicPage::Home))
            .route(PublicPage::Privacy.path(), page(PublicPage::Privacy))
            .route(PublicPage::Terms.path(), page(PublicPage::Terms))
            .route(PublicPage::OptIn.path(), page(PublicPage::OptIn).post(opt_in::sign_up))
            .route_layer(DefaultBodyLimit::max(LARGEST_FORM))
            .route_layer(from_fn_with_state(Arc::new(hardening), headers::harden))
            .with_state(Arc::new(self))
    }

    fn show(&self, page: PublicPage, uri: &Uri, headers: &HeaderMap) -> Response {
        let language = language::wanted(self.pages.business(), uri, headers);
        let Rendered { html, etag } = self.pages.rendered(page, language);
        let about = [(header::ETAG, etag.as_str()), (header::CACHE_CONTROL, "public, max-age=300")];
        if names(headers, etag) {
            return (StatusCode::NOT_MODIFIED, about).into_response();
        }
        (about, axum::response::Html(html.clone())).into_response()
    }
}

/// Whether the caller already has this content.
fn names(headers: &HeaderMap, etag: &str) -> bool {
    let known =
        headers.get_all(header::IF_NONE_MATCH).iter().filter_map(|value| value.to_str().ok());
    known.flat_map(|list| list.split(',')).any(|known| {
        let known = known.trim();
        // A proxy may compress a page, which makes its tag a weak one.
        known == "*" || known.trim_start_matches("W/") == etag
    })
}
