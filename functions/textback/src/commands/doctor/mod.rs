//! Checks what works and what does not, and says how to fix it: `textback doctor`.
//!
//! Checks every configured provider, the installation itself, and with `--send-to` real texts.
//! Changes only what it is asked to change. It plays a whole round with the model, because nothing
//! else shows whether quota is left and what its server accepts; that costs less than a text.

mod address;
mod clock;
mod evidence;
mod installation;
mod model;
mod money;
mod report;
mod send_to;

use std::io::IsTerminal as _;
use std::process::ExitCode;
use std::time::Duration;

use clap::Args;
use conversations::Store;
use futures::future::BoxFuture;
use futures::stream::{FuturesOrdered, StreamExt as _};
use host::Error;
use providers::Role;
use settings::{Names, Settings};
use sms::{Finding, Http, Provider};
use tokio::time::timeout;

use crate::by_hand;
use crate::commands::doctor::report::{Check, Report, Section};
use crate::commands::doctor::send_to::TestSends;

/// Its own setting, besides those of what it checks: <https://no-color.org>.
pub(crate) const SETTINGS: Names = &["NO_COLOR"];

/// The exit codes in the help text. They never change.
pub(crate) const EXIT_CODES: &str = "\
Exit codes:
  0  all works; there may be doubtful things
  1  something is broken
  2  it could not look: a setting cannot be read, or nobody agreed to sending";

/// The timeout of a provider's report about itself, which takes several requests.
const TIMEOUT: Duration = Duration::from_secs(30);

/// The options of `doctor`.
#[derive(Args)]
pub(crate) struct Asked {
    /// Print JSON: `version`, `works`, `sections` of `findings`, and `counts`
    #[arg(long)]
    json: bool,
    /// Send one real text by each provider to this number, as +12025550143, and wait until it has
    /// arrived and was answered
    #[arg(long, value_name = "NUMBER")]
    send_to: Option<String>,
    /// Send by this provider only
    #[arg(long, value_name = "NAME", requires = "send_to")]
    provider: Option<String>,
    /// Send without asking first
    #[arg(long, requires = "send_to")]
    yes: bool,
    /// How long to wait for receipts and answers
    #[arg(long, value_name = "SECONDS", default_value = "120", value_parser = seconds, requires = "send_to")]
    wait: u64,
}

/// Parses how long to wait.
fn seconds(written: &str) -> Result<u64, &'static str> {
    written.parse().map_err(|_| "write a whole number of seconds, such as 120")
}

/// Prints its findings, and returns whether nothing is broken. Fails if it cannot look.
#[expect(clippy::print_stdout, reason = "the output of a command")]
pub(crate) async fn run(
    settings: Settings,
    asked: Asked,
    misspelt: &[(String, &str)],
) -> Result<bool, Error> {
    let public_url = host::public_url(&settings)?;
    let providers = providers::configured(&settings, &public_url, Role::Everything)?;
    // A look leaves no trace, but texts that are sent must be recorded.
    let store = match &asked.send_to {
        Some(_) => Store::open(&settings).map(Some),
        None => Store::open_existing(&settings),
    };
    let test_sends = match &asked.send_to {
        Some(to) => {
            let to = by_hand::number(&settings, to)?;
            Some(TestSends::agreed(&asked, to, &providers)?)
        }
        None => None,
    };
    let colours = std::io::stdout().is_terminal() && settings.get("NO_COLOR").is_none();
    let mut report = Report::default();
    let mut add = |section: Section| {
        if !asked.json {
            println!("{}", section.display(colours));
        }
        report.add(section);
    };

    let seen = store.as_ref().map(Option::as_ref);
    let installation = installation::look(&settings, misspelt, &public_url, &providers, seen);
    let mut sections = FuturesOrdered::<BoxFuture<Section>>::new();
    for provider in providers.names().into_iter().filter_map(|name| providers.named(name)) {
        sections.push_back(Box::pin(account(provider, providers.http())));
    }
    sections.push_back(Box::pin(installation));
    while let Some(section) = sections.next().await {
        add(section);
    }
    drop(sections);
    if let Ok(Some(store)) = seen
        && let Some(section) = evidence::look(&providers, store).await
    {
        add(section);
    }
    if let Some(test_sends) = test_sends
        && let Some(store) = store?
    {
        by_hand::may_send(&store).await?;
        let costs = by_hand::Costs::from_settings(&settings).ok();
        for section in test_sends.run(&store, &providers, costs.as_ref()).await? {
            add(section);
        }
    }
    match asked.json {
        true => println!("{:#}", report.json()),
        false => println!("{}", report.sum()),
    }
    Ok(report.works())
}

/// The exit code of the process: see [`EXIT_CODES`].
pub(crate) fn exit_code(works: Option<bool>) -> ExitCode {
    match works {
        Some(true) => ExitCode::SUCCESS,
        Some(false) => ExitCode::from(1),
        None => ExitCode::from(2),
    }
}

/// What a provider reports about our account.
async fn account(provider: &dyn Provider, http: &Http) -> Section {
    let findings = match timeout(TIMEOUT, provider.diagnose(http)).await {
        Ok(findings) if findings.is_empty() => vec![Finding::doubtful(
            Check::Provider,
            "reports nothing about its account",
            "Check it in the provider's own console.",
        )],
        Ok(findings) => findings.into_iter().map(|found| found.named(Check::Account)).collect(),
        Err(_) => vec![Finding::broken(
            Check::Provider,
            format!("does not answer within {} s", TIMEOUT.as_secs()),
            "See its status page, and check that this machine reaches the internet.",
        )],
    };
    Section { name: provider.name().into(), findings }
}
