//! What strangers can cause: `cargo bench -p textback --bench flood`. Prints one table of the cost
//! of floods within their first minute, with the default limits, and how long a person who had an
//! answer before waits meanwhile.
//!
//! The program runs as a child process with the embedded store, in a release build. In the last row
//! its parts run here, with five workers that take wake-ups from SQS, as on Lambda: that SQS is a
//! stand-in in Python, which takes most of the time.

#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a benchmark that fails should say so"
)]

mod workers;

use std::net::SocketAddr;
use std::path::Path;
use std::time::{Duration, Instant};

use fakes::{Fate, OpenAi, Route, Twilio, WebhookCall};
use futures::StreamExt;
use futures::stream::iter;
use product::{PUBLIC_URL, Program};
use tempfile::TempDir;

use crate::workers::Workers;

const FLOOD: usize = 5_000;
/// Concurrent connections of the flood.
const CONCURRENCY: usize = 64;

/// The person who had an answer before the flood.
const CUSTOMER: &str = "+12125550143";

const MACHINE: &str = "+12125550144";

/// The kind of flood.
#[derive(Clone, Copy)]
enum Flood {
    OneSender,
    /// This many senders, one text each.
    Senders(usize),
    /// Repeats the same text to every reply.
    AutoReply,
    /// Responds to every reply, each time in other words.
    Bot,
}

/// As many as the stand-in of SQS can take.
const SMALLER: usize = 500;

/// How long it is watched, from the flood's first call.
const WITHIN: Duration = Duration::from_secs(60);

/// The seconds at which the customer texts, once the earlier text is answered.
const QUESTIONS: [u64; 4] = [0, 2, 5, 10];

struct Cost {
    /// From the first call of the flood to the acknowledgement of its last.
    taken: Option<Duration>,
    asked: usize,
    sent: usize,
    /// The maximum resident memory, in KiB.
    memory: Option<u64>,
    /// How long the customer waited for each answer. `None` is longer than was watched.
    waited: Vec<Option<Duration>>,
}

/// The stand-ins around the program.
struct Around {
    twilio: Twilio,
    openai: OpenAi,
}

#[tokio::main]
async fn main() {
    println!(
        "| in the first minute | taken in | model calls | sends | most memory | the customer waits, median / longest |"
    );
    println!("|---|---|---|---|---|---|");
    for (name, flood) in [
        ("one sender × 5,000", Flood::OneSender),
        ("5,000 senders × 1", Flood::Senders(FLOOD)),
        ("an auto-reply", Flood::AutoReply),
        ("a bot like ourselves", Flood::Bot),
    ] {
        let around = Around::start().await;
        let data = TempDir::new().unwrap();
        let program = around.program(&data.path().join("data")).answers().await;
        let cost = around.cost(program.address, flood).await;
        print(name, &Cost { memory: Some(program.memory().most), ..cost });
    }
    match fakes::moto().await {
        None => {
            println!("| 500 senders × 1, five workers on SQS | moto is not installed | | | | |")
        }
        Some(moto) => {
            let around = Around::start().await;
            let workers = Workers::start(&around.twilio, &around.openai, &moto).await;
            let cost = around.cost(workers.address, Flood::Senders(SMALLER)).await;
            print("500 senders × 1, five workers on SQS", &cost);
        }
    }
}

fn print(name: &str, cost: &Cost) {
    let Cost { taken, asked, sent, memory, waited } = cost;
    let seconds = |time: Option<Duration>, none: &str| {
        time.map_or(none.into(), |time| format!("{:.2} s", time.as_secs_f64()))
    };
    let mut waited = waited.clone();
    waited.sort_unstable_by_key(|time| time.unwrap_or(Duration::MAX));
    let [median, longest] = [waited[waited.len() / 2], *waited.last().unwrap()]
        .map(|time| seconds(time, "over a minute"));
    let taken = seconds(*taken, "–");
    let memory = memory.map_or("–".into(), |kib| format!("{:.0} MiB", kib as f64 / 1024.0));
    println!("| {name} | {taken} | {asked} | {sent} | {memory} | {median} / {longest} |");
}

impl Around {
    async fn start() -> Self {
        Self { twilio: Twilio::start().await, openai: OpenAi::start().await }
    }

    /// The program between them, on an empty store in this folder.
    fn program(&self, data: &Path) -> Program {
        let settings = [
            ("TWILIO_ACCOUNT_SID", self.twilio.account_sid()),
            ("TWILIO_AUTH_TOKEN", self.twilio.auth_token()),
            ("TWILIO_FROM", self.twilio.number()),
            ("TWILIO_BASE_URL", &self.twilio.url()),
            ("OPENAI_API_KEY", OpenAi::KEY),
            ("OPENAI_BASE_URL", &self.openai.url()),
        ];
        Program::start(&settings, data)
    }

    async fn cost(&self, address: SocketAddr, flood: Flood) -> Cost {
        let route = Route::new(PUBLIC_URL, address);
        self.twilio.decide(Fate::Delivered(route.clone()));
        self.ask(&route, "Do you move sofas?", 1).await.unwrap();
        let before = self.spent();
        let begun = Instant::now();
        let customer = async {
            let mut waited = Vec::new();
            for (before, second) in QUESTIONS.iter().enumerate() {
                let at = Duration::from_secs(*second);
                tokio::time::sleep(at.saturating_sub(begun.elapsed())).await;
                let text = format!("And on the {before}th of May?");
                waited.push(self.ask(&route, &text, before + 2).await);
            }
            waited
        };
        let spent = async {
            tokio::time::sleep(WITHIN).await;
            self.spent()
        };
        let ((asked, sent), waited, taken) =
            tokio::join!(spent, customer, tokio::time::timeout(WITHIN, self.flood(&route, flood)),);
        Cost {
            taken: taken.ok(),
            asked: asked - before.0,
            sent: sent - before.1,
            memory: None,
            waited,
        }
    }

    /// The calls of the model and the sends, except for the customer's.
    fn spent(&self) -> (usize, usize) {
        let to_customer = self.twilio.texts_to(CUSTOMER).len();
        (self.openai.requests().len() - to_customer, self.twilio.messages().len() - to_customer)
    }

    /// The customer texts, and reads the answer. Returns how long that took.
    async fn ask(&self, route: &Route, text: &str, answers: usize) -> Option<Duration> {
        let begun = Instant::now();
        let call = self.twilio.inbound(route, CUSTOMER, text);
        assert_eq!(call.post().await.status, 200);
        let answered = async {
            while self.twilio.texts_to(CUSTOMER).len() < answers {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        };
        tokio::time::timeout(WITHIN, answered).await.ok().map(|()| begun.elapsed())
    }

    /// Returns how long it took until all of it was acknowledged, if it ends.
    async fn flood(&self, route: &Route, flood: Flood) -> Duration {
        let text = |from: &str, number| {
            self.twilio.inbound(route, from, &format!("Text {number}: do you move sofas?"))
        };
        let begun = Instant::now();
        match flood {
            Flood::OneSender => {
                post((0..FLOOD).map(|number| text(MACHINE, number)).collect()).await;
            }
            Flood::Senders(count) => {
                let person = |number: usize| format!("+1202555{:04}", 5_000 + number);
                post((0..count).map(|number| text(&person(number), number)).collect()).await;
            }
            Flood::AutoReply => {
                let away = "Thanks for your text, we are closed today and will call you tomorrow.";
                self.talk(route, |_| away.to_owned()).await;
            }
            Flood::Bot => {
                let about = ["sofas", "pianos", "tables", "fridges", "books", "plants", "lamps"];
                let say = ["Could you move", "What do you ask for", "When is there time for"];
                self.talk(route, |turn| {
                    let (say, about) = (say[turn % say.len()], about[turn / 3 % about.len()]);
                    format!("{say} {about} from street {turn} on the {}th?", turn * 7 % 28)
                })
                .await;
            }
        }
        begun.elapsed()
    }

    /// A machine that answers every reply at once, without end.
    async fn talk(&self, route: &Route, say: impl Fn(usize) -> String) {
        for turn in 0.. {
            let call = self.twilio.inbound(route, MACHINE, &say(turn));
            assert_eq!(call.post().await.status, 200);
            while self.twilio.texts_to(MACHINE).len() <= turn {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        }
    }
}

async fn post(calls: Vec<WebhookCall>) {
    let post = |call: WebhookCall| async move { assert_eq!(call.post().await.status, 200) };
    iter(calls).map(post).buffer_unordered(CONCURRENCY).collect::<()>().await;
}
