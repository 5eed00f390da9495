//! What an operator does with the forms of a thread: done as by the calls of the same name, and shown.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::response::{IntoResponse, Redirect, Response};

use crate::Console;
use crate::api::{self, Answer};
use crate::forms::{Acted, Nothing};
use crate::guard::Acting;
use crate::visit::{Part, Visit};

pub(crate) async fn give_back(
    visit: Visit,
    State(console): State<Arc<Console>>,
    id: Path<String>,
    Acted(Nothing {}): Acted<Nothing>,
) -> Response {
    let to = thread(&id);
    done(&visit, &to, api::give_back(Acting, State(console), id).await)
}

pub(crate) async fn block(
    visit: Visit,
    State(console): State<Arc<Console>>,
    id: Path<String>,
    Acted(Nothing {}): Acted<Nothing>,
) -> Response {
    let to = thread(&id);
    done(&visit, &to, api::block(Acting, State(console), id).await)
}

pub(crate) async fn unblock(
    visit: Visit,
    State(console): State<Arc<Console>>,
    id: Path<String>,
    Acted(Nothing {}): Acted<Nothing>,
) -> Response {
    let to = thread(&id);
    done(&visit, &to, api::unblock(Acting, State(console), id).await)
}

/// Shows the thread as it is now, or why it was not done.
fn done(visit: &Visit, to: &str, answer: Answer) -> Response {
    visit.answer(Part::Inbox, answer.map(|_| Redirect::to(to).into_response()))
}

/// The page of a thread. An id that is none leads nowhere.
fn thread(Path(id): &Path<String>) -> String {
    format!("/console/inbox/{id}")
}
