//! The product, its person, and how time passes for them.

use std::collections::{BTreeMap, BTreeSet};
use std::future::poll_fn;
use std::sync::{Arc, Mutex};
use std::task::Poll;
use std::time::Duration;

use agent::{Agent, Timeouts};
use conversations::Unavailable;
use fakes::{Companies, OpenAi, WEBHOOK_TOKEN};
use futures::FutureExt;
use jiff::{SignedDuration, Timestamp};
use queue::WakeUp;
use telemetry::TraceId;
use tempfile::TempDir;

use crate::call::{Call, PUBLIC_URL};
use crate::logs::Logs;
use crate::process::Process;

/// How often time that passes is looked at.
const TICK: SignedDuration = SignedDuration::from_secs(5);

/// No turn of a test takes this long.
const ENDLESS: Duration = Duration::from_secs(30);

/// A product and its person. Dropped, it fails the test if a number, a text or a secret was logged.
pub struct Scene {
    /// The model.
    pub openai: OpenAi,
    /// Those that carry texts, whether any go by them or not.
    pub companies: Companies,
    /// Who texts.
    pub person: &'static str,
    /// By whom their texts come.
    pub carrier: &'static str,
    /// Goes on only when told to. Long past, so that nothing is in the future of the stand-ins.
    pub now: Timestamp,
    /// The functions.
    pub process: Process,
    settings: BTreeMap<String, String>,
    pub(crate) said: Mutex<BTreeSet<String>>,
    pub(crate) logs: Logs,
    pub(crate) folder: TempDir,
}

impl Scene {
    /// On the embedded store, sending by these providers, the first of them first. The person texts
    /// the first.
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

    /// Lets the functions reach what this setting names by another address than the test does.
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
            // Here nobody's clock goes on by itself.
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

    /// Ends the process as `kill -9` does, and starts another on what is stored.
    pub fn restart(&mut self) {
        self.restart_with(&[]);
    }

    /// Waits for the model so long, until the process ends.
    pub fn time_out_after(&mut self, timeouts: Timeouts) {
        let agent = &mut self.process.turn.agent;
        *agent = Arc::new(Agent::new(agent.model.clone(), agent.page.clone(), timeouts));
    }

    /// As [`Self::restart`], with some settings that are others until the next time.
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

    /// The person texts us and is answered as far as that is possible now.
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

    /// As [`Self::report`], also if it should not be taken. The status of the answer comes first.
    pub async fn try_report(&self, call: &Call) -> (u16, Option<TraceId>) {
        let (request, fresh) = (call.request(), TraceId::fresh());
        let receipts = &self.process.receipts;
        let (answer, trace) = receipts.receive(call.provider(), request, &fresh, self.now).await;
        (answer.status().as_u16(), trace)
    }

    /// Does everything that the queue asks for.
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

    /// Does what one wake-up asks for.
    pub async fn turn(&self, wake_up: &WakeUp) -> Result<(), Unavailable> {
        let run = self.process.turn.run(wake_up, self.now);
        tokio::time::timeout(ENDLESS, run).await.expect("every turn ends")
    }

    /// Wakes what is due, and does it.
    pub async fn sweep(&self) {
        self.process.sweep.run(self.now).await.unwrap();
        self.process.sweep.watch(self.now).await.unwrap();
        self.work().await;
    }

    /// Somebody gives the conversation back to the agent.
    pub async fn give_back(&self) {
        assert!(self.process.store.give_back(&self.id(), self.now).await.unwrap());
        self.sweep().await;
    }

    /// Time passes without anybody noticing.
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

    /// Works for so many steps of the machine, and then dies as by `kill -9`. Whether it did not
    /// get through.
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
        // A word alone, such as a stop word, says nothing of anybody.
        let said = said.iter().filter(|text| text.contains(' ')).cloned();
        let companies = self.companies.all();
        let secrets = companies.iter().map(|company| company.secret());
        let secrets = secrets.chain([
            &self.person[1..],
            &self.companies.twilio.number()[1..],
            OpenAi::KEY,
            WEBHOOK_TOKEN,
        ]);
        let personal = said.chain(self.heard()).chain(secrets.map(str::to_owned));
        let logged = self.logs.read();
        for secret in personal {
            let line = logged.lines().find(|line| line.contains(&secret));
            assert_eq!(line, None, "a log line holds {secret:?}");
        }
    }
}

/// Waits until it is so.
pub async fn until(so: impl AsyncFn() -> bool) {
    let waiting = async {
        while !so().await {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(ENDLESS, waiting).await.expect("it comes to that");
}

/// By whom a person texts us whom these providers answer.
fn carrier(providers: &str) -> &'static str {
    let first = providers.split(',').next().unwrap();
    let known = Companies::NAMES.into_iter().find(|name| *name == first);
    known.unwrap_or("twilio")
}
