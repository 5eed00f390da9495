//! A backup in place of the present store: `textback restore FILE`.

use std::fmt::Display;
use std::io::{BufRead as _, IsTerminal as _, Write as _, stdin, stdout};
use std::path::{Path, PathBuf};

use agent::Turn as Entry;
use clap::Args;
use conversations::{Aside, Left, Restore, Restored, Since, Store};
use host::Error;
use jiff::Timestamp;
use serde_json::{Value, json};
use settings::Settings;
use sms::Number;

use crate::commands::backup::{as_json, print, unless_refused};
use crate::commands::person::in_words;

/// What the agent is told in each conversation whose last reply was open.
const NOT_KNOWN: &str = "It is not known whether your last reply reached the person.";

/// The options of `restore`.
#[derive(Args)]
pub(crate) struct Asked {
    /// The backup. It takes the place of the store in `DATA_DIR`, which is kept beside it
    #[arg(required_unless_present_any = ["opt_outs", "opt_outs_imported", "set_aside"])]
    file: Option<PathBuf>,
    /// Enter these opt-outs in the present store: a file with numbers as +12025550143, one a line
    #[arg(long, value_name = "LIST", conflicts_with = "file")]
    opt_outs: Option<PathBuf>,
    /// Say that everybody on the opt-out lists of all providers has been entered, where nothing else
    /// says who has stopped since the backup. Alone, it lets a restored store send again
    #[arg(long)]
    opt_outs_imported: bool,
    /// Only set aside what is open in the configured store, such as a Firestore database that Google
    /// has restored
    #[arg(long, conflicts_with = "file")]
    set_aside: bool,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// Restores a backup, or does what the options say instead. False if the backup was refused, or if what
/// was erased again may still be readable.
pub(crate) async fn run(settings: Settings, asked: Asked) -> Result<bool, Error> {
    if let Some(file) = &asked.file {
        return restore(&settings, &asked, file).await;
    }
    let Some(store) = Store::open_existing(&settings)? else {
        return Err("nothing is stored in DATA_DIR".into());
    };
    let mut left = None;
    if asked.set_aside {
        let erased = store.erase_again().await?;
        let aside = store.set_open_aside(&note()?, 0, Timestamp::now()).await?;
        left = erased.left;
        let done = json!({
            "set_aside": counts(&aside),
            "erased_again": erased.total(),
            "left": left.map(in_words),
        });
        say(&asked, &aside, done);
        tell(&asked, left);
    }
    if let Some(list) = &asked.opt_outs {
        enter(&store, list, &asked).await?;
    }
    if asked.opt_outs_imported {
        store.opt_outs_imported().await?;
    }
    Ok(left.is_none())
}

/// The numbers of a list, one a line. An error names the line: its content is personal.
fn read(list: &Path) -> Result<Vec<Number>, Error> {
    let failed = |what: &dyn Display| format!("{}: {what}", list.display());
    let written = std::fs::read_to_string(list).map_err(|error| failed(&error))?;
    let lines = written.lines().map(str::trim).enumerate().filter(|(_, line)| !line.is_empty());
    let number = |(at, line): (usize, &str)| {
        Number::parse(line).map_err(|_| {
            failed(&format!(
                "line {} is no number with + and its country code: nothing was entered",
                at + 1
            ))
            .into()
        })
    };
    lines.map(number).collect()
}

#[expect(clippy::print_stdout, reason = "the output of a command")]
async fn enter(store: &Store, list: &Path, asked: &Asked) -> Result<(), Error> {
    let (numbers, now) = (read(list)?, Timestamp::now());
    let name = format!("list {}", list.file_name().unwrap_or_default().display());
    for number in &numbers {
        store.stop_listed(number, &name, now).await?;
    }
    if !asked.json {
        println!("Opt-outs entered: {}", numbers.len());
    }
    Ok(())
}

#[expect(clippy::print_stdout, reason = "the output of a command")]
async fn restore(settings: &Settings, asked: &Asked, file: &Path) -> Result<bool, Error> {
    let now = Timestamp::now();
    let Some(restore) = unless_refused(Restore::begin(settings, file, now))? else {
        return Ok(false);
    };
    let (held, since, lost) = (restore.held(), restore.since().clone(), restore.lost());
    if !asked.json {
        println!("{} holds:", file.display());
        print(&held);
        println!("{}", explained(&since));
    }
    let imported =
        asked.opt_outs_imported || matches!(since, Since::Nothing(_)) && !asked.json && agreed()?;
    let restored = restore.finish(settings, &note()?, imported, now).await?;
    let sends = imported || !matches!(since, Since::Nothing(_));
    let Restored { aside, erased, left, kept } = restored;
    let done = json!({
        "version": 1,
        "holds": as_json(&held),
        "knows_since": known(&since),
        "set_aside": counts(&aside),
        "waiting_texts_lost": lost,
        "erased_again": erased,
        "left": left.map(in_words),
        "kept": kept,
        "sends": sends,
    });
    say(asked, &aside, done);
    if !asked.json {
        if lost > 0 {
            println!(
                "{lost} texts that waited in the store before are only in the folder that is kept."
            );
        }
        if erased > 0 {
            println!(
                "Erased again, of people who were erased after the backup was made: {erased} documents."
            );
        }
        if let Some(kept) = kept {
            println!(
                "The store before is kept in {}: remove it when you are sure.",
                kept.display()
            );
        }
        tell(asked, left);
        if !sends {
            println!("{}", crate::by_hand::NOT_ALLOWED);
        }
    }
    Ok(left.is_none())
}

/// Prints why something of what was erased again may still be readable.
#[expect(clippy::print_stdout, reason = "the output of a command")]
fn tell(asked: &Asked, left: Option<Left>) {
    if let Some(left) = left.filter(|_| !asked.json) {
        println!("Not done yet: {}.", in_words(left));
    }
}

#[expect(clippy::print_stdout, reason = "the output of a command")]
fn say(asked: &Asked, aside: &Aside, done: Value) {
    if asked.json {
        println!("{done:#}");
        return;
    }
    println!("Set aside, to be neither answered nor sent by itself:");
    println!("  waiting texts  {}", aside.texts);
    println!("  open replies   {}", aside.replies);
    println!(
        "  attempts       {} of which it is now unknown whether they were sent",
        aside.unknown
    );
}

fn counts(aside: &Aside) -> Value {
    json!({ "texts": aside.texts, "replies": aside.replies, "unknown": aside.unknown })
}

fn known(since: &Since) -> &'static str {
    match since {
        Since::All => "all",
        Since::Ledger(_) => "ledger",
        Since::Nothing(_) => "nothing",
    }
}

/// What is known of the time since the backup, and what that means.
fn explained(since: &Since) -> String {
    match since {
        Since::All => "The store in DATA_DIR says who has stopped, come back or agreed since, and \
                       which texts were taken."
            .into(),
        Since::Ledger(why) => format!(
            "The store in DATA_DIR cannot be read: {why}. Its ledger says who has stopped, come back \
             or agreed since. Nothing says which texts were taken since: if a provider repeats one \
             of them, it is answered again."
        ),
        Since::Nothing(why) => format!(
            "Nothing says who has stopped since the backup, or which texts were taken: {why}. If a \
             provider repeats one of them, it is answered again. Nothing says who was erased since \
             either: erase them again by hand (`textback person NUMBER erase`)."
        ),
    }
}

/// Asks at a terminal whether the opt-out lists were imported.
#[expect(clippy::print_stdout, reason = "the output of a command")]
fn agreed() -> Result<bool, Error> {
    if !stdin().is_terminal() {
        return Ok(false);
    }
    print!(
        "Is everybody on the opt-out lists of all your providers entered here? Type yes or no: "
    );
    stdout().flush()?;
    let mut typed = String::new();
    stdin().lock().read_line(&mut typed)?;
    Ok(typed.trim().eq_ignore_ascii_case("yes"))
}

fn note() -> Result<Value, Error> {
    Ok(serde_json::to_value(Entry::Note { text: NOT_KNOWN.to_owned() })?)
}
