//! The functions, wired together in one process: `textback serve`.

mod admission;
mod page;

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use access::Access;
use axum::Router;
use business::Business;
use console::Live;
use conversations::{OpenError, Store};
use host::{Error, Port};
use inbound::Inbound;
use jiff::Timestamp;
use providers::Purpose;
use queue::Queue;
use receipts::Receipts;
use settings::Settings;
use site::{Pages, Site};
use sms::Providers;
use sweep::{Probes, Runs, Sweep};
use turn::{Bounds, Phones, Results};

use crate::by_hand;
pub(crate) use crate::commands::serve::admission::SETTINGS;
use crate::commands::serve::page::{Clients, Serving};

/// How many conversations are worked on concurrently. They mostly wait for a model.
const CONCURRENCY: u32 = 256;

/// How often the sweep runs with the embedded store: that costs nothing, and a waiting person would
/// notice less.
const SWEEP_EMBEDDED: Duration = Duration::from_secs(1);
/// With Firestore every sweep costs money.
const SWEEP: Duration = Duration::from_secs(60);

/// How often the agent's page is looked at.
const PAGE: Duration = Duration::from_secs(2);

/// All functions of one process, with their clients.
struct App {
    providers: Arc<Providers>,
    public_url: String,
    access: Access,
    queue: Queue,
    serving: Arc<Serving>,
    sweep: Sweep,
    sweep_every: Duration,
    port: Port,
}

/// Serves until the process is asked to stop.
pub(crate) async fn run(settings: Settings) -> Result<(), Error> {
    let alone = conversations::reserve(&settings);
    if let Err(another @ OpenError::Reserved(_)) = alone {
        // The other process holds the port as well, but that is not the problem.
        return Err(another.into());
    }
    let port = host::bind(&settings).await?;
    let stop = host::stop_signal();
    let app = App::new(&settings, port, Live::until(stop.clone())).await?;
    let _alone = alone?;
    app.say_where_to_go(&settings)?;
    app.run(stop).await;
    Ok(())
}

impl App {
    /// Wires the functions together, to be reached at `port`.
    async fn new(settings: &Settings, port: Port, live: Live) -> Result<Self, Error> {
        let address = port.local_addr()?;
        // `PUBLIC_URL` gets the port that the system chose, if it was left to the system.
        let settings =
            &settings.clone().or("PUBLIC_URL", &format!("http://localhost:{}", address.port()));
        let public_url = host::public_url(settings)?;
        let providers = Arc::new(providers::configured_or_pretended(settings, &public_url)?);
        let access = admission::access(settings, &providers, &public_url, address.ip())?;
        let store = Arc::new(Store::open(settings)?);
        store.documents().check().await?;
        by_hand::may_send(&store).await?;
        admission::check_secrets(settings, &store).await?;
        let queue = Queue::from_settings(settings)?.unwrap_or_else(Queue::in_process);
        let bounds = Bounds::from_settings(settings, &providers)?;
        let results = Results::from_settings(settings)?.map(Arc::new);
        let sites = sites(settings, &public_url, &access, &store, &providers, &queue)?;
        let sweep = Sweep {
            store: Arc::clone(&store),
            queue: queue.clone(),
            providers: Arc::clone(&providers),
            currency: bounds.money.caps.currency,
            probes: Probes::from_settings(settings, &providers)?.map(Arc::new),
            runs: Runs::default(),
        };
        let sweep_every = if store.documents().are_embedded() { SWEEP_EMBEDDED } else { SWEEP };
        let serving = Serving::start(Clients {
            settings: settings.clone(),
            public_url: public_url.clone(),
            opening: Business::from_settings(settings)?.opening,
            providers: Arc::clone(&providers),
            access: access.clone(),
            store,
            bounds,
            phones: Phones::from_settings(settings)?,
            results,
            queue: queue.clone(),
            live,
            sites,
        });
        let serving = Arc::new(serving.await?);
        Ok(Self { providers, public_url, access, queue, serving, sweep, sweep_every, port })
    }

    /// Runs everything until `stop`, then finishes what is in flight.
    async fn run(self, stop: impl Future<Output = ()> + Clone + Send + 'static) {
        let Self { providers, queue, serving, sweep, sweep_every, port, .. } = self;
        let (router, answering) = (serving.router(), Arc::clone(&serving));
        tokio::join!(
            host::serve(port, router, stop.clone()),
            // Runs on its own: nobody who waits for an answer waits for a provider that hangs.
            host::repeat(sweep_every, stop.clone(), || sweep.wake(Timestamp::now())),
            host::repeat(sweep_every, stop.clone(), || sweep.look(Timestamp::now())),
            host::repeat(SWEEP, stop.clone(), || sweep.watch(Timestamp::now())),
            host::repeat(PAGE, stop.clone(), || serving.look_at_page(SystemTime::now())),
            queue::consume(&queue, CONCURRENCY, stop, move |wake_up| {
                let turn = answering.turn();
                async move { turn.run(&wake_up, Timestamp::now()).await }
            }),
            // Spares the first reply the wait for a token.
            async move { providers.prepare().await },
        );
    }

    #[expect(clippy::print_stdout, reason = "said once, to the person who started us")]
    fn say_where_to_go(&self, settings: &Settings) -> Result<(), Error> {
        let names = self.providers.names();
        let home = format!("http://localhost:{}", self.port.local_addr()?.port());
        println!("textback answers at {home}/");
        let turn = self.serving.turn();
        if self.serving.is_offline() {
            println!("  model      offline, built in: set OPENAI_API_KEY for a real one");
        } else {
            println!(
                "  model      {}",
                settings.get("OPENAI_MODEL").unwrap_or(&turn.agent.page.model)
            );
        }
        if names.iter().copied().all(sms::is_pretended) {
            println!("  providers  mock: nothing is sent, set those of a provider for real texts");
        } else {
            println!("  providers  {}", names.join(", "));
        }
        println!("  spending   {}", turn.bounds.money.caps);
        for lines in turn.missing_prices() {
            let lines = lines.trim().replace('\n', ", ");
            println!("  price      not known, so the most is counted: add to PRICES_FILE {lines}");
        }
        if settings.get("BUSINESS_FILE").is_some() {
            println!("  pages      {}/", self.public_url);
        } else {
            println!(
                "  pages      {}/ for an example business: set BUSINESS_FILE",
                self.public_url
            );
        }
        for provider in self.providers.iter() {
            let Some(entry) = providers::named(provider.name()) else { continue };
            println!("  webhook    {}", entry.address(&self.public_url, Purpose::Incoming));
            println!("  receipts   {}", entry.address(&self.public_url, Purpose::Status));
        }
        match (self.access.link(), self.access.closed()) {
            // The only place where this secret is ever written.
            (Some(link), _) => println!("console: {home}{link}"),
            (None, Some(closed)) => println!("  console    closed: {}", closed.fix()),
            (None, None) => {
                println!("  console    {}/console, {}", self.public_url, self.who(settings));
            }
        }
        Ok(())
    }

    /// Who may see the console, if it is open and has no link.
    fn who(&self, settings: &Settings) -> &'static str {
        if self.access.has_users() {
            "for its users"
        } else if settings.get("CONSOLE_PASSWORD").is_some() {
            "with its password"
        } else if settings.get("TRUSTED_PROXIES").is_some() {
            "for whom a trusted proxy names"
        } else {
            "for nobody: name the proxy in TRUSTED_PROXIES"
        }
    }
}

/// The router of all functions that answer calls, but the console.
fn sites(
    settings: &Settings,
    public_url: &str,
    access: &Access,
    store: &Arc<Store>,
    providers: &Arc<Providers>,
    queue: &Queue,
) -> Result<Router, Error> {
    let inbound = Inbound {
        providers: Arc::clone(providers),
        access: access.clone(),
        store: Arc::clone(store),
        queue: queue.clone(),
    };
    let receipts = Receipts {
        providers: Arc::clone(providers),
        access: access.clone(),
        store: Arc::clone(store),
        queue: queue.clone(),
    };
    let pages = Pages::of(Business::from_settings(settings)?, public_url, store.lifetimes());
    let ours = providers::numbers(settings);
    let site = Site { pages, store: Arc::clone(store), ours };
    Ok(inbound
        .router()
        .merge(receipts.router())
        .merge(site.router())
        .merge(host::readiness(store, Some(queue))))
}
