//! Who has signed in, and signing out.

use std::sync::Arc;

use axum::Router;
use axum::routing::{get, post};

use crate::{Console, sign_in};

pub(crate) fn routes() -> Router<Arc<Console>> {
    Router::new()
        .route("/console/api/session", get(sign_in::session))
        .route("/console/api/sign-out", post(sign_in::sign_out))
        .route("/console/sign-out", post(sign_in::leave))
}
