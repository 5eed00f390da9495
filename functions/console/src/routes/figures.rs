//! The limits, how much of them is used, and what became of texts.

use std::sync::Arc;

use axum::extract::{Query, State};
use axum::routing::get;
use axum::{Json, Router};
use conversations::{Asked, By, Filter};
use jiff::Timestamp;
use jiff::civil::Date;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::failure::Failure;
use crate::{Console, api};

pub(crate) fn routes() -> Router<Arc<Console>> {
    Router::new()
        .route("/console/api/limits", get(api::limits))
        .route("/console/api/figures", get(figures))
}

/// Which figures are wanted: all of the last 30 days, if nothing else is said.
#[derive(Deserialize)]
struct Wanted {
    #[serde(default)]
    by: By,
    from: Option<Date>,
    agent: Option<String>,
    provider: Option<String>,
    country: Option<String>,
}

async fn figures(
    State(console): State<Arc<Console>>,
    Query(wanted): Query<Wanted>,
) -> Result<Json<Value>, Failure> {
    let Wanted { by, from, agent, provider, country } = wanted;
    let asked = Asked { by, from, filter: Filter { agent, provider, country } };
    let figures = console.store.figures(&asked, Timestamp::now(), &console.time_zone).await?;
    Ok(Json(json!(figures)))
}
