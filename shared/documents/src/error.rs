//! Why a store did not do what was asked.

use google::NoToken;
use thiserror::Error;

/// Why a commit changed nothing, or may not have.
#[derive(Debug, Error)]
pub enum WriteError {
    /// A condition did not hold.
    #[error("a condition of the commit does not hold")]
    Conflict,
    /// Too many writers contend for one of the documents, so the store gave up. Nothing was written.
    #[error("too many writers contend for a document of the commit")]
    Contended,
    /// A document would become larger than the store takes.
    #[error("a document would grow too large")]
    TooLarge,
    /// The store did not answer. The commit may have gone through.
    #[error(transparent)]
    Unavailable(#[from] Unavailable),
}

/// The store cannot be reached or does not work. The outcome of the request is unknown.
#[derive(Clone, Debug, Error)]
#[error("the store is unavailable: {reason}")]
pub struct Unavailable {
    /// The reason from the store's client. Contains no content of any document.
    reason: String,
    /// Whether this lasts until a person acts.
    refused: bool,
}

impl Unavailable {
    /// It does not answer now.
    pub fn new(reason: impl Into<String>) -> Self {
        Self { reason: reason.into(), refused: false }
    }

    /// The store answers, but rejects the request.
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

/// Why deleted content may still be readable after a purge.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Left {
    /// Another process reads the file or writes to it.
    InUse,
    /// The database is too large to be written anew, so a page may hold a part of it.
    TooLarge,
}
