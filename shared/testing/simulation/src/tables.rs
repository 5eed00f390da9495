//! How soon a loss is detected, and how often a healthy route is suspected, as tables.

#![expect(clippy::print_stdout, reason = "the tables are what this is for")]

use std::thread;

use crate::traffic::{
    FALSE_ANSWERS, Found, HEALTHY, Traffic, detect, false_alarms, outage, two_countries,
};

/// Texts per hour.
const RATES: [f64; 3] = [1.0, 10.0, 1000.0];

/// By receipts without any answers, and by answers without receipts. With both, everything is detected
/// sooner and suspected wrongly less often.
const ALONE: [(&str, Traffic); 2] = [
    ("receipts", Traffic { answers: 0.0, ..HEALTHY }),
    ("answers", Traffic { receipts: false, ..HEALTHY }),
];

/// Prints all of them, each figure from this many seeded runs.
pub fn print(runs: u64) {
    detection(runs);
    outages(runs);
    alarms(runs);
}

fn detection(runs: u64) {
    println!(
        "Until suspect: median, and at most in 19 of 20 of {runs} runs, of up to 2,000 texts."
    );
    println!("On dead routes 3 in 100 seem to answer. Receipts: 3 in 100 never come.\n");
    println!("start     judged by  loss  texts/h      texts  19/20    minutes   19/20");
    for (by, traffic) in ALONE {
        for (start, before, loss) in [
            ("unproven", 0, 1.0),
            ("healthy", 300, 1.0),
            ("healthy", 300, 0.5),
            ("healthy", 300, 0.2),
        ] {
            for an_hour in RATES {
                let traffic = Traffic { an_hour, loss, false_answers: FALSE_ANSWERS, ..traffic };
                let found: Vec<_> = each(runs, |seed| detect(seed, before, traffic, 2000));
                let [texts, late_texts] = spread(&found, |found| f64::from(found.texts));
                let [minutes, late_minutes] = spread(&found, |found| found.minutes);
                println!(
                    "{start:<9} {by:<9} {:>4.0}% {an_hour:>8} {texts:>10} {late_texts:>6} \
                     {minutes:>10} {late_minutes:>7}",
                    loss * 100.0
                );
            }
        }
    }
}

fn outages(runs: u64) {
    println!(
        "\nA first provider that is dead for a day, beside a second that works: mean of {runs}.\n"
    );
    println!("start     texts/h   lost  probes  healthy again after");
    for (start, before) in [("unproven", 0), ("healthy", 100)] {
        for an_hour in RATES {
            let all: Vec<_> = each(runs, |seed| outage(seed, an_hour, before, 24.0));
            let mean = |values: Vec<f64>| values.iter().sum::<f64>() / values.len().max(1) as f64;
            println!(
                "{start:<9} {an_hour:>7} {:>6.1} {:>7.1} {:>8.1} h",
                mean(all.iter().map(|it| it.lost.into()).collect()),
                mean(all.iter().map(|it| it.probes.into()).collect()),
                mean(all.iter().filter_map(|it| it.back_after).collect()),
            );
        }
    }
}

fn alarms(runs: u64) {
    println!(
        "\nFalse alarms per 10,000 healthy texts, starting from nothing: mean of {runs} runs.\n"
    );
    println!("judged by  receipts missing   1/h   10/h  1000/h");
    for (by, traffic) in ALONE {
        let missing: &[f64] = if traffic.receipts { &[0.0, 0.03, 0.1] } else { &[1.0] };
        for missing in missing {
            let mean = RATES.map(|an_hour| {
                let traffic = Traffic { an_hour, missing: *missing, ..traffic };
                let alarms = each(runs, |seed| false_alarms(seed, 10_000, traffic));
                f64::from(alarms.iter().sum::<u32>()) / runs as f64
            });
            print_row(by, *missing, mean);
        }
    }
    for missing in [0.0, 0.03, 0.1] {
        let mean = RATES.map(|an_hour| {
            let alarms = each(runs, |seed| two_countries(seed, 10_000, an_hour, missing).0);
            f64::from(alarms.iter().sum::<u32>()) / runs as f64
        });
        print_row("both *", missing, mean);
    }
    println!("* one text in ten goes to a country without any receipts.");
}

fn print_row(by: &str, missing: f64, mean: [f64; 3]) {
    let [slow, usual, fast] = mean;
    println!("{by:<9} {:>16.0}% {slow:>6.2} {usual:>6.2} {fast:>7.2}", missing * 100.0);
}

/// The result of each of the seeded runs.
fn each<T: Send>(runs: u64, run: impl Fn(u64) -> T + Sync) -> Vec<T> {
    let run = &run;
    thread::scope(|scope| {
        let threads: Vec<_> = (0..runs).map(|seed| scope.spawn(move || run(seed))).collect();
        let ended = threads.into_iter().map(|thread| thread.join());
        ended.map(|run| run.expect("a run does not panic")).collect()
    })
}

/// The median and the 95th percentile. Undetected losses count as the worst.
fn spread(found: &[Option<Found>], of: impl Fn(&Found) -> f64) -> [String; 2] {
    let mut values: Vec<_> =
        found.iter().map(|found| found.as_ref().map_or(f64::INFINITY, &of)).collect();
    values.sort_unstable_by(f64::total_cmp);
    [0.5, 0.95].map(|share| match values[((values.len() - 1) as f64 * share).ceil() as usize] {
        f64::INFINITY => "not found".into(),
        value => format!("{value:.0}"),
    })
}
