//! The product, its person, and their clock.

use std::collections::{BTreeMap, BTreeSet};
use std::future::poll_fn;
use std::sync::{Arc, Mutex};
use std::task::Poll;
use std::time::Duration;

use agent::{Agent, Timeouts};
use conversations::{By, Order, OrderKind, Ordered, Unavailable, Via};
use fakes::{Companies, OpenAi, WEBHOOK_TOKEN};
use futures::FutureExt;
use jiff::{SignedDuration, Timestamp};
use queue::WakeUp;
use telemetry::TraceId;
use tempfile::TempDir;

use crate::call::{Call, PUBLIC_URL};
use crate::logs::Logs;
use crate::process::Process;

/// The interval of sweeps while time passes.
const TICK: SignedDuration = SignedDuration::from_secs(5);

/// No turn of a test takes this long.
const ENDLESS: Duration = Duration::from_secs(30);

/// A product and its person. Fails the test when dropped if a number, a text or a secret was logged.
pub struct Scene {
    /// The model.
    pub openai: OpenAi,
    /// The providers, whether they are used or not.
    pub companies: Companies,
    /// The person.
    pub person: &'static str,
    /// The provider of their texts.
    pub carrier: &'static str,
    /// Advances only when told to. Long past, so that nothing is in the future of the stand-ins.
    pub now: Timestamp,
    /// The functions.
    pub process: Process,
    settings: BTreeMap<String, String>,
    pub(crate) said: Mutex<BTreeSet<String>>,
    pub(crate) logs: Logs,
    pub(crate) folder: TempDir,
}

impl Scene {
    /// On the embedded store, sending through these providers in this order. The person texts the
    /// first.
    pub async fn sending_by(providers: &str) -> Self {
        Self::with(providers, &[]).await
    }

    /// As [`Self::sending_by`], on the Firestore at this host.
    pub async fn on_firestore(providers: &str, host: &str) -> Self {
        let project = fakes::unique_name();
        let settings = [
            ("GOOGLE_CLOUD_PROJECT", project.as_str()),
            ("FIRESTORE_EMULATOR_HOST", host),
            ("NAME_KEY", fakes::NAME_KEY),
        ];
        Self::with(providers, &settings).await
    }

    /// Lets the functions use another address for this setting than the test does.
    pub fn reach(&mut self, setting: &str, address: &str) {
        let store = self.process.store.clone();
        self.restart_with(&[(setting, address)]);
        self.process.store = store;
    }

    /// As [`Self::sending_by`], with more settings.
    pub async fn with(providers: &str, settings: &[(&str, &str)]) -> Self {
        let (openai, companies) = (OpenAi::start().await, Companies::start(PUBLIC_URL).await);
        let of_companies: Vec<_> =
            companies.all().into_iter().flat_map(|company| company.settings()).collect();
        let folder = tempfile::tempdir().unwrap();
        let data_dir = folder.path().join("data").display().to_string();
        let of_store = match settings.iter().any(|(name, _)| *name == "GOOGLE_CLOUD_PROJECT") {
            true => vec![],
            false => vec![("DATA_DIR", data_dir.as_str())],
        };
        let settings: BTreeMap<String, String> = [
            ("SMS_PROVIDERS", providers),
            // The clock here does not advance by itself.
            ("REPLIES_PER_MINUTE", "off"),
            ("REPLIES_PER_HOUR", "off"),
            ("OPENAI_API_KEY", OpenAi::KEY),
            ("OPENAI_BASE_URL", &openai.url()),
        ]
        .into_iter()
        .chain(of_companies.iter().map(|(name, value)| (*name, value.as_str())))
        .chain(of_store)
        .chain(settings.iter().copied())
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .collect();
        Self {
            process: Process::start(&settings.clone().into_iter().collect()),
            openai,
            companies,
            person: "+12025550143",
            carrier: carrier(providers),
            now: "2026-01-05T15:00:00Z".parse().unwrap(),
            settings,
            said: Mutex::default(),
            logs: Logs::capture(),
            folder,
        }
    }

    /// Ends the process like `kill -9`, and starts another on the same store.
    pub fn restart(&mut self) {
        self.restart_with(&[]);
    }

    /// Sets the timeout for the model, until the process ends.
    pub fn time_out_after(&mut self, timeouts: Timeouts) {
        let agent = &mut self.process.turn.agent;
        let mut changed = Agent::clone(agent);
        changed.timeouts = timeouts;
        *agent = Arc::new(changed);
    }

    /// Like [`Self::restart`], with some settings changed until the next restart.
    pub fn restart_with(&mut self, others: &[(&str, &str)]) {
        let mut settings = self.settings.clone();
        settings.extend(others.iter().map(|(name, value)| ((*name).into(), (*value).into())));
        self.process = Process::start(&settings.into_iter().collect());
    }

    /// The person texts us, and is acknowledged.
    pub async fn text(&self, body: &str) -> Call {
        let call = self.call(body);
        assert_eq!(self.post(&call).await, 200);
        call
    }

    /// The person texts us and is answered as far as possible now.
    pub async fn say(&self, body: &str) {
        self.text(body).await;
        self.work().await;
    }

    /// Makes a call for texts, and returns the status of the answer.
    pub async fn post(&self, call: &Call) -> u16 {
        let (request, trace) = (call.request(), TraceId::fresh());
        let inbound = &self.process.inbound;
        inbound.receive(call.provider(), request, &trace, self.now).await.status().as_u16()
    }

    /// Makes a call for receipts, and returns the trace of its attempt.
    pub async fn report(&self, call: &Call) -> Option<TraceId> {
        let (status, trace) = self.try_report(call).await;
        assert_eq!(status, 200);
        trace
    }

    /// Like [`Self::report`], even if it should be refused. The status of the answer comes first.
    pub async fn try_report(&self, call: &Call) -> (u16, Option<TraceId>) {
        let (request, fresh) = (call.request(), TraceId::fresh());
        let receipts = &self.process.receipts;
        let (answer, trace) = receipts.receive(call.provider(), request, &fresh, self.now).await;
        (answer.status().as_u16(), trace)
    }

    /// Handles all wake-ups in the queue.
    pub async fn work(&self) {
        while let Some(received) = self.process.queue.receive().now_or_never() {
            let received = received.unwrap();
            self.turn(&received.wake_up).await.unwrap();
            received.done().await.unwrap();
        }
    }

    /// Takes a wake-up from the queue.
    pub async fn wake_up(&self) -> WakeUp {
        let received = self.process.queue.receive().await.unwrap();
        let wake_up = received.wake_up.clone();
        received.done().await.unwrap();
        wake_up
    }

    /// Handles one wake-up.
    pub async fn turn(&self, wake_up: &WakeUp) -> Result<(), Unavailable> {
        let run = self.process.turn.run(wake_up, self.now);
        tokio::time::timeout(ENDLESS, run).await.expect("every turn ends")
    }

    /// Wakes what is due, and handles it.
    pub async fn sweep(&self) {
        self.process.sweep.run(self.now).await.unwrap();
        self.process.sweep.watch(self.now).await.unwrap();
        self.work().await;
    }

    /// Somebody gives the conversation back to the agent.
    pub async fn give_back(&self) {
        assert_eq!(self.order("ann", OrderKind::GiveBack).await, Ordered::New);
        self.sweep().await;
    }

    /// An operator of this name gives an order in the console.
    pub async fn order(&self, name: &str, kind: OrderKind) -> Ordered {
        self.order_expecting(name, kind, None).await
    }

    /// The same, as far as they know while this operator has the conversation.
    pub async fn order_expecting(
        &self,
        name: &str,
        kind: OrderKind,
        expects: Option<&str>,
    ) -> Ordered {
        let trace = TraceId::fresh();
        let claim = self.process.store.names().order(trace.as_str());
        if let OrderKind::Say { words, .. } = &kind {
            self.said.lock().unwrap().insert(words.clone());
        }
        let by = By { name: name.to_owned(), via: Via::Console };
        let (id, expects, at) = (String::new(), expects.map(str::to_owned), self.now);
        let order = Order { id, kind, by, expects, trace, at };
        self.process.store.order(&claim, &self.id(), &order).await.unwrap()
    }

    /// What operators did in the conversation, and why it was refused.
    pub async fn acts(&self) -> Vec<String> {
        let acts = self.process.store.acts_in(&self.id(), 100).await.unwrap();
        let line = |act: conversations::Act| {
            let what = act.what.map_or(String::new(), |what| format!(": {what}"));
            format!("{} {}{what}", act.by.name, act.did)
        };
        acts.into_iter().map(line).collect()
    }

    /// Time passes without a sweep.
    pub fn pass(&mut self, seconds: i64) {
        self.now += SignedDuration::from_secs(seconds);
    }

    /// Time passes, with a sweep every few seconds.
    pub async fn live(&mut self, seconds: i64) {
        let end = self.now + SignedDuration::from_secs(seconds);
        while self.now < end {
            self.now += TICK;
            self.sweep().await;
        }
    }

    /// Works until `happened`, and then dies as by `kill -9`.
    pub async fn die_when(&mut self, happened: impl AsyncFn(&Self) -> bool) {
        let scene = &*self;
        tokio::select! {
            () = scene.work() => panic!("the work was done before"),
            () = until(async || happened(scene).await) => {}
        }
        self.restart();
    }

    /// Runs this many polls, and then dies as by `kill -9`. Returns whether it was interrupted.
    pub async fn die_after(&mut self, steps: usize) -> bool {
        let mut left = steps;
        let died = {
            let mut work = Box::pin(self.work());
            poll_fn(|context| {
                if left == 0 {
                    return Poll::Ready(true);
                }
                left -= 1;
                work.as_mut().poll(context).map(|()| false)
            })
            .await
        };
        self.restart();
        died
    }
}

impl Drop for Scene {
    fn drop(&mut self) {
        if std::thread::panicking() {
            return;
        }
        let said = self.said.lock().unwrap();
        // A single word, such as an opt-out keyword, says nothing about anybody.
        let said = said.iter().filter(|text| text.contains(' ')).cloned();
        let companies = self.companies.all();
        let secrets = companies.iter().map(|company| company.secret());
        let secrets = secrets.chain([&self.person[1..], OpenAi::KEY, WEBHOOK_TOKEN]);
        let senders = companies.iter().map(|company| company.sender());
        let numbers = senders.filter_map(|sender| Some(sender.strip_prefix('+')?.to_owned()));
        let personal = said.chain(self.heard()).chain(secrets.map(str::to_owned)).chain(numbers);
        let logged = self.logs.read();
        for secret in personal {
            let line = logged.lines().find(|line| line.contains(&secret));
            assert_eq!(line, None, "a log line holds {secret:?}");
        }
    }
}

/// Waits until the condition holds.
pub async fn until(so: impl AsyncFn() -> bool) {
    let waiting = async {
        while !so().await {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(ENDLESS, waiting).await.expect("it comes to that");
}

/// The provider through which a person texts, given the providers that answer.
fn carrier(providers: &str) -> &'static str {
    let first = providers.split(',').next().unwrap();
    let known = Companies::NAMES.into_iter().find(|name| *name == first);
    known.unwrap_or(Companies::NAMES[0])
}
