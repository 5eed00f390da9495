//! A copy of the embedded store in one file: `textback backup FILE`.

use std::path::PathBuf;

use clap::Args;
use conversations::{Held, OpenError};
use host::Error;
use jiff::{Timestamp, Unit};
use serde_json::{Value, json};
use settings::Settings;

/// The exit codes in the help text. They never change.
pub(crate) const EXIT_CODES: &str = "\
Exit codes:
  0  it is done
  1  the backup is refused, and nothing was changed; or it is done, except for what is said
  2  it could not be tried: a setting cannot be used, or another process uses the store";

/// The options of `backup`.
#[derive(Args)]
pub(crate) struct Asked {
    /// The file to write, which may not exist yet
    file: PathBuf,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// Writes a backup, whoever uses the store meanwhile, and prints what it holds. False if it was refused.
#[expect(clippy::print_stdout, reason = "the output of a command")]
pub(crate) fn run(settings: &Settings, asked: &Asked) -> Result<bool, Error> {
    let now = Timestamp::now();
    let Some(held) = unless_refused(conversations::back_up(settings, &asked.file))? else {
        return Ok(false);
    };
    if asked.json {
        println!("{:#}", json!({ "version": 1, "at": now, "holds": as_json(&held) }));
        return Ok(true);
    }
    println!("{} holds the store as of {}:", asked.file.display(), now.round(Unit::Second)?);
    print(&held);
    println!(
        "It was checked, and only its owner can read it. It holds NAME_KEY, telephone numbers and \
         everything that was said, and is not encrypted: keep it as you keep a password."
    );
    Ok(true)
}

/// Prints a refusal, which is a result: `None`.
#[expect(clippy::print_stderr, reason = "the output of a command")]
pub(crate) fn unless_refused<T>(outcome: Result<T, OpenError>) -> Result<Option<T>, OpenError> {
    match outcome {
        Ok(done) => Ok(Some(done)),
        Err(refused @ OpenError::Backup(_)) => {
            eprintln!("error: {refused}");
            Ok(None)
        }
        Err(error) => Err(error),
    }
}

/// Prints what a backup holds.
#[expect(clippy::print_stdout, reason = "the output of a command")]
pub(crate) fn print(held: &Held) {
    let latest = held.latest.and_then(|latest| latest.round(Unit::Second).ok());
    let latest = latest.map(|latest| format!(", the latest text of {latest}")).unwrap_or_default();
    println!("  people         {}{latest}", held.people);
    println!("  conversations  {} that are over", held.ended);
    println!("  waiting texts  {}", held.waiting);
    println!("  stops          {}", held.stops);
    println!("  consents       {}", held.consents);
}

/// The same for a program.
pub(crate) fn as_json(held: &Held) -> Value {
    json!({
        "people": held.people,
        "latest_text": held.latest,
        "conversations_over": held.ended,
        "waiting_texts": held.waiting,
        "stops": held.stops,
        "consents": held.consents,
    })
}
