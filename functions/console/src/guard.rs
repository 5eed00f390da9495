//! Admission to the console.

use access::{Access, Admitted, Closed, Operator, Refused, Then};
use axum::extract::{FromRequestParts, Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderValue, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Redirect, Response};
use conversations::{By, Via};
use jiff::Timestamp;
use url::form_urlencoded;

/// Makes a browser ask for the password.
const ASK: (header::HeaderName, &str) =
    (header::WWW_AUTHENTICATE, r#"Basic realm="console", charset="UTF-8""#);

/// The whole answer to a caller without the link.
const WHERE_THE_LINK_IS: &str = "The console opens by the link that the program printed when it \
                                 started: the line that begins with \"console:\".\n";

/// The whole answer to a caller whom no proxy names.
const WHERE_THE_PROXY_IS: &str = "The console opens through the proxy that knows who you are.\n";

/// The whole answer to a call that would change something and shows no form token.
pub(crate) const NOT_FROM_A_PAGE: &str =
    "Show the form token: X-Form-Token, from /console/api/session.\n";

/// That a call may change something. A handler that changes something takes one, and is not called without.
pub(crate) struct Acting(pub(crate) By);

impl<S: Sync> FromRequestParts<S> for Acting {
    type Rejection = (StatusCode, &'static str);

    async fn from_request_parts(call: &mut Parts, _: &S) -> Result<Self, Self::Rejection> {
        match (call.extensions.get::<May>(), call.extensions.get::<Operator>()) {
            (Some(May), Some(operator)) => Ok(Self(by(operator))),
            _ => Err((StatusCode::FORBIDDEN, NOT_FROM_A_PAGE)),
        }
    }
}

/// The operator, by whom something is done in the console.
pub(crate) fn by(operator: &Operator) -> By {
    By { name: operator.name().to_owned(), via: Via::Console }
}

/// The extension of a call that may change something.
#[derive(Clone)]
struct May;

/// Lets a call through to the console, or turns it away. The operator and the token for their forms go
/// with it, as extensions.
pub(crate) async fn guard(State(access): State<Access>, call: Request, next: Next) -> Response {
    let (head, body) = call.into_parts();
    let admitted = access.admit(&head, Timestamp::now()).await;
    let mut call = Request::from_parts(head, body);
    let Admitted { operator, form_token, may_act, then } = match admitted {
        Ok(admitted) => admitted,
        Err(refused) => return turned_away(refused, &call),
    };
    if may_act {
        call.extensions_mut().insert(May);
    }
    call.extensions_mut().insert(operator);
    call.extensions_mut().insert(form_token);
    match then {
        Then::Nothing => next.run(call).await,
        Then::Keep(cookie) => keeping(cookie, next.run(call).await),
        Then::KeepAndReturn(cookie) => {
            keeping(cookie, Redirect::to(call.uri().path()).into_response())
        }
    }
}

fn keeping(cookie: HeaderValue, mut answer: Response) -> Response {
    answer.headers_mut().append(header::SET_COOKIE, cookie);
    answer
}

fn turned_away(refused: Refused, call: &Request) -> Response {
    match refused {
        Refused::Closed(why) => closed(why),
        Refused::Password => (StatusCode::UNAUTHORIZED, [ASK]).into_response(),
        Refused::SignedOut if is_for_a_person(call) => {
            let wanted = call.uri().path_and_query().map_or("", |wanted| wanted.as_str());
            if call.headers().get("sec-fetch-site").is_some_and(|site| site == "cross-site") {
                // The link of another site: only what our own page asks for comes with the cookie.
                let again = [(header::REFRESH, format!("0; url={wanted}"))];
                return (StatusCode::OK, again).into_response();
            }
            let mut query = form_urlencoded::Serializer::new(String::new());
            let query = query.append_pair("next", wanted).finish();
            Redirect::to(&format!("/console/sign-in?{query}")).into_response()
        }
        Refused::SignedOut => StatusCode::UNAUTHORIZED.into_response(),
        Refused::Unnamed => (StatusCode::FORBIDDEN, WHERE_THE_PROXY_IS).into_response(),
        Refused::Link => (StatusCode::FORBIDDEN, WHERE_THE_LINK_IS).into_response(),
        Refused::Foreign => StatusCode::FORBIDDEN.into_response(),
    }
}

/// The answer while nobody is let in.
pub(crate) fn closed(why: Closed) -> Response {
    match why {
        Closed::NoPassword => StatusCode::NOT_FOUND.into_response(),
        Closed::WeakPassword | Closed::Users | Closed::Header => {
            (StatusCode::NOT_FOUND, format!("The console is closed: {}.\n", why.fix()))
                .into_response()
        }
    }
}

/// Whether a person waits for a page, rather than a script for data.
fn is_for_a_person(call: &Request) -> bool {
    call.method() == Method::GET && !call.uri().path().starts_with("/console/api/")
}
