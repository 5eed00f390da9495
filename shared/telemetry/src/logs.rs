//! Where log lines go, and which lines pass the filter.

use tracing::{Level, Metadata};
use tracing_subscriber::filter::{LevelFilter, Targets, filter_fn};
use tracing_subscriber::fmt::writer::BoxMakeWriter;
use tracing_subscriber::layer::{Layer, SubscriberExt};
use tracing_subscriber::util::SubscriberInitExt;

/// The crates whose lines are known to contain nothing personal at any level.
const OURS: [&str; 35] = [
    "access",
    "agent",
    "amazon",
    "business",
    "connections",
    "console",
    "conversations",
    "desk",
    "dialling",
    "documents",
    "evidence",
    "figures",
    "google",
    "host",
    "hours",
    "inbound",
    "limits",
    "localization",
    "money",
    "offline",
    "policy",
    "providers",
    "queue",
    "receipts",
    "rehearsal",
    "routing",
    "settings",
    "site",
    "sms",
    "spreadsheet",
    "sweep",
    "telemetry",
    "textback",
    "turn",
    "webhooks",
];

/// The format of log lines.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogFormat {
    /// One JSON object a line, for a log system.
    Json,
    /// For a person at a terminal.
    Text,
}

/// Whether this is a valid filter: levels, for all or for one part of us. An unknown word would be
/// taken as the name of a part that does not exist, and log nothing.
pub fn understands(filter: &str) -> bool {
    let is_directive = |directive: &str| {
        directive.parse::<LevelFilter>().is_ok()
            || OURS.contains(&directive)
            || directive.contains(['=', ':', '[', ']', '}'])
    };
    directives(filter).all(is_directive) && targets(filter).is_some()
}

fn directives(filter: &str) -> impl Iterator<Item = &str> {
    filter.split(',').map(str::trim).filter(|it| !it.is_empty())
}

/// What a filter lets through. An empty directive, which would mean errors alone, is left out.
fn targets(filter: &str) -> Option<Targets> {
    let each: Vec<_> = directives(filter).collect();
    if each.is_empty() { Some(Targets::new()) } else { each.join(",").parse().ok() }
}

/// Starts logging to standard error. `filter` is `RUST_LOG`, default `info`.
///
/// Third-party crates are logged from `warn` on, whatever the filter says, and `async_openai` not at
/// all: at lower levels HTTP clients write addresses and headers, which contain numbers, texts and
/// tokens, and `async_openai` writes whole answers that it could not read.
pub fn init(format: LogFormat, filter: Option<&str>) {
    let chosen = filter.and_then(targets).unwrap_or_default();
    let chosen = match chosen.default_level() {
        Some(_) => chosen,
        None => chosen.with_default(LevelFilter::INFO),
    };
    let lines = tracing_subscriber::fmt::layer()
        .with_writer(BoxMakeWriter::new(std::io::stderr))
        .with_target(format == LogFormat::Json);
    let lines = match format {
        LogFormat::Json => {
            lines.json().flatten_event(true).with_current_span(true).with_span_list(false).boxed()
        }
        LogFormat::Text => lines.boxed(),
    };
    // Global filters cost less than those of one layer.
    let registry = tracing_subscriber::registry().with(chosen).with(filter_fn(is_harmless));
    // A second start in one process, as in a test, keeps the first.
    let _ = registry.with(lines).try_init();
}

fn is_harmless(metadata: &Metadata<'_>) -> bool {
    let owner = metadata.target().split("::").next().unwrap_or_default();
    OURS.contains(&owner) || (owner != "async_openai" && *metadata.level() <= Level::WARN)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::fs;
    use std::path::Path;

    use super::OURS;

    #[test]
    fn every_crate_of_ours_is_heard() {
        let workspace = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
        let folders =
            ["functions", "shared"].map(|part| fs::read_dir(workspace.join(part)).unwrap());
        let folders = folders.into_iter().flatten().map(|entry| entry.unwrap());
        let crates = folders.filter(|entry| entry.path().join("Cargo.toml").is_file());
        let crates: BTreeSet<_> =
            crates.map(|entry| entry.file_name().into_string().unwrap()).collect();
        assert_eq!(crates, OURS.map(String::from).into());
    }
}
