//! What is asked of Google, and why there may be no answer.

use thiserror::Error;

/// The whole of what we may do at Google.
pub(crate) const SCOPE: &str = "https://www.googleapis.com/auth/datastore";

/// Why there is no token, and what to do about it, in words that hold no secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum NoToken {
    /// It stays so until a person does something about it.
    #[error("{0}")]
    Refused(&'static str),
    /// Nobody answered. The next request may have one.
    #[error("{0}")]
    Unanswered(&'static str),
}
