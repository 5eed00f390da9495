//! What 1, 10, 100 and 1,000 texts a second need: `cargo bench -p turn --bench scale`. Runs the
//! product's own functions for some simulated seconds at each rate and counts their requests to the
//! store and the queue; then says which limit of the services is met first, how it is lifted, and
//! what a day costs.
//!
//! Everybody texts three times, so a third of the texts are somebody's first; each reply gets two
//! receipts; the sweep runs every minute until nothing is due any more.

#![expect(clippy::unwrap_used, reason = "a benchmark that fails should say so")]
#![expect(clippy::print_stdout, reason = "the table is its purpose")]

mod needs;
mod seen;

use futures::FutureExt;
use scene::Scene;
use sms::Number;

use crate::needs::Needs;
use crate::seen::{Seen, Watch};

/// Texts a second, and for how many seconds. The cost of a text does not depend on earlier ones, so
/// a few busy seconds say as much as a minute.
const SIZES: [(u32, u32); 4] = [(1, 60), (10, 30), (100, 3), (1_000, 3)];

/// The texts of each person.
const TEXTS: [&str; 3] = ["My sink leaks", "It is in the kitchen", "Tomorrow at nine"];

/// How many people have texted before, so that the route is healthy.
const BEFORE: u32 = 40;

/// For how many minutes after the last text the sweep runs: to the third look at an attempt.
const MINUTES: u32 = 12;

/// The load at one rate.
pub(crate) struct Load {
    pub(crate) rate: f64,
    pub(crate) texts: f64,
    pub(crate) seen: Seen,
    pub(crate) wake_ups: f64,
    pub(crate) hottest: (String, u32),
}

/// A product whose time passes second by second.
struct Town {
    scene: Scene,
    watch: Watch,
    second: i64,
    /// How many of the sent messages have had each receipt.
    reported: [usize; 2],
    /// Whether no message waits for a receipt.
    is_quiet: bool,
    wake_ups: f64,
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    println!(
        "| texts a second | counted over | reads, writes, deletes, commits a second | most writes of a shared document in 3 s | most writes a second to a collection asked by time | wake-ups a second | functions at once | attempts looked at in a minute, of at most | a day, in US dollars |"
    );
    println!("|---|---|---|---|---|---|---|---|---|");
    let mut limits = vec![];
    for (rate, seconds) in SIZES {
        let load = simulate(rate, seconds).await;
        let needs = Needs::of(&load);
        let Needs { reads, writes, deletes, commits, in_order, .. } = &needs;
        let Needs { messages, at_once, looks, capacity, .. } = &needs;
        let a_day = needs.a_day();
        println!(
            "| {rate} | {seconds} s | {reads:.0}, {writes:.0}, {deletes:.0}, {commits:.0} | {}: {} | \
             {}: {:.0} | {messages:.0} | {at_once:.0} | {looks:.0} of {capacity:.0} | {a_day:.2} |",
            load.hottest.0, load.hottest.1, in_order.0, in_order.1
        );
        limits.push((rate, needs.met()));
    }
    println!(
        "\n| texts a second | limits that are met, the furthest exceeded first, and what lifts them |"
    );
    println!("|---|---|");
    for (rate, met) in limits {
        let met: Vec<_> = met.iter().map(ToString::to_string).collect();
        println!("| {rate} | {} |", if met.is_empty() { "none".into() } else { met.join("; ") });
    }
}

/// Simulates `rate` texts a second for `seconds`, and everything that follows from them.
async fn simulate(rate: u32, seconds: u32) -> Load {
    let unbounded =
        ["NEW_PEOPLE_PER_MINUTE", "REPLIES_PER_DAY", "CAP_DAY"].map(|limit| (limit, "off"));
    let scene = Scene::with("twilio", &unbounded).await;
    let watch = Watch::begin();
    let mut town =
        Town { scene, watch, second: 0, reported: [0; 2], is_quiet: true, wake_ups: 0.0 };
    for person in 0..BEFORE {
        town.text(u32::MAX - person, TEXTS[0]).await;
    }
    town.calm_down().await;
    town.watch.take();
    town.wake_ups = 0.0;

    let texts = rate * seconds;
    let people = texts.div_ceil(3);
    for text in 0..texts {
        town.text(text % people, TEXTS[(text / people) as usize]).await;
        if (text + 1) % rate == 0 {
            town.pass().await;
        }
    }
    town.calm_down().await;
    let seen = town.watch.take();
    // What an idle sweep asks of the store is not counted.
    town.calm_down().await;
    let seen = seen.without(&town.watch.take());
    Load {
        rate: rate.into(),
        texts: texts.into(),
        wake_ups: town.wake_ups,
        hottest: seen.hottest(),
        seen,
    }
}

impl Town {
    /// Somebody texts, and the call is acknowledged.
    async fn text(&mut self, person: u32, body: &str) {
        let number = format!("+1{}", 2_122_000_000_u64 + u64::from(person) % 7_999_999);
        self.scene.person = number.leak();
        self.is_for(self.scene.person);
        self.scene.text(body).await;
    }

    /// A second passes: everybody with a wake-up is answered, and receipts come.
    async fn pass(&mut self) {
        while let Some(received) = self.scene.process.queue.receive().now_or_never() {
            let received = received.unwrap();
            let conversation = received.wake_up.conversation.trim_end_matches(queue::KEYWORDS);
            self.watch.is_for(Some(conversation), self.second);
            self.scene.turn(&received.wake_up).await.unwrap();
            received.done().await.unwrap();
            self.wake_ups += 1.0;
            self.is_quiet = false;
        }
        if !self.is_quiet {
            self.report().await;
        }
        self.scene.pass(1);
        self.second += 1;
        if self.second % 60 == 0 {
            self.watch.is_for(None, self.second);
            self.scene.process.sweep.run(self.scene.now).await.unwrap();
            self.scene.process.sweep.watch(self.scene.now).await.unwrap();
        }
    }

    /// Reports the messages sent until a second ago as delivered, and all others as sent.
    async fn report(&mut self) {
        let (sent, before) = (self.scene.companies.twilio.messages(), self.reported);
        for (place, word, until) in [(1, "delivered", before[0]), (0, "sent", sent.len())] {
            for message in &sent[before[place]..until] {
                self.is_for(&message.to);
                self.scene.report(&self.scene.receipt(&message.sid, word, None)).await;
            }
            self.reported[place] = until;
        }
        self.is_quiet = self.reported[0] == self.reported[1];
    }

    /// Attributes the following work to this person.
    fn is_for(&self, person: &str) {
        let names = self.scene.process.store.names();
        let conversation = names.conversation("twilio", &Number::parse(person).unwrap());
        self.watch.is_for(Some(conversation.as_str()), self.second);
    }

    /// Runs on without texts until nothing is left to do.
    async fn calm_down(&mut self) {
        for _ in 0..MINUTES * 60 {
            self.pass().await;
        }
    }
}
