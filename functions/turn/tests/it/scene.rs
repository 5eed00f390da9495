//! A product with a person who texts it: the functions in this process, stand-ins for everything
//! outside, and a clock of its own.

use std::collections::{BTreeMap, BTreeSet};
use std::future::poll_fn;
use std::sync::{Arc, Mutex};
use std::task::Poll;
use std::time::Duration;

use access::Access;
use agent::{Agent, Page, Patience};
use bytes::Bytes;
use conversations::{Conversation, ConversationId, Loaded, Store, Trace, Unavailable};
use fakes::{
    AwsSms, InboundShape, MessageCentral, OpenAi, Plivo, Route, Twilio, Vonage, WebhookCall,
};
use futures::FutureExt;
use inbound::Inbound;
use jiff::{SignedDuration, Timestamp};
use providers::Role;
use queue::{Queue, WakeUp};
use receipts::Receipts;
use serde_json::Value;
use settings::{Names, Settings};
use sms::{Number, Providers};
use sweep::{Probes, Runs, Sweep};
use telemetry::TraceId;
use tempfile::TempDir;
use turn::{Bounds, Results, Turn};

use crate::logs::Logs;

/// Under which address the providers know us.
const PUBLIC_URL: &str = "https://text.example.test";

/// What `MessageCentral` and Plivo have to bring along.
const TOKEN: &str = "the-token-of-the-webhook";

/// A failure of the model is one at once, and a busy machine is none.
const PATIENCE: Patience = Patience {
    request: Duration::from_secs(10),
    turn: Duration::from_secs(10),
    pause: Duration::from_secs(60),
    silence: Duration::from_secs(20),
};

/// Asks again at once, and as often as it may.
pub(crate) const EAGER: Patience = Patience {
    request: Duration::from_secs(10),
    turn: Duration::from_secs(20),
    pause: Duration::from_millis(1),
    silence: Duration::from_secs(20),
};

/// How often time that passes is looked at.
const TICK: SignedDuration = SignedDuration::from_secs(5);

/// No turn of a test takes this long.
const ENDLESS: Duration = Duration::from_secs(30);

/// A product and its person. Dropped, it fails the test if a number, a text or a secret was logged.
pub(crate) struct Scene {
    pub(crate) openai: OpenAi,
    pub(crate) twilio: Twilio,
    pub(crate) messagecentral: MessageCentral,
    pub(crate) vonage: Vonage,
    pub(crate) plivo: Plivo,
    pub(crate) aws: AwsSms,
    /// Who texts.
    pub(crate) person: &'static str,
    /// By whom their texts come.
    pub(crate) carrier: &'static str,
    /// Goes on only when told to. Long past, so that nothing is in the future of the stand-ins.
    pub(crate) now: Timestamp,
    pub(crate) process: Process,
    settings: BTreeMap<String, String>,
    said: Mutex<BTreeSet<String>>,
    logs: Logs,
    folder: TempDir,
}

/// The functions of one process.
pub(crate) struct Process {
    pub(crate) store: Arc<Store>,
    pub(crate) queue: Queue,
    pub(crate) inbound: Inbound,
    pub(crate) turn: Turn,
    pub(crate) receipts: Arc<Receipts>,
    pub(crate) sweep: Sweep,
}

/// A webhook call as it was made, to be made again.
#[derive(Clone)]
pub(crate) struct Call(WebhookCall);

impl Scene {
    /// On the embedded store, sending by these providers, the first of them first. The person texts
    /// the first.
    pub(crate) async fn sending_by(providers: &str) -> Self {
        Self::with(providers, &[]).await
    }

    /// As [`Self::sending_by`], on the Firestore at this host.
    pub(crate) async fn on_firestore(providers: &str, host: &str) -> Self {
        let project = fakes::unique_name();
        let settings = [
            ("GOOGLE_CLOUD_PROJECT", project.as_str()),
            ("FIRESTORE_EMULATOR_HOST", host),
            ("NAME_KEY", fakes::NAME_KEY),
        ];
        Self::with(providers, &settings).await
    }

    /// Lets the functions reach what this setting names by another address than the test does.
    pub(crate) fn reach(&mut self, setting: &str, address: &str) {
        let store = self.process.store.clone();
        self.restart_with(&[(setting, address)]);
        self.process.store = store;
    }

    /// As [`Self::sending_by`], with more settings.
    pub(crate) async fn with(providers: &str, settings: &[(&str, &str)]) -> Self {
        let (openai, twilio, messagecentral) =
            (OpenAi::start().await, Twilio::start().await, MessageCentral::start().await);
        let (vonage, plivo, aws) =
            (Vonage::start().await, Plivo::start().await, AwsSms::start().await);
        plivo.enter(&format!("{PUBLIC_URL}/webhooks/plivo/inbound?token={TOKEN}"));
        let of_aws = aws.settings();
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
            ("TWILIO_ACCOUNT_SID", twilio.account_sid()),
            ("TWILIO_AUTH_TOKEN", twilio.auth_token()),
            ("TWILIO_FROM", twilio.number()),
            ("TWILIO_BASE_URL", &twilio.url()),
            ("MC_CUSTOMER_ID", messagecentral.customer_id()),
            ("MC_PASSWORD", messagecentral.password()),
            ("MC_SENDER_ID", "UTOMOB"),
            ("MC_BASE_URL", &messagecentral.url()),
            ("MC_WEBHOOK_TOKEN", TOKEN),
            ("VONAGE_APPLICATION_ID", vonage.application_id()),
            ("VONAGE_PRIVATE_KEY", vonage.private_key()),
            ("VONAGE_SIGNATURE_SECRET", vonage.signature_secret()),
            ("VONAGE_FROM", vonage.number()),
            ("VONAGE_BASE_URL", &vonage.url()),
            ("PLIVO_AUTH_ID", plivo.auth_id()),
            ("PLIVO_AUTH_TOKEN", plivo.auth_token()),
            ("PLIVO_WEBHOOK_TOKEN", TOKEN),
            ("PLIVO_FROM", plivo.number()),
            ("PLIVO_BASE_URL", &plivo.url()),
        ]
        .into_iter()
        .chain(of_aws.iter().map(|(name, value)| (*name, value.as_str())))
        .chain(of_store)
        .chain(settings.iter().copied())
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .collect();
        Self {
            process: Process::start(&settings.clone().into_iter().collect()),
            openai,
            twilio,
            messagecentral,
            vonage,
            plivo,
            aws,
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
    pub(crate) fn restart(&mut self) {
        self.restart_with(&[]);
    }

    /// Waits for the model so long, until the process ends.
    pub(crate) fn be_patient(&mut self, patience: Patience) {
        let agent = &mut self.process.turn.agent;
        *agent = Arc::new(Agent { patience, ..Agent::clone(agent) });
    }

    /// As [`Self::restart`], with some settings that are others until the next time.
    pub(crate) fn restart_with(&mut self, others: &[(&str, &str)]) {
        let mut settings = self.settings.clone();
        settings.extend(others.iter().map(|(name, value)| ((*name).into(), (*value).into())));
        self.process = Process::start(&settings.into_iter().collect());
    }

    /// The person texts us, and is acknowledged.
    pub(crate) async fn text(&self, body: &str) -> Call {
        let call = self.call(body);
        assert_eq!(self.post(&call).await, 200);
        call
    }

    /// The person texts us and is answered as far as that is possible now.
    pub(crate) async fn say(&self, body: &str) {
        self.text(body).await;
        self.work().await;
    }

    /// The call that tells us of a text, before it is made.
    pub(crate) fn call(&self, body: &str) -> Call {
        self.said.lock().unwrap().insert(body.to_owned());
        match self.carrier {
            "twilio" => Call(self.twilio.inbound(&route(), self.person, body)),
            "vonage" => Call(self.vonage.inbound(&route(), self.person, body)),
            "plivo" => Call(self.plivo.inbound(&route(), self.person, body)),
            "aws" => Call(self.aws.inbound(&route(), self.person, body)),
            _ => self.call_in_shape(&InboundShape::default(), body),
        }
    }

    /// The call by which `MessageCentral` tells us of a text, in one of its shapes.
    pub(crate) fn call_in_shape(&self, shape: &InboundShape, body: &str) -> Call {
        Call(self.messagecentral.inbound(&route(), TOKEN, shape, self.person, body))
    }

    /// Makes a call for texts, and returns the status of the answer.
    pub(crate) async fn post(&self, call: &Call) -> u16 {
        let (request, trace) = (call.request(), TraceId::fresh());
        let inbound = &self.process.inbound;
        inbound.receive(call.provider(), request, &trace, self.now).await.status().as_u16()
    }

    /// The call by which Twilio reports what became of a message.
    pub(crate) fn receipt(&self, sid: &str, status: &str, code: Option<u32>) -> Call {
        Call(self.twilio.receipt(&route(), sid, status, code))
    }

    /// The call by which a provider reports what became of a message, in its own word, with its own
    /// code.
    pub(crate) fn receipt_by(
        &self,
        provider: &str,
        id: &str,
        word: &str,
        code: Option<u32>,
    ) -> Call {
        Call(match provider {
            "twilio" => self.twilio.receipt(&route(), id, word, code),
            "vonage" => self.vonage.receipt(&route(), id, word, code),
            "plivo" => self.plivo.receipt(&route(), id, word, code),
            "aws" => self.aws.receipt(&route(), id, word),
            _ => unreachable!("{provider} sends no receipts"),
        })
    }

    /// Any form call of Twilio's, signed.
    pub(crate) fn signed(&self, path: &str, fields: &[(&str, &str)]) -> Call {
        Call(self.twilio.signed(&route(), path, fields))
    }

    /// The call for a text that its provider has taken for a keyword, as it says in this word.
    pub(crate) fn handled(&self, body: &str, word: &str) -> Call {
        self.said.lock().unwrap().insert(body.to_owned());
        let uuid = fakes::unique_name();
        match self.carrier {
            "plivo" => Call(self.plivo.signed(
                &route(),
                &[
                    ("From", &self.person[1..]),
                    ("To", &self.plivo.number()[1..]),
                    ("Text", body),
                    ("MessageUUID", &uuid),
                    ("MessageIntent", word),
                ],
            )),
            _ => self.signed(
                "/webhooks/twilio/inbound",
                &[
                    ("From", self.person),
                    ("To", self.twilio.number()),
                    ("Body", body),
                    ("MessageSid", &format!("SM{}", TraceId::fresh())),
                    ("OptOutType", word),
                    ("AccountSid", self.twilio.account_sid()),
                ],
            ),
        }
    }

    /// Makes a call for receipts, and returns the trace of its attempt.
    pub(crate) async fn report(&self, call: &Call) -> Option<TraceId> {
        let (status, trace) = self.try_report(call).await;
        assert_eq!(status, 200);
        trace
    }

    /// As [`Self::report`], also if it should not be taken. The status of the answer comes first.
    pub(crate) async fn try_report(&self, call: &Call) -> (u16, Option<TraceId>) {
        let (request, fresh) = (call.request(), TraceId::fresh());
        let receipts = &self.process.receipts;
        let (answer, trace) = receipts.receive(call.provider(), request, &fresh, self.now).await;
        (answer.status().as_u16(), trace)
    }

    /// Does everything that the queue asks for.
    pub(crate) async fn work(&self) {
        while let Some(received) = self.process.queue.receive().now_or_never() {
            let received = received.unwrap();
            self.turn(&received.wake_up).await.unwrap();
            received.done().await.unwrap();
        }
    }

    /// Takes a wake-up from the queue.
    pub(crate) async fn wake_up(&self) -> WakeUp {
        let received = self.process.queue.receive().await.unwrap();
        let wake_up = received.wake_up.clone();
        received.done().await.unwrap();
        wake_up
    }

    /// Does what one wake-up asks for.
    pub(crate) async fn turn(&self, wake_up: &WakeUp) -> Result<(), Unavailable> {
        let run = self.process.turn.run(wake_up, self.now);
        tokio::time::timeout(ENDLESS, run).await.expect("every turn ends")
    }

    /// Wakes what is due, and does it.
    pub(crate) async fn sweep(&self) {
        self.process.sweep.run(self.now).await.unwrap();
        self.process.sweep.watch(self.now).await.unwrap();
        self.work().await;
    }

    /// Somebody gives the conversation back to the agent.
    pub(crate) async fn give_back(&self) {
        assert!(self.process.store.give_back(&self.id(), self.now).await.unwrap());
        self.sweep().await;
    }

    /// Time passes without anybody noticing.
    pub(crate) fn pass(&mut self, seconds: i64) {
        self.now += SignedDuration::from_secs(seconds);
    }

    /// Time passes, with a sweep every few seconds.
    pub(crate) async fn live(&mut self, seconds: i64) {
        let end = self.now + SignedDuration::from_secs(seconds);
        while self.now < end {
            self.now += TICK;
            self.sweep().await;
        }
    }

    /// Works until `happened`, and then dies as by `kill -9`.
    pub(crate) async fn die_when(&mut self, happened: impl AsyncFn(&Self) -> bool) {
        let scene = &*self;
        tokio::select! {
            () = scene.work() => panic!("the work was done before"),
            () = until(async || happened(scene).await) => {}
        }
        self.restart();
    }

    /// Works for so many steps of the machine, and then dies as by `kill -9`. Whether it did not
    /// get through.
    pub(crate) async fn die_after(&mut self, steps: usize) -> bool {
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

    /// From now on the embedded store reads and does not write conversations, until
    /// [`Self::free_disk`].
    pub(crate) fn fill_disk(&self) {
        self.disk(
            "CREATE TRIGGER full BEFORE UPDATE ON heads
             BEGIN SELECT RAISE(ABORT, 'database or disk is full'); END",
        );
    }

    /// From now on the embedded store takes nothing new about attempts by this provider, until
    /// [`Self::free_disk`].
    pub(crate) fn fill_disk_for(&self, provider: &str) {
        self.disk(&format!(
            "CREATE TRIGGER full BEFORE UPDATE ON attempts
             WHEN NEW.body ->> '$.provider' = '{provider}'
             BEGIN SELECT RAISE(ABORT, 'database or disk is full'); END",
        ));
    }

    pub(crate) fn free_disk(&self) {
        self.disk("DROP TRIGGER full");
    }

    /// From now on the embedded store knows no conversation, until [`Self::find_store`].
    pub(crate) fn lose_store(&self) {
        self.disk("ALTER TABLE heads RENAME TO lost");
    }

    pub(crate) fn find_store(&self) {
        self.disk("ALTER TABLE lost RENAME TO heads");
    }

    fn disk(&self, statement: &str) {
        self.file().execute_batch(statement).unwrap();
    }

    /// Whether an attempt is in the embedded store, looked up without letting anything else happen.
    pub(crate) fn has_attempted(&self) -> bool {
        let sql = "SELECT count(*) FROM attempts";
        self.file().query_one(sql, [], |row| row.get::<_, i64>(0)).unwrap() > 0
    }

    fn file(&self) -> rusqlite::Connection {
        rusqlite::Connection::open(self.folder.path().join("data/textback.db")).unwrap()
    }

    /// The conversation, and what waits in it.
    pub(crate) async fn loaded(&self) -> Loaded {
        let loaded = self.process.store.load(&self.id(), self.now).await.unwrap();
        loaded.expect("somebody texted")
    }

    /// The conversation, as far as it is under way.
    pub(crate) async fn conversation(&self) -> Conversation {
        self.loaded().await.conversation
    }

    /// Whether nothing waits, nothing is open and nobody has to look again, unless it is left.
    pub(crate) async fn is_at_rest(&self) -> bool {
        let Loaded { waiting, conversation, .. } = self.loaded().await;
        let Conversation { open, due_at, at, .. } = conversation;
        let left = at + SignedDuration::from_hours(24);
        waiting.is_empty() && open.is_none() && due_at.is_none_or(|due| due == left)
    }

    pub(crate) fn id(&self) -> ConversationId {
        let theirs = Number::parse(self.person).unwrap();
        self.process.store.names().conversation(self.carrier, &theirs)
    }

    /// What the person got, by Twilio and by `MessageCentral`.
    pub(crate) fn heard(&self) -> Vec<String> {
        [self.twilio.texts_to(self.person), self.messagecentral.texts_to(self.person)].concat()
    }

    /// What became of every attempt, as `twilio: accepted`.
    pub(crate) async fn attempts(&self) -> Vec<String> {
        let attempts = self.process.store.attempts_of(&self.id()).await.unwrap();
        let line = |attempt: &conversations::Attempt| {
            let status = serde_json::to_value(attempt.status()).unwrap();
            format!("{}: {}", attempt.provider, status.as_str().unwrap())
        };
        attempts.iter().map(line).collect()
    }

    /// What the operator is to look at, the latest first.
    pub(crate) async fn notices(&self) -> Vec<String> {
        let notices = self.process.store.notices(100).await.unwrap();
        notices.into_iter().map(|notice| notice.sentence).collect()
    }

    /// Whether the operator is told something with these words.
    pub(crate) async fn is_told(&self, words: &str) -> bool {
        self.notices().await.iter().any(|sentence| sentence.contains(words))
    }

    /// What persons said in each request to the model, and what it had said before, line by line.
    pub(crate) fn asked(&self) -> Vec<Vec<String>> {
        let requests = self.openai.requests();
        let said = |request: &Value| {
            let messages = request["messages"].as_array().unwrap().iter().skip(1);
            let words = messages.filter_map(|message| message["content"].as_str());
            words.flat_map(str::lines).map(str::to_owned).collect()
        };
        requests.iter().map(said).collect()
    }

    /// The system prompt of the latest request to the model.
    pub(crate) fn prompt(&self) -> String {
        let requests = self.openai.requests();
        requests.last().unwrap()["messages"][0]["content"].as_str().unwrap().to_owned()
    }

    /// The trace under which the first attempt of the conversation was made.
    pub(crate) async fn trace(&self) -> (TraceId, Trace) {
        let attempts = self.process.store.attempts_of(&self.id()).await.unwrap();
        let id = attempts[0].trace.clone();
        let trace = self.process.store.trace(&id).await.unwrap().unwrap();
        (id, trace)
    }

    /// Everything that was logged.
    pub(crate) fn logged(&self) -> String {
        self.logs.read()
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
        let secrets = [
            &self.person[1..],
            &self.twilio.number()[1..],
            OpenAi::KEY,
            self.twilio.auth_token(),
            self.messagecentral.password(),
            self.vonage.signature_secret(),
            self.plivo.auth_token(),
            self.aws.secret_access_key(),
            TOKEN,
        ];
        let personal = said.chain(self.heard()).chain(secrets.map(str::to_owned));
        let logged = self.logs.read();
        for secret in personal {
            let line = logged.lines().find(|line| line.contains(&secret));
            assert_eq!(line, None, "a log line holds {secret:?}");
        }
    }
}

impl Process {
    fn start(settings: &Settings) -> Self {
        let store = Arc::new(Store::open(settings).unwrap());
        let heard = |names| {
            Arc::new(
                providers::configured(&only(settings, names), PUBLIC_URL, Role::Receiving).unwrap(),
            )
        };
        let carrying =
            providers::configured(&only(settings, turn::SETTINGS), PUBLIC_URL, Role::Sending)
                .unwrap();
        let asked =
            providers::configured(&only(settings, sweep::SETTINGS), PUBLIC_URL, Role::Polling)
                .unwrap();
        let page = Page::from_settings(settings).unwrap().carried_by(&carrying).unwrap();
        let model = agent::OpenAi::from_settings(settings, &page.model).unwrap().unwrap();
        let queue = Queue::in_process();
        Self {
            inbound: Inbound {
                providers: heard(inbound::SETTINGS),
                access: Access::nobody(),
                store: store.clone(),
                queue: queue.clone(),
            },
            turn: Turn {
                bounds: Bounds::from_settings(settings, &carrying).unwrap(),
                providers: Arc::new(carrying),
                store: store.clone(),
                agent: Arc::new(Agent { model, page, patience: PATIENCE }),
                results: Results::from_settings(settings).unwrap().map(Arc::new),
            },
            receipts: Arc::new(Receipts {
                providers: heard(receipts::SETTINGS),
                access: Access::nobody(),
                store: store.clone(),
                queue: queue.clone(),
            }),
            sweep: Sweep {
                store: store.clone(),
                queue: queue.clone(),
                probes: Probes::from_settings(settings, &asked).unwrap().map(Arc::new),
                providers: Arc::new(asked),
                runs: Runs::default(),
            },
            store,
            queue,
        }
    }
}

/// What a function is given of these settings, as at AWS: what it lists.
fn only(settings: &Settings, names: &[Names]) -> Settings {
    let names = names.iter().copied().flatten();
    names.filter_map(|name| Some((*name, settings.get(name)?))).collect()
}

impl Call {
    /// The call as the function gets it.
    pub(crate) fn request(&self) -> http::Request<Bytes> {
        let body = Bytes::from(self.0.body.clone());
        let mut request = http::Request::post(self.0.path()).body(body).unwrap();
        *request.headers_mut() = self.0.headers.clone();
        request
    }

    fn provider(&self) -> &str {
        self.0.path().split('/').nth(2).unwrap()
    }
}

/// Waits until it is so.
pub(crate) async fn until(so: impl AsyncFn() -> bool) {
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
    let known = ["messagecentral", "vonage", "plivo", "aws"].into_iter().find(|it| *it == first);
    known.unwrap_or("twilio")
}

/// Calls are handed over in this process, so the address behind it is nobody's.
fn route() -> Route {
    Route::new(PUBLIC_URL, ([127, 0, 0, 1], 9).into())
}
