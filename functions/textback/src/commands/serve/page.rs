//! What depends on the agent's page, made anew when the page changes.

use std::sync::Arc;
use std::time::SystemTime;

use access::Access;
use agent::{Agent, OpenAi, Page, Timeouts};
use axum::Router;
use console::{About, Console, Live};
use conversations::Store;
use host::{Current, Error, Watched};
use hours::OpeningHours;
use limits::Limits;
use queue::Queue;
use settings::Settings;
use sms::Providers;
use tokio::sync::Mutex;
use turn::{Bounds, Phones, Results, Turn};

use crate::model;

/// What stays the same when the page changes.
pub(super) struct Clients {
    pub(super) settings: Settings,
    pub(super) public_url: String,
    pub(super) opening: Option<OpeningHours>,
    pub(super) providers: Arc<Providers>,
    pub(super) access: Access,
    pub(super) store: Arc<Store>,
    pub(super) bounds: Bounds,
    pub(super) phones: Phones,
    pub(super) results: Option<Arc<Results>>,
    pub(super) queue: Queue,
    pub(super) live: Live,
    /// Whatever answers calls, but the console.
    pub(super) sites: Router,
}

/// What answers by one page.
#[derive(Clone)]
struct Handler {
    turn: Turn,
    router: Router,
    offline: bool,
}

/// What answers by the page as it is now.
pub(super) struct Serving {
    clients: Clients,
    current: Arc<Current<Handler>>,
    page: Mutex<Watched>,
}

impl Serving {
    /// Reads the page for the first time. It has to be sound.
    pub(super) async fn start(clients: Clients) -> Result<Self, Error> {
        let page = Watched::of(&clients.settings, Page::FILE, SystemTime::now());
        let current = Arc::new(Current::new(clients.handler().await?));
        Ok(Self { clients, current, page: Mutex::new(page) })
    }

    /// What answers the next text. Whoever has it answers to the end by the same page.
    pub(super) fn turn(&self) -> Turn {
        self.current.handler().turn
    }

    /// Whether the model is the built-in one.
    pub(super) fn is_offline(&self) -> bool {
        self.current.handler().offline
    }

    /// Answers calls.
    pub(super) fn router(&self) -> Router {
        Arc::clone(&self.current).router(|handler| handler.router)
    }

    /// Uses the page as it is now, if it has changed and is sound.
    pub(super) async fn look_at_page(&self, now: SystemTime) -> Result<(), Error> {
        if !self.page.lock().await.has_changed(now).await {
            return Ok(());
        }
        match self.clients.handler().await {
            Ok(handler) => self.current.replace(handler),
            Err(error) => host::refuse_page(&error),
        }
        Ok(())
    }
}

impl Clients {
    /// Reads the page, and makes what answers by it.
    async fn handler(&self) -> Result<Handler, Error> {
        let Self { settings, providers, store, bounds, phones, results, .. } = self;
        let page =
            Page::from_settings(settings)?.carried_by(providers)?.open(self.opening.clone())?;
        let (model, offline) = match OpenAi::from_settings(settings, &page.model)? {
            Some(model) => (model, false),
            // The one of the page before stays for whoever still answers by it.
            None => (model::offline(&page).await?, true),
        };
        let router = self.sites.clone().merge(self.console(&page, offline)?.router());
        let agent = Agent::new(model, page, Timeouts::from_settings(settings)?);
        let agent = bounds.money.charging(agent);
        tracing::info!(
            page.version = agent.page.version,
            "the agent answers by this page from now on"
        );
        let turn = Turn {
            store: Arc::clone(store),
            providers: Arc::clone(providers),
            agent: Arc::new(agent),
            bounds: bounds.clone(),
            phones: phones.clone(),
            results: results.clone(),
        };
        Ok(Handler { turn, router, offline })
    }

    fn console(&self, page: &Page, offline: bool) -> Result<Console, Error> {
        let Self { settings, public_url, providers, store, .. } = self;
        Ok(Console {
            store: Arc::clone(store),
            providers: Arc::clone(providers),
            access: self.access.clone(),
            about: About {
                model_offline: offline,
                ..About::of(settings, public_url, page, providers, store)
            },
            limits: Limits::from_settings(settings, providers)?.with_hours(page.quiet_hours),
            time_zone: page.time_zone.clone(),
            queue: Some(self.queue.clone()),
            live: Some(self.live.clone()),
        })
    }
}
