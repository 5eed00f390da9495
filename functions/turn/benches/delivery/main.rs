//! Whether replies arrive: `cargo bench -p turn --bench delivery`. Prints how soon a loss is
//! noticed, how often a healthy route is suspected, and how often each reply arrives under every
//! fault; with the story of every run that went wrong.
//!
//! With a number after `--` it repeats only the run with this seed, and tells what happened.

#![expect(clippy::print_stdout, reason = "the tables are its purpose")]

use fakes::Companies;
use scene::ordeal::{Fault, Outcome, run, runs};

/// Runs with made-up traffic, for each number of the first tables.
const SIMULATED: u64 = 8;

/// Runs of the whole product.
const RUNS: u64 = 1_000;

fn main() {
    let seed = std::env::args().find_map(|argument| argument.parse().ok());
    if let Some(seed) = seed {
        return print!("{}", run(seed));
    }
    simulation::tables::print(SIMULATED);
    print(&runs(0..RUNS));
}

fn print(outcomes: &[Outcome]) {
    println!("\nReplies that arrived never / once / more than once, in {RUNS} runs in which this");
    println!("happened to a request to this provider, among other things.\n");
    let row = |name: &str, cells: [String; 5]| {
        println!("{name:<31}{}", cells.map(|cell| format!("{cell:>16}")).concat());
    };
    row("", Companies::NAMES.map(Into::into));
    for fault in Fault::ALL {
        let met = |provider| outcomes.iter().filter(move |it| it.met.contains(&(fault, provider)));
        row(&fault.to_string(), Companies::NAMES.map(|provider| counts(met(provider))));
    }
    println!("\nIn all runs: {}", counts(outcomes.iter()));
    outcomes.iter().filter(|outcome| !outcome.is_sound()).for_each(|outcome| print!("{outcome}"));
}

fn counts<'a>(outcomes: impl Iterator<Item = &'a Outcome>) -> String {
    let mut counts = [0; 3];
    for times in outcomes.flat_map(|outcome| outcome.arrived.values()) {
        counts[(*times).min(2)] += 1;
    }
    counts.map(|count: usize| count.to_string()).join(" / ")
}
