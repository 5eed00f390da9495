//! Errors, by what the caller does next.

use thiserror::Error;

/// Why a text that nobody can answer is not read. There is nothing to fix about it.
pub const UNANSWERABLE: &str = "the sender is a short code or a name, which cannot be answered";

/// Why a message was not accepted. Each variant is something that the caller does differently.
///
/// `code` is the provider's own code (`21610`, `508`), or one of ours if it gave none (`connect`,
/// `http 429`, `timeout`). It never contains a number, a text or a secret, so it may be logged. The
/// provider's own sentence is left out: it often quotes the recipient.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub enum SendError {
    /// Certainly not sent, and another provider may do better: try the next one.
    #[error("refused ({code})")]
    Refused {
        /// The provider's code, or ours.
        code: String,
    },

    /// The number cannot be texted, or the content was refused: no other provider should be tried.
    #[error("undeliverable ({code})")]
    Undeliverable {
        /// The provider's code, or ours.
        code: String,
    },

    /// The person has opted out with the provider: record it, and send by no other.
    #[error("the recipient has opted out ({code})")]
    OptedOut {
        /// The provider's code.
        code: String,
    },

    /// The request left and no readable answer came. It may have been sent, so it must not be sent
    /// again.
    #[error("no readable answer, it may have been sent ({code})")]
    Unknown {
        /// What happened instead of an answer: `timeout`, `cut`, `http 502`, `unreadable`.
        code: String,
    },
}

impl SendError {
    /// The code, whichever the error.
    pub fn code(&self) -> &str {
        match self {
            Self::Refused { code }
            | Self::Undeliverable { code }
            | Self::OptedOut { code }
            | Self::Unknown { code } => code,
        }
    }
}

/// Why a webhook call is not read.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub enum WebhookError {
    /// Not from the provider: a wrong or missing signature or token. Answer 403.
    #[error("not from the provider")]
    Forged,

    /// No provider signs such calls. They are accepted from admitted callers, whose proof no
    /// provider knows; answer 403 to everybody else.
    #[error("not signed")]
    Unsigned,

    /// It cannot be verified at the moment, because the provider does not supply what that takes.
    /// Answer 503, and it is sent again.
    #[error("cannot be verified now: {0}")]
    Unverifiable(&'static str),

    /// Broken before it could be authenticated. Answer 400.
    #[error("malformed: {0}")]
    Malformed(&'static str),

    /// From the provider, but not understood. Keep it whole for the operator and answer 200, or the
    /// provider repeats it.
    #[error("verified but not understood: {0}")]
    Unreadable(&'static str),
}
