//! The key that makes names of documents, where a number or words may not appear.

use base64::Engine as _;
use base64::prelude::{BASE64_STANDARD, BASE64_STANDARD_NO_PAD};
use hmac::{Hmac, KeyInit, Mac};
use secrecy::{ExposeSecret, SecretBox, SecretString};
use settings::{Settings, SettingsError};
use sha2::{Digest, Sha256};
#[cfg(feature = "sqlite")]
use uuid::Uuid;

/// Makes names that cannot be made without it: 128 bits of an HMAC-SHA256, as 32 hexadecimal digits. A
/// store is begun with one key and accepts no other: under another key nothing would be found again.
pub struct Key(SecretBox<[u8; 32]>);

impl Key {
    /// Parses 32 bytes, in Base64 or hexadecimal.
    pub fn parse(key: &SecretString) -> Result<Self, SettingsError> {
        let key = bytes(key.expose_secret()).ok_or_else(|| SettingsError::Invalid {
            name: "NAME_KEY",
            problem: "write 32 bytes, as `openssl rand -base64 32` prints them".into(),
        })?;
        Ok(Self::of(key))
    }

    /// The key in `NAME_KEY`, if it is set.
    pub(crate) fn from_settings(settings: &Settings) -> Result<Option<Self>, SettingsError> {
        settings.secret("NAME_KEY").as_ref().map(Self::parse).transpose()
    }

    /// A new random key.
    #[cfg(feature = "sqlite")]
    pub(crate) fn fresh() -> Self {
        // Each half holds 122 random bits.
        let [one, other] = [Uuid::new_v4(), Uuid::new_v4()];
        let mut key = [0; 32];
        key[..16].copy_from_slice(one.as_bytes());
        key[16..].copy_from_slice(other.as_bytes());
        Self::of(key)
    }

    pub(crate) fn of(key: [u8; 32]) -> Self {
        Self(SecretBox::new(Box::new(key)))
    }

    /// Its bytes, for the database that stores it.
    #[cfg(feature = "sqlite")]
    pub(crate) fn bytes(&self) -> &[u8; 32] {
        self.0.expose_secret()
    }

    /// A value that distinguishes this key from others and reveals nothing else about it.
    pub(crate) fn fingerprint(&self) -> String {
        self.name(&["fingerprint"])
    }

    /// One name for these words together, the first of which says what it is a name of.
    pub fn name(&self, words: &[&str]) -> String {
        let mac = Hmac::<Sha256>::new_from_slice(self.0.expose_secret());
        let mut mac = mac.expect("a key may have any length");
        for word in words {
            mac.update(&(word.len() as u64).to_be_bytes());
            mac.update(word.as_bytes());
        }
        hexadecimal(&mac.finalize().into_bytes()[..16])
    }
}

/// A name for something that is not personal and easy to guess, such as a route or the form of a call:
/// 128 bits of a SHA-256. Names derived from a person are made by a [`Key`].
pub fn hash(words: &[&str]) -> String {
    let mut digest = Sha256::new();
    for word in words {
        digest.update((word.len() as u64).to_be_bytes());
        digest.update(word);
    }
    hexadecimal(&digest.finalize()[..16])
}

fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn bytes(key: &str) -> Option<[u8; 32]> {
    let digits = |pair: &str| u8::from_str_radix(pair, 16).ok();
    let is_hexadecimal = key.len() == 64 && key.bytes().all(|byte| byte.is_ascii_hexdigit());
    let bytes = match is_hexadecimal {
        true => (0..32).map(|byte| digits(&key[2 * byte..2 * byte + 2])).collect::<Option<_>>()?,
        false if key.ends_with('=') => BASE64_STANDARD.decode(key).ok()?,
        false => BASE64_STANDARD_NO_PAD.decode(key).ok()?,
    };
    bytes.try_into().ok()
}
