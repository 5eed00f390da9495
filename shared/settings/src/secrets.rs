//! The minimum length of webhook secrets that the owner makes up.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;

use crate::{Settings, SettingsError};

/// The number of random bytes from `openssl rand -base64 24`.
const SHORTEST: usize = 24;

/// The endings of names of secrets that the owner makes up: with a token others authenticate their
/// calls to us, with a secret we authenticate ours to others. Secrets that companies hand out, such as
/// `TWILIO_AUTH_TOKEN`, `PLIVO_AUTH_TOKEN` and `VONAGE_SIGNATURE_SECRET`, are as long as the companies
/// make them.
const MADE_UP: [&str; 2] = ["_WEBHOOK_TOKEN", "_WEBHOOK_SECRET"];

/// The prefix by which Standard Webhooks marks a key in Base64.
const STANDARD_WEBHOOKS: &str = "whsec_";

impl Settings {
    /// Fails if a webhook secret is short enough to be guessed.
    pub fn check_secrets(&self) -> Result<(), SettingsError> {
        let short = |(name, value): (&String, &String)| {
            let made_up = MADE_UP.iter().any(|end| name.ends_with(end));
            let bytes = key(value).map_or(0, |key| key.len());
            (made_up && bytes < SHORTEST).then(|| name.clone())
        };
        let names: Vec<_> = self.values.iter().filter_map(short).collect();
        if names.is_empty() { Ok(()) } else { Err(SettingsError::TooShort { names }) }
    }

    /// Whether there is any webhook secret.
    pub fn has_secrets(&self) -> bool {
        self.values.keys().any(|name| MADE_UP.iter().any(|end| name.ends_with(end)))
    }
}

/// The bytes of a secret: the Base64 after `whsec_`, as in Standard Webhooks, or any other text as it
/// is. `None` if it is not Base64, or empty.
pub fn key(secret: &str) -> Option<Vec<u8>> {
    let key = match secret.strip_prefix(STANDARD_WEBHOOKS) {
        Some(encoded) => BASE64_STANDARD.decode(encoded).ok()?,
        None => secret.as_bytes().to_vec(),
    };
    Some(key).filter(|key| !key.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_every_secret_that_is_too_short_and_prints_none() {
        let settings = Settings::from([
            ("MC_WEBHOOK_TOKEN", "twenty-three-characters"),
            ("PLIVO_WEBHOOK_TOKEN", "x"),
            ("PLIVO_AUTH_TOKEN", "y"),
            ("VONAGE_SIGNATURE_SECRET", "z"),
        ]);
        assert_eq!(
            settings.check_secrets().unwrap_err().to_string(),
            "MC_WEBHOOK_TOKEN, PLIVO_WEBHOOK_TOKEN can be guessed, having fewer than 24 bytes: take \
             what `openssl rand -base64 24` prints"
        );
    }

    #[test]
    fn counts_the_bytes_behind_base64() {
        let is_long = |secret| Settings::from([("RESULT_WEBHOOK_SECRET", secret)]).check_secrets();
        assert_eq!(is_long("twenty-four-characters--"), Ok(()));
        assert_eq!(is_long("whsec_dHdlbnR5LWZvdXItY2hhcmFjdGVycy0t"), Ok(()));
        for short in [
            "whsec_",
            "whsec_dHdlbnR5LXRocmVlLWNoYXJhY3RlcnM=",
            "whsec_dHdlbnR5LWZvdXItY2hhcmFjdGVycy0t-not-Base64",
            "twenty-three-characters",
        ] {
            assert!(is_long(short).is_err(), "{short}");
        }
    }
}
