//! The headers of every answer.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, header};
use axum::middleware::Next;
use axum::response::Response;
use url::Url;

use crate::pages::style_source;

/// The headers of every answer, made once.
pub(crate) struct Hardening(HeaderMap);

impl Hardening {
    pub(crate) fn of(public_url: &str) -> Self {
        // Loads nothing from elsewhere: only the page's own style and its icon.
        let policy = format!(
            "default-src 'none'; style-src {}; img-src data:; form-action 'self'; base-uri 'none'; \
             frame-ancestors 'none'",
            style_source()
        );
        let policy = HeaderValue::from_str(&policy).expect("Base64 is valid in a header");
        let mut headers: HeaderMap = [
            (header::CONTENT_SECURITY_POLICY, policy),
            // With no referrer at all, browsers send "null" as the origin of a form.
            (header::REFERRER_POLICY, HeaderValue::from_static("same-origin")),
            (header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
            (header::X_FRAME_OPTIONS, HeaderValue::from_static("DENY")),
            (
                HeaderName::from_static("cross-origin-opener-policy"),
                HeaderValue::from_static("same-origin"),
            ),
            (header::VARY, HeaderValue::from_static("accept-language")),
        ]
        .into_iter()
        .collect();
        if Url::parse(public_url).is_ok_and(|url| url.scheme() == "https") {
            // A year. Other names of the domain are not our concern.
            let year = HeaderValue::from_static("max-age=31536000");
            headers.insert(header::STRICT_TRANSPORT_SECURITY, year);
        }
        Self(headers)
    }
}

pub(crate) async fn harden(
    State(hardening): State<Arc<Hardening>>,
    request: Request,
    next: Next,
) -> Response {
    let mut response = next.run(request).await;
    response.headers_mut().extend(hardening.0.clone());
    response
}
