//! What people, conversations and messages are called where a number or a word cannot stand.
//!
//! Whoever has all numbers to try finds the one behind a plain hash within seconds. So each name is
//! an HMAC, and nobody makes one without the key.

use std::time::Duration;

use documents::{Key, Path, at};
use secrecy::SecretString;
use settings::SettingsError;
use sms::Number;

use crate::id::ConversationId;

/// Who answers: an agent's page may have a name of its own one day.
const AGENT: &str = "default";

/// Makes every name that comes of a number, an address or words: 128 bits of an HMAC-SHA256, as 32
/// hexadecimal digits. The same key makes the same names, for ever; another one finds nobody.
pub struct Names {
    pub(crate) key: Key,
}

impl Names {
    /// Names by this key: 32 bytes, in Base64 or hexadecimal.
    pub fn by(key: &SecretString) -> Result<Self, SettingsError> {
        Ok(Self { key: Key::parse(key)? })
    }

    /// The conversations between the agent and this person, who texts by this provider. Which one
    /// makes no difference, nor which number of ours is texted; but the mock's people are a world of
    /// their own.
    pub fn conversation(&self, provider: &str, theirs: &Number) -> ConversationId {
        ConversationId::of(&self.person(provider, theirs), &self.key.name(&["agent", AGENT]))
    }

    /// What a probe by this provider of a number of ours is called. No conversation is called so.
    pub fn probe(&self, provider: &str, ours: &Number) -> ConversationId {
        ConversationId::of(&self.person(provider, ours), &self.key.name(&["probe", provider]))
    }

    /// The claim on a message that its provider gives an id.
    pub fn message(&self, provider: &str, message: &str) -> Claim {
        Claim::called(self.key.name(&["message", provider, message]), None)
    }

    /// The claim on a message of which nothing but its words is known: the same words are taken for a
    /// repeat within `window`, and for a new message afterwards.
    pub fn words(&self, provider: &str, words: &[&str], window: Duration) -> Claim {
        let words = [&["words", provider], words].concat();
        Claim::called(self.key.name(&words), Some(window))
    }

    /// What an attempt by this provider is called that asks a person to answer with this code, so
    /// that the answer finds it without a search.
    pub fn test_send(&self, provider: &str, theirs: &Number, code: &str) -> String {
        format!("trial-{}", self.key.name(&["trial", &self.person(provider, theirs), code]))
    }

    /// The documents of a person who is texted by this provider. Who has a number of the mock's is
    /// not whom that number belongs to.
    pub(crate) fn person(&self, provider: &str, theirs: &Number) -> String {
        let world = if is_pretended(provider) { "pretended" } else { "theirs" };
        self.key.name(&[world, theirs.as_str()])
    }
}

/// The right to handle a message, given once ([`Names::message`], [`Names::words`]).
#[derive(Clone, Debug)]
pub struct Claim {
    name: String,
    pub(crate) again_after: Option<Duration>,
}

impl Claim {
    fn called(name: String, again_after: Option<Duration>) -> Self {
        Self { name, again_after }
    }

    /// The name of the claim: the same for the same message, and nothing to be read from it.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The claim on what a message means, beside the claim on the message itself: either commit may
    /// be the one that a crash leaves undone.
    pub(crate) fn of_keyword(&self) -> Self {
        Self { name: format!("{}-keyword", self.name), again_after: self.again_after }
    }

    pub(crate) fn path(&self) -> Path {
        at("claims", &self.name)
    }
}

/// Whether this is the provider that carries nothing.
pub(crate) fn is_pretended(provider: &str) -> bool {
    sms::is_pretended(provider)
}
