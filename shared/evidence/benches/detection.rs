//! Prints how soon a loss is found out, and how often a healthy route is suspected.

#![expect(clippy::print_stdout, reason = "the table is what this is for")]
#![expect(clippy::unwrap_used, reason = "made-up traffic is well formed")]

#[path = "simulation.rs"]
mod simulation;

use simulation::{Found, Traffic, detect, false_alarms, two_countries};

const RUNS: u64 = 40;
const LEARNED: u32 = 300;
const MOST: u32 = 2000;

fn main() {
    println!("until suspect: median, and in 19 of 20 runs at most ({RUNS} runs)");
    println!(
        "{:>27} {:>5} {:>8} {:>20} {:>26}",
        "starting", "loss", "per hour", "texts", "minutes"
    );
    for (receipts, by) in [(true, "by receipts"), (false, "by answers")] {
        for (start, before) in [("unproven", 0), ("healthy", LEARNED)] {
            for loss in [1.0, 0.5, 0.2] {
                if before == 0 && loss < 1.0 {
                    continue;
                }
                for an_hour in [1.0, 10.0, 1000.0] {
                    let traffic = Traffic { an_hour, receipts, missing: 0.03, loss };
                    let found = (0..RUNS).map(|seed| detect(seed, before, traffic, MOST));
                    let (texts, minutes) = spread(found.collect());
                    let name = format!("{start}, {by}");
                    println!(
                        "{name:>27} {:>4.0}% {an_hour:>8} {texts:>20} {minutes:>26}",
                        loss * 100.0
                    );
                }
            }
        }
    }
    println!();
    println!("false alarms in 10,000 texts, starting from nothing (mean of {RUNS} runs)");
    println!("{:>12} {:>8} {:>8} {:>8}", "", "per hour", "missing", "alarms");
    for (receipts, by) in [(true, "by receipts"), (false, "by answers")] {
        for missing in [0.0, 0.03, 0.1] {
            if !receipts && missing > 0.0 {
                continue;
            }
            for an_hour in [1.0, 10.0, 1000.0] {
                let traffic = Traffic { an_hour, receipts, missing, loss: 0.0 };
                let alarms: u32 = (0..RUNS).map(|seed| false_alarms(seed, 10_000, traffic)).sum();
                let mean = f64::from(alarms) / RUNS as f64;
                println!("{by:>12} {an_hour:>8} {:>7.0}% {mean:>8.3}", missing * 100.0);
            }
        }
    }
    println!();
    println!("two countries, one of them without receipts, two providers (sum of {RUNS} runs)");
    println!("{:>8} {:>8} {:>8} {:>9}", "per hour", "missing", "alarms", "switched");
    for missing in [0.0, 0.03, 0.1] {
        for an_hour in [1.0, 10.0, 1000.0] {
            let (alarms, switched) = (0..RUNS)
                .map(|seed| two_countries(seed, 10_000, an_hour, missing))
                .fold((0, 0), |sum, one| (sum.0 + one.0, sum.1 + one.1));
            println!("{an_hour:>8} {:>7.0}% {alarms:>8} {switched:>9}", missing * 100.0);
        }
    }
}

fn spread(found: Vec<Option<Found>>) -> (String, String) {
    let missed = found.iter().filter(|found| found.is_none()).count();
    let mut texts: Vec<_> = found.iter().flatten().map(|found| f64::from(found.texts)).collect();
    let mut minutes: Vec<_> = found.iter().flatten().map(|found| found.minutes).collect();
    let show = |values: &mut Vec<f64>| {
        values.sort_unstable_by(f64::total_cmp);
        let at = |share: f64| values.get((values.len() as f64 * share) as usize).copied();
        let shown = |value: Option<f64>| value.map_or("-".into(), |value| format!("{value:.0}"));
        let missed = if missed > 0 { format!(" ({missed} missed)") } else { String::new() };
        format!("{} {:>8}{missed}", shown(at(0.5)), shown(at(0.95)))
    };
    (show(&mut texts), show(&mut minutes))
}
