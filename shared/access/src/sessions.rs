//! What a browser is known by once somebody has signed in, and what our own pages prove themselves
//! with.
//!
//! Nothing is kept: every process that knows the password or its hash can check a session, and it
//! becomes invalid when they change.

use hmac::{Hmac, KeyInit as _, Mac as _};
use jiff::{SignedDuration, Timestamp};
use secrecy::{ExposeSecret, SecretString};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

/// How long a session lasts: a day of work.
const LASTS: SignedDuration = SignedDuration::from_hours(12);

/// By how much the clocks of two processes may differ.
const SKEW: SignedDuration = SignedDuration::from_secs(60);

/// The session of somebody who signs in now, `name.seconds.mac`. `key` is what they signed in with.
pub(crate) fn begun(name: &str, key: &SecretString, now: Timestamp) -> SecretString {
    let what = format!("{name}.{}", now.as_second());
    let mac = mac(key, &what);
    format!("{what}.{mac}").into()
}

/// What a session says of itself, which nothing has proved yet.
pub(crate) struct Claimed<'a> {
    /// Whose it is.
    pub(crate) name: &'a str,
    what: &'a str,
    mac: &'a str,
    begun: Timestamp,
}

/// Whether a session is genuine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Genuine {
    /// It lasts still.
    Lasts,
    /// It was once.
    Over,
    /// Somebody made it up.
    No,
}

impl<'a> Claimed<'a> {
    pub(crate) fn by(session: &'a [u8]) -> Option<Self> {
        let (what, mac) = std::str::from_utf8(session).ok()?.rsplit_once('.')?;
        let (name, begun) = what.rsplit_once('.')?;
        let begun = Timestamp::from_second(begun.parse().ok()?).ok()?;
        Some(Self { name, what, mac, begun })
    }

    /// Whether it was made with this key.
    pub(crate) fn check(&self, key: &SecretString, now: Timestamp) -> Genuine {
        let age = now.duration_since(self.begun);
        match is(self.mac.as_bytes(), &mac(key, self.what).into()) {
            true if (-SKEW..LASTS).contains(&age) => Genuine::Lasts,
            true => Genuine::Over,
            false => Genuine::No,
        }
    }
}

/// What a page of ours shows to change anything: another site's page cannot read it, whatever its
/// browser sends along. It belongs to one session.
#[derive(Clone, Debug)]
pub struct FormToken(SecretString);

impl FormToken {
    pub(crate) fn of(session: &[u8]) -> Self {
        let key = String::from_utf8_lossy(session).into_owned().into();
        Self(mac(&key, "forms").into())
    }

    /// The token, for a page of ours and nothing else.
    pub fn expose(&self) -> &str {
        self.0.expose_secret()
    }

    /// Whether this is it.
    pub fn is(&self, shown: &str) -> bool {
        is(shown.as_bytes(), &self.0)
    }
}

fn mac(key: &SecretString, what: &str) -> String {
    let key = key.expose_secret().as_bytes();
    let mac = Hmac::<Sha256>::new_from_slice(key).expect("a key may have any length");
    let mac = mac.chain_update("the console's session\n").chain_update(what).finalize();
    mac.into_bytes().iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Compares with the secret. Digests have one length, so that not even the length of the secret can be
/// timed.
pub(crate) fn is(shown: &[u8], secret: &SecretString) -> bool {
    let (shown, secret) =
        (Sha256::digest(shown), Sha256::digest(secret.expose_secret().as_bytes()));
    shown.as_slice().ct_eq(secret.as_slice()).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_session_lasts_for_twelve_hours_and_for_nobody_else() {
        let (ann, ben): (SecretString, SecretString) = ("ann's".into(), "ben's".into());
        let begin = Timestamp::from_second(1_800_000_000).unwrap();
        let session = begun("ann.b@example.com", &ann, begin);
        let session = session.expose_secret();
        let check = |session: &str, key, after: i64| {
            let claimed = Claimed::by(session.as_bytes()).unwrap();
            claimed.check(key, begin + SignedDuration::from_secs(after))
        };
        assert_eq!(Claimed::by(session.as_bytes()).unwrap().name, "ann.b@example.com");
        for (after, expected) in [
            (-61, Genuine::Over),
            (-60, Genuine::Lasts),
            (0, Genuine::Lasts),
            (12 * 3600 - 1, Genuine::Lasts),
            (12 * 3600, Genuine::Over),
            (24 * 3600, Genuine::Over),
        ] {
            assert_eq!(check(session, &ann, after), expected, "{after} s later");
        }
        assert_eq!(check(session, &ben, 0), Genuine::No);
        for at in 0..session.len() {
            let mut bytes = session.as_bytes().to_vec();
            bytes[at] ^= 1;
            let Some(claimed) = Claimed::by(&bytes) else { continue };
            assert_eq!(claimed.check(&ann, begin), Genuine::No, "byte {at}");
        }
    }

    #[test]
    fn the_token_of_a_form_belongs_to_one_session() {
        let (one, other) = (FormToken::of(b"ann.1.00"), FormToken::of(b"ann.2.00"));
        assert!(one.is(one.expose()) && !one.is(other.expose()) && !one.is(""));
        assert!(!format!("{one:?}").contains(one.expose()));
    }
}
