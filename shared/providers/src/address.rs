//! Addresses: our public ones, and those of the providers.

use bytes::Bytes;
use http::request::Builder;
use http::{Request, header};
use settings::{Settings, SettingsError, is_unreachable};
use url::{Url, form_urlencoded};

/// Reads the address at which providers reach us.
pub(crate) fn public(public_url: &str) -> Result<Url, SettingsError> {
    parse("PUBLIC_URL", public_url)
}

/// The address of a provider, without a slash at its end.
pub(crate) fn of_provider(
    settings: &Settings,
    name: &'static str,
    default: &str,
) -> Result<String, SettingsError> {
    let url = parse(name, settings.get(name).unwrap_or(default))?;
    Ok(url.as_str().trim_end_matches('/').to_owned())
}

/// Our address that a provider calls for this purpose, if it can reach it: several refuse a message
/// that names a loopback address.
pub(crate) fn webhook(public_url: &Url, provider: &str, purpose: &str) -> Option<Url> {
    if is_unreachable(public_url) {
        return None;
    }
    let mut url = public_url.clone();
    url.path_segments_mut().ok()?.pop_if_empty().extend(["webhooks", provider, purpose]);
    Some(url)
}

/// Our address that a provider calls with texts, wherever it is.
pub(crate) fn incoming(public_url: &str, provider: &str) -> Result<Url, SettingsError> {
    let mut url = public(public_url)?;
    if let Ok(mut path) = url.path_segments_mut() {
        path.pop_if_empty().extend(["webhooks", provider, "inbound"]);
    }
    Ok(url)
}

/// A form call to our own address.
pub(crate) fn form(call: Builder, form: &[(&str, &str)]) -> Request<Bytes> {
    let body = form_urlencoded::Serializer::new(String::new()).extend_pairs(form).finish();
    call.header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
        .body(body.into())
        .expect("an address and headers of ours are sound")
}

/// The possible addresses of a call to this path as a provider may have signed it: with its port
/// and without, whichever was configured. The caller's own headers do not count.
pub(crate) fn signed(public_url: &Url, path: &str) -> [String; 2] {
    let (scheme, host) = (public_url.scheme(), public_url.host_str().unwrap_or_default());
    let port = public_url.port_or_known_default().unwrap_or_default();
    let base = public_url.path().trim_end_matches('/');
    [format!("{scheme}://{host}{base}{path}"), format!("{scheme}://{host}:{port}{base}{path}")]
}

/// The query parameters of a call.
pub(crate) fn query(call: &Request<Bytes>) -> impl Iterator<Item = (String, String)> {
    let query = call.uri().query().unwrap_or_default();
    form_urlencoded::parse(query.as_bytes()).into_owned()
}

/// The token in an address, which may have been pasted as `openssl rand -base64` prints it: a plus
/// counts as a plus, escaped or not.
pub(crate) fn token(query: Option<&str>) -> Option<String> {
    let query = query.unwrap_or_default().replace('+', "%2B");
    let mut pairs = form_urlencoded::parse(query.as_bytes());
    pairs.find_map(|(name, token)| (name == "token").then(|| token.into_owned()))
}

fn parse(name: &'static str, written: &str) -> Result<Url, SettingsError> {
    match Url::parse(written) {
        Ok(url) if matches!(url.scheme(), "http" | "https") && url.query().is_none() => Ok(url),
        _ => Err(SettingsError::Invalid {
            name,
            problem: "write an address as https://example.com".into(),
        }),
    }
}
