//! What people, conversations and messages are called where a number or a word cannot stand.
//!
//! Whoever has all numbers to try finds the one behind a plain hash within seconds. So each name is
//! an HMAC, and nobody makes one without the key.

use std::time::Duration;

use base64::Engine as _;
use base64::prelude::{BASE64_STANDARD, BASE64_STANDARD_NO_PAD};
use hmac::{Hmac, KeyInit, Mac};
use secrecy::{ExposeSecret, SecretBox, SecretString};
use settings::{Settings, SettingsError};
use sha2::Sha256;
use sms::Number;
use uuid::Uuid;

use crate::{Claim, ConversationId, Quarantined};

/// Who answers: an agent's page may have a name of its own one day.
const AGENT: &str = "default";

/// Makes every name that comes of a number, an address or words: 128 bits of an HMAC-SHA256, as 32
/// hexadecimal digits. The same key makes the same names, for ever; another one finds nobody.
pub struct Names {
    key: SecretBox<[u8; 32]>,
}

impl Names {
    /// Names by this key: 32 bytes, in Base64 or hexadecimal.
    pub fn by(key: &SecretString) -> Result<Self, SettingsError> {
        let key = bytes(key.expose_secret()).ok_or_else(|| SettingsError::Invalid {
            name: "NAME_KEY",
            problem: "write 32 bytes, as `openssl rand -base64 32` prints them".into(),
        })?;
        Ok(Self::of(key))
    }

    /// Names by `NAME_KEY`, if it is set.
    pub(crate) fn from_settings(settings: &Settings) -> Result<Option<Self>, SettingsError> {
        settings.secret("NAME_KEY").as_ref().map(Self::by).transpose()
    }

    /// Names by a key that nobody has yet.
    pub(crate) fn fresh() -> Self {
        // Each half holds 122 random bits.
        let [one, other] = [Uuid::new_v4(), Uuid::new_v4()];
        let mut key = [0; 32];
        key[..16].copy_from_slice(one.as_bytes());
        key[16..].copy_from_slice(other.as_bytes());
        Self::of(key)
    }

    pub(crate) fn of(key: [u8; 32]) -> Self {
        Self { key: SecretBox::new(Box::new(key)) }
    }

    /// The key, for the database that keeps it.
    pub(crate) fn key(&self) -> &[u8; 32] {
        self.key.expose_secret()
    }

    /// What tells this key from another, and nothing else of it.
    pub(crate) fn fingerprint(&self) -> String {
        self.name(&["fingerprint"])
    }

    /// The conversations between the agent and this person, who texts by this provider. Which one
    /// makes no difference, nor which number of ours is texted; but the mock's people are a world of
    /// their own.
    pub fn conversation(&self, provider: &str, theirs: &Number) -> ConversationId {
        ConversationId::of(&self.person(provider, theirs), &self.name(&["agent", AGENT]))
    }

    /// What a probe by this provider of a number of ours is called. No conversation is called so.
    pub fn probe(&self, provider: &str, ours: &Number) -> ConversationId {
        ConversationId::of(&self.person(provider, ours), &self.name(&["probe", provider]))
    }

    /// The claim on a message that its provider gives an id.
    pub fn message(&self, provider: &str, message: &str) -> Claim {
        Claim::called(self.name(&["message", provider, message]), None)
    }

    /// The claim on a message of which nothing but its words is known: the same words are taken for a
    /// repeat within `window`, and for a new message afterwards.
    pub fn words(&self, provider: &str, words: &[&str], window: Duration) -> Claim {
        let words = [&["words", provider], words].concat();
        Claim::called(self.name(&words), Some(window))
    }

    /// What an attempt by this provider is called that asks a person to answer with this code, so
    /// that the answer finds it without a search.
    pub fn trial(&self, provider: &str, theirs: &Number, code: &str) -> String {
        format!("trial-{}", self.name(&["trial", &self.person(provider, theirs), code]))
    }

    /// What a call is called that nobody understood: the same for the same call.
    pub fn quarantined(&self, call: &Quarantined) -> String {
        self.name(&["quarantined", &call.provider, &call.path, &call.query, &call.body])
    }

    /// The documents of a person who is texted by this provider. Who has a number of the mock's is
    /// not whom that number belongs to.
    pub(crate) fn person(&self, provider: &str, theirs: &Number) -> String {
        let world = if is_pretended(provider) { "pretended" } else { "theirs" };
        self.name(&[world, theirs.as_str()])
    }

    /// One name for these words taken together, of which the first says what it is a name of.
    pub(crate) fn name(&self, words: &[&str]) -> String {
        let mac = Hmac::<Sha256>::new_from_slice(self.key.expose_secret());
        let mut mac = mac.expect("a key may have any length");
        for word in words {
            mac.update(&(word.len() as u64).to_be_bytes());
            mac.update(word.as_bytes());
        }
        hexadecimal(&mac.finalize().into_bytes()[..16])
    }
}

/// Whether this is the provider that carries nothing.
pub(crate) fn is_pretended(provider: &str) -> bool {
    sms::is_pretended(provider)
}

pub(crate) fn hexadecimal(bytes: &[u8]) -> String {
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
