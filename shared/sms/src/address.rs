//! Addresses: ours as the outside knows it, and those of the providers.

use settings::{Settings, SettingsError};
use url::{Host, Url};

/// Reads the address at which providers reach us.
pub(crate) fn public(public_url: &str) -> Result<Url, SettingsError> {
    read("PUBLIC_URL", public_url)
}

/// The address of a provider, without a slash at its end.
pub(crate) fn of_provider(
    settings: &Settings,
    name: &'static str,
    default: &str,
) -> Result<String, SettingsError> {
    let url = read(name, settings.get(name).unwrap_or(default))?;
    Ok(url.as_str().trim_end_matches('/').to_owned())
}

/// Whether an address is of this machine alone, so that no provider can reach it.
pub(crate) fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
        Some(Host::Ipv4(address)) => address.is_loopback() || address.is_unspecified(),
        Some(Host::Ipv6(address)) => address.is_loopback() || address.is_unspecified(),
        None => false,
    }
}

fn read(name: &'static str, written: &str) -> Result<Url, SettingsError> {
    match Url::parse(written) {
        Ok(url) if matches!(url.scheme(), "http" | "https") && url.query().is_none() => Ok(url),
        _ => Err(SettingsError::Invalid {
            name,
            problem: "write an address as https://example.com".into(),
        }),
    }
}
