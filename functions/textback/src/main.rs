//! Everything in one process, on one port, on an embedded store: `cargo run`.
//!
//! The same functions as on Lambda, wired together. It uses the providers, model, store and queue
//! that are configured, and a built-in one for each that is not, and says so.

mod by_hand;
mod commands;
mod model;
mod outside;

use std::process::ExitCode;

use clap::{Parser, Subcommand};
use settings::{Names, Settings};

use crate::commands::{
    audit, backup, chat, consents, console_user, doctor, figures, languages, limits, orders,
    person, quarantine, register, rehearse, restore, send, serve, smoke,
};

/// The program allocates many small objects on many threads. The system's allocator is slower at
/// that, and keeps more memory.
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
    Send(send::Asked),
    #[command(flatten)]
    Order(orders::Wanted),
    /// Print what operators did, the latest last
    Audit(audit::Asked),
    /// Act as a phone in the terminal
    Chat(chat::Asked),
    /// Text the deployment at `PUBLIC_URL` from a test number, and report each step
    Smoke,
    /// Check every provider and the installation, and say what is wrong and how to fix it
    #[command(after_help = doctor::EXIT_CODES)]
    Doctor(doctor::Asked),
    /// List verified calls that were not understood, grouped by their fields
    Quarantine {
        #[command(subcommand)]
        action: Option<quarantine::Action>,
    },
    /// Print what a stranger's text can cause at most, and how much of it is used
    Limits(limits::Asked),
    /// Print what became of texts, and how long answers took, by day, week or month
    Figures(figures::Asked),
    /// Print who agreed to be texted and who wanted no more, in which words, and how we know
    Consents(consents::Asked),
    /// Ask for a password and print who may sign in to the console with it, for `CONSOLE_USERS`
    ConsoleUser {
        /// Their name, as ann
        name: String,
    },
    /// Copy the embedded store into one file, also while it is used
    #[command(after_help = backup::EXIT_CODES)]
    Backup(backup::Asked),
    /// Put a backup in place of the embedded store, which is kept, while nothing uses it
    #[command(after_help = backup::EXIT_CODES)]
    Restore(restore::Asked),
    /// Print what is held about a person, erase it, or block or stop their number
    #[command(after_help = person::EXIT_CODES)]
    Person(person::Asked),
    /// Print what to paste into the forms that register a number, and what would be rejected
    Register,
    /// Play recorded conversations to another page or model, and print what differs
    #[command(after_help = rehearse::EXIT_CODES)]
    Rehearse(rehearse::Asked),
    /// Print what is said without the model, in each language, and how many segments it takes
    Languages(languages::Asked),
}

fn main() -> ExitCode {
    let functions = [
        inbound::SETTINGS,
        turn::SETTINGS,
        receipts::SETTINGS,
        sweep::SETTINGS,
        site::SETTINGS,
        console::SETTINGS,
        // One process does everything that there is to do with providers.
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
    // `serve` says so in its log.
    if !matches!(command, Command::Serve) {
        misspelt.iter().for_each(|name| eprintln!("note: {}", unread(name)));
    }
    carry_out(command, settings, &misspelt)
}

/// Carries a command out. `misspelt` are names in the environment that nearly match a setting.
fn carry_out(
    command: Command,
    settings: Settings,
    misspelt: &[(String, &'static str)],
) -> ExitCode {
    // A command's output is for a reader who wants results, not logs.
    let quiet = |settings: Settings| settings.or("RUST_LOG", "error");
    let done = match command {
        Command::Serve => host::run(settings, async |settings| {
            misspelt.iter().for_each(|name| tracing::warn!("{}", unread(name)));
            serve::run(settings).await
        }),
        Command::Chat(asked) => host::run(quiet(settings), |settings| chat::run(settings, asked)),
        Command::Smoke => host::run(quiet(settings), smoke::run),
        Command::Quarantine { action } => {
            host::run(quiet(settings), |it| quarantine::run(it, action))
        }
        Command::Limits(asked) => host::run(quiet(settings), |it| limits::run(it, asked)),
        Command::Figures(asked) => host::run(quiet(settings), |it| figures::run(it, asked)),
        Command::Consents(asked) => host::run(quiet(settings), |it| consents::run(it, asked)),
        Command::ConsoleUser { name } => {
            host::run(quiet(settings), async |_| console_user::run(&name))
        }
        Command::Register => host::run(quiet(settings), register::run),
        Command::Languages(asked) => host::run(quiet(settings), |it| languages::run(it, asked)),
        Command::Send(asked) => host::run(quiet(settings), |settings| send::run(settings, asked)),
        Command::Order(order) => host::run(quiet(settings), |it| orders::run(it, order)),
        Command::Audit(asked) => host::run(quiet(settings), |settings| audit::run(settings, asked)),
        Command::Backup(asked) => {
            let done = host::run(quiet(settings), async |settings| backup::run(&settings, &asked));
            return doctor::exit_code(done);
        }
        Command::Person(asked) => {
            let done = host::run(quiet(settings), |settings| person::run(settings, asked));
            return doctor::exit_code(done);
        }
        Command::Rehearse(asked) => {
            let done = host::run(quiet(settings), |settings| rehearse::run(settings, asked));
            return doctor::exit_code(done);
        }
        Command::Restore(asked) => {
            let done = host::run(quiet(settings), |settings| restore::run(settings, asked));
            return doctor::exit_code(done);
        }
        Command::Doctor(asked) => {
            let works =
                host::run(quiet(settings), |settings| doctor::run(settings, asked, misspelt));
            return doctor::exit_code(works);
        }
    };
    if done.is_some() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// The names in the environment that nearly match a setting, each with that setting, whichever
/// command runs.
fn misspelt(functions: &[Names]) -> Vec<(String, &'static str)> {
    let given = std::env::vars_os().filter_map(|(name, _)| name.into_string().ok());
    let ours = [host::SETTINGS, serve::SETTINGS, doctor::SETTINGS];
    settings::misspelt(
        given,
        functions.iter().copied().chain(ours).chain(smoke::SETTINGS.iter().copied()),
    )
}

fn unread((name, meant): &(String, &str)) -> String {
    format!("nothing reads {name}: did you mean {meant}?")
}
