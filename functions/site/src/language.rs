//! The language of a visitor's page.

use axum::http::{HeaderMap, Uri, header};
use business::{Business, Language};
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

/// The languages that a browser asks for and that have pages, best first.
fn preferred(headers: &HeaderMap) -> Vec<Language> {
    let lists =
        headers.get_all(header::ACCEPT_LANGUAGE).iter().filter_map(|list| list.to_str().ok());
    let mut ranked: Vec<(f32, Language)> = lists
        .flat_map(|list| list.split(','))
        .filter_map(|range| {
            let (code, weight) = range.split_once(';').unwrap_or((range, ""));
            let weight = weight.trim().strip_prefix("q=").map_or(Some(1.0), |q| q.parse().ok())?;
            (weight > 0.0).then_some((weight, Language::of_code(code)?))
        })
        .collect();
    ranked.sort_by(|(one, _), (other, _)| other.total_cmp(one));
    ranked.into_iter().map(|(_, language)| language).collect()
}
