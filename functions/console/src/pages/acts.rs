//! What an operator does with the forms of a thread: done as by the calls of the same name, and shown.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::response::{IntoResponse, Redirect, Response};
use conversations::OrderKind;

use crate::api::{self, Answer};
use crate::forms::{Acted, Nothing};
use crate::guard::Acting;
use crate::orders::{Posted, order};
use crate::visit::{Part, Visit};

type Form = Acted<Nothing>;

pub(crate) async fn give_back(visit: Visit, Path(id): Path<String>, _: Form) -> Response {
    let posted = Posted::by(visit.by());
    done(&visit, &id, order(&visit.console, &id, OrderKind::GiveBack, &posted).await)
}

pub(crate) async fn block(visit: Visit, id: Path<String>, _: Form) -> Response {
    let console = State(Arc::clone(&visit.console));
    done(&visit, &id.0.clone(), api::block(Acting(visit.by()), console, id).await)
}

pub(crate) async fn unblock(visit: Visit, id: Path<String>, _: Form) -> Response {
    let console = State(Arc::clone(&visit.console));
    done(&visit, &id.0.clone(), api::unblock(Acting(visit.by()), console, id).await)
}

/// Shows the thread as it is now, or why it was not done.
fn done(visit: &Visit, id: &str, answer: Answer) -> Response {
    let thread = format!("/console/inbox/{id}");
    visit.answer(Part::Inbox, answer.map(|_| Redirect::to(&thread).into_response()))
}
