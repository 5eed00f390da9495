//! Admission to the console.

use access::{Access, Admitted, Closed, Refused};
use axum::extract::{Request, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Redirect, Response};

/// Makes a browser ask for the password.
const ASK: (header::HeaderName, &str) =
    (header::WWW_AUTHENTICATE, r#"Basic realm="console", charset="UTF-8""#);

/// The whole answer to a caller without the link.
const WHERE_THE_LINK_IS: &str = "The console opens by the link that the program printed when it \
                                 started: the line that begins with \"console:\".\n";

/// Lets a call through to the console, or turns it away.
pub(crate) async fn guard(State(access): State<Access>, call: Request, next: Next) -> Response {
    let (head, body) = call.into_parts();
    let admitted = access.admit(&head).await;
    let path = head.uri.path().to_owned();
    let call = Request::from_parts(head, body);
    match admitted {
        Ok(Admitted::Known) => next.run(call).await,
        Ok(Admitted::ByPassword(cookie)) => keeping(cookie, next.run(call).await),
        Ok(Admitted::ByLink(cookie)) => keeping(cookie, Redirect::to(&path).into_response()),
        Err(refused) => turned_away(refused),
    }
}

fn keeping(cookie: HeaderValue, mut answer: Response) -> Response {
    answer.headers_mut().append(header::SET_COOKIE, cookie);
    answer
}

fn turned_away(refused: Refused) -> Response {
    match refused {
        Refused::Closed(Closed::NoPassword) => StatusCode::NOT_FOUND.into_response(),
        Refused::Closed(weak @ Closed::WeakPassword) => {
            (StatusCode::NOT_FOUND, format!("The console is closed: {}.\n", weak.fix()))
                .into_response()
        }
        Refused::Password => (StatusCode::UNAUTHORIZED, [ASK]).into_response(),
        Refused::Link => (StatusCode::FORBIDDEN, WHERE_THE_LINK_IS).into_response(),
        Refused::Foreign => StatusCode::FORBIDDEN.into_response(),
    }
}
