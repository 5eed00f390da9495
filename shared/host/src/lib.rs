//! Runs a function: under the Lambda runtime, or as a plain server on `$PORT`.
//!
//! A function does not know which of the two it is. Its `main` is [`run`], which ends in
//! [`serve_http`] for one that is called, [`serve_queue`] for one that works on wake-ups, or
//! [`serve_schedule`] for one that runs from time to time. Outside Lambda the latter two answer
//! `GET /healthz` and nothing else, so no stranger can make them work.

#![warn(missing_docs)]

mod gateway;
mod http;
mod schedule;
mod stop;
mod wake_ups;

use std::io::IsTerminal;
use std::process::ExitCode;
use std::time::Duration;

use settings::{Settings, SettingsError};
use telemetry::LogFormat;

pub use http::{bind, public_url, serve, serve_http};
pub use schedule::{repeat, serve_schedule};
pub use stop::stop_signal;
pub use wake_ups::{NO_QUEUE, serve_queue};

/// What ends a function: its text is the one line that the owner reads.
pub type Error = Box<dyn std::error::Error + Send + Sync>;

/// How long the end of the process waits for work on other threads, such as a write to disk.
const LAST_WORK: Duration = Duration::from_secs(1);

/// The whole of a `main`: starts logging as `RUST_LOG` and `LOG_FORMAT` say, then runs `function`
/// with the settings of the environment. What it fails with is printed as one line, and the exit
/// code is 1.
pub fn run<F>(function: impl FnOnce(Settings) -> F) -> ExitCode
where
    F: Future<Output = Result<(), Error>>,
{
    run_with(Settings::from_env(), function)
}

/// As [`run`], with settings that were read already.
pub fn run_with<F>(settings: Settings, function: impl FnOnce(Settings) -> F) -> ExitCode
where
    F: Future<Output = Result<(), Error>>,
{
    // Two TLS providers are compiled in; without a choice the first connection panics. An error
    // means that the choice was made before.
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
    let outcome = log_format(&settings, std::io::stderr().is_terminal())
        .map_err(Error::from)
        .and_then(|format| {
            telemetry::init(format, settings.get("RUST_LOG"));
            let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
            let outcome = runtime.block_on(function(settings));
            runtime.shutdown_timeout(LAST_WORK);
            outcome
        });
    let Err(error) = outcome else { return ExitCode::SUCCESS };
    eprintln!("error: {error}");
    ExitCode::FAILURE
}

/// Whether the Lambda runtime is what calls this process.
pub fn on_lambda(settings: &Settings) -> bool {
    settings.get("AWS_LAMBDA_RUNTIME_API").is_some()
}

/// What `LOG_FORMAT` says; by default text for a person and JSON for a log system.
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
