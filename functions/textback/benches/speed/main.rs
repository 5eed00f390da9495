//! The speed of the product: `cargo bench -p textback --bench speed [-- TEXTS]`. Prints one table
//! of measurements, each beside its target; nothing fails here.
//!
//! The program itself runs as a child process, in a release build, on one core. Its surroundings
//! run in this process, on another: people, a model and a provider that answer at once. Every reply
//! gets its two receipts, and all calls use persistent connections. Everything is measured on an
//! empty store and on one that already contains `TEXTS` texts (100,000 by default), alternately, so
//! that a busy machine affects both.
//!
//! `-- crowd` instead lets a crowd text an empty store in memory for half a minute and prints only
//! that, for use with a profiler.

#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a benchmark that fails should say so"
)]

mod around;
mod distance;
mod figures;
mod machine;
mod scene;

use std::path::Path;
use std::time::Duration;

use conversations::Store;
use history::Past;
use jiff::Timestamp;
use tempfile::TempDir;

use crate::distance::Distance;
use crate::figures::{Figures, OfFirestore, table};
use crate::scene::Scene;

/// How often everything is measured.
const ROUNDS: usize = 5;

/// How long a crowd texts in a round, and how many turns people take one at a time. People who wait
/// for a slow model text in step with all others in the first seconds.
const LASTS: Duration = Duration::from_secs(3);
const LASTS_SLOWLY: Duration = Duration::from_secs(10);
const ALONE: usize = 60;

/// How many people text concurrently, each waiting for the answer; and the same with a slow model
/// and provider.
const CONCURRENCY: usize = 32;
const SLOW_CONCURRENCY: usize = 128;
const MODEL: Duration = Duration::from_millis(300);
const SEND: Duration = Duration::from_millis(100);

/// How many people text once before memory is measured, and how long after that.
const PEOPLE: usize = 10_000;
const MINUTE: Duration = Duration::from_secs(60);

const STARTS: usize = 10;

/// Over how many days the texts of the full store came: so few that none of it has expired.
const DAYS: u32 = 6;

/// The latency of the store while round trips to it are counted.
const FAR: Duration = Duration::from_millis(50);

/// A store that is measured: in memory, if possible, and on a disk.
struct Measured {
    memory: Option<Scene>,
    disk: Scene,
    figures: Figures,
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let arguments: Vec<_> = std::env::args().skip(1).collect();
    let texts = arguments.iter().find_map(|argument| argument.parse().ok()).unwrap_or(100_000);
    let cores = std::thread::available_parallelism().unwrap();
    let pinned = cores.get() > 1 && machine::leave_core();
    if arguments.iter().any(|argument| argument == "crowd") {
        return crowd_alone().await;
    }

    eprintln!("filling a store with {texts} texts");
    let (filled, size) = fill(texts).await;
    let mut stores = Vec::new();
    for past in [None, Some(filled.path())] {
        stores.push(Measured::begin(past).await);
    }
    drop(filled);

    eprintln!("looking on for a minute");
    tokio::time::sleep(MINUTE).await;
    for store in &mut stores {
        store.figures.idle_cpu = store.disk.program.cpu() - store.figures.idle_cpu;
        store.figures.idle = store.disk.program.memory();
    }
    for round in 0..=ROUNDS {
        eprintln!("round {round} of {ROUNDS}");
        for store in &mut stores {
            // The first round is for connections, and for a file that is no longer empty.
            store.round(round > 0).await;
        }
    }
    eprintln!("{PEOPLE} people");
    for store in &stores {
        store.disk.everybody(PEOPLE).await;
    }
    tokio::time::sleep(MINUTE).await;
    for store in &mut stores {
        store.figures.crowded = store.disk.program.memory();
    }
    eprintln!("Firestore");
    let firestore = firestore().await;

    let apart = if pinned { "the program has one, what is around it another" } else { "shared" };
    println!(
        "{cores} cores ({apart}); medians of {ROUNDS} rounds; the full store holds {texts} texts"
    );
    println!("of the last {DAYS} days in {:.0} MB\n", size as f64 / 1e6);
    let [empty, full] = [&stores[0].figures, &stores[1].figures];
    println!("{}", table(empty, full, firestore.as_ref()));
}

/// The throughput of one crowd for half a minute, every three seconds.
async fn crowd_alone() {
    let folder = machine::in_memory().unwrap_or_else(machine::on_disk);
    let scene = Scene::begin(&folder, None, None).await;
    for _ in 0..10 {
        let crowd = scene.crowd(CONCURRENCY, LASTS).await;
        let (a_second, cpu) = (crowd.a_second(), crowd.cpu_of_turn());
        println!(
            "{a_second:.0} turns a second, {:.0} µs of processor each",
            cpu.as_secs_f64() * 1e6
        );
    }
    println!("{} KiB resident", scene.program.memory().now);
}

/// A store with a past, and its size.
async fn fill(texts: usize) -> (TempDir, u64) {
    let place = machine::in_memory().unwrap_or_else(machine::on_disk);
    let folder = machine::private_folder(&place);
    let store = Store::open_in(folder.path()).unwrap();
    history::fill(&store, &Past { texts, days: DAYS, seed: 1 }, Timestamp::now()).await.unwrap();
    drop(store);
    let files = std::fs::read_dir(folder.path()).unwrap();
    let size = files.map(|file| file.unwrap().metadata().unwrap().len()).sum();
    (folder, size)
}

impl Measured {
    async fn begin(past: Option<&Path>) -> Self {
        let memory = match machine::in_memory() {
            Some(folder) => Some(Scene::begin(&folder, past, None).await),
            None => None,
        };
        let mut disk = Scene::begin(&machine::on_disk(), past, None).await;
        let starts = starts(&mut disk).await;
        let idle_cpu = disk.program.cpu();
        Self { memory, disk, figures: Figures { starts, idle_cpu, ..Figures::default() } }
    }

    /// Measures everything once, and keeps the results if `counts`.
    async fn round(&mut self, counts: bool) {
        let Self { memory, disk, figures } = self;
        if let Some(memory) = memory {
            let crowd = memory.crowd(CONCURRENCY, LASTS).await;
            figures.in_memory.extend(counts.then_some(crowd));
        }
        let sync = machine::sync(&machine::on_disk());
        let crowd = disk.crowd(CONCURRENCY, LASTS).await;
        let alone = disk.alone(ALONE).await;
        let sync = (sync + machine::sync(&machine::on_disk())) / 2;
        disk.around.take(MODEL, SEND);
        let slow = disk.crowd(SLOW_CONCURRENCY, LASTS_SLOWLY).await;
        disk.around.take(Duration::ZERO, Duration::ZERO);
        if counts {
            figures.syncs.push(sync);
            figures.on_disk.push(crowd);
            figures.alone.extend(alone);
            let ceiling = SLOW_CONCURRENCY as f64 / MODEL.as_secs_f64();
            figures.of_ceiling.push(slow.a_second() / ceiling);
        }
    }
}

async fn starts(scene: &mut Scene) -> Vec<Duration> {
    let mut starts = Vec::new();
    for _ in 0..STARTS {
        starts.push(scene.start_again().await);
    }
    starts
}

/// The measurements with Google's emulator, if it is installed.
async fn firestore() -> Option<OfFirestore> {
    let distance = Distance::to(&fakes::firestore().await?.host).await;
    let mut scene = Scene::begin(&machine::on_disk(), None, Some(distance.address())).await;
    let starts = starts(&mut scene).await;
    let mut crowds = Vec::new();
    for _ in 0..=ROUNDS {
        crowds.push(scene.crowd(CONCURRENCY, LASTS).await);
    }
    crowds.remove(0);
    let near = scene.alone(ALONE).await;
    distance.set(FAR);
    let far = scene.alone(ALONE).await;
    Some(OfFirestore { starts, crowds, near, far, distance: FAR })
}
