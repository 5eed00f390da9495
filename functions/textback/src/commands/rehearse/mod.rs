//! Plays recorded conversations to another page or model: `textback rehearse --page new.md`.
//!
//! Nobody is texted, and nothing is written but what it costs.

mod printed;
mod purse;
mod recorded;
mod stage;

use std::io::{IsTerminal as _, Write as _, stderr, stdin};
use std::path::PathBuf;

use clap::Args;
use futures::{StreamExt as _, stream};
use host::Error;
use rehearsal::{Outcome, Play, Recorded, Totals};
use settings::Settings;

use self::printed::Printer;
use self::purse::Purse;
use self::stage::Stage;

/// The exit codes in the help text. They never change.
pub(crate) const EXIT_CODES: &str = "\
Exit codes:
  0  all were played, and nothing is lost that the page's `expect` section forbids to lose
  1  something is
  2  they could not all be played: a setting cannot be used, the model does not answer, or a cap is reached";

/// How many conversations are played at once.
const AT_ONCE: usize = 4;

/// The options of `rehearse`.
#[derive(Args)]
pub(crate) struct Asked {
    /// Conversations that the console saved as tests
    #[arg(value_name = "FILE", conflicts_with_all = ["from", "last"])]
    files: Vec<PathBuf>,
    /// The page to play them to, instead of `AGENT_FILE`
    #[arg(long, value_name = "FILE")]
    page: Option<PathBuf>,
    /// The model to play them to, at the address that is configured
    #[arg(long, value_name = "NAME")]
    model: Option<String>,
    /// Take the conversations from the embedded store in this folder, instead of the configured store
    #[arg(long, value_name = "DATA_DIR")]
    from: Option<PathBuf>,
    /// How many conversations to take from a store, the latest [default: 200]
    #[arg(long, value_name = "COUNT", value_parser = clap::value_parser!(u32).range(1..=10_000))]
    last: Option<u32>,
    /// Send the recorded words to another model than the configured one
    #[arg(long)]
    send_words: bool,
    /// Print what was said as well
    #[arg(long)]
    words: bool,
    /// Do not ask whether to go on
    #[arg(long)]
    yes: bool,
    /// Print JSON: `version`, `model`, `estimate`, `conversations`, each with its `differences`, and
    /// `totals` and `losses`
    #[arg(long, conflicts_with = "words")]
    json: bool,
}

/// A conversation as it was recorded and as it was played.
struct Played {
    recorded: Recorded,
    then: Outcome,
    now: Outcome,
}

/// Plays them all. False if something is lost that the page forbids to lose.
pub(crate) async fn run(settings: Settings, asked: Asked) -> Result<bool, Error> {
    let stage = Stage::of(&settings, &asked).await?;
    let recorded = recorded::all(&settings, &asked).await?;
    if recorded.is_empty() {
        return Err("there is no conversation to play: nobody has been answered yet".into());
    }
    let purse = Purse::of(&settings, &stage).await?;
    let mut printer = Printer::new(asked.json, asked.words);
    let estimate = stage.estimate(&recorded);
    printer.begins(&stage, &recorded, &estimate, purse.left().await?);
    if !asked.yes && !estimate.is_free() && stdin().is_terminal() && !goes_on()? {
        return Err("nothing was played".into());
    }
    let mut totals = Totals::default();
    let played = recorded.into_iter().map(|recorded| play(&stage, &purse, recorded));
    let mut played = stream::iter(played).buffered(AT_ONCE);
    let mut failed = None;
    while let Some(played) = played.next().await {
        match played {
            Ok(played) => {
                totals.add(&stage.agent.page, &played.then, &played.now);
                printer.one(&played);
            }
            Err(error) => {
                failed = Some(error);
                break;
            }
        }
    }
    let losses = totals.losses(&stage.agent.page.expect);
    printer.ends(&totals, &losses);
    match failed {
        Some(error) => Err(error),
        None => Ok(losses.is_empty()),
    }
}

/// Plays one.
async fn play(stage: &Stage, purse: &Purse, recorded: Recorded) -> Result<Played, Error> {
    let then = recorded.outcome();
    let mut play = Play::of(&stage.agent, &recorded);
    while let Some(least) = play.least_cost() {
        let money = purse.take(least).await?;
        let (cost, answered) = play.answer(money.allowance).await;
        let cap = money.cap;
        purse.pay(money, cost).await?;
        answered.map_err(|error| match error.is_over_budget() {
            true => purse::reached(cap),
            false => Error::from(error),
        })?;
    }
    let now = play.outcome();
    Ok(Played { recorded, then, now })
}

/// Asks whether to go on.
fn goes_on() -> Result<bool, Error> {
    eprint!("Go on? [y/N] ");
    stderr().flush()?;
    let mut typed = String::new();
    stdin().read_line(&mut typed)?;
    Ok(matches!(typed.trim().to_ascii_lowercase().as_str(), "y" | "yes"))
}
