//! What operators did: the audit, latest first.

use askama::Template;
use axum::extract::Query;
use axum::http::StatusCode;
use axum::response::Response;
use conversations::Act;
use localization::Html;
use serde::Deserialize;

use crate::Console;
use crate::api::MOST;
use crate::failure::Failure;
use crate::pages::place;
use crate::visit::{Frame, Part, Visit, file, page};

/// The most acts that one file has. The command line exports all.
const EXPORTED: usize = 10_000;

#[derive(Template)]
#[template(path = "audit.html")]
struct AuditPage {
    frame: Frame,
    acts: Vec<Line>,
    older: Option<String>,
}

/// Something that an operator did.
struct Line {
    time: Html,
    who: String,
    via: &'static str,
    did: String,
    what: Option<String>,
    thread: Option<String>,
}

/// What a reader has asked for.
#[derive(Deserialize)]
pub(crate) struct Asked {
    before: Option<String>,
}

/// `GET /console/audit`.
pub(crate) async fn show(visit: Visit, Query(asked): Query<Asked>) -> Response {
    visit.answer(Part::People, drawn(&visit, &asked).await)
}

async fn drawn(visit: &Visit, asked: &Asked) -> Result<Response, Failure> {
    let before = asked.before.as_deref().and_then(place::read);
    let found = visit.console.store.acts(before, MOST).await?;
    let line = |act: Act| Line {
        time: visit.shown.time(act.at),
        who: act.by.name,
        via: act.by.via.word(),
        did: act.did,
        what: act.what,
        thread: act.about.map(|id| id.to_string()),
    };
    let older = found.next.map(|next| format!("/console/audit?before={}", place::written(&next)));
    let acts = found.found.into_iter().map(line).collect();
    Ok(page(StatusCode::OK, &AuditPage { frame: visit.frame(Part::People), acts, older }))
}

/// `GET /console/audit.csv`.
pub(crate) async fn export(visit: Visit) -> Response {
    let table = table(&visit.console).await;
    visit.answer(Part::People, table.map(|table| file("audit.csv", table)))
}

async fn table(console: &Console) -> Result<String, Failure> {
    let (mut table, mut rows, mut before) = (spreadsheet::row(Act::COLUMNS), 0, None);
    loop {
        let page = console.store.acts(before, 200).await?;
        table.extend(page.found.iter().map(|act| spreadsheet::row(act.columns())));
        rows += page.found.len();
        match page.next {
            Some(next) if rows < EXPORTED => before = Some(next),
            _ => return Ok(table),
        }
    }
}
