//! Measures how much the embedded store does in a second and what it costs: `cargo bench -p
//! conversations --bench store [texts]`.
//!
//! A commit is that of an arriving text: its claim, the text, the head of its conversation and its
//! trace. The disk alone is measured for comparison.

#![expect(clippy::unwrap_used, reason = "what goes wrong ends it")]
#![expect(clippy::print_stdout, reason = "it prints a table")]

#[expect(dead_code, reason = "the suite needs more of it")]
mod common;
#[expect(dead_code, reason = "the suite needs more of it")]
mod quarantine;
mod steps;

use std::env::{args, temp_dir};
use std::fs::{self, File};
use std::io::Write as _;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use conversations::{Arrival, Store};
use futures::stream::{self, StreamExt as _};
use rusqlite::{Connection, params};
use settings::Settings;
use sms::Number;
use tempfile::TempDir;

use crate::common::{arrival, later, now};

/// How long each figure is measured.
const MEASURED: Duration = Duration::from_secs(3);

fn main() {
    let texts = args().filter_map(|argument| argument.parse().ok()).next().unwrap_or(300_000);
    println!("{:<34} {:>10} {:>10} {:>10} {:>10}", "", "syncs/s", "1 at once", "32", "256");
    for (name, place) in [("a disk", temp_dir()), ("a tmpfs", "/dev/shm".into())] {
        let Ok(folder) = TempDir::new_in(&place) else { continue };
        let figures: Vec<_> = [1, 32, 256].map(|at_once| commits(folder.path(), at_once)).into();
        print!("{:<34} {:>10.0}", format!("commits a second, {name}"), syncs(folder.path()));
        figures.iter().for_each(|(a_second, _)| print!(" {a_second:>10.0}"));
        print!("\n{:<34} {:>10}", "  processor time of one, µs", "");
        figures.iter().for_each(|(_, of_one)| print!(" {:>10.0}", of_one.as_secs_f64() * 1e6));
        println!();
    }
    let [off, on] = ["OFF", "ON"].map(secure_delete);
    println!("\nprocessor time of a text that is stored, changed and removed, by SQLite alone, µs");
    println!("  secure_delete off {:>6.1}", off.as_secs_f64() * 1e6);
    println!("  secure_delete on  {:>6.1}", on.as_secs_f64() * 1e6);

    println!(
        "\n{:<34} {:>10} {:>10} {texts:>10}",
        "steps of SQLite, with texts before:", 0, 100_000
    );
    let all = [0, 100_000, texts].map(steps::steps_with);
    for operation in all[0].keys() {
        print!("{operation:<34}");
        all.iter().for_each(|steps| print!(" {:>10}", steps[operation].taken));
        println!();
    }
}

/// How many texts are taken in a second with this concurrency, and the processor time of each.
fn commits(folder: &Path, at_once: usize) -> (f64, Duration) {
    let folder = TempDir::new_in(folder).unwrap();
    let store = sqlite(&folder);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let (begun, used) = (Instant::now(), cpu());
        let texts = stream::iter(0_u32..).take_while(|_| async { begun.elapsed() < MEASURED });
        let taken = texts.map(|text| take(Arc::clone(&store), text)).buffer_unordered(at_once);
        let taken = u32::try_from(taken.count().await).unwrap();
        (f64::from(taken) / begun.elapsed().as_secs_f64(), (cpu() - used) / taken)
    })
}

async fn take(store: Arc<Store>, text: u32) {
    let theirs = Number::parse(&format!("+1202{:07}", 5_550_000 + text % 4_000)).unwrap();
    let text = arrival(&format!("SM{text}"), "My sink leaks", later(now(), text.into()));
    store.take(&Arrival { theirs, ..text }).await.unwrap();
}

/// How often the disk makes two pages durable in a second.
fn syncs(folder: &Path) -> f64 {
    let mut file = File::create(folder.join("syncs")).unwrap();
    let (begun, mut syncs) = (Instant::now(), 0);
    while begun.elapsed() < MEASURED {
        file.write_all(&[1; 8_192]).unwrap();
        file.sync_data().unwrap();
        syncs += 1;
    }
    f64::from(syncs) / begun.elapsed().as_secs_f64()
}

/// What it costs to overwrite deleted data: many texts come, change and go.
fn secure_delete(switch: &str) -> Duration {
    const TEXTS: u32 = 50_000;
    let folder = TempDir::new().unwrap();
    let mut file = Connection::open(folder.path().join("db")).unwrap();
    file.pragma_update(None, "journal_mode", "WAL").unwrap();
    file.pragma_update(None, "synchronous", "OFF").unwrap();
    file.pragma_update(None, "secure_delete", switch).unwrap();
    file.execute_batch("CREATE TABLE texts (id INTEGER PRIMARY KEY, body TEXT NOT NULL)").unwrap();
    let (used, body) = (cpu(), "x".repeat(600));
    for batch in 0..TEXTS / 32 {
        let commit = file.transaction().unwrap();
        for text in batch * 32..(batch + 1) * 32 {
            let run = |sql: &str, text: u32, size: usize| {
                commit.prepare_cached(sql).unwrap().execute(params![text, &body[..size]]).unwrap()
            };
            run("INSERT INTO texts VALUES (?1, ?2)", text, 400);
            run("UPDATE texts SET body = ?2 WHERE id = ?1", text.saturating_sub(50), 600);
            run("DELETE FROM texts WHERE id = ?1 AND ?2 <> ''", text.saturating_sub(100), 600);
        }
        commit.commit().unwrap();
    }
    (cpu() - used) / TEXTS
}

/// The processor time that this process has used.
fn cpu() -> Duration {
    let stat = fs::read_to_string("/proc/self/stat").unwrap();
    let fields: Vec<_> = stat.rsplit(')').next().unwrap().split_whitespace().collect();
    let ticks: u64 =
        [11, 12].map(|field: usize| fields[field].parse::<u64>().unwrap()).iter().sum();
    // A hundred ticks a second, on every Linux.
    Duration::from_millis(ticks * 10)
}

fn sqlite(folder: &TempDir) -> Arc<Store> {
    let data = folder.path().join("data");
    let settings = [("DATA_DIR", data.to_str().unwrap()), ("NAME_KEY", fakes::NAME_KEY)];
    Arc::new(Store::open(&Settings::from(settings)).unwrap())
}
