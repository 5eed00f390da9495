//! How fast it is: `cargo bench -p local`. Prints one table, in which nothing is judged.
//!
//! The program itself runs as a child process, built as it is shipped. Model and provider are
//! stand-ins in this process, so what they take is on the same cores; what the model takes is
//! measured and subtracted, what the provider takes comes after the text has arrived there. Every
//! reply gets its two receipts, every call comes on a connection of its own.

#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a benchmark that fails should say so"
)]

mod distance;
mod program;

use std::fmt::Write as _;
use std::time::{Duration, Instant};

use fakes::{Fate, OpenAi, Route, Twilio};
use futures::future::join_all;
use serde_json::Value;

use crate::distance::Distance;
use crate::program::{Memory, Program};

/// Turns, one after the other: rounds, and turns in each.
const ALONE: (usize, usize) = (5, 100);

/// Rounds in which everybody texts at once.
const CROWDS: usize = 7;
const CROWD: usize = 200;

const STARTS: usize = 10;

/// How far away the store is made to be, to count how often the way to it is taken.
const FAR: Duration = Duration::from_millis(50);

/// Whoever texts here texts faster than people do.
const WITHOUT_LIMITS: [(&str, &str); 4] = [
    ("REPLIES_PER_MINUTE", "off"),
    ("REPLIES_PER_HOUR", "off"),
    ("REPLIES_PER_DAY", "off"),
    ("NEW_PEOPLE_PER_MINUTE", "off"),
];

/// Everything that is measured with one store.
struct Figures {
    starts: Vec<Duration>,
    idle: Memory,
    acknowledged: Vec<Duration>,
    added: Vec<Duration>,
    medians: Vec<Duration>,
    model: Duration,
    alone: Memory,
    /// Until everybody had a reply, and until all receipts were taken.
    crowds: Vec<(Duration, Duration)>,
    cpu_per_turn: Duration,
    crowded: Memory,
    /// Before the acknowledgement, and from there to the send.
    round_trips: Option<(f64, f64)>,
}

/// The stand-ins, the program, and how many replies there have been.
struct Scene {
    twilio: Twilio,
    openai: OpenAi,
    program: Program,
    route: Route,
    replies: usize,
}

#[tokio::main]
async fn main() {
    let embedded = measure(None).await;
    let firestore = match fakes::firestore().await {
        Some(emulator) => Some(measure(Some(&Distance::to(&emulator.host).await)).await),
        None => None,
    };
    let cores = std::thread::available_parallelism().unwrap();
    println!(
        "{cores} cores, shared with the stand-ins; {} x {} turns alone, {CROWDS} x {CROWD} at once\n",
        ALONE.0, ALONE.1
    );
    println!("{}", table(&embedded, firestore.as_ref()));
}

async fn measure(store: Option<&Distance>) -> Figures {
    let mut starts = Vec::new();
    for _ in 0..STARTS {
        starts.push(Scene::new(store).await.program.started);
    }
    let mut scene = Scene::new(store).await;
    let idle = scene.program.memory();
    // Connections, and a file that is no longer empty.
    scene.alone(20).await;

    let (mut acknowledged, mut added, mut medians) = (Vec::new(), Vec::new(), Vec::new());
    let before = scene.openai.requests().len();
    let mut rounds = Vec::new();
    for _ in 0..ALONE.0 {
        rounds.push(scene.alone(ALONE.1).await);
    }
    let model = time_of_model(&scene.openai, &scene.openai.requests()[before..]).await;
    for round in rounds {
        let arrived = round.iter().map(|turn| turn.1.saturating_sub(model));
        let arrived: Vec<_> = arrived.collect();
        medians.push(percentile(&arrived, 50));
        added.extend(arrived);
        acknowledged.extend(round.iter().map(|turn| turn.0));
    }

    let alone = scene.program.memory();

    let mut crowds = Vec::new();
    scene.crowd().await;
    let cpu = scene.program.cpu();
    for _ in 0..CROWDS {
        crowds.push(scene.crowd().await);
    }
    let cpu_per_turn = (scene.program.cpu() - cpu) / (CROWDS * CROWD) as u32;
    let crowded = scene.program.memory();

    let round_trips = match store {
        None => None,
        Some(store) => {
            let near = scene.alone(40).await;
            store.set(FAR);
            let far = scene.alone(40).await;
            store.set(Duration::ZERO);
            let trips = |time: fn(&(Duration, Duration)) -> Duration| {
                let median =
                    |turns: &[_]| percentile(&turns.iter().map(time).collect::<Vec<_>>(), 50);
                (median(&far).as_secs_f64() - median(&near).as_secs_f64()) / FAR.as_secs_f64()
            };
            let acknowledged = trips(|turn| turn.0);
            Some((acknowledged, trips(|turn| turn.1) - acknowledged))
        }
    };
    Figures {
        starts,
        idle,
        acknowledged,
        added,
        medians,
        model,
        alone,
        crowds,
        cpu_per_turn,
        crowded,
        round_trips,
    }
}

impl Scene {
    async fn new(store: Option<&Distance>) -> Self {
        let (twilio, openai) = (Twilio::start().await, OpenAi::start().await);
        let program =
            Program::start(&twilio, &openai, store.map(Distance::address), &WITHOUT_LIMITS);
        let route = Route::new(program::PUBLIC_URL, program.address);
        twilio.decide(Fate::Delivered(route.clone()));
        Self { twilio, openai, program, route, replies: 0 }
    }

    /// Persons text one after the other, each once the one before is through with everything. From
    /// the call of each: when it was acknowledged, and when the reply arrived at the provider.
    async fn alone(&mut self, turns: usize) -> Vec<(Duration, Duration)> {
        let mut times = Vec::new();
        for turn in 0..turns {
            self.replies += 1;
            // Who says the same again and again is taken for a machine.
            let text = format!("Can you move {} sofas on Friday?", self.replies);
            let call = self.twilio.inbound(&self.route, &person(turn), &text);
            let begun = Instant::now();
            let acknowledge = async {
                assert_eq!(call.post().await.status, 200);
                begun.elapsed()
            };
            let arrive = async {
                self.twilio.wait_for_messages(self.replies).await;
                begun.elapsed()
            };
            times.push(tokio::join!(acknowledge, arrive));
            self.twilio.wait_for_reports(2 * self.replies).await;
        }
        times
    }

    /// Everybody texts at once. How long until all have their reply, and until its receipts are in.
    async fn crowd(&mut self) -> (Duration, Duration) {
        let text = |person: String| self.twilio.inbound(&self.route, &person, "And on Saturday?");
        let calls: Vec<_> = (0..CROWD).map(|number| text(person(number))).collect();
        self.replies += CROWD;
        let begun = Instant::now();
        let posts = calls.iter().map(|call| async { assert_eq!(call.post().await.status, 200) });
        tokio::join!(join_all(posts), self.twilio.wait_for_messages(self.replies));
        let answered = begun.elapsed();
        self.twilio.wait_for_reports(2 * self.replies).await;
        (answered, begun.elapsed())
    }
}

/// What the model takes by itself, for the same requests on a connection that is open.
async fn time_of_model(openai: &OpenAi, requests: &[Value]) -> Duration {
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    let mut times = Vec::new();
    for request in requests {
        let request = client
            .post(format!("{}/chat/completions", openai.url()))
            .bearer_auth(OpenAi::KEY)
            .json(request);
        let begun = Instant::now();
        request.send().await.unwrap().bytes().await.unwrap();
        times.push(begun.elapsed());
    }
    percentile(&times, 50)
}

/// One of 200 numbers that nobody has, and none of ours.
fn person(number: usize) -> String {
    let area = if number.is_multiple_of(2) { 212 } else { 213 };
    format!("+1{area}55501{:02}", number / 2 % 100)
}

fn percentile(times: &[Duration], percent: usize) -> Duration {
    let mut times = times.to_vec();
    times.sort_unstable();
    times[(times.len() * percent / 100).min(times.len() - 1)]
}

fn table(embedded: &Figures, firestore: Option<&Figures>) -> String {
    let mut table = String::from("| | embedded | Firestore emulator | aim |\n|---|---|---|---|\n");
    let mut row = |name: &str, show: &dyn Fn(&Figures) -> String, aim: &str| {
        let firestore = firestore.map_or("not installed".into(), show);
        writeln!(table, "| {name} | {} | {firestore} | {aim} |", show(embedded)).unwrap();
    };
    let percentiles = |times: &[Duration], percents: &[usize]| {
        let shown = percents.iter().map(|percent| millis(percentile(times, *percent)));
        format!("{} ms", shown.collect::<Vec<_>>().join(" / "))
    };
    row(
        "webhook to acknowledgement, p50 / p95 / p99",
        &|figures| percentiles(&figures.acknowledged, &[50, 95, 99]),
        "",
    );
    row(
        "webhook to the reply's arrival at the provider, without the model, p50 / p95",
        &|figures| percentiles(&figures.added, &[50, 95]),
        "5 ms embedded",
    );
    row(
        "… p50 of the fastest and the slowest round",
        &|figures| percentiles(&figures.medians, &[0, 100]),
        "",
    );
    row("the model's own part, subtracted", &|figures| format!("{} ms", millis(figures.model)), "");
    row(
        "round trips to the store before the acknowledgement / from there to the send",
        &|figures| {
            figures
                .round_trips
                .map_or("–".into(), |(first, then)| format!("{first:.1} / {then:.1}"))
        },
        "1 / 3",
    );
    row(
        "turns a second, everybody at once: answered / receipts taken as well",
        &|figures| {
            let rate = |until: fn(&(Duration, Duration)) -> Duration| {
                let times: Vec<_> = figures.crowds.iter().map(until).collect();
                CROWD as f64 / percentile(&times, 50).as_secs_f64()
            };
            format!("{:.0} / {:.0}", rate(|crowd| crowd.0), rate(|crowd| crowd.1))
        },
        "",
    );
    row("processor time of a turn", &|figures| format!("{} ms", millis(figures.cpu_per_turn)), "");
    row(
        "resident memory: idle / after turns alone / after the crowd / at most",
        &|Figures { idle, alone, crowded, .. }| {
            let kib = [idle.now, alone.now, crowded.now, crowded.most];
            let shown = kib.map(|kib| format!("{:.1}", kib as f64 / 1024.0));
            format!("{} MiB", shown.join(" / "))
        },
        "30 MiB",
    );
    row(
        "start to first answer, p50 / slowest",
        &|figures| percentiles(&figures.starts, &[50, 100]),
        "50 ms",
    );
    table
}

fn millis(time: Duration) -> String {
    format!("{:.1}", time.as_secs_f64() * 1000.0)
}
