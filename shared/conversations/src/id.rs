//! What a conversation is called.

use std::fmt;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use sms::Number;

/// The name of the conversations between the agent and one person.
///
/// Two hashes, so that it can stand in a log line or a queue message where a number cannot. The
/// first half is the person, whichever of our numbers they text; the second is the agent.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ConversationId(String);

impl ConversationId {
    /// The conversations with this person, who texts by this provider. Which one makes no
    /// difference, but for the mock: its people are a world of their own.
    pub fn of(provider: &str, theirs: &Number) -> Self {
        Self(format!("{}-{}", person(provider, theirs), hash(&["agent"])))
    }

    /// What a probe by this provider of a number of ours is called. No conversation is called so.
    pub fn of_probe(provider: &str, theirs: &Number) -> Self {
        Self(format!("{}-{}", person(provider, theirs), hash(&["probe", provider])))
    }

    /// Reads a name that was printed by us.
    pub fn parse(id: &str) -> Option<Self> {
        let half = |half: &str| {
            half.len() == 32
                && half.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b))
        };
        let (person, ours) = id.split_once('-')?;
        (half(person) && half(ours)).then(|| Self(id.to_owned()))
    }

    /// The name as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The person's half.
    pub(crate) fn person(&self) -> &str {
        self.0.split('-').next().unwrap_or_default()
    }
}

impl fmt::Display for ConversationId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

/// The name of the documents of a person who is texted by this provider. Who has a number of the
/// mock's is not whom that number belongs to.
pub(crate) fn person(provider: &str, theirs: &Number) -> String {
    let world = if is_pretended(provider) { "pretended" } else { "theirs" };
    hash(&[world, theirs.as_str()])
}

/// Whether this is the provider that carries nothing.
pub(crate) fn is_pretended(provider: &str) -> bool {
    provider == "mock"
}

/// A name for these words taken together: 128 bits of their SHA-256, as 32 hexadecimal digits.
pub(crate) fn hash(words: &[&str]) -> String {
    let mut digest = Sha256::new();
    for word in words {
        digest.update((word.len() as u64).to_be_bytes());
        digest.update(word);
    }
    digest.finalize()[..16].iter().map(|byte| format!("{byte:02x}")).collect()
}
