//! The parts of the product as Lambda runs them: five turns at a time, woken by SQS.

use std::net::SocketAddr;
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use access::Access;
use agent::{Agent, Page, Timeouts};
use axum::Router;
use conversations::Store;
use fakes::{Moto, OpenAi, Twilio};
use host::Port;
use inbound::Inbound;
use jiff::Timestamp;
use product::PUBLIC_URL;
use providers::Role;
use queue::Queue;
use receipts::Receipts;
use settings::Settings;
use sweep::{Runs, Sweep};
use tempfile::TempDir;
use tokio::net::TcpListener;
use tokio::runtime::Handle;
use tokio::sync::oneshot;
use tokio::task::JoinSet;
use turn::{Bounds, Turn};

const WORKERS: usize = 5;

/// How often Lambda's schedule wakes the sweep.
const MINUTE: Duration = Duration::from_secs(60);

/// The visibility timeout of a wake-up.
const HIDDEN: Duration = Duration::from_secs(100);

pub(crate) struct Workers {
    pub(crate) address: SocketAddr,
    /// They end when this is dropped.
    _tasks: JoinSet<()>,
    _sweep: oneshot::Sender<()>,
    _data: TempDir,
}

impl Workers {
    pub(crate) async fn start(twilio: &Twilio, openai: &OpenAi, moto: &Moto) -> Self {
        let data = TempDir::new().unwrap();
        let queue_url = moto.create_fifo_queue(&fakes::unique_name(), HIDDEN).await;
        let settings = Settings::from([
            ("DATA_DIR", data.path().join("data").to_str().unwrap()),
            ("TURN_QUEUE_URL", &queue_url),
            ("AWS_ENDPOINT_URL", &moto.url),
            ("AWS_REGION", "us-east-1"),
            ("AWS_ACCESS_KEY_ID", "test"),
            ("AWS_SECRET_ACCESS_KEY", "test"),
            ("OPENAI_API_KEY", OpenAi::KEY),
            ("OPENAI_BASE_URL", &openai.url()),
            ("TWILIO_ACCOUNT_SID", twilio.account_sid()),
            ("TWILIO_AUTH_TOKEN", twilio.auth_token()),
            ("TWILIO_FROM", twilio.number()),
            ("TWILIO_BASE_URL", &twilio.url()),
        ]);
        let (router, turn, sweep) = parts(&settings);
        let queue = sweep.queue.clone();
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let address = listener.local_addr().unwrap();
        let mut tasks = JoinSet::new();
        tasks.spawn(host::serve(Port::from(listener), router, std::future::pending()));
        for _ in 0..WORKERS {
            tasks.spawn(work(turn.clone(), queue.clone()));
        }
        Self { address, _tasks: tasks, _sweep: schedule(sweep), _data: data }
    }
}

/// What answers calls, what answers people, and what finds what was forgotten.
fn parts(settings: &Settings) -> (Router, Turn, Sweep) {
    let store = Arc::new(Store::open(settings).unwrap());
    let providers =
        Arc::new(providers::configured(settings, PUBLIC_URL, Role::Everything).unwrap());
    let queue = Queue::from_settings(settings).unwrap().unwrap();
    let page = Page::from_settings(settings).unwrap();
    let model = agent::OpenAi::from_settings(settings, &page.model).unwrap().unwrap();
    let bounds = Bounds::from_settings(settings, &providers).unwrap();
    let agent = Agent::new(model, page, Timeouts::default());
    let turn = Turn {
        store: Arc::clone(&store),
        agent: Arc::new(bounds.money.charging(agent)),
        bounds,
        phones: Default::default(),
        providers: Arc::clone(&providers),
        results: None,
    };
    let inbound = Inbound {
        providers: Arc::clone(&providers),
        access: Access::nobody(),
        store: Arc::clone(&store),
        queue: queue.clone(),
    };
    let receipts = Receipts {
        providers: Arc::clone(&providers),
        access: Access::nobody(),
        store: Arc::clone(&store),
        queue: queue.clone(),
    };
    let sweep = Sweep {
        store,
        queue: queue.clone(),
        providers,
        currency: turn.bounds.money.caps.currency,
        probes: None,
        runs: Runs::default(),
    };
    (inbound.router().merge(receipts.router()), turn, sweep)
}

/// Wakes the sweep every minute, until what is returned is dropped.
fn schedule(sweep: Sweep) -> oneshot::Sender<()> {
    let (ends, ended) = oneshot::channel::<()>();
    let (runtime, ended) = (Handle::current(), async { drop(ended.await) });
    // On a thread of its own, since its future cannot move between threads.
    thread::spawn(move || {
        let run = || sweep.run(Timestamp::now());
        runtime.block_on(host::repeat(MINUTE, ended, run));
    });
    ends
}

/// Answers one wake-up after the other.
async fn work(turn: Turn, queue: Queue) {
    let work = move |wake_up| {
        let turn = turn.clone();
        async move { turn.run(&wake_up, Timestamp::now()).await }
    };
    queue::consume(&queue, 1, std::future::pending(), work).await;
}
