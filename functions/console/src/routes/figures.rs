//! The limits, how much of them is used, and what became of texts.

use std::sync::Arc;

use axum::extract::{Query, State};
use axum::routing::get;
use axum::{Json, Router};
use jiff::Timestamp;
use serde_json::{Value, json};

use crate::failure::Failure;
use crate::pages::figures::{self, Wanted};
use crate::{Console, api};

pub(crate) fn routes() -> Router<Arc<Console>> {
    Router::new()
        .route("/console/api/limits", get(api::limits))
        .route("/console/figures", get(figures::show))
        .route("/console/figures.csv", get(figures::export))
        .route("/console/api/figures", get(data))
}

async fn data(
    State(console): State<Arc<Console>>,
    Query(wanted): Query<Wanted>,
) -> Result<Json<Value>, Failure> {
    let figures =
        console.store.figures(&wanted.into(), Timestamp::now(), &console.time_zone).await?;
    Ok(Json(json!(figures)))
}
