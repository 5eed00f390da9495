//! How operators sign in, on a page that strangers may see as well, and what a session is to a page.

use std::sync::Arc;

use access::{FormToken, Operator, Refused};
use askama::Template;
use axum::body::to_bytes;
use axum::extract::{Request, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{Html, IntoResponse, Response};
use axum::routing::get;
use axum::{Extension, Json, Router};
use conversations::{Act, By, Via};
use jiff::Timestamp;
use secrecy::SecretString;
use serde_json::{Value, json};
use url::form_urlencoded;

use crate::forms::{Acted, Nothing};
use crate::guard::{Acting, closed};
use crate::visit::{HOME, own};
use crate::{Console, files};

/// The largest form, in bytes.
const LARGEST: usize = 8 * 1024;

const UNKNOWN: &str = "There is nobody with this name and this password.";

/// What somebody has typed, and where they wanted to go.
#[derive(Default)]
struct Typed {
    name: String,
    password: SecretString,
    next: String,
}

#[derive(Template)]
#[template(path = "sign_in.html")]
struct SignIn<'a> {
    agent: &'a str,
    problem: Option<&'static str>,
    name: &'a str,
    next: &'a str,
}

/// The page, and what it looks like.
pub(crate) fn routes() -> Router<Arc<Console>> {
    Router::new()
        .route("/console/sign-in", get(show).post(sign_in))
        .route(
            "/console/sign-in/desk.css",
            get(async || files::named("desk.css").ok_or(StatusCode::NOT_FOUND)),
        )
        .route(
            "/console/sign-in/icon.svg",
            get(async || files::named("icon.svg").ok_or(StatusCode::NOT_FOUND)),
        )
}

/// Who has signed in, whether they can sign out, and what their page shows to change anything.
pub(crate) async fn session(
    State(console): State<Arc<Console>>,
    Extension(operator): Extension<Operator>,
    Extension(form_token): Extension<FormToken>,
) -> Json<Value> {
    Json(json!({
        "operator": operator.name(),
        "form_token": form_token.expose(),
        "signs_out": console.access.has_users(),
    }))
}

/// Forgets the session in this browser.
pub(crate) async fn sign_out(_: Acting, State(console): State<Arc<Console>>) -> Response {
    let mut answer = StatusCode::NO_CONTENT.into_response();
    answer.headers_mut().append(header::SET_COOKIE, console.access.forgotten());
    answer
}

/// The same by the form of a page.
pub(crate) async fn leave(
    State(console): State<Arc<Console>>,
    Acted(Nothing {}): Acted<Nothing>,
) -> Response {
    let mut answer = to(HOME);
    answer.headers_mut().append(header::SET_COOKIE, console.access.forgotten());
    answer
}

async fn show(State(console): State<Arc<Console>>, call: Request) -> Response {
    let asked = Typed::parse(call.uri().query().unwrap_or_default().as_bytes());
    console.sign_in_page(StatusCode::OK, None, &asked)
}

async fn sign_in(State(console): State<Arc<Console>>, call: Request) -> Response {
    let (head, body) = call.into_parts();
    let Ok(body) = to_bytes(body, LARGEST).await else {
        return StatusCode::PAYLOAD_TOO_LARGE.into_response();
    };
    let typed = Typed::parse(&body);
    let password = typed.password.clone();
    match console.access.sign_in(&head, &typed.name, password, Timestamp::now()).await {
        Ok(cookie) => {
            let by = By { name: typed.name.clone(), via: Via::Console };
            let act = Act::new(by, "sign in", None, Timestamp::now());
            if let Err(error) = console.store.write_down(&act).await {
                tracing::error!(%error, "it is not written down who signed in: {error}");
            }
            let mut answer = to(own(&typed.next));
            answer.headers_mut().append(header::SET_COOKIE, cookie);
            answer
        }
        Err(Refused::Foreign) => StatusCode::FORBIDDEN.into_response(),
        Err(Refused::Closed(why)) => closed(why),
        Err(_) => console.sign_in_page(StatusCode::UNAUTHORIZED, Some(UNKNOWN), &typed),
    }
}

impl Console {
    fn sign_in_page(
        &self,
        status: StatusCode,
        problem: Option<&'static str>,
        typed: &Typed,
    ) -> Response {
        let (agent, name, next) = (&self.about.agent, &typed.name, own(&typed.next));
        let page = SignIn { agent, problem, name, next }.render();
        (status, Html(page.expect("it is rendered into memory"))).into_response()
    }
}

impl Typed {
    fn parse(form: &[u8]) -> Self {
        let mut typed = Self::default();
        for (name, value) in form_urlencoded::parse(form) {
            match &*name {
                "name" => typed.name = value.trim().to_owned(),
                "password" => typed.password = value.into_owned().into(),
                "next" => typed.next = value.into_owned(),
                _ => {}
            }
        }
        typed
    }
}

/// The answer that leads a browser to a path of ours.
fn to(path: &str) -> Response {
    let path = HeaderValue::try_from(path).expect("it is ASCII");
    (StatusCode::SEE_OTHER, [(header::LOCATION, path)]).into_response()
}
