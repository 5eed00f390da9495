//! The desk of those who work with the conversations: an inbox, threads, people, the trace of each turn,
//! what needs a person, and phones to try the agent with.
//!
//! It only reads, except that it gives orders, which a turn carries out, blocks a number, enters that
//! somebody stops or may be texted again, and notes what was seen. Whatever changes something takes an
//! operator whose page has asked for it. Its phone is a phone of the mock provider: the page posts to the
//! same webhooks as any provider, so it can do nothing that a stranger's text cannot.

#![warn(missing_docs)]

mod api;
mod delivery;
mod failure;
mod files;
mod forms;
mod guard;
mod live;
mod orders;
mod pages;
mod plot;
mod routes;
mod shown;
mod sign_in;
mod thread;
mod visit;
mod words;

use std::sync::Arc;

use access::{Access, Closed};
use agent::{Field, Page};
use axum::Router;
use axum::http::{HeaderValue, header};
use axum::middleware::{from_fn_with_state, map_response};
use axum::response::Response;
use conversations::Store;
use jiff::tz::TimeZone;
use limits::Limits;
use queue::Queue;
use serde::{Serialize, Serializer};
use settings::{Names, Settings};
use sms::Providers;

pub use live::Live;

/// Only our own files, and in nobody else's frame.
const CONTENT_SECURITY_POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; \
    img-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'self'; \
    frame-ancestors 'none'";

/// The settings that the function reads.
pub const SETTINGS: &[Names] = &[
    host::PUBLIC_URL,
    Page::SETTINGS,
    About::SETTINGS,
    providers::DESCRIBING,
    Store::SETTINGS,
    Access::SETTINGS,
    Limits::SETTINGS,
    Queue::SETTINGS,
];

/// The function, with the data it shows.
pub struct Console {
    /// The store of the conversations.
    pub store: Arc<Store>,
    /// The providers whose routes and codes are displayed. They are never called.
    pub providers: Arc<Providers>,
    /// Who may see the console.
    pub access: Access,
    /// What the page says about the process.
    pub about: About,
    /// The limits that are displayed. Nothing is limited here.
    pub limits: Limits,
    /// The time zone in which days are counted.
    pub time_zone: TimeZone,
    /// What wakes a turn for an order. Without it, the sweep does.
    pub queue: Option<Queue>,
    /// What tells open pages of news, where the process goes on between two requests.
    pub live: Option<Live>,
}

/// What is real here and what is a mock, so that nobody confuses the two.
#[derive(Clone, Debug, Serialize)]
pub struct About {
    /// The name that the agent answers for.
    pub agent: String,
    /// The model that is in use.
    pub model: String,
    /// Whether that is the built-in one, which does not think.
    pub model_offline: bool,
    /// The configured providers, in order of preference. The phone works if `mock` is one of them.
    pub providers: Vec<&'static str>,
    /// The store in use.
    pub store: Kept,
    /// The address that providers call.
    pub public_url: String,
    /// After how many turns a conversation ends.
    pub turns: u32,
    /// What amounts of money are in.
    pub currency: String,
    /// What the agent collects, in the order in which it asks.
    #[serde(serialize_with = "names")]
    pub fields: Vec<Field>,
}

/// The store in use.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Kept {
    /// In a file of this machine.
    Embedded,
    /// In Firestore.
    Firestore,
}

/// The fields by name.
fn names<S: Serializer>(fields: &[Field], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_seq(fields.iter().map(|field| &field.name))
}

impl About {
    /// What [`About::of`] reads.
    pub const SETTINGS: Names = &["CAP_CURRENCY", "OPENAI_MODEL"];

    /// Reads the settings, for a real model.
    pub fn of(
        settings: &Settings,
        public_url: &str,
        page: &Page,
        providers: &Providers,
        store: &Store,
    ) -> Self {
        Self {
            agent: page.name.clone(),
            model: settings.get("OPENAI_MODEL").unwrap_or(&page.model).to_owned(),
            model_offline: false,
            providers: providers.names(),
            store: if store.documents().are_embedded() { Kept::Embedded } else { Kept::Firestore },
            public_url: public_url.to_owned(),
            turns: page.turns,
            currency: settings.get("CAP_CURRENCY").unwrap_or("USD").to_owned(),
            fields: page.fields.clone(),
        }
    }
}

impl Console {
    /// `GET /console` and everything below it. Callers without access cannot tell what exists.
    pub fn router(self) -> Router {
        if let Some(closed) = self.access.closed().filter(|why| *why != Closed::NoPassword) {
            tracing::error!("the console is closed: {}", closed.fix());
        }
        let guard = from_fn_with_state(self.access.clone(), guard::guard);
        let sign_in = if self.access.has_users() { sign_in::routes() } else { Router::new() };
        routes::routes()
            .route_layer(guard)
            .merge(sign_in)
            .route_layer(map_response(harden))
            .with_state(Arc::new(self))
    }
}

async fn harden(mut response: Response) -> Response {
    let headers = response.headers_mut();
    for (name, value) in [
        (header::CACHE_CONTROL, "no-store"),
        (header::CONTENT_SECURITY_POLICY, CONTENT_SECURITY_POLICY),
        (header::REFERRER_POLICY, "same-origin"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::X_FRAME_OPTIONS, "DENY"),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
    response
}
