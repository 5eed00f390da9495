//! The page, its files, and the phones in it.

use std::sync::Arc;

use axum::Router;
use axum::routing::get;

use crate::{Console, api, page};

pub(crate) fn routes() -> Router<Arc<Console>> {
    Router::new()
        .route("/console", get(page::page))
        .route("/console/", get(page::page))
        .route("/console/{*file}", get(page::file))
        .route("/console/api/about", get(api::about))
        .route("/console/api/phones/{number}", get(api::phone))
}
