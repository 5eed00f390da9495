//! What is at which address, by subject.

mod access;
mod desk;
mod figures;
mod inbox;
mod incidents;

use std::sync::Arc;

use axum::Router;

use crate::Console;

/// All of it.
pub(crate) fn routes() -> Router<Arc<Console>> {
    Router::new()
        .merge(inbox::routes())
        .merge(desk::routes())
        .merge(incidents::routes())
        .merge(figures::routes())
        .merge(access::routes())
}
