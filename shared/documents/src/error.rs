//! Why a store did not do what it was asked for.

use google::NoToken;
use thiserror::Error;

/// Why a commit changed nothing, or may not have.
#[derive(Debug, Error)]
pub enum WriteError {
    /// A condition did not hold.
    #[error("a condition of the commit does not hold")]
    Conflict,
    /// So many write to one of the documents that the store gave up. Nothing was written.
    #[error("too many write to a document of the commit")]
    Contended,
    /// A document would become larger than the store takes.
    #[error("a document would grow too large")]
    TooLarge,
    /// The store did not answer. The commit may have been carried out.
    #[error(transparent)]
    Unavailable(#[from] Unavailable),
}

/// The store cannot be reached, or does not work. Nothing is known about what was asked.
#[derive(Clone, Debug, Error)]
#[error("the store is unavailable: {reason}")]
pub struct Unavailable {
    /// In the words of the store's client. Holds no content of any document.
    reason: String,
    /// Whether it stays so until a person does something about it.
    refused: bool,
}

impl Unavailable {
    /// It does not answer now.
    pub fn new(reason: impl Into<String>) -> Self {
        Self { reason: reason.into(), refused: false }
    }

    /// The store is there, and will not have what it is given.
    pub fn refused(reason: impl Into<String>) -> Self {
        Self { reason: reason.into(), refused: true }
    }

    pub(crate) fn reason(&self) -> &str {
        &self.reason
    }

    pub(crate) fn is_refused(&self) -> bool {
        self.refused
    }
}

impl From<NoToken> for Unavailable {
    fn from(error: NoToken) -> Self {
        match error {
            NoToken::Refused(_) => Self::refused(error.to_string()),
            NoToken::Unanswered(_) => Self::new(error.to_string()),
        }
    }
}

impl From<WriteError> for Unavailable {
    fn from(error: WriteError) -> Self {
        match error {
            WriteError::Unavailable(error) => error,
            other => Self::new(other.to_string()),
        }
    }
}
