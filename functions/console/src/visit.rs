//! Somebody looks at a page: who it is, in which language, and what every page shows around its own
//! content.

use std::sync::Arc;

use access::{FormToken, Operator};
use askama::Template;
use axum::extract::{FromRequestParts, Path, Query};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{Html, IntoResponse, Redirect, Response};
use conversations::By;
use jiff::Timestamp;
use localization::{Language, Phrase, preferred};
use serde::Deserialize;
use sms::PRETENDED;
use url::form_urlencoded;

use crate::failure::Failure;
use crate::guard::by;
use crate::shown::Shown;
use crate::words::Words;
use crate::{Console, Kept};

/// Where an operator goes who came for nothing in particular.
pub(crate) const HOME: &str = "/console";

/// The cookie that keeps the chosen language. It says nothing about anybody.
const COOKIE: &str = "language";

/// How long a browser keeps it, in seconds: a year.
const KEPT: u32 = 365 * 24 * 60 * 60;

/// The part of the console that a page belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Part {
    Inbox,
    Attention,
    People,
    Figures,
    Limits,
    Phones,
}

/// Somebody looks at a page.
#[derive(Clone)]
pub(crate) struct Visit {
    pub(crate) console: Arc<Console>,
    pub(crate) shown: Shown,
    pub(crate) words: &'static Words,
    operator: Operator,
    form_token: FormToken,
    /// The path and query that were asked for.
    asked: String,
}

impl FromRequestParts<Arc<Console>> for Visit {
    type Rejection = StatusCode;

    async fn from_request_parts(
        call: &mut Parts,
        console: &Arc<Console>,
    ) -> Result<Self, Self::Rejection> {
        // The guard has put both there.
        let operator = call.extensions.get::<Operator>().ok_or(StatusCode::FORBIDDEN)?;
        let form_token = call.extensions.get::<FormToken>().ok_or(StatusCode::FORBIDDEN)?;
        let language = language(&call.headers);
        Ok(Self {
            console: Arc::clone(console),
            shown: Shown::new(language, &console.time_zone, Timestamp::now()),
            words: Words::of(language),
            operator: operator.clone(),
            form_token: form_token.clone(),
            asked: call.uri.path_and_query().map_or(HOME, |asked| asked.as_str()).to_owned(),
        })
    }
}

/// What is around the content of every page.
pub(crate) struct Frame {
    pub(crate) part: Part,
    pub(crate) shown: Shown,
    pub(crate) words: &'static Words,
    pub(crate) agent: String,
    /// Who has signed in, if one can sign out.
    pub(crate) operator: Option<String>,
    pub(crate) form_token: String,
    pub(crate) has_phones: bool,
    /// What is real here and what is not, as phrases.
    pub(crate) facts: Vec<String>,
    pub(crate) pretended: Vec<String>,
    pub(crate) as_of: localization::Html,
    /// The page itself, as part of an address.
    pub(crate) next: String,
}

impl Frame {
    /// What the script says of this page once the server does not answer.
    pub(crate) fn stale(&self) -> String {
        let time = self.shown.moment(self.shown.now.timestamp());
        self.words.frame.stale.plain(&[("time", &time)])
    }

    /// The moment of which it is, in milliseconds.
    pub(crate) fn since(&self) -> i64 {
        self.shown.now.timestamp().as_millisecond()
    }

    pub(crate) fn languages(&self) -> [(Language, bool); Language::ALL.len()] {
        Language::ALL.map(|language| (language, language == self.shown.language))
    }
}

impl Visit {
    /// By whom something is done on this page.
    pub(crate) fn by(&self) -> By {
        by(&self.operator)
    }

    /// The frame of a page of this part.
    pub(crate) fn frame(&self, part: Part) -> Frame {
        let Self { console, shown, words, operator, form_token, asked } = self;
        let (facts, pretended) = facts(console, words);
        let (now, zone) = (shown.now.timestamp(), console.time_zone.iana_name().unwrap_or("UTC"));
        Frame {
            part,
            shown: shown.clone(),
            words,
            agent: console.about.agent.clone(),
            operator: console.access.has_users().then(|| operator.name().to_owned()),
            form_token: form_token.expose().to_owned(),
            has_phones: console.about.providers.contains(&PRETENDED),
            facts,
            pretended,
            as_of: words.frame.as_of.with(&[("time", &shown.moment(now)), ("zone", &zone)]),
            next: form_urlencoded::byte_serialize(asked.as_bytes()).collect(),
        }
    }
}

/// What is real, and what is not.
fn facts(console: &Console, words: &Words) -> (Vec<String>, Vec<String>) {
    let (about, words) = (&console.about, &words.frame);
    let has_mock = about.providers.contains(&PRETENDED);
    let real: Vec<_> = about.providers.iter().filter(|name| **name != PRETENDED).copied().collect();
    let (mut facts, mut pretended) = (vec![], vec![]);
    let providers = real.join(", ");
    match (has_mock, real.is_empty()) {
        (true, true) => pretended.push(words.pretended.plain(&[])),
        (true, false) => pretended.push(words.pretended_beside.plain(&[("providers", &providers)])),
        (false, _) => facts.push(words.sending.plain(&[("providers", &providers)])),
    }
    match about.model_offline {
        true => pretended.push(words.offline.plain(&[])),
        false => facts.push(words.model.plain(&[("model", &about.model)])),
    }
    facts.push(match about.store {
        Kept::Firestore => words.store_firestore.plain(&[]),
        Kept::Embedded => words.store_embedded.plain(&[]),
    });
    (facts, pretended)
}

impl Visit {
    /// The page that was asked for, or one that says why there is none.
    pub(crate) fn answer(&self, part: Part, found: Result<Response, Failure>) -> Response {
        let failure = match found {
            Ok(found) => return found,
            Err(failure) => failure,
        };
        let w = &self.words.frame;
        let (title, why) = match &failure {
            Failure::Unknown => (&w.not_found, &w.not_found_why),
            Failure::NotHandedOver
            | Failure::NotBlocked
            | Failure::Taken(_)
            | Failure::Stopped
            | Failure::Unfit(_) => (&w.not_done, &w.done_before),
            Failure::Unavailable(_) => (&w.no_store, &w.try_again),
        };
        let frame = self.frame(part);
        let unfit = match &failure {
            Failure::Unfit(why) => Some(why.clone()),
            _ => None,
        };
        let problem = Problem { frame, title, why, unfit };
        page(failure.into_response().status(), &problem)
    }
}

/// Says why there is no page.
#[derive(Template)]
#[template(path = "problem.html")]
struct Problem {
    frame: Frame,
    title: &'static Phrase,
    why: &'static Phrase,
    /// What is wrong with what was written, in English.
    unfit: Option<String>,
}

/// The page of a template.
pub(crate) fn page(status: StatusCode, page: &impl Template) -> Response {
    (status, Html(page.render().expect("it is rendered into memory"))).into_response()
}

/// A table for a spreadsheet, to be kept under this name.
pub(crate) fn file(name: &str, table: String) -> Response {
    let about = [
        (header::CONTENT_TYPE, "text/csv; charset=utf-8".to_owned()),
        (header::CONTENT_DISPOSITION, format!("attachment; filename=\"{name}\"")),
    ];
    (about, table).into_response()
}

/// The language that the reader has chosen, or that their browser asks for.
fn language(headers: &HeaderMap) -> Language {
    let cookies = headers.get_all(header::COOKIE).iter().filter_map(|all| all.to_str().ok());
    let chosen = cookies.flat_map(|all| all.split(';')).find_map(|cookie| {
        let (name, code) = cookie.trim().split_once('=')?;
        (name == COOKIE).then(|| Language::of_code(code))?
    });
    chosen.or_else(|| preferred(headers).into_iter().next()).unwrap_or_default()
}

/// Where a reader was who chooses a language.
#[derive(Deserialize)]
pub(crate) struct From {
    #[serde(default)]
    next: String,
}

/// Keeps the language that a reader has chosen, and leads them back.
pub(crate) async fn choose_language(
    Path(code): Path<String>,
    Query(from): Query<From>,
) -> Response {
    let Some(language) = Language::of_code(&code) else {
        return StatusCode::NOT_FOUND.into_response();
    };
    let code = language.code();
    let cookie = format!("{COOKIE}={code}; Path=/console; SameSite=Strict; Max-Age={KEPT}");
    let cookie = HeaderValue::try_from(cookie).expect("a code is ASCII");
    let mut answer = Redirect::to(own(&from.next)).into_response();
    answer.headers_mut().append(header::SET_COOKIE, cookie);
    answer
}

/// A path of the console: anything else may lead to another site.
pub(crate) fn own(next: &str) -> &str {
    let rest = next.strip_prefix(HOME);
    let is_own = rest.is_some_and(|rest| rest.is_empty() || rest.starts_with(['/', '?']));
    if is_own && next.bytes().all(|byte| byte.is_ascii_graphic()) { next } else { HOME }
}
