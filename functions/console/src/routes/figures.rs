//! The limits, and how much of them is used.

use std::sync::Arc;

use axum::Router;
use axum::routing::get;

use crate::{Console, api};

pub(crate) fn routes() -> Router<Arc<Console>> {
    Router::new().route("/console/api/limits", get(api::limits))
}
