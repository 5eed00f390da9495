//! A product to which everything happens that can happen to a text on its way, by chance.
//!
//! A run is told by its seed: which providers there are and in which order, what becomes of each
//! request to them, when the process dies, what is reported afterwards. Then all is calm, and what
//! has arrived is counted. What a carrier reports as lost has not arrived.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::future::poll_fn;
use std::ops::Range;
use std::pin::pin;
use std::sync::Mutex;
use std::task::Poll;
use std::time::Duration;
use std::{fmt, thread};

use fakes::{MessageCentralFate, Mode, Switch};
use fastrand::Rng;
use futures::future::select_all;

use crate::scene::{Call, Scene};

pub(crate) const PROVIDERS: [&str; 5] = ["messagecentral", "twilio", "vonage", "plivo", "aws"];

/// Where each of them is asked.
const ADDRESSES: [&str; 5] =
    ["MC_BASE_URL", "TWILIO_BASE_URL", "VONAGE_BASE_URL", "PLIVO_BASE_URL", "AWS_ENDPOINT_URL"];

/// Nobody listens there.
const NOWHERE: &str = "http://127.0.0.1:9";

/// Longer than a provider may take to answer.
const TIMEOUT: Duration = Duration::from_secs(11);

/// What a person says in a run, the second perhaps.
const TEXTS: [&str; 2] = ["My sink leaks", "It is in the kitchen"];

/// What can happen to a request by which a reply is handed over.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Fault {
    /// Nobody can be reached.
    Unreachable,
    /// It is turned away in so many words.
    Refused,
    /// It is not handled now, as 503 has it.
    Busy,
    /// The connection breaks once all is said, and nothing was done.
    Cut,
    /// The same, and it was done.
    CutWhenTaken,
    /// Nobody answers, and nothing was done.
    Silence,
    /// The same, and it was done.
    SilenceWhenTaken,
    /// A gateway fails, and nothing was done.
    Gateway,
    /// The same, and it was done.
    GatewayWhenTaken,
    /// It was done, and answered with something that nobody can read.
    Unreadable,
    /// We die when all is said, and nothing was done.
    Death,
    /// The same, and it was done.
    DeathWhenTaken,
    /// We die with the answer in hand, before it is written down.
    DeathBeforeRecord,
}

impl Fault {
    pub(crate) const ALL: [Self; 13] = [
        Self::Unreachable,
        Self::Refused,
        Self::Busy,
        Self::Cut,
        Self::CutWhenTaken,
        Self::Silence,
        Self::SilenceWhenTaken,
        Self::Gateway,
        Self::GatewayWhenTaken,
        Self::Unreadable,
        Self::Death,
        Self::DeathWhenTaken,
        Self::DeathBeforeRecord,
    ];

    /// What the provider does to bring it about. `None`: it comes about on our side.
    fn mode(self) -> Option<Mode> {
        Some(match self {
            Self::Refused => Mode::Fails(429, String::new()),
            Self::Busy => Mode::Fails(503, String::new()),
            Self::Cut => Mode::CutsBefore,
            Self::CutWhenTaken => Mode::CutsAfter,
            Self::Silence | Self::Death => Mode::HangsBefore,
            Self::SilenceWhenTaken | Self::DeathWhenTaken => Mode::HangsAfter,
            Self::Gateway => Mode::Fails(502, String::new()),
            Self::GatewayWhenTaken => Mode::FailsAfter(502, String::new()),
            Self::Unreadable => Mode::Nonsense,
            Self::Unreachable | Self::DeathBeforeRecord => return None,
        })
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(match self {
            Self::Unreachable => "no connection",
            Self::Refused => "refused",
            Self::Busy => "503",
            Self::Cut => "cut, not taken",
            Self::CutWhenTaken => "cut, taken",
            Self::Silence => "no answer, not taken",
            Self::SilenceWhenTaken => "no answer, taken",
            Self::Gateway => "502, not taken",
            Self::GatewayWhenTaken => "502, taken",
            Self::Unreadable => "unreadable answer, taken",
            Self::Death => "death, not taken",
            Self::DeathWhenTaken => "death before the answer, taken",
            Self::DeathBeforeRecord => "death between answer and record",
        })
    }
}

/// What a run came to.
pub(crate) struct Outcome {
    seed: u64,
    /// How often each reply has arrived that a provider took, or was asked to.
    pub(crate) arrived: BTreeMap<String, usize>,
    /// What happened, to requests to whom.
    pub(crate) met: BTreeSet<(Fault, &'static str)>,
    /// Whether nothing is left to be done.
    at_rest: bool,
    /// What the product thinks of its attempts, and what became of the messages.
    story: Vec<String>,
}

impl Outcome {
    /// Whether every reply arrived at most once, and nobody waits for anything any more.
    pub(crate) fn is_sound(&self) -> bool {
        self.at_rest && self.arrived.values().all(|times| *times <= 1)
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { seed, arrived, at_rest, .. } = self;
        writeln!(formatter, "seed {seed}: arrived {arrived:?}, at rest: {at_rest}")?;
        self.story.iter().try_for_each(|line| writeln!(formatter, "  {line}"))
    }
}

/// Carries runs out, as many at a time as there are cores.
pub(crate) fn runs(seeds: Range<u64>) -> Vec<Outcome> {
    let left = Mutex::new(seeds);
    let work = || {
        let next = || left.lock().unwrap().next();
        std::iter::from_fn(next).map(run).collect::<Vec<_>>()
    };
    thread::scope(|scope| {
        let cores = thread::available_parallelism().unwrap().get();
        let workers: Vec<_> = (0..cores).map(|_| scope.spawn(work)).collect();
        workers.into_iter().flat_map(|worker| worker.join().unwrap()).collect()
    })
}

/// Carries one run out, on a thread that is called after it.
pub(crate) fn run(seed: u64) -> Outcome {
    let endure = move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        runtime.unwrap().block_on(async { Ordeal::begin(seed).await.endure().await })
    };
    let thread = thread::Builder::new().name(format!("seed {seed}")).spawn(endure);
    thread.unwrap().join().unwrap_or_else(|_| panic!("seed {seed} did not come to its end"))
}

struct Ordeal {
    seed: u64,
    scene: Scene,
    lot: Lot,
}

/// What is drawn by lot, and has been so far.
struct Lot {
    random: Rng,
    /// Whether everything works from now on.
    calm: bool,
    order: Vec<&'static str>,
    /// What happens to the next requests to each.
    plans: BTreeMap<&'static str, Vec<Fault>>,
    of_messagecentral: MessageCentralFate,
    messages: BTreeMap<(&'static str, String), Message>,
    met: BTreeSet<(Fault, &'static str)>,
}

/// A message that a provider took.
struct Message {
    body: String,
    arrives: bool,
    /// What is still to be reported of it. What is told in one breath stands together.
    news: VecDeque<Vec<Report>>,
}

/// A provider's word, and its code for a failure.
type Report = (&'static str, Option<u32>);

impl Ordeal {
    async fn begin(seed: u64) -> Self {
        let mut random = Rng::with_seed(seed);
        let mut order = PROVIDERS.to_vec();
        random.shuffle(&mut order);
        order.truncate(random.usize(1..=5));
        let mut scene = Scene::sending_by(&order.join(",")).await;
        scene.carrier = order[random.usize(..order.len())];
        let of_messagecentral = [
            MessageCentralFate::Lost,
            MessageCentralFate::Waiting,
            MessageCentralFate::Delivered,
            MessageCentralFate::Undelivered,
        ][random.usize(..4)];
        scene.messagecentral.decide(of_messagecentral);
        let mut plans = BTreeMap::new();
        for provider in &order {
            let faults: Vec<_> =
                Fault::ALL.into_iter().filter(|fault| fault.mode().is_some()).collect();
            let count = random.usize(..=3);
            let plan: Vec<_> = (0..count).map(|_| faults[random.usize(..faults.len())]).collect();
            switch(&scene, provider).plan(plan.iter().filter_map(|fault| fault.mode()));
            plans.insert(*provider, plan);
        }
        if random.bool() {
            // Nobody can be asked what became of anything.
            scene.messagecentral.reports.set(Mode::Fails(404, String::new()));
            scene.twilio.lookups.plan(vec![Mode::Fails(500, String::new()); 3]);
        }
        let (calm, messages, met) = Default::default();
        let lot = Lot { random, calm, order, plans, of_messagecentral, messages, met };
        Self { seed, scene, lot }
    }

    async fn endure(mut self) -> Outcome {
        let mut texts: VecDeque<_> = TEXTS.into();
        texts.truncate(self.lot.random.usize(1..=2));
        self.restart();
        for _ in 0..8 {
            if self.lot.one_in(2) && !texts.is_empty() {
                let call = self.scene.call(texts[0]);
                // Without an acknowledgement its provider makes it again.
                if self.scene.post(&call).await == 200 {
                    texts.pop_front();
                }
            }
            self.step().await;
        }
        self.calm_down();
        for text in texts {
            self.scene.text(text).await;
        }
        for _ in 0..5 {
            self.step().await;
        }
        self.outcome().await
    }

    /// Some time passes, and then everybody does what they can.
    async fn step(&mut self) {
        let pause = match self.lot.calm {
            true => 1200,
            false => [0, 3, 20, 40, 70, 200, 400][self.lot.random.usize(..7)],
        };
        self.scene.pass(pause);
        self.scene.messagecentral.set_clock(self.scene.now);
        self.lot.tell(&self.scene).await;
        self.work().await;
        self.scene.process.sweep.run(self.scene.now).await.unwrap();
        self.work().await;
        if self.lot.one_in(4) {
            self.restart();
        }
    }

    /// Works until nothing more can be done now, or until it dies.
    async fn work(&mut self) {
        let doomed = self.lot.one_in(6).then(|| self.lot.anybody());
        if let Some(provider) = doomed {
            self.scene.fill_disk_for(provider);
        }
        let died = self.lot.work_or_die(&self.scene, doomed).await;
        if doomed.is_some() {
            self.scene.free_disk();
        }
        if died {
            self.restart();
        }
    }

    /// Ends the process, and starts one that some providers cannot be reached from.
    fn restart(&mut self) {
        let unreachable: Vec<_> = PROVIDERS
            .into_iter()
            .zip(ADDRESSES)
            .filter(|_| self.lot.one_in(4))
            .map(|(_, address)| (address, NOWHERE))
            .collect();
        self.scene.restart_with(&unreachable);
    }

    fn calm_down(&mut self) {
        self.lot.calm = true;
        for provider in self.lot.order.clone() {
            self.lot.meet(&self.scene, provider);
            switch(&self.scene, provider).plan([]);
        }
        self.restart();
    }

    async fn outcome(mut self) -> Outcome {
        let store = &self.scene.process.store;
        let attempts = store.attempts_of(&self.scene.id()).await.unwrap();
        for attempt in &attempts {
            let code = attempt.code.as_deref().unwrap_or_default();
            let provider = PROVIDERS.into_iter().find(|provider| *provider == attempt.provider);
            if code.ends_with("connect") {
                self.lot.met.extend(provider.map(|provider| (Fault::Unreachable, provider)));
            }
        }
        let mut arrived: BTreeMap<_, _> =
            attempts.iter().map(|attempt| (attempt.reply.body.clone(), 0)).collect();
        for message in self.lot.messages.values() {
            *arrived.entry(message.body.clone()).or_default() += usize::from(message.arrives);
        }
        let took = |((provider, _), it): (&(&str, String), &Message)| {
            format!("{provider} took {:?}, which arrives: {}", it.body, it.arrives)
        };
        let tried = attempts.iter().map(|attempt| {
            let (at, body) = (attempt.at, &attempt.reply.body);
            format!("{at} {body:?} by {attempt:?}, which is {:?}", attempt.status())
        });
        let plans = self.lot.plans.iter().map(|plan| format!("{plan:?}"));
        let via = [format!("{:?} by {}", self.lot.order, self.scene.carrier)];
        let story = via.into_iter().chain(plans).chain(tried);
        Outcome {
            seed: self.seed,
            at_rest: self.scene.is_at_rest().await,
            story: story.chain(self.lot.messages.iter().map(took)).collect(),
            arrived,
            met: self.lot.met,
        }
    }
}

impl Lot {
    fn one_in(&mut self, count: usize) -> bool {
        !self.calm && self.random.usize(..count) == 0
    }

    fn anybody(&mut self) -> &'static str {
        self.order[self.random.usize(..self.order.len())]
    }

    /// Works until nothing more can be done now. Whether it died before.
    async fn work_or_die(&mut self, scene: &Scene, doomed: Option<&'static str>) -> bool {
        let so_far = scene.logged().len();
        let mut steps = if self.one_in(6) { self.random.usize(1..80) } else { usize::MAX };
        let mut work = pin!(scene.work());
        loop {
            let hanging = self.order.iter().map(|provider| {
                let hanging = switch(scene, provider).next_hanging();
                Box::pin(async move {
                    hanging.await;
                    *provider
                })
            });
            let hanging = select_all(hanging);
            let provider = tokio::select! {
                biased;
                () = &mut work => return false,
                (provider, ..) = hanging => provider,
                () = so(|| scene.logged()[so_far..].contains("a commit was not answered")) => {
                    self.met.extend(doomed.map(|it| (Fault::DeathBeforeRecord, it)));
                    return true;
                }
                () = so(|| { steps -= 1; steps == 0 }) => return true,
            };
            let fault = self.meet(scene, provider);
            if self.one_in(2) {
                self.tell(scene).await;
            }
            if matches!(fault, Some(Fault::Death | Fault::DeathWhenTaken)) {
                return true;
            }
            tokio::time::pause();
            tokio::time::advance(TIMEOUT).await;
            tokio::time::resume();
        }
    }

    /// Notes what has happened to requests to a provider, and returns what happened last.
    fn meet(&mut self, scene: &Scene, provider: &'static str) -> Option<Fault> {
        let plan = &self.plans[provider];
        let met = &plan[..plan.len() - switch(scene, provider).left()];
        self.met.extend(met.iter().map(|fault| (*fault, provider)));
        met.last().copied()
    }

    /// Reports what has become of messages, some of it or all.
    async fn tell(&mut self, scene: &Scene) {
        self.notice_messages(scene);
        let named: Vec<_> = self.messages.keys().cloned().collect();
        for (provider, id) in named {
            let count = if self.calm { usize::MAX } else { self.random.usize(..3) };
            let news = &mut self.messages.get_mut(&(provider, id.clone())).unwrap().news;
            for _ in 0..count.min(news.len()) {
                for (word, code) in &news[0] {
                    let receipt: Call = scene.receipt_by(provider, &id, word, *code);
                    // Without an acknowledgement its provider makes it again.
                    if scene.try_report(&receipt).await.0 != 200 {
                        return;
                    }
                }
                news.pop_front();
            }
        }
    }

    /// Decides what becomes of messages that were taken since.
    fn notice_messages(&mut self, scene: &Scene) {
        for (provider, id, body) in taken(scene) {
            if !self.messages.contains_key(&(provider, id.clone())) {
                let (arrives, news) = self.fate(provider);
                self.messages.insert((provider, id), Message { body, arrives, news });
            }
        }
    }

    fn fate(&mut self, provider: &str) -> (bool, VecDeque<Vec<Report>>) {
        let (sent, arrived, lost, filtered, unreached) = match provider {
            "twilio" => (
                ("sent", None),
                ("delivered", None),
                [("undelivered", Some(30008)), ("failed", Some(30008))],
                ("undelivered", Some(30007)),
                ("undelivered", Some(30003)),
            ),
            "vonage" => (
                ("submitted", None),
                ("delivered", None),
                [("rejected", Some(1330)), ("undeliverable", Some(1330))],
                ("rejected", Some(1210)),
                ("undeliverable", Some(1180)),
            ),
            "plivo" => (
                ("sent", None),
                ("delivered", None),
                [("undelivered", Some(1000)), ("failed", Some(1000))],
                ("failed", Some(30)),
                ("undelivered", Some(80)),
            ),
            "aws" => (
                ("TEXT_SENT", None),
                ("TEXT_DELIVERED", None),
                [("TEXT_CARRIER_UNREACHABLE", None), ("TEXT_TTL_EXPIRED", None)],
                ("TEXT_SPAM", None),
                ("TEXT_UNREACHABLE", None),
            ),
            // It reports nothing; what it says when asked was decided when it took the message.
            _ => return (self.of_messagecentral != MessageCentralFate::Undelivered, [].into()),
        };
        let [failed, failed_again] = lost;
        let (arrives, mut news) = match self.random.u8(..11) {
            0 => (true, vec![]),
            1 => (true, vec![vec![sent]]),
            2 | 3 => (true, vec![vec![sent], vec![arrived]]),
            4 => (true, vec![vec![arrived], vec![sent]]),
            // Its carrier contradicts itself: afterwards, or in one breath.
            5 => (true, vec![vec![arrived], vec![failed]]),
            6 => (true, vec![vec![failed, arrived]]),
            7 => (false, vec![vec![failed], vec![arrived]]),
            8 => (false, vec![vec![sent], vec![failed], vec![failed_again]]),
            9 => (false, vec![vec![filtered]]),
            _ => (false, vec![vec![unreached]]),
        };
        if self.random.bool() {
            news = news.into_iter().flat_map(|news| [news.clone(), news]).collect();
        }
        (arrives, news.into())
    }
}

/// What a provider does with the messages that it is handed.
fn switch<'a>(scene: &'a Scene, provider: &str) -> &'a Switch {
    match provider {
        "messagecentral" => &scene.messagecentral.switch,
        "twilio" => &scene.twilio.switch,
        "vonage" => &scene.vonage.switch,
        "plivo" => &scene.plivo.switch,
        _ => &scene.aws.switch,
    }
}

/// The messages that providers took: by whom, under which id, and what they say.
fn taken(scene: &Scene) -> Vec<(&'static str, String, String)> {
    let messagecentral = scene.messagecentral.messages().into_iter();
    let messagecentral = messagecentral.map(|it| ("messagecentral", it.verification_id, it.body));
    let twilio = scene.twilio.messages().into_iter().map(|it| ("twilio", it.sid, it.body));
    let vonage = scene.vonage.messages().into_iter().map(|it| ("vonage", it.uuid, it.body));
    let plivo = scene.plivo.messages().into_iter().map(|it| ("plivo", it.uuid, it.body));
    let aws = scene.aws.messages().into_iter().map(|it| ("aws", it.id, it.body));
    messagecentral.chain(twilio).chain(vonage).chain(plivo).chain(aws).collect()
}

/// Waits until it is so, looking whenever something else happens.
async fn so(mut it: impl FnMut() -> bool) {
    poll_fn(|_| if it() { Poll::Ready(()) } else { Poll::Pending }).await;
}
