//! The program on a store, with its surroundings.

use std::cell::Cell;
use std::net::SocketAddr;
use std::path::Path;
use std::time::{Duration, Instant};

use futures::future::join_all;
use product::Program;
use tempfile::TempDir;

use crate::around::{Around, Line};
use crate::machine;

/// People who share a connection take turns: nobody texts again before the previous turn is
/// completely finished.
const TAKE_TURNS: usize = 4;

/// How many texts each person sends before others come.
const TEXTS: usize = 7;

/// The first of the people who text here: none of them is answered by hand or has opted out in any
/// generated past.
const FIRST: usize = 500_000;

/// People here text faster than in reality.
const WITHOUT_LIMITS: [(&str, &str); 6] = [
    ("REPLIES_PER_MINUTE", "off"),
    ("REPLIES_PER_HOUR", "off"),
    ("REPLIES_PER_DAY", "off"),
    ("NEW_PEOPLE_PER_MINUTE", "off"),
    ("CAP_PERSON_DAY", "off"),
    ("CAP_DAY", "1000000"),
];

pub(crate) struct Scene {
    pub(crate) around: Around,
    pub(crate) program: Program,
    settings: Vec<(&'static str, String)>,
    data: TempDir,
    /// The next person who has not texted yet.
    people: Cell<usize>,
}

/// The result of a crowd.
#[derive(Clone, Copy)]
pub(crate) struct Crowd {
    turns: usize,
    /// Until the last reply had arrived.
    took: Duration,
    /// Processor time of the program, receipts included.
    cpu: Duration,
}

/// Counted from a person's call: the acknowledgement, and the reply's arrival at the provider.
pub(crate) type Turn = (Duration, Duration);

impl Crowd {
    pub(crate) fn a_second(&self) -> f64 {
        self.turns as f64 / self.took.as_secs_f64()
    }

    pub(crate) fn cpu_of_turn(&self) -> Duration {
        self.cpu / u32::try_from(self.turns.max(1)).unwrap()
    }
}

impl Scene {
    /// In a subfolder of this one, with this past or empty; or with an emulator's store.
    pub(crate) async fn begin(
        folder: &Path,
        past: Option<&Path>,
        firestore: Option<SocketAddr>,
    ) -> Self {
        let data = machine::private_folder(folder);
        for file in past.into_iter().flat_map(|past| std::fs::read_dir(past).unwrap()) {
            let file = file.unwrap();
            std::fs::copy(file.path(), data.path().join(file.file_name())).unwrap();
        }
        let around = Around::start().await;
        let mut settings = around.settings();
        settings.extend(WITHOUT_LIMITS.map(|(name, value)| (name, value.to_owned())));
        if let Some(firestore) = firestore {
            settings.push(("GOOGLE_CLOUD_PROJECT", fakes::unique_name()));
            settings.push(("FIRESTORE_EMULATOR_HOST", firestore.to_string()));
            settings.push(("NAME_KEY", fakes::NAME_KEY.to_owned()));
        }
        let program = start(&settings, data.path()).await;
        Self { around, program, settings, data, people: Cell::new(FIRST) }
    }

    /// Restarts the program. Returns how long that took until its first answer.
    pub(crate) async fn start_again(&mut self) -> Duration {
        self.program.end();
        self.program = start(&self.settings, self.data.path()).await;
        self.program.started
    }

    /// People text one after another, each when the previous turn is completely finished.
    pub(crate) async fn alone(&self, turns: usize) -> Vec<Turn> {
        let mut line = Line::to(self.program.address).await;
        let people = self.next_people(turns.div_ceil(TEXTS));
        let mut times = Vec::new();
        for turn in 0..turns {
            let begun = Instant::now();
            let person = &people[turn / TEXTS];
            let (acknowledged, message) = self.around.text(&mut line, person, turn % TEXTS).await;
            times.push((acknowledged - begun, message.at - begun));
            line.report(&message).await;
        }
        times
    }

    /// This many people text concurrently, each again when the answer arrives.
    pub(crate) async fn crowd(&self, at_once: usize, lasts: Duration) -> Crowd {
        let (cpu, begun) = (self.program.cpu(), Instant::now());
        let until = begun + lasts;
        let lines = (0..at_once).map(|_| self.take_turns(|| Instant::now() < until));
        let ends = join_all(lines).await;
        Crowd {
            turns: ends.iter().map(|(turns, _)| turns).sum(),
            took: ends.iter().map(|(_, last)| *last).max().unwrap_or(begun) - begun,
            cpu: self.program.cpu() - cpu,
        }
    }

    /// This many people text once each, a hundred at a time.
    pub(crate) async fn everybody(&self, people: usize) {
        let people = self.next_people(people);
        let lines = people.chunks(people.len().div_ceil(100)).map(async |people| {
            let mut line = Line::to(self.program.address).await;
            for person in people {
                let (_, message) = self.around.text(&mut line, person, 0).await;
                line.report(&message).await;
            }
        });
        join_all(lines).await;
    }

    /// People take turns on one connection while they may. Returns the number of turns, and when
    /// the last reply arrived.
    async fn take_turns(&self, may_go_on: impl Fn() -> bool) -> (usize, Instant) {
        let mut line = Line::to(self.program.address).await;
        let other = Line::to(self.program.address).await;
        let mut reporting = tokio::spawn(async move { other });
        let (mut turns, mut last) = (0, Instant::now());
        while may_go_on() {
            let people = self.next_people(TAKE_TURNS);
            for text in 0..TEXTS * TAKE_TURNS {
                if !may_go_on() {
                    break;
                }
                let person = &people[text % TAKE_TURNS];
                let (_, message) = self.around.text(&mut line, person, text / TAKE_TURNS).await;
                (turns, last) = (turns + 1, message.at);
                let mut other = reporting.await.unwrap();
                reporting = tokio::spawn(async move {
                    other.report(&message).await;
                    other
                });
            }
        }
        reporting.await.unwrap();
        (turns, last)
    }

    fn next_people(&self, count: usize) -> Vec<String> {
        let first = self.people.replace(self.people.get() + count);
        (first..first + count).map(history::person).collect()
    }
}

async fn start(settings: &[(&'static str, String)], data: &Path) -> Program {
    let settings: Vec<_> = settings.iter().map(|(name, value)| (*name, value.as_str())).collect();
    machine::on_core_of_program(|| Program::start(&settings, data)).answers().await
}
