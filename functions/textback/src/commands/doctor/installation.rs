//! Checks our own parts of the installation.

use std::time::{Duration, Instant};

use access::{Access, Closed};
use agent::{OpenAi, Page, Timeouts};
use business::Business;
use conversations::{OpenError, Store};
use queue::Queue;
use settings::{Settings, SettingsError};
use sms::{Finding, Providers};
use telemetry::Alarm;
use tokio::time::timeout;

use crate::commands::doctor::report::{Check, Found, Section, misset};
use crate::commands::doctor::{address, clock, model, money};
use crate::outside::milliseconds;

/// The timeout of the store, including its first connection.
pub(crate) const STORE_TIMEOUT: Duration = Duration::from_secs(15);

/// The delay at which a person notices that the store is far away: a turn reads it three times.
const STORE_SLOW: Duration = Duration::from_secs(2);

/// Runs all checks concurrently.
pub(crate) async fn look(
    settings: &Settings,
    misspelt: &[(String, &str)],
    public_url: &str,
    providers: &Providers,
    store: Result<Option<&Store>, &OpenError>,
) -> Section {
    let mut findings = Vec::new();
    if providers.names().is_empty() {
        findings.push(Finding::broken(
            Check::Provider,
            "none is configured, so no text comes or goes",
            "Set TWILIO_ACCOUNT_SID, TWILIO_AUTH_TOKEN and TWILIO_FROM, or the settings of another \
             provider (docs/settings.md).",
        ));
    }
    let opening = Business::from_settings(settings).ok().and_then(|business| business.opening);
    let page = Page::from_settings(settings).and_then(|page| page.carried_by(providers));
    let page = page.and_then(|page| page.open(opening));
    let model = page.as_ref().map_or_else(|_| Page::default().model, |page| page.model.clone());
    let model = OpenAi::from_settings(settings, &model);
    let timeouts = Timeouts::from_settings(settings);
    let model_in_use = model.as_ref().ok().and_then(Option::as_ref);
    let seen_store = store.as_ref().ok().copied().flatten();
    let model_address = model.as_ref().ok().and_then(Option::as_ref).map(OpenAi::address);
    let ((ours, our_clock), store, queue, model, their_clock) = tokio::join!(
        address::look(public_url, providers),
        remembers(store),
        wakes(settings),
        model::look(model.as_ref(), page.as_ref().ok(), timeouts.as_ref()),
        clock::of_model(model_address),
    );
    findings.extend(ours);
    findings.extend([store, queue, model]);
    findings.extend(
        money::look(settings, providers, model_in_use, page.as_ref().ok(), seen_store).await,
    );
    findings.push(agent_file(settings, page.as_ref()));
    findings.push(business_file(settings));
    findings.extend(console(settings, public_url, providers));
    findings.extend(secrets(settings));
    findings.extend(misspelt.iter().map(|(name, meant)| {
        Finding::doubtful(
            Check::Settings,
            format!("nothing reads {name}, which is nearly {meant}"),
            format!("Rename it to {meant}, or remove it."),
        )
    }));
    findings.extend(clock::compared(our_clock.into_iter().chain(their_clock)));
    Section { name: "textback".into(), findings }
}

/// Reads a document that does not exist, which needs everything that any read needs.
async fn remembers(store: Result<Option<&Store>, &OpenError>) -> Found {
    let check = Check::Store;
    let fix = "Check DATA_DIR, or GOOGLE_CLOUD_PROJECT, FIRESTORE_DATABASE, NAME_KEY and the credentials.";
    let store = match store {
        Ok(Some(store)) => store,
        Ok(None) => return Finding::works(check, "not there yet: the first start creates it"),
        Err(error) => return Finding::broken(check, error.to_string(), fix),
    };
    let read = async {
        // The first one connects.
        store.attempt("none").await?;
        let begun = Instant::now();
        store.attempt("none").await.map(|_| begun.elapsed())
    };
    let kept = store.lifetimes();
    let seen = |took| format!("answers in {}, and keeps {kept}", milliseconds(took));
    match timeout(STORE_TIMEOUT, read).await {
        Ok(Ok(took)) if took < STORE_SLOW => Finding::works(check, seen(took)),
        Ok(Ok(took)) => Finding::doubtful(
            check,
            seen(took),
            "Put the database into a region close to textback.",
        ),
        Ok(Err(error)) => Finding::broken(check, error.to_string(), fix),
        Err(_) => {
            let seen = format!("does not answer within {} s", STORE_TIMEOUT.as_secs());
            Finding::broken(check, seen, fix)
        }
    }
}

async fn wakes(settings: &Settings) -> Found {
    let check = Check::Queue;
    let queue = match Queue::from_settings(settings) {
        Ok(Some(queue)) => queue,
        Ok(None) => return Finding::works(check, "in the memory of the process"),
        Err(error) => return misset(check, &error),
    };
    match queue.dead_letters().await {
        Ok(Some(0)) => Finding::works(check, "answers, and its dead-letter queue is empty"),
        Ok(Some(count)) => Finding::broken(
            check,
            format!("wake-ups in the dead-letter queue, after failing again and again: {count}"),
            Alarm::DeadLetters.fix(),
        ),
        Ok(None) => Finding::doubtful(
            check,
            "answers, but has no dead-letter queue for wake-ups that keep failing",
            "Give it a FIFO dead-letter queue after 3 receives.",
        ),
        Err(error) => Finding::broken(
            check,
            error.to_string(),
            "Check TURN_QUEUE_URL, the credentials, and the permission sqs:GetQueueAttributes.",
        ),
    }
}

fn agent_file(settings: &Settings, page: Result<&Page, &SettingsError>) -> Found {
    match page {
        Ok(_) => {
            Finding::works(Check::AgentFile, named_or(settings, "AGENT_FILE", "the built-in one"))
        }
        Err(error) => misset(Check::AgentFile, error),
    }
}

fn business_file(settings: &Settings) -> Found {
    let check = Check::BusinessFile;
    match Business::from_settings(settings) {
        Ok(business) if business.is_sample => Finding::doubtful(
            check,
            "the pages are those of an example business",
            "Write your own facts, and name the file in BUSINESS_FILE.",
        ),
        Ok(_) => Finding::works(check, named_or(settings, "BUSINESS_FILE", "built in")),
        Err(error) => misset(check, &error),
    }
}

/// Says nothing about a console that opens by a link, as it does while no real people text.
fn console(settings: &Settings, public_url: &str, providers: &Providers) -> Option<Found> {
    let check = Check::Console;
    match Access::by_password(settings, public_url).closed() {
        None if !settings.any(&["CONSOLE_PASSWORD", "CONSOLE_USERS"]) => {
            Some(match settings.get("TRUSTED_PROXIES") {
                Some(_) => Finding::works(check, "is open to whom a trusted proxy names"),
                None => Finding::broken(
                    check,
                    "lets nobody in, since no proxy is trusted",
                    "Set TRUSTED_PROXIES to the address of the proxy that sends \
                     CONSOLE_TRUSTED_HEADER.",
                ),
            })
        }
        None => Some(Finding::works(check, "asks for its password")),
        Some(Closed::NoPassword) if !providers.are_real() => None,
        Some(Closed::NoPassword) => Some(Finding::doubtful(
            check,
            "is closed, since it has no password",
            "Set CONSOLE_PASSWORD to what `openssl rand -base64 24` prints.",
        )),
        Some(Closed::WeakPassword) => Some(Finding::broken(
            check,
            "its password has fewer than 12 characters, so nobody is let in",
            "Set CONSOLE_PASSWORD to what `openssl rand -base64 24` prints.",
        )),
        Some(unread @ (Closed::Users | Closed::Header)) => Some(Finding::broken(
            check,
            "one of its settings cannot be read, so nobody is let in",
            format!("{}.", unread.fix()),
        )),
    }
}

/// Says nothing if there are no secrets.
fn secrets(settings: &Settings) -> Option<Found> {
    match settings.check_secrets() {
        Ok(()) if settings.has_secrets() => {
            Some(Finding::works(Check::Secrets, "those of webhooks are long enough"))
        }
        Ok(()) => None,
        Err(short) => Some(Finding::broken(
            Check::Secrets,
            short.to_string(),
            "Change it at the other end as well. A first start refuses it.",
        )),
    }
}

fn named_or(settings: &Settings, name: &str, default: &str) -> String {
    settings.get(name).unwrap_or(default).to_owned()
}
