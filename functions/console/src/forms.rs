//! Forms of our pages: what an operator does without script, and with it.

use access::FormToken;
use axum::Form;
use axum::body::{Body, Bytes, to_bytes};
use axum::extract::{FromRequest, Request};
use axum::http::StatusCode;
use axum::http::request::Parts;
use serde::Deserialize;
use serde::de::DeserializeOwned;

use crate::guard::NOT_FROM_A_PAGE;

/// The largest form, in bytes: the longest text, with each of its characters encoded.
pub(crate) const LARGEST: usize = 64 * 1024;

/// The field of a form that shows that it is of one of our pages, which no other site can read.
const TOKEN: &str = "form_token";

/// What a form of one of our pages says. A handler that takes one is not called for any other.
pub(crate) struct Acted<T>(pub(crate) T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequest<S> for Acted<T> {
    type Rejection = (StatusCode, &'static str);

    async fn from_request(call: Request, state: &S) -> Result<Self, Self::Rejection> {
        let foreign = (StatusCode::FORBIDDEN, NOT_FROM_A_PAGE);
        let (head, body) = call.into_parts();
        let body = to_bytes(body, LARGEST).await;
        let body = body.map_err(|_| (StatusCode::PAYLOAD_TOO_LARGE, "The form is too large.\n"))?;
        if !shows_token(&head, &body) {
            return Err(foreign);
        }
        let form = Request::from_parts(head, Body::from(body));
        let said = Form::from_request(form, state).await;
        let not_whole = (StatusCode::UNPROCESSABLE_ENTITY, "The form lacks a field.\n");
        said.map(|Form(said)| Self(said)).map_err(|_| not_whole)
    }
}

/// Whether a form shows that it is of one of our pages.
pub(crate) fn shows_token(head: &Parts, body: &Bytes) -> bool {
    let Some(token) = head.extensions.get::<FormToken>() else { return false };
    let shown = url::form_urlencoded::parse(body).find(|(name, _)| name == TOKEN);
    shown.is_some_and(|(_, shown)| token.is(&shown))
}

/// A form without a field of its own.
#[derive(Deserialize)]
pub(crate) struct Nothing {}
