//! Why there is no answer, as JSON for programs.

use axum::Json;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use conversations::Unavailable;
use serde_json::json;

/// Why a request has no data.
pub(crate) enum Failure {
    /// It does not exist.
    Unknown,
    /// The agent has the conversation, not a person.
    NotHandedOver,
    /// The number is not blocked.
    NotBlocked,
    /// The store does not answer: try again.
    Unavailable(Unavailable),
}

impl From<Unavailable> for Failure {
    fn from(error: Unavailable) -> Self {
        Self::Unavailable(error)
    }
}

impl IntoResponse for Failure {
    fn into_response(self) -> Response {
        let (status, problem) = match self {
            Self::Unknown => (StatusCode::NOT_FOUND, "not found"),
            Self::NotHandedOver => (StatusCode::CONFLICT, "the agent has this conversation"),
            Self::NotBlocked => (StatusCode::CONFLICT, "this number is not blocked"),
            Self::Unavailable(error) => {
                tracing::error!(%error, "the console could not read the store: {error}");
                (StatusCode::SERVICE_UNAVAILABLE, "the store does not answer")
            }
        };
        (status, Json(json!({ "error": problem }))).into_response()
    }
}
