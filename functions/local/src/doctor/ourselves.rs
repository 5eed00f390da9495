//! Whether what is ours is as it has to be.

use std::time::{Duration, Instant};

use agent::{ModelError, OpenAi, Page};
use business::Business;
use conversations::{OpenError, Store};
use jiff::{SignedDuration, Timestamp};
use queue::Queue;
use reqwest::StatusCode;
use settings::{Settings, SettingsError};
use sms::{Finding, Providers, Verdict};
use telemetry::Alarm;
use tokio::time::timeout;
use url::{Host, Url};

use crate::doctor::report::{Check, Section};
use crate::outside::{Answer, Outside, Problem, milliseconds};

/// How long the store may take, its first connection included.
const STORE_PATIENCE: Duration = Duration::from_secs(15);

/// From here on a person notices that the store is far away: a turn asks it three times.
const STORE_SLOW: Duration = Duration::from_secs(2);

/// How long the model may take: as long as in a turn.
const MODEL_PATIENCE: Duration = Duration::from_secs(40);

/// What clocks may differ. Signatures that hold a time are refused from about five minutes on
/// (Vonage's token, AWS's requests).
const CLOCK_DOUBTFUL: SignedDuration = SignedDuration::from_secs(60);
const CLOCK_BROKEN: SignedDuration = SignedDuration::from_mins(5);

/// The pages that a reviewer looks for.
const PAGES: [&str; 4] = ["/", "/privacy", "/terms", "/opt-in"];

type Found = Finding<Check>;

/// What another clock said, and what ours did.
struct Clock {
    whose: &'static str,
    ahead: SignedDuration,
}

/// Looks at everything at once.
pub(crate) async fn look(
    settings: &Settings,
    public_url: &str,
    providers: &Providers,
    store: Result<&Store, &OpenError>,
) -> Section {
    let mut findings = Vec::new();
    if providers.names().is_empty() {
        findings.push(Finding::broken(
            Check::Provider,
            "none is configured, so that no text comes or goes",
            "Set TWILIO_ACCOUNT_SID, TWILIO_AUTH_TOKEN and TWILIO_FROM, or the settings of another \
             provider (README, Settings).",
        ));
    }
    let page = Page::from_settings(settings);
    let model = page.as_ref().map_or_else(|_| Page::default().model, |page| page.model.clone());
    let model = OpenAi::from_settings(settings, &model);
    let address = model.as_ref().ok().and_then(Option::as_ref).map(OpenAi::address);
    let ((ours, our_clock), store, queue, model, their_clock) = tokio::join!(
        public_address(public_url, providers),
        remembers(store),
        wakes(settings),
        answers(model.as_ref()),
        clock_of_model(address),
    );
    findings.extend(ours);
    findings.extend([store, queue, model]);
    findings.push(agent_file(settings, page.as_ref()));
    findings.push(business_file(settings));
    findings.extend(clock(our_clock.into_iter().chain(their_clock)));
    Section { name: "textback".into(), findings }
}

/// What providers and people meet at `PUBLIC_URL`, and what time it is there.
async fn public_address(public_url: &str, providers: &Providers) -> (Vec<Found>, Option<Clock>) {
    let check = Check::PublicUrl;
    if is_loopback(public_url) {
        let finding = Finding::doubtful(
            check,
            format!("{public_url} is on this machine alone: providers cannot reach it"),
            "Set PUBLIC_URL to the https address under which the world reaches textback.",
        );
        return (vec![finding], None);
    }
    let outside = match Outside::of(public_url.to_owned()) {
        Ok(outside) => outside,
        Err(error) => {
            let fix = "Install the system's certificate authorities (package ca-certificates).";
            return (vec![Finding::broken(check, error.to_string(), fix)], None);
        }
    };
    let asked = outside.ask(outside.get("/healthz")).await;
    let clock = asked.as_ref().ok().and_then(|answer| Clock::of("PUBLIC_URL", answer));
    let reached = match asked {
        Ok(answer) if answer.status == StatusCode::OK && answer.body.trim() == "ok" => {
            let seen = format!("{public_url} answers in {}", milliseconds(answer.took));
            match public_url.starts_with("https:") {
                true => Finding::works(check, seen),
                false => Finding::doubtful(
                    check,
                    format!("{seen}, and everybody on the way can read along"),
                    "Set PUBLIC_URL to an https address.",
                ),
            }
        }
        Ok(answer) => broken(check, Problem::of_status(answer.status, NOT_OURS)),
        Err(problem) => broken(check, problem),
    };
    if reached.verdict == Verdict::Broken {
        return (vec![reached], clock);
    }
    let (webhooks, pages) = tokio::join!(webhooks(&outside, providers), pages(&outside));
    let mut findings = vec![reached];
    findings.extend(webhooks);
    findings.push(pages);
    (findings, clock)
}

const NOT_OURS: &str = "something else answers there: set PUBLIC_URL to the address of textback";

/// Whether calls of each provider arrive, by making some that nobody may believe.
async fn webhooks(outside: &Outside, providers: &Providers) -> Vec<Found> {
    let mut findings = Vec::new();
    for name in providers.names() {
        let (inbound, status) =
            tokio::join!(forged(outside, name, "inbound"), forged(outside, name, "status"));
        let wrong = match (inbound, status) {
            (Some(inbound), Some(status)) if inbound == status => {
                vec![("inbound and …/status", inbound)]
            }
            (inbound, status) => {
                let each = [("inbound", inbound), ("status", status)].into_iter();
                each.filter_map(|(path, problem)| Some((path, problem?))).collect()
            }
        };
        findings.extend(wrong.into_iter().map(|(path, problem)| {
            let seen = format!("/webhooks/{name}/{path}: {}", problem.seen);
            broken(Check::Webhooks, Problem { seen, ..problem })
        }));
    }
    if findings.is_empty() && !providers.names().is_empty() {
        let names = providers.names().join(" and ");
        let seen = format!("forged calls as {names} are refused");
        findings.push(Finding::works(Check::Webhooks, seen));
    }
    findings
}

/// What is wrong with how a forged call is answered.
async fn forged(outside: &Outside, name: &str, kind: &str) -> Option<Problem> {
    let call = outside.post(&format!("/webhooks/{name}/{kind}")).form(&[("from", "nobody")]);
    // Without any token one provider is taken to have forgotten it, and asked to call again.
    let call = call.bearer_auth("forged");
    match outside.ask(call).await {
        Ok(answer) => doubts(name, &answer).map(|fix| Problem::of_status(answer.status, fix)),
        Err(problem) => Some(problem),
    }
}

/// What is wrong with this answer to a forged call. A refusal is textback's if it names a trace.
fn doubts(name: &str, answer: &Answer) -> Option<&'static str> {
    let ours = answer.trace.is_some();
    match answer.status {
        // The second is what a call gets that does not even look like the provider's.
        StatusCode::FORBIDDEN | StatusCode::BAD_REQUEST if ours => None,
        StatusCode::NOT_FOUND if ours => Some(
            "configure this provider there as it is here; after a change there it takes five \
             minutes",
        ),
        StatusCode::NOT_FOUND | StatusCode::METHOD_NOT_ALLOWED => {
            Some("lead POST to this address to the function inbound, and /status to receipts")
        }
        status if status.is_success() && name != "mock" => {
            Some("take it off the air: anybody could text as anybody")
        }
        status if status.is_server_error() => {
            Some("see the logs of inbound and receipts, and whether their store is up")
        }
        _ => Some("see what stands in front of textback there and does not let POST through"),
    }
}

async fn pages(outside: &Outside) -> Found {
    for path in PAGES {
        let wrong = match outside.ask(outside.get(path)).await {
            Ok(answer) if answer.status == StatusCode::OK => continue,
            Ok(answer) => Problem::of_status(answer.status, "see the log of the function site"),
            Err(problem) => problem,
        };
        return broken(Check::Pages, Problem { seen: format!("{path}: {}", wrong.seen), ..wrong });
    }
    Finding::works(Check::Pages, format!("{} are there", PAGES.join(", ")))
}

/// Reads something that is not there, which takes all that any reading takes.
async fn remembers(store: Result<&Store, &OpenError>) -> Found {
    let check = Check::Store;
    let fix =
        "See to DATA_DIR, or to GOOGLE_CLOUD_PROJECT, FIRESTORE_DATABASE and the credentials.";
    let store = match store {
        Ok(store) => store,
        Err(error) => return Finding::broken(check, error.to_string(), fix),
    };
    let read = async {
        // The first connects.
        store.attempt("none").await?;
        let begun = Instant::now();
        store.attempt("none").await.map(|_| begun.elapsed())
    };
    let seen = |took| format!("answers in {}", milliseconds(took));
    match timeout(STORE_PATIENCE, read).await {
        Ok(Ok(took)) if took < STORE_SLOW => Finding::works(check, seen(took)),
        Ok(Ok(took)) => Finding::doubtful(
            check,
            seen(took),
            "Have the database in a region near to where textback runs.",
        ),
        Ok(Err(error)) => Finding::broken(check, error.to_string(), fix),
        Err(_) => {
            let seen = format!("does not answer within {} s", STORE_PATIENCE.as_secs());
            Finding::broken(check, seen, fix)
        }
    }
}

async fn wakes(settings: &Settings) -> Found {
    let check = Check::Queue;
    let queue = match Queue::open(settings) {
        Ok(Some(queue)) => queue,
        Ok(None) => return Finding::works(check, "in the memory of the process"),
        Err(error) => return misset(check, &error),
    };
    match queue.dead_letters().await {
        Ok(Some(0)) => Finding::works(check, "answers, and nothing was put aside"),
        Ok(Some(count)) => Finding::broken(
            check,
            format!("wake-ups put aside, since they failed again and again: {count}"),
            Alarm::DeadLetters.fix(),
        ),
        Ok(None) => Finding::doubtful(
            check,
            "answers, and puts nothing aside that fails again and again",
            "Give it a FIFO dead-letter queue after 3 receives.",
        ),
        Err(error) => Finding::broken(
            check,
            error.to_string(),
            "See to TURN_QUEUE_URL, the credentials, and the right sqs:GetQueueAttributes.",
        ),
    }
}

async fn answers(model: Result<&Option<OpenAi>, &SettingsError>) -> Found {
    let check = Check::Model;
    let model = match model {
        Ok(Some(model)) => model,
        Ok(None) => {
            return Finding::doubtful(
                check,
                "the one that is built in, which does not think",
                "Set OPENAI_API_KEY.",
            );
        }
        Err(error) => return misset(check, error),
    };
    let begun = Instant::now();
    let Err(error) = model.try_out(MODEL_PATIENCE).await else {
        let took = milliseconds(begun.elapsed());
        return Finding::works(check, format!("{} answers in {took}", model.name()));
    };
    let code = error.code();
    let (seen, fix) = match (&error, code.split(' ').next().unwrap_or_default()) {
        (ModelError::Misconfigured { .. }, "401") => {
            ("the key is wrong", "Copy OPENAI_API_KEY again from where it was made.")
        }
        (ModelError::Misconfigured { .. }, "403") => (
            "the key may not do this",
            "Give the key of OPENAI_API_KEY the right to ask for chat completions, and its project \
             the model.",
        ),
        (ModelError::Misconfigured { .. }, "404") => (
            "there is no such model, or it is not for this account",
            "Set OPENAI_MODEL to one that the account has, and OPENAI_BASE_URL to where it is.",
        ),
        (ModelError::Misconfigured { .. }, "429") => {
            ("the quota is used up", "Pay for more where OPENAI_API_KEY was made, under Billing.")
        }
        (ModelError::Misconfigured { .. }, _) => (
            "it refuses the question",
            "See whether OPENAI_BASE_URL and OPENAI_MODEL are those of a chat model.",
        ),
        (ModelError::Unavailable { .. }, "429") => {
            let seen = format!("asked too often for the moment ({code})");
            let fix = "Ask for a higher rate limit if this goes on: the quota is not used up.";
            return Finding::doubtful(check, seen, fix);
        }
        (ModelError::Unavailable { .. }, "unreachable") => (
            "it cannot be reached",
            "See whether OPENAI_BASE_URL is right, and whether this machine reaches it.",
        ),
        (ModelError::Unavailable { .. }, _) => {
            ("it does not answer", "See its company's status page, and try again.")
        }
    };
    Finding::broken(check, format!("{seen} ({code})"), fix)
}

fn agent_file(settings: &Settings, page: Result<&Page, &SettingsError>) -> Found {
    match page {
        Ok(_) => Finding::works(
            Check::AgentFile,
            named_or(settings, "AGENT_FILE", "the one that is built in"),
        ),
        Err(error) => misset(Check::AgentFile, error),
    }
}

fn business_file(settings: &Settings) -> Found {
    let check = Check::BusinessFile;
    match Business::from_settings(settings) {
        Ok(business) if business.is_sample => Finding::doubtful(
            check,
            "the pages are those of a business that exists nowhere",
            "Write your own facts, and name the file in BUSINESS_FILE.",
        ),
        Ok(_) => Finding::works(check, named_or(settings, "BUSINESS_FILE", "built in")),
        Err(error) => misset(check, &error),
    }
}

/// What time it is where the model is. Asked as nobody, since any answer says it.
async fn clock_of_model(address: Option<&str>) -> Option<Clock> {
    let outside = Outside::of(address?.to_owned()).ok()?;
    let answer = outside.ask(outside.get("/models")).await.ok()?;
    Clock::of("the model", &answer)
}

/// The clock that differs most, if any was seen. Which of two clocks is wrong neither of them knows.
fn clock(others: impl Iterator<Item = Clock>) -> Option<Found> {
    let Clock { whose, ahead } = others.max_by_key(|clock| clock.ahead.abs())?;
    let (check, by) = (Check::Clock, ahead.abs());
    if by < CLOCK_DOUBTFUL {
        return Some(Finding::works(check, format!("agrees with that of {whose}")));
    }
    let way = if ahead.is_negative() { "ahead of" } else { "behind" };
    let seen = format!("this machine is {} s {way} {whose}", by.as_secs());
    let fix = "Let the clocks be set by NTP, as by `timedatectl set-ntp true`: signatures that hold \
               a time fail otherwise.";
    Some(match by < CLOCK_BROKEN {
        true => Finding::doubtful(check, seen, fix),
        false => Finding::broken(check, seen, fix),
    })
}

impl Clock {
    fn of(whose: &'static str, answer: &Answer) -> Option<Self> {
        let ahead = answer.date?.duration_since(Timestamp::now());
        Some(Self { whose, ahead })
    }
}

/// Whether an address is of this machine alone.
fn is_loopback(url: &str) -> bool {
    match Url::parse(url).as_ref().map(Url::host) {
        Ok(Some(Host::Domain(name))) => name == "localhost" || name.ends_with(".localhost"),
        Ok(Some(Host::Ipv4(address))) => address.is_loopback() || address.is_unspecified(),
        Ok(Some(Host::Ipv6(address))) => address.is_loopback() || address.is_unspecified(),
        _ => false,
    }
}

fn named_or(settings: &Settings, name: &str, default: &str) -> String {
    settings.get(name).unwrap_or(default).to_owned()
}

fn broken(check: Check, Problem { seen, fix }: Problem) -> Found {
    // A sentence here, the end of one there.
    let mut letters = fix.chars();
    let first = letters.next().map(|first| first.to_uppercase().to_string()).unwrap_or_default();
    Finding::broken(check, seen, format!("{first}{}.", letters.as_str()))
}

/// A setting that stops the functions' start. Its error says what to write.
fn misset(check: Check, error: &SettingsError) -> Found {
    Finding::broken(check, error.to_string(), "Until then no function starts.")
}
