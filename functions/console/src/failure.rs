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
    /// An operator of this name has the conversation.
    Taken(String),
    /// The person has stopped, or their number is blocked.
    Stopped,
    /// What was sent cannot be used, for this reason.
    Unfit(String),
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
        if let Self::Taken(name) = self {
            let told = json!({ "error": "somebody else has this conversation", "with": name });
            return (StatusCode::CONFLICT, Json(told)).into_response();
        }
        if let Self::Unfit(why) = self {
            return (StatusCode::UNPROCESSABLE_ENTITY, Json(json!({ "error": why })))
                .into_response();
        }
        let (status, problem) = match self {
            Self::Unknown => (StatusCode::NOT_FOUND, "not found"),
            Self::NotHandedOver => (StatusCode::CONFLICT, "the agent has this conversation"),
            Self::NotBlocked => (StatusCode::CONFLICT, "this number is not blocked"),
            Self::Taken(_) => (StatusCode::CONFLICT, "somebody else has this conversation"),
            Self::Stopped => (StatusCode::CONFLICT, "the person has stopped"),
            Self::Unfit(_) => (StatusCode::UNPROCESSABLE_ENTITY, "this cannot be used"),
            Self::Unavailable(error) => {
                tracing::error!(%error, "the console could not read the store: {error}");
                (StatusCode::SERVICE_UNAVAILABLE, "the store does not answer")
            }
        };
        (status, Json(json!({ "error": problem }))).into_response()
    }
}
