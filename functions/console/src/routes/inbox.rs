//! The phones, and the files that pages refer to.

use std::sync::Arc;

use axum::Router;
use axum::routing::get;

use crate::{Console, api, files};

pub(crate) fn routes() -> Router<Arc<Console>> {
    Router::new()
        .route("/console/{*file}", get(files::file))
        .route("/console/api/about", get(api::about))
        .route("/console/api/phones/{number}", get(api::phone))
}
