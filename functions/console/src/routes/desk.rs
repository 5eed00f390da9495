//! The pages, conversations, and what is done about one.

use std::sync::Arc;

use axum::Router;
use axum::routing::{get, post};

use crate::pages::{acts, attention, audit, inbox, limits, people, phones, saved, thread, trace};
use crate::{Console, api, live, orders, visit};

pub(crate) fn routes() -> Router<Arc<Console>> {
    Router::new()
        .route("/console", get(phones::home))
        .route("/console/", get(phones::home))
        .route("/console/phones", get(phones::home))
        .route("/console/inbox", get(inbox::show))
        .route("/console/inbox.csv", get(inbox::export))
        .route("/console/inbox/{id}", get(thread::show))
        .route("/console/inbox/{id}/take", post(acts::take))
        .route("/console/inbox/{id}/say", post(acts::say))
        .route("/console/inbox/{id}/done", post(acts::close))
        .route("/console/inbox/{id}/correct", post(acts::correct))
        .route("/console/inbox/{id}/tests/{number}", get(saved::file))
        .route("/console/inbox/{id}/give-back", post(acts::give_back))
        .route("/console/inbox/{id}/block", post(acts::block))
        .route("/console/inbox/{id}/unblock", post(acts::unblock))
        .route("/console/traces/{id}", get(trace::show))
        .route("/console/attention", get(attention::show))
        .route("/console/people", get(people::show).post(people::act))
        .route("/console/audit", get(audit::show))
        .route("/console/audit.csv", get(audit::export))
        .route("/console/consents.csv", get(people::export))
        .route("/console/with/{number}", get(people::with))
        .route("/console/limits", get(limits::show))
        .route("/console/language/{code}", get(visit::choose_language))
        .route("/console/api/events", get(live::events))
        .route("/console/api/desk", get(inbox::data))
        .route("/console/api/conversations", get(api::conversations))
        .route("/console/api/conversations/{id}", get(api::conversation))
        .route("/console/api/audit", get(api::audit))
        .route("/console/api/conversations/{id}/take", post(orders::take))
        .route("/console/api/conversations/{id}/say", post(orders::say))
        .route("/console/api/conversations/{id}/give-back", post(orders::give_back))
        .route("/console/api/conversations/{id}/done", post(orders::done_with))
        .route("/console/api/conversations/{id}/correct", post(orders::correct))
        .route("/console/api/conversations/{id}/block", post(api::block))
        .route("/console/api/conversations/{id}/unblock", post(api::unblock))
        .route("/console/api/traces/{id}", get(api::trace))
}
