//! What strangers' texts can cause at most, and what the last days have cost.

use askama::Template;
use axum::http::StatusCode;
use axum::response::Response;
use conversations::budget::Period;
use limits::Table;
use localization::Html;

use crate::failure::Failure;
use crate::visit::{Frame, Part, Visit, page};

#[derive(Template)]
#[template(path = "limits.html")]
struct LimitsPage {
    frame: Frame,
    table: Table,
    currency: Html,
    /// Each day, and what it cost.
    days: Vec<(String, String)>,
}

/// `GET /console/limits`.
pub(crate) async fn show(visit: Visit) -> Response {
    visit.answer(Part::Limits, drawn(&visit).await)
}

async fn drawn(visit: &Visit) -> Result<Response, Failure> {
    let console = &visit.console;
    let period = Period::of(visit.shown.now.timestamp(), &console.time_zone);
    let table = console.limits.table(Some(&console.store), period).await?;
    let money = |amount| visit.shown.money(amount, &table.currency);
    let days = table.days.iter().map(|day| (visit.shown.day(day.day), money(day.spent))).collect();
    let currency = visit.words.limits.currency.with(&[("currency", &table.currency)]);
    let shown = LimitsPage { frame: visit.frame(Part::Limits), table, currency, days };
    Ok(page(StatusCode::OK, &shown))
}
