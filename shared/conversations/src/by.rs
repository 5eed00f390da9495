//! Operators: who acts by hand, and from where.

use serde::{Deserialize, Serialize};

/// Whoever does something in a conversation by hand, and from where.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct By {
    /// The name of the operator.
    pub name: String,
    /// By which way.
    pub via: Via,
}

/// By which way an operator acts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Via {
    /// The console.
    Console,
    /// A command.
    Command,
    /// Their own phone.
    Phone,
}

impl Via {
    /// The way in a word.
    pub fn word(self) -> &'static str {
        match self {
            Self::Console => "console",
            Self::Command => "command",
            Self::Phone => "phone",
        }
    }
}
