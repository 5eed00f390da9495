//! The scope of our tokens, and why there may be none.

use thiserror::Error;

/// Everything that we may do at Google.
pub(crate) const SCOPE: &str = "https://www.googleapis.com/auth/datastore";

/// Why there is no token, and what to do about it, without any secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum NoToken {
    /// This lasts until a person acts.
    #[error("{0}")]
    Refused(&'static str),
    /// There was no answer. The next request may get one.
    #[error("{0}")]
    Unanswered(&'static str),
}
