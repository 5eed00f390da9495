//! What can go wrong, as what to do next.

use thiserror::Error;

/// Why a text is not read that nobody can answer. There is nothing to be mended about it.
pub const UNANSWERABLE: &str = "the sender is a short code or a name, which cannot be answered";

/// Why a message was not accepted. Each variant is something the caller does differently.
///
/// `code` is the provider's own code (`21610`, `508`), or ours in words where it gave none
/// (`connect`, `http 429`, `timeout`). It never holds a number, a text or a secret, so it may be
/// logged. The provider's own sentence is left out: it often quotes the recipient.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub enum SendError {
    /// Certainly not sent, and another provider may do better: send by the next one.
    #[error("refused ({code})")]
    Refused {
        /// The provider's code, or ours.
        code: String,
    },

    /// The number cannot be texted, or the content was refused: no provider should be asked again.
    #[error("undeliverable ({code})")]
    Undeliverable {
        /// The provider's code, or ours.
        code: String,
    },

    /// The person told the provider to stop: write it down, and send by nobody.
    #[error("the recipient has opted out ({code})")]
    OptedOut {
        /// The provider's code.
        code: String,
    },

    /// The request left and no answer came that can be read. It may have been sent, so it must not
    /// be sent again.
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

/// Why a webhook call tells us nothing.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub enum WebhookError {
    /// Not from the provider: a wrong or missing signature or token. Answer 403.
    #[error("not from the provider")]
    Forged,

    /// No company signs such calls. They are taken from whoever is let in, who shows it in a way that
    /// no provider knows; answer 403 to everybody else.
    #[error("signed by nobody")]
    Unsigned,

    /// It cannot be verified at the moment, because the provider does not give what that needs. Answer
    /// 503, and it is sent again.
    #[error("cannot be verified now: {0}")]
    Unverifiable(&'static str),

    /// Nobody's call: broken before it could be authenticated. Answer 400.
    #[error("malformed: {0}")]
    Malformed(&'static str),

    /// From the provider, and not understood. Keep it whole for the operator and answer 200, or the
    /// provider repeats it.
    #[error("verified but not understood: {0}")]
    Unreadable(&'static str),
}
