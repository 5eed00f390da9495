//! Conversations, and what is done about one.

use std::sync::Arc;

use axum::Router;
use axum::routing::{get, post};

use crate::{Console, api};

pub(crate) fn routes() -> Router<Arc<Console>> {
    Router::new()
        .route("/console/api/conversations", get(api::conversations))
        .route("/console/api/conversations/{id}", get(api::conversation))
        .route("/console/api/conversations/{id}/give-back", post(api::give_back))
        .route("/console/api/conversations/{id}/block", post(api::block))
        .route("/console/api/conversations/{id}/unblock", post(api::unblock))
        .route("/console/api/traces/{id}", get(api::trace))
}
