//! Runs a function: under the Lambda runtime, or as a plain server on `$PORT`.
//!
//! A function does not know which of the two it is. Its `main` is a [`Function`] that answers calls,
//! works on wake-ups, or runs at intervals. Outside Lambda the latter two answer health and readiness
//! calls and nothing else, so that no stranger can make them work.
//!
//! With `SECRETS_PATH`, settings that the environment lacks come from Parameter Store, and a function
//! applies changes there while it runs.

#![warn(missing_docs)]

mod body;
mod caller;
mod crowd;
mod current;
mod function;
mod gateway;
mod health;
mod http;
mod parameters;
mod port;
mod ready;
mod schedule;
mod stop;
mod turned_away;
mod wake_ups;
mod watched;

use std::io::IsTerminal;
use std::process::ExitCode;
use std::time::Duration;

use settings::{Names, Settings, SettingsError};
use telemetry::LogFormat;

pub use caller::{Caller, FromProxy};
pub use current::Current;
pub use function::{Function, refuse_page};
pub use http::{PUBLIC_URL, public_url};
pub use parameters::parameters;
pub use port::{Port, bind, hold_back, serve};
pub use ready::{readiness, readiness_to_read};
pub use schedule::repeat;
pub use stop::stop_signal;
pub use wake_ups::NO_QUEUE;
pub use watched::Watched;

/// An error that ends a function. Its text is the one line that the owner reads.
pub type Error = Box<dyn std::error::Error + Send + Sync>;

/// How long the end of the process waits for other threads, such as a write to disk.
const LAST_WORK: Duration = Duration::from_secs(1);

/// The settings that every function reads in addition to its own.
pub const SETTINGS: Names = &[
    "AWS_LAMBDA_RUNTIME_API",
    "HOST",
    "LOG_FORMAT",
    "PORT",
    "RUST_LOG",
    "SECRETS_PATH",
    "TRUSTED_PROXIES",
];

/// The whole of the `main` of a program that is not a [`Function`]: starts logging according to
/// `RUST_LOG` and `LOG_FORMAT`, then runs `program` with the settings, completed from Parameter Store
/// if `SECRETS_PATH` is one of them. Returns the program's result; `None` if it failed, in which case
/// one line has been printed.
pub fn run<F, T>(environment: Settings, program: impl FnOnce(Settings) -> F) -> Option<T>
where
    F: Future<Output = Result<T, Error>>,
{
    start(environment, async |environment| program(parameters::completed(environment).await?).await)
}

/// Runs `program` with logging and a runtime, and reports its error.
fn start<F, T>(settings: Settings, program: impl FnOnce(Settings) -> F) -> Option<T>
where
    F: Future<Output = Result<T, Error>>,
{
    // Two TLS providers are compiled in; without a choice the first connection panics. An error means
    // that the choice has been made before.
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
    let outcome = log_filter(&settings)
        .and_then(|filter| Ok((log_format(&settings, std::io::stderr().is_terminal())?, filter)))
        .map_err(Error::from)
        .and_then(|(format, filter)| {
            telemetry::init(format, filter.as_deref());
            let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
            let outcome = runtime.block_on(program(settings));
            runtime.shutdown_timeout(LAST_WORK);
            outcome
        });
    outcome.map_err(|error| eprintln!("error: {error}")).ok()
}

/// Zero for success, one for failure.
pub(crate) fn exit_code(done: Option<()>) -> ExitCode {
    if done.is_some() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// Runs a task beside the function's work, such as connecting ahead of the first call: the start does
/// not wait for it, and on Lambda the first call comes immediately.
pub fn meanwhile(task: impl Future<Output = ()> + Send + 'static) {
    tokio::spawn(task);
}

/// Whether this process runs under the Lambda runtime.
pub fn on_lambda(settings: &Settings) -> bool {
    settings.get("AWS_LAMBDA_RUNTIME_API").is_some()
}

/// The value of `RUST_LOG`, if it has one.
fn log_filter(settings: &Settings) -> Result<Option<String>, SettingsError> {
    match settings.get("RUST_LOG") {
        Some(filter) if !telemetry::understands(filter) => Err(SettingsError::Invalid {
            name: "RUST_LOG",
            problem: "write error, warn, info, debug, trace or off, and for a part of us as \
                      info,turn=debug"
                .into(),
        }),
        filter => Ok(filter.map(str::to_owned)),
    }
}

/// The value of `LOG_FORMAT`; by default text for a person and JSON for a log system.
fn log_format(settings: &Settings, terminal: bool) -> Result<LogFormat, SettingsError> {
    match settings.get("LOG_FORMAT") {
        Some("json") => Ok(LogFormat::Json),
        Some("text") => Ok(LogFormat::Text),
        Some(_) => {
            Err(SettingsError::Invalid { name: "LOG_FORMAT", problem: "write json or text".into() })
        }
        None if terminal && !on_lambda(settings) => Ok(LogFormat::Text),
        None => Ok(LogFormat::Json),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn refuses_a_filter_that_would_log_nothing() {
        let filter = |written| log_filter(&Settings::from([("RUST_LOG", written)])).is_ok();
        for sound in ["", "info", "WARN", "off", "info,turn=debug", "turn", "warn,host::port=trace"]
        {
            assert!(filter(sound), "{sound}");
        }
        for wrong in ["verbose", "inf", "info,turn=debgu", "debug turn", "2x"] {
            assert!(!filter(wrong), "{wrong}");
        }
        let settings = Settings::from([("RUST_LOG", "verbose")]);
        assert_eq!(
            log_filter(&settings).unwrap_err().to_string(),
            "RUST_LOG cannot be used: write error, warn, info, debug, trace or off, and for a part \
             of us as info,turn=debug"
        );
    }

    #[test]
    fn writes_text_for_a_person_and_json_for_a_machine() {
        let format = |settings: &[(&str, &str)], terminal| {
            log_format(&settings.iter().copied().collect(), terminal)
        };
        let lambda = ("AWS_LAMBDA_RUNTIME_API", "127.0.0.1:9001");
        assert_eq!(format(&[], true), Ok(LogFormat::Text));
        assert_eq!(format(&[], false), Ok(LogFormat::Json));
        assert_eq!(format(&[lambda], true), Ok(LogFormat::Json));
        assert_eq!(format(&[("LOG_FORMAT", "text")], false), Ok(LogFormat::Text));
        assert_eq!(
            format(&[("LOG_FORMAT", "xml")], true).unwrap_err().to_string(),
            "LOG_FORMAT cannot be used: write json or text"
        );
    }
}
