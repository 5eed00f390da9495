//! A product under random failures of everything that can fail on a text's way.
//!
//! The seed determines a run: the providers and their order, the outcome of each request to them, when
//! the process dies, and the later reports. Then everything works, and the arrived texts are counted. A
//! text that a carrier reports as lost has not arrived.

mod desk;
mod fault;
mod lot;
mod outcome;

use std::collections::{BTreeMap, VecDeque};
use std::ops::Range;
use std::sync::Mutex;
use std::thread;

use fakes::{Companies, Shown};
use fastrand::Rng;

pub use crate::ordeal::desk::desk_runs;
pub use crate::ordeal::fault::Fault;
use crate::ordeal::lot::{Lot, Message};
pub use crate::ordeal::outcome::Outcome;
use crate::scene::Scene;

/// Nothing listens there.
const NOWHERE: &str = "http://127.0.0.1:9";

/// The person's texts in a run, the second one optional.
const TEXTS: [&str; 2] = ["My sink leaks", "It is in the kitchen"];

/// Carries out runs, as many concurrently as there are cores.
pub fn runs(seeds: Range<u64>) -> Vec<Outcome> {
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

/// Carries out one run, on a thread with its name.
pub fn run(seed: u64) -> Outcome {
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

impl Ordeal {
    async fn begin(seed: u64) -> Self {
        let mut random = Rng::with_seed(seed);
        let mut order = Companies::NAMES.to_vec();
        random.shuffle(&mut order);
        order.truncate(random.usize(1..=order.len()));
        let mut scene = Scene::sending_by(&order.join(",")).await;
        scene.carrier = order[random.usize(..order.len())];
        let shown =
            [Shown::Lost, Shown::Waiting, Shown::Delivered, Shown::Undelivered][random.usize(..4)];
        scene.companies.all().into_iter().for_each(|company| company.will_show(shown));
        let mut plans = BTreeMap::new();
        for provider in &order {
            let faults: Vec<_> =
                Fault::ALL.into_iter().filter(|fault| fault.mode().is_some()).collect();
            let count = random.usize(..=3);
            let plan: Vec<_> = (0..count).map(|_| faults[random.usize(..faults.len())]).collect();
            scene
                .companies
                .named(provider)
                .switch()
                .plan(plan.iter().filter_map(|fault| fault.mode()));
            plans.insert(*provider, plan);
        }
        if random.bool() {
            // No provider can be polled.
            scene.companies.all().into_iter().for_each(|company| company.fails_to_show());
        }
        let (calm, messages, met) = Default::default();
        let lot = Lot { random, calm, order, plans, shown, messages, met };
        Self { seed, scene, lot }
    }

    async fn endure(mut self) -> Outcome {
        let mut texts: VecDeque<_> = TEXTS.into();
        texts.truncate(self.lot.random.usize(1..=2));
        self.restart();
        for _ in 0..8 {
            if self.lot.one_in(2) && !texts.is_empty() {
                let call = self.scene.call(texts[0]);
                // Without an acknowledgement its provider repeats it.
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

    /// Time passes, and then everybody does what they can.
    async fn step(&mut self) {
        let pause = match self.lot.calm {
            true => 1200,
            false => [0, 3, 20, 40, 70, 200, 400][self.lot.random.usize(..7)],
        };
        self.scene.pass(pause);
        for company in self.scene.companies.all() {
            company.set_clock(self.scene.now);
        }
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

    /// Ends the process, and starts one that cannot reach some providers.
    fn restart(&mut self) {
        let companies = self.scene.companies.all().into_iter();
        let unreachable = companies.filter(|_| self.lot.one_in(4));
        let unreachable: Vec<_> = unreachable.map(|company| (company.address(), NOWHERE)).collect();
        self.scene.restart_with(&unreachable);
    }

    fn calm_down(&mut self) {
        self.lot.calm = true;
        for provider in self.lot.order.clone() {
            self.lot.meet(&self.scene, provider);
            self.scene.companies.named(provider).switch().plan([]);
        }
        self.restart();
    }

    async fn outcome(mut self) -> Outcome {
        let store = &self.scene.process.store;
        let attempts = store.attempts_of(&self.scene.id()).await.unwrap();
        for attempt in &attempts {
            let code = attempt.code.as_deref().unwrap_or_default();
            let provider =
                Companies::NAMES.into_iter().find(|provider| *provider == attempt.provider);
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
        let cost = attempts.iter().map(|attempt| attempt.cost).sum();
        Outcome {
            seed: self.seed,
            at_rest: self.scene.is_at_rest().await,
            story: story.chain(self.lot.messages.iter().map(took)).collect(),
            arrived,
            account: [self.scene.spent().await.total, cost],
            met: self.lot.met,
        }
    }
}
