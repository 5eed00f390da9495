//! Everything in one process, on one port, on an embedded store: `cargo run`.
//!
//! The same functions as on Lambda, wired together: with the settings of providers, a model, a
//! store or a queue it uses those, and without any it uses what is built in and says so.

mod by_hand;
mod commands;
mod model;
mod outside;

use std::process::ExitCode;

use clap::{Parser, Subcommand};
use settings::{Names, Settings};

use crate::commands::{chat, doctor, give_back, quarantine, register, send, serve, smoke};

/// Many threads allocate small things here, which the system's allocator is slower at, and keeps more
/// of.
#[cfg(feature = "jemalloc")]
#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

/// An AI agent that people reach by text message.
#[derive(Parser)]
#[command(name = "textback", version)]
struct Arguments {
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Subcommand)]
enum Command {
    /// Serve webhooks and the console (the default)
    Serve,
    /// Send one text by the configured providers and print each attempt
    Send {
        /// The number to text, as +12025550143 or as it is dialled where we are
        to: String,
        /// What to say
        text: String,
    },
    /// Give a person whose conversation was handed over back to the agent
    GiveBack {
        /// Their number, as +12025550143
        person: String,
    },
    /// Be a phone in the terminal
    Chat(chat::Asked),
    /// Text what runs at `PUBLIC_URL` from a number that is nobody's, and say step by step what works
    Smoke,
    /// Look at every provider and at the installation, and say what is wrong and what to do about it
    #[command(after_help = doctor::EXIT_CODES)]
    Doctor(doctor::Asked),
    /// List verified calls that were not understood, by the fields they have
    Quarantine {
        #[command(subcommand)]
        action: Option<quarantine::Action>,
    },
    /// Print what to paste into the forms that register a number, and what would be rejected
    Register,
}

fn main() -> ExitCode {
    let functions = [
        inbound::SETTINGS,
        turn::SETTINGS,
        receipts::SETTINGS,
        sweep::SETTINGS,
        site::SETTINGS,
        console::SETTINGS,
        // One process does with providers all that there is to do.
        &[providers::SETTINGS],
    ];
    let command = Arguments::parse().command.unwrap_or(Command::Serve);
    let names = match command {
        Command::Chat(_) => chat::SETTINGS.to_vec(),
        Command::Smoke => smoke::SETTINGS.to_vec(),
        Command::Doctor(_) => [&functions.concat()[..], &[doctor::SETTINGS]].concat(),
        _ => functions.concat(),
    };
    let settings = Settings::from_env([host::SETTINGS, serve::SETTINGS].into_iter().chain(names));
    let misspelt = misspelt(&functions.concat());
    // What serves says so in its log.
    if !matches!(command, Command::Serve) {
        misspelt.iter().for_each(|name| eprintln!("note: {}", unread(name)));
    }
    // Who reads what a command prints wants to read what is said, not how.
    let quiet = |settings: Settings| settings.or("RUST_LOG", "error");
    let done = match command {
        Command::Serve => host::run(settings, async |settings| {
            misspelt.iter().for_each(|name| tracing::warn!("{}", unread(name)));
            serve::run(settings).await
        }),
        Command::Chat(asked) => host::run(quiet(settings), |settings| chat::run(settings, asked)),
        Command::Smoke => host::run(quiet(settings), smoke::run),
        Command::Quarantine { action } => {
            host::run(quiet(settings), |settings| quarantine::run(settings, action))
        }
        Command::Register => host::run(quiet(settings), register::run),
        Command::Send { to, text } => {
            host::run(quiet(settings), |settings| send::run(settings, to, text))
        }
        Command::GiveBack { person } => {
            host::run(quiet(settings), |settings| give_back::run(settings, person))
        }
        Command::Doctor(asked) => {
            let works =
                host::run(quiet(settings), |settings| doctor::run(settings, asked, &misspelt));
            return doctor::exit_code(works);
        }
    };
    if done.is_some() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// The names in the environment that are nearly those of settings, each with the one that is meant,
/// whatever the command reads.
fn misspelt(functions: &[Names]) -> Vec<(String, &'static str)> {
    let given = std::env::vars_os().filter_map(|(name, _)| name.into_string().ok());
    let ours = [host::SETTINGS, serve::SETTINGS, doctor::SETTINGS];
    settings::misspelt(
        given,
        functions.iter().copied().chain(ours).chain(smoke::SETTINGS.iter().copied()),
    )
}

fn unread((name, meant): &(String, &str)) -> String {
    format!("nobody reads {name}: {meant} may be meant")
}
