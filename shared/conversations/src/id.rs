//! The name of a conversation.

use std::fmt;

use serde::{Deserialize, Serialize};

/// The name of the conversations between the agent and one person ([`crate::Names::conversation`]).
///
/// It may appear in a log line or a queue message, where a number may not. The first half is the
/// person, whichever of our numbers they text; the second half is the agent.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ConversationId(String);

impl ConversationId {
    pub(crate) fn of(person: &str, agent: &str) -> Self {
        Self(format!("{person}-{agent}"))
    }

    /// Parses a name that we printed.
    pub fn parse(id: &str) -> Option<Self> {
        let half = |half: &str| {
            half.len() == 32
                && half.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b))
        };
        let (person, agent) = id.split_once('-')?;
        (half(person) && half(agent)).then(|| Self(id.to_owned()))
    }

    /// The name as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The prefix of the places of everything that belongs to the conversation.
    pub(crate) fn prefix(&self) -> String {
        format!("{self}/")
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
