//! Admission to this process: who may see the console, and so text through the mock; and whether
//! the secrets are strong enough.

use std::net::IpAddr;

use access::Access;
use conversations::Store;
use settings::{Names, Settings, SettingsError};
use sms::Providers;
use telemetry::{Alarm, raise};
use url::Url;

/// What [`access()`] reads besides what [`Access::by_password`] does.
pub(crate) const SETTINGS: Names = &["CONSOLE_LOCAL"];

/// Admits by the password, and whoever else is named. If nobody is, by the link that the start prints, if there are no real
/// people and no outsiders: no real provider is configured, and the process listens at `bound` and
/// is known at `public_url` on this machine only. Otherwise stops the start if outsiders could text
/// through the mock.
pub(crate) fn access(
    settings: &Settings,
    providers: &Providers,
    public_url: &str,
    bound: IpAddr,
) -> Result<Access, SettingsError> {
    // Set for a container, where every port is bound to every address.
    let local = settings.switch("CONSOLE_LOCAL")?.unwrap_or(false);
    if settings.any(Access::SETTINGS) {
        return Ok(Access::by_password(settings, public_url));
    }
    let at_home = (bound.is_loopback() || local)
        && Url::parse(public_url).is_ok_and(|url| settings::is_loopback(&url));
    match at_home {
        true if providers.are_real() => Ok(Access::nobody()),
        true => Ok(Access::by_link(public_url)),
        false if providers.named(sms::PRETENDED).is_none() => Ok(Access::nobody()),
        false => Err(SettingsError::Invalid {
            name: "USE_MOCK",
            problem: "the mock takes unsigned calls, and HOST or PUBLIC_URL lets others in: set \
                      CONSOLE_PASSWORD to what `openssl rand -base64 24` prints, or USE_MOCK=false"
                .into(),
        }),
    }
}

/// Stops the first start with a secret that can be guessed. An installation that has run before, or
/// may have, keeps running with it, and the operator is told.
pub(crate) async fn check_secrets(settings: &Settings, store: &Store) -> Result<(), SettingsError> {
    let Err(short) = settings.check_secrets() else { return Ok(()) };
    if store.is_untouched().await.is_ok_and(|untouched| untouched) {
        return Err(short);
    }
    raise!(Alarm::ShortSecret, "{short}");
    Ok(())
}
