//! Operators and the agent in one conversation: texts, orders, receipts and deaths in random order.
//!
//! The seed determines a run. An order is given between two runs of work, or while a turn is somewhere in
//! its work.

use std::collections::BTreeSet;
use std::future::poll_fn;
use std::ops::Range;
use std::sync::Mutex;
use std::task::Poll;
use std::thread;

use agent::Turn as Entry;
use conversations::{OrderKind, Ordered};
use fakes::Company as _;
use fastrand::Rng;
use serde_json::Value;

use crate::scene::Scene;

/// How many moves a run has.
const MOVES: usize = 14;

/// How many times half a minute passes at the end.
const CALM: usize = 10;

/// How the stand-in for the model begins every answer.
const AGENT: &str = "You said";

/// Carries out runs, as many concurrently as there are cores, and returns what went wrong.
pub fn desk_runs(seeds: Range<u64>) -> Vec<String> {
    let left = Mutex::new(seeds);
    let run = |seed| {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        runtime.unwrap().block_on(async { Desk::begin(seed).await.endure().await })
    };
    let work = || {
        let next = || left.lock().unwrap().next();
        std::iter::from_fn(next).flat_map(run).collect::<Vec<_>>()
    };
    thread::scope(|scope| {
        let cores = thread::available_parallelism().unwrap().get();
        let workers: Vec<_> = (0..cores).map(|_| scope.spawn(work)).collect();
        workers.into_iter().flat_map(|worker| worker.join().unwrap()).collect()
    })
}

struct Desk {
    seed: u64,
    scene: Scene,
    random: Rng,
    texts: Vec<String>,
    said: Vec<String>,
    given: Vec<String>,
    reported: usize,
    /// The attempts that there were when the conversation was taken.
    taken: Option<BTreeSet<String>>,
    /// How many texts the person had when they stopped.
    stopped: Option<usize>,
    story: Vec<String>,
    faults: Vec<String>,
}

impl Desk {
    async fn begin(seed: u64) -> Self {
        let (scene, random) = (Scene::sending_by("twilio").await, Rng::with_seed(seed));
        let mut desk = Self {
            seed,
            scene,
            random,
            texts: vec![],
            said: vec![],
            given: vec![],
            reported: 0,
            taken: None,
            stopped: None,
            story: vec![],
            faults: vec![],
        };
        desk.text().await;
        desk
    }

    async fn endure(mut self) -> Vec<String> {
        for _ in 0..MOVES {
            match self.random.u8(..12) {
                0..3 => self.text().await,
                3..6 => {
                    let (name, kind) = self.any_order();
                    self.give(name, kind).await;
                }
                6..9 => self.work_interrupted().await,
                9 => self.report().await,
                10 if self.stopped.is_none() && self.random.u8(..4) == 0 => self.stop().await,
                _ => {
                    let pause = [1, 5, 20, 40][self.random.usize(..4)];
                    self.scene.pass(pause);
                }
            }
            if self.random.bool() {
                self.scene.pass(1);
                self.scene.process.sweep.run(self.scene.now).await.unwrap();
                self.die_or_work().await;
            }
            self.look().await;
        }
        for _ in 0..CALM {
            self.scene.pass(30);
            self.scene.sweep().await;
        }
        self.look().await;
        self.conclude().await;
        let (seed, story) = (self.seed, self.story.join("; "));
        self.faults.into_iter().map(|fault| format!("seed {seed}: {fault} ({story})")).collect()
    }

    async fn text(&mut self) {
        let text = format!("Text number {} of the person", self.texts.len());
        self.scene.text(&text).await;
        self.story.push(text.clone());
        self.texts.push(text);
    }

    async fn stop(&mut self) {
        self.scene.text("STOP").await;
        self.story.push("STOP".into());
        self.stopped = Some(self.scene.heard().len());
    }

    async fn report(&mut self) {
        let messages = self.scene.companies.twilio.taken();
        let Some(message) = messages.get(self.reported) else { return };
        self.reported += 1;
        let reports = self.scene.companies.twilio.reports().unwrap();
        let (word, code) = if self.random.bool() { reports.arrived } else { reports.lost[0] };
        let call = self.scene.receipt_by("twilio", &message.id, word, code);
        self.scene.try_report(&call).await;
        self.story.push(format!("{word} {:?}", message.body));
    }

    fn any_order(&mut self) -> (&'static str, OrderKind) {
        let name = ["ann", "ben"][self.random.usize(..2)];
        let kind = match self.random.u8(..8) {
            0..2 => OrderKind::Take,
            2..6 => {
                let words = format!("Words number {} by {name}", self.said.len());
                self.said.push(words.clone());
                OrderKind::Say { words, at_night: false }
            }
            6 => OrderKind::GiveBack,
            _ => OrderKind::Done { word: None },
        };
        (name, kind)
    }

    /// An operator gives an order, and is told that it was taken.
    async fn give(&mut self, name: &'static str, kind: OrderKind) {
        let has = self.scene.conversation().await.handed_over.and_then(|it| it.by);
        let expects = has.filter(|_| self.random.bool()).map(|by| by.name);
        let ordered = self.scene.order_expecting(name, kind.clone(), expects.as_deref()).await;
        assert_eq!(ordered, Ordered::New);
        self.given.push(format!("{name} {}", kind.word()));
        self.story.push(format!("{name} {}", kind.word()));
        match kind {
            OrderKind::GiveBack | OrderKind::Done { .. } => self.taken = None,
            // Nobody who has stopped is taken by a text.
            OrderKind::Say { .. } if self.stopped.is_some() => {}
            _ if self.taken.is_some() => {}
            _ => self.taken = Some(self.attempts().await),
        }
    }

    async fn attempts(&self) -> BTreeSet<String> {
        let attempts = self.scene.process.store.attempts_of(&self.scene.id()).await.unwrap();
        let agents = attempts.into_iter().filter(|it| it.reply.body.starts_with(AGENT));
        agents.map(|it| it.id).collect()
    }

    /// Whether the agent has said something since it was to be silent.
    async fn look(&mut self) {
        let attempts = self.attempts().await;
        let is_new = |before: &BTreeSet<String>| attempts.iter().any(|it| !before.contains(it));
        if self.taken.as_ref().is_some_and(is_new) {
            self.faults.push("the agent talks over an operator".into());
            self.taken = None;
        }
    }

    async fn die_or_work(&mut self) {
        if self.random.u8(..3) == 0 {
            let steps = self.random.usize(..60);
            let died = self.scene.die_after(steps).await;
            self.story.push(format!("work, died: {died}"));
        } else {
            self.scene.work().await;
            self.story.push("work".into());
        }
    }

    /// An order comes while a turn is somewhere in its work.
    async fn work_interrupted(&mut self) {
        let (name, kind) = self.any_order();
        let (mut left, stopped) = (self.random.usize(..60), self.stopped.is_some());
        let scene = &self.scene;
        let mut work = Box::pin(scene.work());
        let ended = poll_fn(|context| {
            if left == 0 {
                return Poll::Ready(false);
            }
            left -= 1;
            work.as_mut().poll(context).map(|()| true)
        })
        .await;
        let ordered = scene.order(name, kind.clone()).await;
        assert_eq!(ordered, Ordered::New);
        let attempts = self.attempts().await;
        if !ended {
            work.await;
        }
        self.given.push(format!("{name} {}", kind.word()));
        self.story.push(format!("{name} {} during work", kind.word()));
        match kind {
            OrderKind::GiveBack | OrderKind::Done { .. } => self.taken = None,
            OrderKind::Say { .. } if stopped => {}
            _ if self.taken.is_some() => {}
            _ => self.taken = Some(attempts),
        }
    }

    /// Whether each text and each order has come to its end.
    async fn conclude(&mut self) {
        let store = &self.scene.process.store;
        let loaded = self.scene.loaded().await;
        let ended = store.ended(&self.scene.id()).await.unwrap();
        let turns = ended.iter().flat_map(|it| &it.turns).chain(&loaded.conversation.turns);
        let read = |turn: &Value| serde_json::from_value::<Entry>(turn.clone()).unwrap();
        let entries: Vec<_> = turns.map(read).collect();
        let mut faults = vec![];
        if !loaded.orders.is_empty() {
            faults.push("an order waits for ever".to_owned());
        }
        let aside = store.set_aside(&self.scene.id(), 200).await.unwrap();
        for text in &self.texts {
            let is_entry =
                |it: &&Entry| matches!(it, Entry::Person { text: said, .. } if said == text);
            let count = entries.iter().filter(is_entry).count()
                + aside.iter().filter(|it| it.text.body == *text).count()
                + loaded.waiting.iter().filter(|it| it.body == *text).count();
            if count != 1 {
                faults.push(format!("{text:?} is there {count} times"));
            }
        }
        let heard = self.scene.heard();
        for words in &self.said {
            let sent = entries
                .iter()
                .filter(|it| matches!(it, Entry::ByHand { text, .. } if text == words))
                .count();
            let refused = entries
                .iter()
                .filter(|it| matches!(it, Entry::NotSent { text, .. } if text == words))
                .count();
            let arrived = heard.iter().filter(|it| *it == words).count();
            if sent > 1 || arrived > 1 || arrived + refused != 1 || arrived > sent {
                faults.push(format!("{words:?}: {sent} said, {refused} refused, {arrived} sent"));
            }
        }
        let order: Vec<_> = self.said.iter().filter(|it| heard.contains(it)).collect();
        let came: Vec<_> = heard.iter().filter(|it| self.said.contains(it)).collect();
        if order != came {
            faults.push(format!("{came:?} came in another order"));
        }
        let acts = self.scene.acts().await;
        let acts: Vec<_> = acts.into_iter().filter(|it| !it.contains("refused")).collect();
        let (mut acts, mut given) = (acts, self.given.clone());
        acts.sort();
        given.sort();
        if acts != given {
            faults.push(format!("{acts:?} were written down"));
        }
        if let Some(before) = self.stopped {
            let is_said = |it: &&String| it.starts_with(AGENT) || self.said.contains(it);
            let after: Vec<_> = heard.iter().skip(before).filter(is_said).collect();
            if !after.is_empty() {
                faults.push(format!("{after:?} after a stop"));
            }
        }
        self.faults.extend(faults);
    }
}
