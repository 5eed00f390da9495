//! What an operator does with the forms of a thread: done as by the calls of the same name, and shown.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::response::{IntoResponse, Redirect, Response};
use conversations::OrderKind;

use crate::api::{self, Answer};
use crate::failure::Failure;
use crate::guard::Acting;
use crate::orders::{self, Posted, order};
use crate::pages::thread::{Asked, Draft, drawn};
use crate::visit::{Part, Visit};

type Id = Path<String>;

pub(crate) async fn take(visit: Visit, Path(id): Id, posted: Posted) -> Response {
    // Whoever takes it from somebody has seen on the page who that is.
    done(&visit, &id, order(&visit.console, &id, OrderKind::Take, &posted).await)
}

pub(crate) async fn give_back(visit: Visit, Path(id): Id, posted: Posted) -> Response {
    done(&visit, &id, order(&visit.console, &id, OrderKind::GiveBack, &posted).await)
}

pub(crate) async fn close(visit: Visit, Path(id): Id, posted: Posted) -> Response {
    done(&visit, &id, orders::close(&visit.console, &id, &posted).await)
}

pub(crate) async fn correct(visit: Visit, Path(id): Id, posted: Posted) -> Response {
    done(&visit, &id, orders::mend(&visit.console, &id, &posted).await)
}

/// Words that are refused come back in the box, with the reason.
pub(crate) async fn say(visit: Visit, Path(id): Id, posted: Posted) -> Response {
    let failure = match orders::text(&visit.console, &id, &posted).await {
        Ok(_) => return Redirect::to(&thread(&id)).into_response(),
        Err(failure @ (Failure::Unknown | Failure::Unavailable(_))) => {
            return visit.answer(Part::Inbox, Err(failure));
        }
        Err(failure) => failure,
    };
    let w = &visit.words.thread;
    let problem = match &failure {
        Failure::Taken(who) => w.taken.plain(&[("who", who)]),
        Failure::Stopped => w.opted_out.plain(&[]),
        _ => w.unfit.plain(&[]),
    };
    let draft = Draft { words: posted.words().to_owned(), problem: Some(problem) };
    let mut page = match drawn(&visit, &id, &Asked::default(), draft).await {
        Ok(page) => page,
        Err(failure) => return visit.answer(Part::Inbox, Err(failure)),
    };
    *page.status_mut() = failure.into_response().status();
    page
}

pub(crate) async fn block(visit: Visit, id: Id, _: Posted) -> Response {
    let console = State(Arc::clone(&visit.console));
    done(&visit, &id.0.clone(), api::block(Acting(visit.by()), console, id).await)
}

pub(crate) async fn unblock(visit: Visit, id: Id, _: Posted) -> Response {
    let console = State(Arc::clone(&visit.console));
    done(&visit, &id.0.clone(), api::unblock(Acting(visit.by()), console, id).await)
}

/// Shows the thread as it is now, or why it was not done.
fn done(visit: &Visit, id: &str, answer: Answer) -> Response {
    visit.answer(Part::Inbox, answer.map(|_| Redirect::to(&thread(id)).into_response()))
}

/// The page of a thread. An id that is none leads nowhere.
fn thread(id: &str) -> String {
    format!("/console/inbox/{id}")
}
