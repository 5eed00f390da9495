//! The meaning of Firestore's errors.

use firestore::gcloud_sdk::tonic::{Code, Status};

use crate::error::{Unavailable, WriteError};

/// Why a request failed.
pub(super) enum Failure {
    /// It was not made.
    Connection(Unavailable),
    /// It was made, and this is the answer.
    Answered(Status),
}

impl From<Unavailable> for Failure {
    fn from(error: Unavailable) -> Self {
        Self::Connection(error)
    }
}

impl From<Failure> for Unavailable {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::Connection(error) => error,
            Failure::Answered(status) => {
                // The message may quote a document's path or a field; the code says enough.
                let reason = format!("Firestore answered {}", status.code());
                match status.code() {
                    Code::PermissionDenied | Code::ResourceExhausted | Code::Unauthenticated => {
                        Self::refused(reason)
                    }
                    _ if is_about_database(&status) => Self::refused(reason),
                    _ => Self::new(reason),
                }
            }
        }
    }
}

impl From<Failure> for WriteError {
    fn from(failure: Failure) -> Self {
        match &failure {
            Failure::Answered(status) => match status.code() {
                _ if is_about_database(status) => Self::Unavailable(failure.into()),
                Code::AlreadyExists | Code::FailedPrecondition | Code::NotFound => Self::Conflict,
                Code::Aborted => Self::Contended,
                Code::InvalidArgument if is_about_size(status.message()) => Self::TooLarge,
                _ => Self::Unavailable(failure.into()),
            },
            Failure::Connection(_) => Self::Unavailable(failure.into()),
        }
    }
}

/// Firestore has no code of its own for a document over 1 MiB, only a message: "exceeds the maximum
/// allowed size", or "maximum entity size" in the emulator.
fn is_about_size(message: &str) -> bool {
    message.contains("maximum") && message.contains("size")
}

/// Nor for a database that does not exist or is in Datastore mode: it uses the codes of a failed
/// condition. Mistaking one for the other would treat every text as a repeat.
fn is_about_database(status: &Status) -> bool {
    let about = |words| status.message().contains(words);
    match status.code() {
        Code::NotFound => about("database") && about("does not exist"),
        Code::FailedPrecondition => about("Datastore Mode"),
        _ => false,
    }
}
