//! What an operator wants of a conversation: `textback take`, `give-back`, `done` and `send --as`. It is
//! stored as an order, which a running textback carries out, and this waits to see what became of it.

use std::time::Duration;

use clap::{Args, Subcommand};
use conversations::{Act, By, ConversationId, Order, OrderKind, Ordered, Store, Via};
use host::Error;
use jiff::Timestamp;
use settings::Settings;
use sms::{Number, PRETENDED, Status};
use telemetry::TraceId;
use tokio::time::{Instant, sleep};

use crate::by_hand;

/// How long somebody waits at the terminal: a sweep comes by once a minute.
const PATIENCE: Duration = Duration::from_secs(90);

/// How often it is looked.
const OFTEN: Duration = Duration::from_millis(300);

/// How many of the acts in a conversation are searched for this one.
const LATEST: u32 = 20;

/// The longest name, in characters.
const NAME: usize = 60;

/// What is said where there is nothing to do it to.
const NOBODY: &str = "this person has no conversation with the agent: nothing was done";

/// Whose conversation it is, and who wants something of it.
#[derive(Args)]
pub(crate) struct Asked {
    /// Their number, as +12025550143 or as it is dialled locally
    person: String,
    #[command(flatten)]
    who: Who,
}

/// Who wants something.
#[derive(Args)]
pub(crate) struct Who {
    /// Your name, as those who work with you know you
    #[arg(long = "as", value_name = "NAME", default_value = access::OWNER)]
    pub(crate) name: String,
    /// Do so although this colleague has the conversation
    #[arg(long, value_name = "NAME")]
    pub(crate) from: Option<String>,
}

/// What can be wanted of a conversation.
#[derive(Subcommand)]
pub(crate) enum Wanted {
    /// Take a conversation over: the agent is silent from then on
    Take(Asked),
    /// Give a person whose conversation was handed over or taken back to the agent
    GiveBack(Asked),
    /// Close a conversation that you have dealt with: the agent answers the next text
    Done {
        #[command(flatten)]
        asked: Asked,
        /// How it ended, for the agent
        word: Option<String>,
    },
}

/// Carries an order out, and prints what became of it.
pub(crate) async fn run(settings: Settings, wanted: Wanted) -> Result<(), Error> {
    let (asked, kind) = match wanted {
        Wanted::Take(asked) => (asked, OrderKind::Take),
        Wanted::GiveBack(asked) => (asked, OrderKind::GiveBack),
        Wanted::Done { asked, word } => (asked, OrderKind::Done { word }),
    };
    let to = by_hand::number(&settings, &asked.person)?;
    give(&Store::open(&settings)?, &to, asked.who, kind).await
}

/// The same, for a number that was read.
#[expect(clippy::print_stdout, reason = "the output of a command")]
pub(crate) async fn give(
    store: &Store,
    to: &Number,
    who: Who,
    kind: OrderKind,
) -> Result<(), Error> {
    let Who { name, from } = who;
    if name.trim().is_empty() || name.chars().count() > NAME {
        return Err(format!("write a name of 1 to {NAME} characters after --as").into());
    }
    let id = conversation(store, to).await?;
    let (at, trace) = (Timestamp::now(), TraceId::fresh());
    let claim = store.names().order(trace.as_str());
    let by = By { name, via: Via::Command };
    let order = Order { id: String::new(), kind, by, expects: from, trace, at };
    match store.order(&claim, &id, &order).await? {
        Ordered::New | Ordered::Repeat => {}
        Ordered::NoConversation => return Err(NOBODY.into()),
    }
    carried_out(store, &id, &order).await?;
    let name = &order.by.name;
    match &order.kind {
        OrderKind::Take => println!("{name} has this person now, and the agent is silent."),
        OrderKind::GiveBack => {
            println!("The agent has this person again, and answers what nobody has answered.");
            println!("At night it waits until the morning of the person.");
        }
        OrderKind::Done { .. } => println!("Done: the agent answers the next text."),
        OrderKind::Say { .. } => said(store, &id, &order).await?,
        OrderKind::Correct { .. } | OrderKind::Tell { .. } => {}
    }
    Ok(())
}

/// The conversation with a person: with a real one, or else with one of the mock.
async fn conversation(store: &Store, to: &Number) -> Result<ConversationId, Error> {
    for provider in ["", PRETENDED] {
        let id = store.names().conversation(provider, to);
        if store.load(&id, Timestamp::now()).await?.is_some() {
            return Ok(id);
        }
    }
    Err(NOBODY.into())
}

/// Waits until an order is dealt with. Fails if it was refused.
async fn carried_out(store: &Store, id: &ConversationId, order: &Order) -> Result<(), Error> {
    let end = Instant::now() + PATIENCE;
    loop {
        let loaded = store.load(id, Timestamp::now()).await?.ok_or(NOBODY)?;
        if loaded.orders.iter().all(|waiting| waiting.trace != order.trace) {
            break;
        }
        if Instant::now() > end {
            return Err(
                "no textback that runs has taken this up yet: one will, once it runs".into()
            );
        }
        sleep(OFTEN).await;
    }
    let acts = store.acts_in(id, LATEST).await?;
    let refused = format!("{} refused", order.kind.word());
    let is_it = |act: &&Act| act.did == refused && act.by == order.by && act.at >= order.at;
    match acts.iter().rev().find(is_it) {
        None => Ok(()),
        Some(act) => Err(format!("nothing was done: {}", act.what.as_deref().unwrap_or("")).into()),
    }
}

/// Prints how far a text got, once it has left.
#[expect(clippy::print_stdout, reason = "the output of a command")]
async fn said(store: &Store, id: &ConversationId, order: &Order) -> Result<(), Error> {
    let end = Instant::now() + PATIENCE;
    while Instant::now() < end {
        let loaded = store.load(id, Timestamp::now()).await?.ok_or(NOBODY)?;
        let open = loaded.conversation.open.filter(|open| open.trace == order.trace);
        if open.as_ref().is_some_and(|open| open.held_until.is_some()) {
            println!(
                "It is night where they are: it is sent in the morning. --at-night sends it now."
            );
            return Ok(());
        }
        let attempts = store.attempts_under(&order.trace).await?;
        let last = attempts.last().map(|last| (last.provider.as_str(), last.status(), last));
        match last {
            Some((by, status, _)) if status.is_failure() && open.is_none() => {
                return Err(format!("{by} did not take it: the console says why").into());
            }
            Some((by, Status::Unknown, _)) => {
                return Err(format!("it may have been sent: look it up in {by}'s console").into());
            }
            Some((by, status, last)) if status != Status::Sending && !status.is_failure() => {
                println!("{by}: accepted, {} segment(s), trace {}", last.segments, order.trace);
                println!("Accepted is not delivered: the console shows when it is.");
                return Ok(());
            }
            _ => sleep(OFTEN).await,
        }
    }
    Err("it is not known yet what becomes of it: the console will show it".into())
}
