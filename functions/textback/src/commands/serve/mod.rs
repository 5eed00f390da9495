//! The functions, wired together in one process: `textback serve`.

mod admission;

use std::sync::Arc;
use std::time::Duration;

use access::Access;
use agent::{Agent, OpenAi, Page, Timeouts};
use axum::Router;
use business::Business;
use console::{About, Console, Live};
use conversations::{OpenError, Store};
use host::{Error, Port};
use inbound::Inbound;
use jiff::Timestamp;
use limits::Limits;
use providers::Purpose;
use queue::Queue;
use receipts::Receipts;
use settings::Settings;
use site::{Pages, Site};
use sms::Providers;
use sweep::{Probes, Runs, Sweep};
use turn::{Bounds, Results, Turn};

pub(crate) use crate::commands::serve::admission::SETTINGS;
use crate::{by_hand, model};

/// How many conversations are worked on concurrently. They mostly wait for a model.
const CONCURRENCY: u32 = 256;

/// How often the sweep runs with the embedded store: that costs nothing, and a waiting person would
/// notice less.
const SWEEP_EMBEDDED: Duration = Duration::from_secs(1);
/// With Firestore every sweep costs money.
const SWEEP: Duration = Duration::from_secs(60);

/// All functions of one process, with their clients.
struct App {
    providers: Arc<Providers>,
    public_url: String,
    access: Access,
    queue: Queue,
    turn: Turn,
    sweep: Sweep,
    offline: bool,
    sweep_every: Duration,
    port: Port,
    router: Router,
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
        let opening = Business::from_settings(settings)?.opening;
        let page = Page::from_settings(settings)?.carried_by(&providers)?.open(opening)?;
        let (model, offline) = match OpenAi::from_settings(settings, &page.model)? {
            Some(model) => (model, false),
            None => (model::offline(&page).await?, true),
        };
        let bounds = Bounds::from_settings(settings, &providers)?;
        let agent = Agent::new(model, page, Timeouts::from_settings(settings)?);
        let agent = Arc::new(bounds.money.charging(agent));
        let results = Results::from_settings(settings)?.map(Arc::new);
        let turn = Turn {
            store: Arc::clone(&store),
            providers: Arc::clone(&providers),
            agent,
            bounds,
            results,
        };
        let sweep = Sweep {
            store: Arc::clone(&store),
            queue: queue.clone(),
            providers: Arc::clone(&providers),
            currency: turn.bounds.money.caps.currency,
            probes: Probes::from_settings(settings, &providers)?.map(Arc::new),
            runs: Runs::default(),
        };
        let router = router(settings, &public_url, &access, &turn, &queue, offline, live)?;
        let sweep_every = if store.documents().are_embedded() { SWEEP_EMBEDDED } else { SWEEP };
        Ok(Self {
            providers,
            public_url,
            access,
            queue,
            turn,
            sweep,
            offline,
            sweep_every,
            port,
            router,
        })
    }

    /// Runs everything until `stop`, then finishes what is in flight.
    async fn run(self, stop: impl Future<Output = ()> + Clone + Send + 'static) {
        let Self { providers, queue, turn, sweep, sweep_every, port, router, .. } = self;
        tokio::join!(
            host::serve(port, router, stop.clone()),
            // Runs on its own: nobody who waits for an answer waits for a provider that hangs.
            host::repeat(sweep_every, stop.clone(), || sweep.wake(Timestamp::now())),
            host::repeat(sweep_every, stop.clone(), || sweep.look(Timestamp::now())),
            host::repeat(SWEEP, stop.clone(), || sweep.watch(Timestamp::now())),
            queue::consume(&queue, CONCURRENCY, stop, move |wake_up| {
                let turn = turn.clone();
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
        if self.offline {
            println!("  model      offline, built in: set OPENAI_API_KEY for a real one");
        } else {
            println!(
                "  model      {}",
                settings.get("OPENAI_MODEL").unwrap_or(&self.turn.agent.page.model)
            );
        }
        if names.iter().copied().all(sms::is_pretended) {
            println!("  providers  mock: nothing is sent, set those of a provider for real texts");
        } else {
            println!("  providers  {}", names.join(", "));
        }
        println!("  spending   {}", self.turn.bounds.money.caps);
        for lines in self.turn.missing_prices() {
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

/// The router: every function that answers calls, on the clients of `turn`.
fn router(
    settings: &Settings,
    public_url: &str,
    access: &Access,
    turn: &Turn,
    queue: &Queue,
    offline: bool,
    live: Live,
) -> Result<Router, Error> {
    let Turn { store, providers, agent, .. } = turn;
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
    let console = Console {
        store: Arc::clone(store),
        providers: Arc::clone(providers),
        access: access.clone(),
        about: About {
            model_offline: offline,
            ..About::of(settings, public_url, &agent.page, providers, store)
        },
        limits: Limits::from_settings(settings, providers)?.with_hours(agent.page.quiet_hours),
        time_zone: agent.page.time_zone.clone(),
        queue: Some(queue.clone()),
        live: Some(live),
    };
    let pages = Pages::of(Business::from_settings(settings)?, public_url, store.lifetimes());
    let ours = providers::numbers(settings);
    let site = Site { pages, store: Arc::clone(store), ours };
    Ok(inbound
        .router()
        .merge(receipts.router())
        .merge(console.router())
        .merge(site.router())
        .merge(host::readiness(store, Some(queue))))
}
