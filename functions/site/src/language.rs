//! The language of a visitor's page.

use axum::http::{HeaderMap, Uri};
use business::{Business, Language};
use localization::preferred;
use url::form_urlencoded;

/// The language in the address, if the business offers it; otherwise the browser's preferred one
/// among those offered; otherwise the main one.
pub(crate) fn wanted(business: &Business, uri: &Uri, headers: &HeaderMap) -> Language {
    let query = uri.query().unwrap_or_default().as_bytes();
    let asked = form_urlencoded::parse(query)
        .find(|(name, _)| name == "lang")
        .and_then(|(_, code)| Language::of_code(&code));
    let spoken = |language: &Language| business.languages.contains(language);
    asked
        .filter(spoken)
        .or_else(|| preferred(headers).into_iter().find(spoken))
        .unwrap_or_else(|| business.main_language())
}
