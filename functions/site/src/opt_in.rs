//! The form with which people record their consent.
//!
//! It sends nothing: anybody can type anybody's number. Only a text from the number shows that it
//! is the person's, which is why the next page asks for one; and nothing here lifts a stop.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::sync::Arc;

use access::OwnPages;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::request::Parts;
use axum::http::{StatusCode, header};
use axum::response::{Html, IntoResponse, Response};
use business::Language;
use conversations::{Consent, Given};
use host::Caller;
use jiff::Timestamp;
use url::form_urlencoded;

use crate::pages::Trouble;
use crate::{PublicPage, Site, language};

/// The fields of the form.
#[derive(Default)]
struct Typed {
    number: String,
    ticked: bool,
    /// The version of the form that was filled in.
    page: String,
}

/// `POST /opt-in`: records a consent, or shows the form again with what is wrong.
pub(crate) async fn sign_up(
    State(site): State<Arc<Site>>,
    caller: Caller,
    call: Parts,
    body: Bytes,
) -> Response {
    let language = language::wanted(site.pages.business(), &call.uri, &call.headers);
    let typed = Typed::parse(&body);
    let (status, html) = match site.record(language, caller, &call, &typed, Timestamp::now()).await
    {
        Ok(()) => (StatusCode::OK, site.pages.thanks(language).html.clone()),
        Err(trouble) => {
            let status = match trouble {
                Trouble::Number { .. } | Trouble::NotTicked | Trouble::Changed => {
                    StatusCode::UNPROCESSABLE_ENTITY
                }
                Trouble::Elsewhere => StatusCode::FORBIDDEN,
                Trouble::TooMany => StatusCode::TOO_MANY_REQUESTS,
                Trouble::NotStored => StatusCode::SERVICE_UNAVAILABLE,
            };
            (status, site.pages.again(language, &typed.number, trouble))
        }
    };
    (status, [(header::CACHE_CONTROL, "no-store")], Html(html)).into_response()
}

impl Typed {
    fn parse(body: &[u8]) -> Self {
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
        caller: Caller,
        call: &Parts,
        typed: &Typed,
        now: Timestamp,
    ) -> Result<(), Trouble> {
        if OwnPages::open(self.pages.public_url()).is_foreign(call) {
            return Err(Trouble::Elsewhere);
        }
        let ticked = typed.ticked;
        let theirs = dialling::parse(&typed.number, Some(&self.pages.business().number))
            .map_err(|_| Trouble::Number { ticked })?;
        if self.ours.contains(&theirs) || theirs == self.pages.business().number {
            return Err(Trouble::Number { ticked });
        }
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
            address: self.pages.address(PublicPage::OptIn, language),
            language: language.code().to_owned(),
            words: self.pages.consent(language),
            network: network(caller.0),
            at: now,
        };
        // Behind an unnamed proxy everybody comes from its address: one of them must not lock the
        // others out.
        let address = Some(caller.counted_as()).filter(|_| !is_private(caller.0));
        match self.store.consent(&consent, address).await {
            Ok(Given::Recorded) => {
                tracing::info!(page, language = language.code(), "recorded a consent");
                Ok(())
            }
            Ok(Given::TooMany) => {
                tracing::warn!("recorded no consent: too many came recently");
                Err(Trouble::TooMany)
            }
            Err(error) => {
                tracing::error!(%error, "a consent could not be recorded: {error}");
                Err(Trouble::NotStored)
            }
        }
    }
}

/// The network of an address, which does not identify a single household.
fn network(address: IpAddr) -> String {
    match address {
        IpAddr::V4(address) => {
            format!("{}/24", Ipv4Addr::from_bits(address.to_bits() & (u32::MAX << 8)))
        }
        IpAddr::V6(address) => {
            format!("{}/48", Ipv6Addr::from_bits(address.to_bits() & (u128::MAX << 80)))
        }
    }
}

/// Whether an address identifies nobody in particular.
fn is_private(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => {
            address.is_private()
                || address.is_loopback()
                || address.is_link_local()
                || address.is_unspecified()
        }
        IpAddr::V6(address) => {
            address.is_loopback()
                || address.is_unique_local()
                || address.is_unicast_link_local()
                || address.is_unspecified()
        }
    }
}
