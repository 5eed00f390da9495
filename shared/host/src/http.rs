//! Functions that are called over HTTP, and their address.

use axum::Router;
use settings::{Names, Settings, SettingsError};
use url::Url;

use crate::port::{bind, port, serve};
use crate::{Error, gateway, health, on_lambda, stop_signal};

/// What [`public_url`] reads.
pub const PUBLIC_URL: Names = &["PUBLIC_URL"];

/// Answers calls with `router`, either from Lambda or to `$HOST:$PORT` until the process is asked to
/// stop; and health calls. The router sets limits on bodies.
pub(crate) async fn serve_http(settings: &Settings, router: Router) -> Result<(), Error> {
    if on_lambda(settings) {
        return gateway::serve(router.merge(health::alive())).await;
    }
    serve(bind(settings).await?, router, stop_signal()).await;
    Ok(())
}

/// The stable URL at which providers call us, without a trailing slash: `PUBLIC_URL`, default
/// `http://localhost:$PORT`. Spelled as the owner did, because signatures cover it.
pub fn public_url(settings: &Settings) -> Result<String, SettingsError> {
    let Some(text) = settings.get("PUBLIC_URL") else {
        return Ok(format!("http://localhost:{}", port(settings)?));
    };
    let usable = |url: &Url| {
        matches!(url.scheme(), "http" | "https")
            && url.username().is_empty()
            && url.password().is_none()
            && url.query().is_none()
            && url.fragment().is_none()
            && !text.contains(char::is_whitespace)
            // We append the rest ourselves.
            && !url.path().contains("/webhooks")
            && !url.path().trim_end_matches('/').ends_with("/console")
    };
    if Url::parse(text).ok().filter(usable).is_none() {
        return Err(SettingsError::Invalid {
            name: "PUBLIC_URL",
            problem: "write an address like https://sms.example.com, with nothing after the path"
                .into(),
        });
    }
    Ok(text.trim_end_matches('/').to_owned())
}
