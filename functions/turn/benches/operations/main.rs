//! Store operations for one text: `cargo bench -p turn --bench operations`. For one text of a
//! conversation and two receipts of its reply, prints how often each store commits, reads and
//! writes between the webhook and the last look of the sweep, and the cost on Firestore.
//!
//! The text answers the previous reply, which is thereby known to have arrived.

#![expect(clippy::print_stdout, reason = "the tables are its purpose")]

use scene::Scene;
use scene::counts::{Counts, Operations};

/// People who text at the same time, so that the work shared among several is shared here.
const PEOPLE: [&str; 10] = [
    "+12025550141",
    "+12025550142",
    "+12025550143",
    "+12025550144",
    "+12025550145",
    "+12025550146",
    "+12025550147",
    "+12025550148",
    "+12025550149",
    "+12025550150",
];

/// For how many minutes the sweep looks at sent texts: as many as lie between two checks of the
/// clock.
const MINUTES: usize = 5;

/// Firestore's prices for 100,000 documents read, written and deleted, in US dollars: in
/// us-central1, beyond the free quota (<https://cloud.google.com/firestore/pricing>, November
/// 2026).
const PRICES: [f64; 3] = [0.03, 0.09, 0.01];

/// The steps of a text, in order.
const STEPS: [&str; 4] = ["inbound", "turn", "receipts", "sweep"];

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let embedded = Scene::sending_by("twilio").await;
    print("the embedded store, swept every second", measure(embedded, true).await);
    if let Some(emulator) = fakes::firestore().await {
        let firestore = Scene::on_firestore("twilio", &emulator.host).await;
        let all = print("Firestore, swept every minute", measure(firestore, false).await);
        println!("100,000 of them cost {:.2} US dollars in us-central1.", price(all));
    }
}

/// The operations for one text, step by step. `at_once`: the sweep runs after each step as well.
async fn measure(mut scene: Scene, at_once: bool) -> [Operations; 4] {
    let counts = Counts::capture();
    // The route is healthy, and everybody has been answered before.
    text(&mut scene, "My sink leaks", &counts, at_once).await;
    let mut steps = text(&mut scene, "It is in the kitchen", &counts, at_once).await;
    // What an idle sweep asks of the store is not counted.
    let seconds = if at_once { 3 } else { 0 };
    for _ in 0..seconds {
        second(&mut scene).await;
    }
    minutes(&mut scene).await;
    steps[3] -= counts.take();
    steps
}

/// Everybody texts and is answered, and their provider reports twice.
async fn text(scene: &mut Scene, body: &str, counts: &Counts, at_once: bool) -> [Operations; 4] {
    let [mut inbound, mut turn, mut receipts, mut sweep] = [Operations::default(); 4];
    counts.take();
    for person in PEOPLE {
        scene.person = person;
        scene.text(body).await;
    }
    inbound += counts.take();
    let before = scene.companies.twilio.messages().len();
    scene.work().await;
    turn += counts.take();
    let sent = scene.companies.twilio.messages().split_off(before);
    assert_eq!(sent.len(), PEOPLE.len());
    for word in ["sent", "delivered"] {
        if at_once {
            second(scene).await;
            sweep += counts.take();
        }
        for message in &sent {
            scene.report(&scene.receipt(&message.sid, word, None)).await;
        }
        receipts += counts.take();
    }
    if at_once {
        second(scene).await;
    }
    minutes(scene).await;
    sweep += counts.take();
    [inbound, turn, receipts, sweep]
}

async fn second(scene: &mut Scene) {
    scene.pass(1);
    scene.sweep().await;
}

async fn minutes(scene: &mut Scene) {
    for _ in 0..MINUTES {
        scene.pass(60);
        scene.sweep().await;
    }
}

/// Prints the operations for one text, and returns the total.
fn print(store: &str, steps: [Operations; 4]) -> Operations {
    println!("One text and two receipts, on {store}:\n");
    println!("          commits  queries  read  written  deleted  expire");
    let mut all = Operations::default();
    for (name, step) in STEPS.into_iter().zip(steps) {
        row(name, step);
        all += step;
    }
    row("in all", all);
    println!();
    all
}

fn row(name: &str, step: Operations) {
    let Operations { commits, queries, read, written, deleted, left, .. } = step;
    let [commits, queries, read, written, deleted, left] =
        [commits, queries, read, written, deleted, left].map(of_one);
    println!(
        "{name:<8}{commits:>9.1}{queries:>9.1}{read:>6.1}{written:>9.1}{deleted:>9.1}{left:>8.1}"
    );
}

/// Expired documents are deleted, and paid for, as well.
fn price(all: Operations) -> f64 {
    let counts = [all.read, all.written, all.deleted + all.left];
    counts.into_iter().map(of_one).zip(PRICES).map(|(count, price)| count * price).sum()
}

/// The share of one text in the total.
fn of_one(count: i64) -> f64 {
    count as f64 / PEOPLE.len() as f64
}
