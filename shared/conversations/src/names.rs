//! Names for people, conversations and messages, for places where a number or its words may not appear.
//!
//! A plain hash of a number can be reversed within seconds by trying all numbers. So each name is an
//! HMAC, and nobody can compute one without the key.

use std::time::Duration;

use documents::{Key, Path, at};
use secrecy::SecretString;
use settings::SettingsError;
use sms::Number;

use crate::id::ConversationId;

/// The agent. One day an agent's page may have a name of its own.
const AGENT: &str = "default";

/// Derives every name from a number, an address or words: 128 bits of an HMAC-SHA256, as 32 hexadecimal
/// digits. The same key always yields the same names; with another key, nobody is found again.
pub struct Names {
    pub(crate) key: Key,
}

impl Names {
    /// Names under this key: 32 bytes, in Base64 or hexadecimal.
    pub fn by(key: &SecretString) -> Result<Self, SettingsError> {
        Ok(Self { key: Key::parse(key)? })
    }

    /// The conversations between the agent and this person, who texts through this provider. The
    /// provider makes no difference, nor does the number of ours; except that the mock's people are
    /// kept apart.
    pub fn conversation(&self, provider: &str, theirs: &Number) -> ConversationId {
        self.conversation_of(&self.person(provider, theirs))
    }

    /// The name of a probe of one of our numbers by this provider. No conversation has such a name.
    pub fn probe(&self, provider: &str, ours: &Number) -> ConversationId {
        ConversationId::of(&self.person(provider, ours), &self.key.name(&["probe", provider]))
    }

    /// The claim on a message that has an id from its provider.
    pub fn message(&self, provider: &str, message: &str) -> Claim {
        Claim::called(self.key.name(&["message", provider, message]), None)
    }

    /// The claim on an order that was given with this nonce, so that a form that comes twice is one order.
    pub fn order(&self, nonce: &str) -> Claim {
        Claim::called(self.key.name(&["order", nonce]), None)
    }

    /// The claim on a message that is known only by its words: the same words count as a repeat within
    /// `window`, and as a new message afterwards.
    pub fn words(&self, provider: &str, words: &[&str], window: Duration) -> Claim {
        let words = [&["words", provider], words].concat();
        Claim::called(self.key.name(&words), Some(window))
    }

    /// The name of an attempt by this provider that asks a person to answer with this code, so that the
    /// answer finds it without a search.
    pub fn test_send(&self, provider: &str, theirs: &Number, code: &str) -> String {
        format!("trial-{}", self.key.name(&["trial", &self.person(provider, theirs), code]))
    }

    /// The names of the person with this number: as their real owner, and as one of the mock's people.
    pub(crate) fn people(&self, theirs: &Number) -> [String; 2] {
        ["", sms::PRETENDED].map(|provider| self.person(provider, theirs))
    }

    /// The conversations between the agent and the person of this name.
    pub(crate) fn conversation_of(&self, person: &str) -> ConversationId {
        ConversationId::of(person, &self.key.name(&["agent", AGENT]))
    }

    /// The documents of a person who is texted through this provider. A person with one of the mock's
    /// numbers is not the real owner of that number.
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

    /// The name of the claim: the same for the same message, and it reveals nothing.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The claim on the meaning of a message, beside the claim on the message itself: a crash may leave
    /// either of the two commits undone.
    pub(crate) fn of_keyword(&self) -> Self {
        Self { name: format!("{}-keyword", self.name), again_after: self.again_after }
    }

    pub(crate) fn path(&self) -> Path {
        at("claims", &self.name)
    }
}

/// Whether this is the mock, which sends nothing.
pub(crate) fn is_pretended(provider: &str) -> bool {
    sms::is_pretended(provider)
}
