//! The form by which people put their consent on record.
//!
//! It sends nothing: anybody can type anybody's number. What proves that a number is the person's
//! is their own text, which the page that follows asks for; and nothing here lifts a stop.

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, Uri, header};
use axum::response::{Html, IntoResponse, Response};
use business::Language;
use conversations::Consent;
use jiff::Timestamp;
use sms::Number;
use url::{Url, form_urlencoded};

use crate::pages::Trouble;
use crate::{Site, language};

/// What was typed into the form.
#[derive(Default)]
struct Typed {
    number: String,
    ticked: bool,
    /// The version of the form that it was typed into.
    page: String,
}

/// `POST /opt-in`: records a consent, or shows the form again with what is wrong with it.
pub(crate) async fn sign_up(
    State(site): State<Arc<Site>>,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let language = language::wanted(site.pages.business(), &uri, &headers);
    let typed = Typed::read(&body);
    let (status, html) = match site.record(language, &headers, &typed, Timestamp::now()).await {
        Ok(()) => (StatusCode::OK, site.pages.thanks(language).html.clone()),
        Err(trouble) => {
            let status = match trouble {
                Trouble::Number { .. } | Trouble::NotTicked | Trouble::Changed => {
                    StatusCode::UNPROCESSABLE_ENTITY
                }
                Trouble::Elsewhere => StatusCode::FORBIDDEN,
                Trouble::NotStored => StatusCode::SERVICE_UNAVAILABLE,
            };
            (status, site.pages.again(language, &typed.number, trouble))
        }
    };
    (status, [(header::CACHE_CONTROL, "no-store")], Html(html)).into_response()
}

impl Typed {
    fn read(body: &[u8]) -> Self {
        let mut typed = Self::default();
        for (name, value) in form_urlencoded::parse(body) {
            match &*name {
                "number" => typed.number = value.trim().to_owned(),
                "consent" => typed.ticked = value == "yes",
                "page" => typed.page = value.into_owned(),
                _ => {}
            }
        }
        typed
    }
}

impl Site {
    async fn record(
        &self,
        language: Language,
        headers: &HeaderMap,
        typed: &Typed,
        now: Timestamp,
    ) -> Result<(), Trouble> {
        if !is_own_page(headers, self.pages.public_url()) {
            return Err(Trouble::Elsewhere);
        }
        let ticked = typed.ticked;
        let theirs = Number::parse_typed(&typed.number, &self.pages.business().number)
            .map_err(|_| Trouble::Number { ticked })?;
        if !ticked {
            return Err(Trouble::NotTicked);
        }
        let page = self.pages.version(language);
        if typed.page != page {
            return Err(Trouble::Changed);
        }
        let consent = Consent {
            theirs,
            page: page.to_owned(),
            language: language.code().to_owned(),
            words: self.pages.consent(language),
            at: now,
        };
        match self.store.consent(&consent).await {
            Ok(()) => {
                tracing::info!(page, language = language.code(), "recorded a consent");
                Ok(())
            }
            Err(error) => {
                tracing::error!(%error, "a consent could not be recorded: {error}");
                Err(Trouble::NotStored)
            }
        }
    }
}

/// Whether a page of ours sent the form, as far as the browser tells. A browser that tells nothing
/// is an old one, or none.
fn is_own_page(headers: &HeaderMap, public_url: &str) -> bool {
    let site = headers.get("sec-fetch-site").map(|site| site.as_bytes());
    if site.is_some_and(|site| !matches!(site, b"same-origin" | b"none")) {
        return false;
    }
    let Some(origin) = headers.get(header::ORIGIN) else { return true };
    let Some(origin) = origin.to_str().ok().and_then(|origin| Url::parse(origin).ok()) else {
        return false;
    };
    let is = |other: Option<Url>| {
        other.is_some_and(|other| origin.origin().is_tuple() && origin.origin() == other.origin())
    };
    let host = headers.get(header::HOST).and_then(|host| host.to_str().ok());
    let called = host.map(|host| format!("{}://{host}", origin.scheme()));
    is(Url::parse(public_url).ok()) || is(called.and_then(|url| Url::parse(&url).ok()))
}
