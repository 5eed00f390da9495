//! The phones of the mock provider: a page of script, to try the agent with.

use askama::Template;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};

use crate::visit::{Frame, Part, Visit, page};

#[derive(Template)]
#[template(path = "phones.html")]
struct PhonesPage {
    frame: Frame,
}

/// `GET /console`: the phones if there are any, so that somebody who has just started it can text.
pub(crate) async fn home(visit: Visit) -> Response {
    let frame = visit.frame(Part::Phones);
    match frame.has_phones {
        true => page(StatusCode::OK, &PhonesPage { frame }),
        false => Redirect::to("/console/inbox").into_response(),
    }
}
