//! The measurements, and how far they are from their targets.

use std::fmt::Write as _;
use std::time::Duration;

use product::Memory;

use crate::scene::{Crowd, Turn};

/// All measurements with one embedded store.
#[derive(Default)]
pub(crate) struct Figures {
    pub(crate) starts: Vec<Duration>,
    /// Processor time of a minute without activity.
    pub(crate) idle_cpu: Duration,
    /// Resident memory in that minute.
    pub(crate) idle: Memory,
    pub(crate) in_memory: Vec<Crowd>,
    pub(crate) on_disk: Vec<Crowd>,
    /// How long a sync took on that disk, before and after each round.
    pub(crate) syncs: Vec<Duration>,
    pub(crate) alone: Vec<Turn>,
    /// The turns, as a fraction of what a slow model allows.
    pub(crate) of_ceiling: Vec<f64>,
    pub(crate) crowded: Memory,
}

/// The measurements with a Firestore emulator.
pub(crate) struct OfFirestore {
    pub(crate) starts: Vec<Duration>,
    pub(crate) crowds: Vec<Crowd>,
    /// Turns one at a time, with the store at its place and this much further away.
    pub(crate) near: Vec<Turn>,
    pub(crate) far: Vec<Turn>,
    pub(crate) distance: Duration,
}

/// The target of a figure.
#[derive(Clone, Copy)]
enum Aim {
    AtMost(f64),
    AtLeast(f64),
}

impl Aim {
    /// A figure against its target: `✓`, or its ratio to the target.
    fn verdict(self, figure: f64) -> String {
        let (reached, aim) = match self {
            Self::AtMost(aim) => (figure <= aim, aim),
            Self::AtLeast(aim) => (figure >= aim, aim),
        };
        if reached { "✓".into() } else { format!("✗ {:.2} × the aim", figure / aim) }
    }
}

/// A table with a row for each of `figures`.
pub(crate) fn table(empty: &Figures, full: &Figures, firestore: Option<&OfFirestore>) -> String {
    let head = "| | aim | empty store | full store | Firestore emulator |\n|---|---|---|---|---|\n";
    let mut table = Table { rows: head.into(), empty, full };
    table.add_crowds(firestore);
    table.add_waits(firestore);
    table.add_process(firestore);
    table.rows
}

struct Table<'f> {
    rows: String,
    empty: &'f Figures,
    full: &'f Figures,
}

impl Table<'_> {
    fn row(&mut self, name: &str, aim: &str, of: impl Fn(&Figures) -> String, firestore: String) {
        let (empty, full) = (of(self.empty), of(self.full));
        writeln!(self.rows, "| {name} | {aim} | {empty} | {full} | {firestore} |").unwrap();
    }

    /// What turns cost, and how many there are, while many people text.
    fn add_crowds(&mut self, firestore: Option<&OfFirestore>) {
        self.row(
            "processor time of a turn, receipts included",
            "0.5 ms; Firestore 1.0 ms",
            |it| at_most(ms(cpu_of_turn(it.crowds())), "ms", 0.5),
            firestore.map_or("not installed".into(), |it| {
                at_most(ms(cpu_of_turn(&it.crowds)), "ms", 1.0)
            }),
        );
        let empty_cpu = ms(cpu_of_turn(self.empty.crowds()));
        self.row(
            "… times that of an empty store",
            "1.2",
            |it| at_most(ms(cpu_of_turn(it.crowds())) / empty_cpu, "×", 1.2),
            String::new(),
        );
        self.row(
            "turns a second, 32 people at once: in memory",
            "1,500",
            |it| match it.in_memory.as_slice() {
                [] => "no such folder".into(),
                crowds => figure(a_second(crowds), "", Aim::AtLeast(1500.0)),
            },
            firestore.map_or(String::new(), |it| format!("{:.0}", a_second(&it.crowds))),
        );
        self.row(
            "… on a disk, and how many for each of its syncs",
            "4",
            |it| {
                let (rate, syncs) = (a_second(&it.on_disk), 1.0 / it.sync().as_secs_f64());
                let verdict = Aim::AtLeast(4.0).verdict(rate / syncs);
                format!("{rate:.0} / {:.2} of {syncs:.0} {verdict}", rate / syncs)
            },
            String::new(),
        );
        self.row(
            "share of the ceiling: model 300 ms, send 100 ms, 128 people",
            "97 %",
            |it| figure(100.0 * median(it.of_ceiling.clone()), "%", Aim::AtLeast(97.0)),
            String::new(),
        );
    }

    /// How long somebody waits who texts alone.
    fn add_waits(&mut self, firestore: Option<&OfFirestore>) {
        self.row(
            "added to a turn alone, p50",
            "3 syncs + 1 ms",
            |it| {
                let added = ms(percentile(&arrived(&it.alone), 50));
                let aim = 3.0 * ms(it.sync()) + 1.0;
                let syncs = (added - 1.0) / ms(it.sync());
                let verdict = Aim::AtMost(aim).verdict(added);
                format!("{added:.2} ms = {syncs:.1} syncs + 1 ms {verdict}")
            },
            firestore.map_or(String::new(), |it| millis(percentile(&arrived(&it.near), 50))),
        );
        self.row(
            "… p99",
            "10 ms",
            |it| at_most(ms(percentile(&arrived(&it.alone), 99)), "ms", 10.0),
            firestore.map_or(String::new(), |it| millis(percentile(&arrived(&it.near), 99))),
        );
        self.row(
            "webhook to acknowledgement, p50",
            "1 sync + 0.5 ms",
            |it| {
                let took = ms(percentile(&acknowledged(&it.alone), 50));
                let verdict = Aim::AtMost(ms(it.sync()) + 0.5).verdict(took);
                format!("{took:.2} ms {verdict}")
            },
            firestore.map_or(String::new(), |it| millis(percentile(&acknowledged(&it.near), 50))),
        );
        self.row(
            "round trips to the store before the acknowledgement / from there to the send",
            "1 / 3",
            |_| "–".into(),
            firestore.map_or(String::new(), |it| {
                let (first, then) = it.round_trips();
                format!("{first:.1} / {then:.1}")
            }),
        );
    }

    /// What the process takes, whether anybody texts or not.
    fn add_process(&mut self, firestore: Option<&OfFirestore>) {
        self.row(
            "processor time while nothing happens, of a minute",
            "0.1 %",
            |it| at_most(100.0 * it.idle_cpu.as_secs_f64() / 60.0, "%", 0.1),
            String::new(),
        );
        self.row(
            "start to first answer, p50 / slowest",
            "50 ms",
            |it| starts(&it.starts),
            firestore.map_or(String::new(), |it| starts(&it.starts)),
        );
        self.row(
            "resident, and how much of it is not pages of the program's file: idle",
            "15 MiB",
            |it| resident(it.idle, 15.0),
            String::new(),
        );
        self.row(
            "… a minute after 10,000 people / at most",
            "30 MiB",
            |it| {
                let most = mib(it.crowded.most);
                format!("{} / {most:.1} MiB", resident(it.crowded, 30.0))
            },
            String::new(),
        );
        self.row("a sync of that disk", "", |it| millis(it.sync()), String::new());
    }
}

impl Figures {
    /// The crowds that best show processor time: nobody waits for a disk.
    fn crowds(&self) -> &[Crowd] {
        if self.in_memory.is_empty() { &self.on_disk } else { &self.in_memory }
    }

    fn sync(&self) -> Duration {
        percentile(&self.syncs, 50)
    }
}

impl OfFirestore {
    /// The round trips to the store before the acknowledgement, and from there to the send.
    fn round_trips(&self) -> (f64, f64) {
        let trips = |times: fn(&[Turn]) -> Vec<Duration>| {
            let median = |turns| percentile(&times(turns), 50).as_secs_f64();
            (median(&self.far) - median(&self.near)) / self.distance.as_secs_f64()
        };
        let first = trips(acknowledged);
        (first, trips(arrived) - first)
    }
}

fn figure(figure: f64, unit: &str, aim: Aim) -> String {
    let digits = if figure < 10.0 { 2 } else { 1 } - usize::from(figure >= 1000.0);
    format!("{figure:.digits$} {unit} {}", aim.verdict(figure)).replace("  ", " ")
}

fn at_most(it: f64, unit: &str, aim: f64) -> String {
    figure(it, unit, Aim::AtMost(aim))
}

fn starts(times: &[Duration]) -> String {
    let [half, all] = [50, 100].map(|percent| ms(percentile(times, percent)));
    format!("{half:.1} / {all:.1} ms {}", Aim::AtMost(50.0).verdict(half))
}

fn a_second(crowds: &[Crowd]) -> f64 {
    median(crowds.iter().map(Crowd::a_second).collect())
}

fn cpu_of_turn(crowds: &[Crowd]) -> Duration {
    percentile(&crowds.iter().map(Crowd::cpu_of_turn).collect::<Vec<_>>(), 50)
}

fn acknowledged(turns: &[Turn]) -> Vec<Duration> {
    turns.iter().map(|turn| turn.0).collect()
}

fn arrived(turns: &[Turn]) -> Vec<Duration> {
    turns.iter().map(|turn| turn.1).collect()
}

fn median(mut figures: Vec<f64>) -> f64 {
    figures.sort_unstable_by(f64::total_cmp);
    figures[figures.len() / 2]
}

fn percentile(times: &[Duration], percent: usize) -> Duration {
    let mut times = times.to_vec();
    times.sort_unstable();
    times[(times.len() * percent / 100).min(times.len() - 1)]
}

fn ms(time: Duration) -> f64 {
    time.as_secs_f64() * 1000.0
}

fn millis(time: Duration) -> String {
    format!("{:.2} ms", ms(time))
}

fn resident(Memory { now, own, .. }: Memory, aim: f64) -> String {
    format!("{:.1} MiB, {:.1} {}", mib(now), mib(own), Aim::AtMost(aim).verdict(mib(now)))
}

fn mib(kib: u64) -> f64 {
    kib as f64 / 1024.0
}
