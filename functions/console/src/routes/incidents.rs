//! What needs a person.

use std::sync::Arc;

use axum::Router;
use axum::routing::get;

use crate::{Console, api};

pub(crate) fn routes() -> Router<Arc<Console>> {
    Router::new().route("/console/api/notices", get(api::notices))
}
