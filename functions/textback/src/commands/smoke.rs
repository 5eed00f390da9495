//! Checks a deployment end to end: `textback smoke`.
//!
//! Texts the agent as a provider would, from a number that can never be a person's: the text takes
//! the whole path and stops before a provider. The console shows what happened. Costs one request
//! to the model, which alone can verify its key.

use std::time::{Duration, Instant};

use host::Error;
use providers::{ENTRIES, Entry, Sample};
use reqwest::{RequestBuilder, StatusCode};
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use settings::{Names, Settings, SettingsError};
use sms::Number;
use telemetry::{Step, TraceId, steps};
use uuid::Uuid;

use crate::outside::{Outside, Problem, milliseconds};

/// Its settings: few, so that a release need not be allowed to read many.
pub(crate) const SETTINGS: &[Names] =
    &[host::PUBLIC_URL, &["CONSOLE_PASSWORD"], providers::SIGNING];

/// The one of Twilio's magic numbers that works (see [`sms::Number::is_for_tests`]).
const TEST_NUMBER: &str = "+15005550006";

/// The text: cheap to answer, and clear to anybody who finds it in the console.
const TEXT: &str = "This is a test of the connection, no person reads it. Please answer with OK.";

/// The timeout of a turn: a cold start, the model's 40 seconds, and a sweep in case the wake-up was
/// lost.
const TURN_TIMEOUT: Duration = Duration::from_secs(120);

/// How often it checks whether the turn has ended.
const LOOK: Duration = Duration::from_millis(250);

/// The deployment's address, and the secrets that make a text genuine there.
struct Smoke {
    outside: Outside,
    settings: Settings,
    /// The provider that the text comes from.
    provider: &'static Entry,
    console_password: Option<SecretString>,
}

/// A trace, as the console shows it.
#[derive(Deserialize)]
struct Trace {
    answered_in: Option<TraceId>,
    steps: Vec<Step>,
}

/// Prints and counts the checks as they are made.
#[derive(Default)]
struct Report {
    passed: usize,
    failed: usize,
}

/// Checks the deployment at `PUBLIC_URL`, and prints a line for each step. Fails if a step does.
#[expect(clippy::print_stdout, reason = "the output of a command")]
pub(crate) async fn run(settings: Settings) -> Result<(), Error> {
    let smoke = Smoke::from_settings(&settings)?;
    println!("{}, texted by {}", smoke.outside.public_url, smoke.provider.name);
    let mut report = Report::default();
    report.add("it answers", smoke.health().await);
    report.add("it is ready", smoke.readiness().await);
    report.add("the landing page is there", smoke.landing_page().await);
    report.add("a forged text is refused", smoke.forged_text().await);
    if report.add("the console lets us in", smoke.console().await).is_none() {
        return report.sum();
    }
    if !smoke.provider.can_be_signed_for() {
        println!(
            "– a genuine text: only {} itself can send one. Text your number, and look for the reply on \
             the phone and in the console",
            smoke.provider.company
        );
        return report.sum();
    }
    let Some(trace) = report.add("a genuine text is acknowledged", smoke.genuine_text().await)
    else {
        return report.sum();
    };
    if let Some(steps) = report.add("a turn takes it up", smoke.turn(trace).await) {
        report.add("the model answers", model(&steps));
        report.add("the reply stops before a provider", stop(&steps));
    }
    report.sum()
}

impl Smoke {
    fn from_settings(settings: &Settings) -> Result<Self, Error> {
        let public_url = host::public_url(settings)?;
        let provider = texting(settings, &public_url)?;
        let console_password = settings.secret("CONSOLE_PASSWORD");
        let outside = Outside::of(public_url)?;
        Ok(Self { outside, settings: settings.clone(), provider, console_password })
    }

    async fn health(&self) -> Result<Seen<()>, Problem> {
        let answer = self.outside.ask(self.outside.get("/healthz")).await?;
        match answer.status {
            StatusCode::OK => Ok(Seen((), milliseconds(answer.took))),
            status => {
                Err(Problem::of_status(status, "check that PUBLIC_URL is the address of textback"))
            }
        }
    }

    async fn readiness(&self) -> Result<Seen<()>, Problem> {
        self.outside.readiness().await.map(|took| Seen((), milliseconds(took)))
    }

    async fn landing_page(&self) -> Result<Seen<()>, Problem> {
        let answer = self.outside.ask(self.outside.get("/")).await?;
        match answer.status {
            StatusCode::OK if answer.body.contains("<html") => {
                Ok(Seen((), milliseconds(answer.took)))
            }
            StatusCode::OK => Err(Problem {
                seen: "it is not a page".into(),
                fix: "find out what else answers at PUBLIC_URL".into(),
            }),
            status => Err(Problem::of_status(status, "see the log of site")),
        }
    }

    async fn forged_text(&self) -> Result<Seen<()>, Problem> {
        let answer = self.outside.ask(self.text(false)?).await?;
        match answer.status {
            StatusCode::FORBIDDEN => Ok(Seen((), milliseconds(answer.took))),
            // It does not even look like a call from the provider.
            StatusCode::BAD_REQUEST if answer.trace.is_some() => {
                Ok(Seen((), milliseconds(answer.took)))
            }
            StatusCode::NOT_FOUND => Err(self.not_configured()),
            status => Err(Problem::of_status(
                status,
                "take it off the air: anybody could text as anybody",
            )),
        }
    }

    async fn console(&self) -> Result<Seen<()>, Problem> {
        let answer = self.outside.ask(self.get("/console/api/about")).await?;
        match answer.status {
            StatusCode::OK => Ok(Seen((), milliseconds(answer.took))),
            StatusCode::NOT_FOUND | StatusCode::FORBIDDEN => Err(Problem::of_status(
                answer.status,
                "set CONSOLE_PASSWORD there, and here to the same: without one of 12 characters \
                 nobody sees it from outside",
            )),
            StatusCode::UNAUTHORIZED => Err(Problem::of_status(
                answer.status,
                "set CONSOLE_PASSWORD here to its value there; a change there takes effect after \
                 five minutes",
            )),
            status => Err(Problem::of_status(status, "see the log of console")),
        }
    }

    async fn genuine_text(&self) -> Result<Seen<TraceId>, Problem> {
        let answer = self.outside.ask(self.text(true)?).await?;
        match (answer.status, answer.trace) {
            (StatusCode::OK, Some(trace)) => {
                let words = format!("{}, trace {trace}", milliseconds(answer.took));
                Ok(Seen(trace, words))
            }
            (StatusCode::FORBIDDEN, _) => {
                Err(Problem::of_status(answer.status, &self.why_not_genuine()))
            }
            (StatusCode::NOT_FOUND, _) => Err(self.not_configured()),
            (status, _) => {
                Err(Problem::of_status(status, "see the log of inbound, and check its store"))
            }
        }
    }

    /// Waits until the turn that answers this text has ended.
    async fn turn(&self, mut trace: TraceId) -> Result<Seen<Vec<Step>>, Problem> {
        let begun = Instant::now();
        while begun.elapsed() < TURN_TIMEOUT {
            let answer =
                self.outside.ask(self.get(&format!("/console/api/traces/{trace}"))).await?;
            match answer.status {
                StatusCode::OK => {
                    let read: Trace = serde_json::from_str(&answer.body).map_err(|_| Problem {
                        seen: "its trace cannot be read".into(),
                        fix: "use the program of the version that is deployed".into(),
                    })?;
                    if let Some(other) = read.answered_in {
                        trace = other;
                    } else if read.steps.iter().any(|step| step.what == steps::SENT) {
                        let words = format!("done after {}", milliseconds(begun.elapsed()));
                        return Ok(Seen(read.steps, words));
                    }
                }
                StatusCode::NOT_FOUND => {}
                status => return Err(Problem::of_status(status, "see the log of console")),
            }
            tokio::time::sleep(LOOK).await;
        }
        Err(Problem {
            seen: format!("no turn has ended after {} s", TURN_TIMEOUT.as_secs()),
            fix: "see the log of turn, and look for wake-ups in the queue and among its dead \
                  letters"
                .into(),
        })
    }

    fn not_configured(&self) -> Problem {
        let name = self.provider.name;
        Problem {
            seen: "HTTP 404".into(),
            fix: format!(
                "configure {name} there, or set the provider here that is configured there"
            ),
        }
    }

    /// A request to the console.
    fn get(&self, path: &str) -> RequestBuilder {
        let request = self.outside.get(path);
        match &self.console_password {
            Some(password) => request.basic_auth("smoke", Some(password.expose_secret())),
            None => request,
        }
    }

    /// The call that brings the text, as from the provider or as from a forger.
    fn text(&self, genuine: bool) -> Result<RequestBuilder, Problem> {
        let from = Number::parse(TEST_NUMBER).expect("the constant is a valid number");
        let id = Uuid::new_v4().simple().to_string();
        let sample = Sample { id: &id, from: &from, body: TEXT };
        let (provider, url) = (self.provider, &self.outside.public_url);
        if !provider.can_be_signed_for() {
            let path = format!("/webhooks/{}/inbound", provider.name);
            return Ok(self.outside.post(&path).form(&[("from", TEST_NUMBER), ("text", TEXT)]));
        }
        let call = match genuine {
            true => provider.sign(&self.settings, url, &sample),
            false => provider.forge(&self.settings, url, &sample),
        };
        let unmade = |error: String| Problem {
            seen: error,
            fix: format!("set what {} needs", provider.company),
        };
        let call = call.map_err(|error| unmade(error.to_string()))?;
        let call = call.ok_or_else(|| unmade("there are no settings to call with".into()))?;
        let request = self.outside.call(call);
        // The mock's calls are accepted from callers who may see the console.
        Ok(match (&self.console_password, genuine) {
            (Some(password), true) if provider.is_pretended() => {
                request.basic_auth("smoke", Some(password.expose_secret()))
            }
            (Some(_), false) if provider.is_pretended() => {
                request.basic_auth("smoke", Some("wrong"))
            }
            _ => request,
        })
    }

    /// Names the settings that must be the same on both sides.
    fn why_not_genuine(&self) -> String {
        let proof = self.provider.settings.iter().filter(|it| it.authenticates());
        let mut names: Vec<_> = proof.map(|setting| setting.name).collect();
        match self.provider.is_pretended() {
            true => names.push("CONSOLE_PASSWORD has"),
            false => names.push("PUBLIC_URL have"),
        }
        let (last, others) = names.split_last().expect("it holds at least one");
        let all = match others {
            [] => (*last).to_owned(),
            others => format!("{} and {last}", others.join(", ")),
        };
        format!(
            "{all} to be the same here and there; a change there takes effect after five minutes"
        )
    }
}

/// The provider to text from with these settings: preferably one that signs its calls, which proves
/// more than a token, then one whose calls we cannot make, and the mock last.
fn texting(settings: &Settings, public_url: &str) -> Result<&'static Entry, SettingsError> {
    let from = Number::parse(TEST_NUMBER).expect("the constant is a valid number");
    let sample = Sample { id: "", from: &from, body: TEXT };
    let order = settings.get(providers::ORDER).map(str::to_ascii_lowercase);
    let is_left_out = |entry: &Entry| {
        order.as_ref().is_some_and(|order| !order.split(',').any(|it| it.trim() == entry.name))
    };
    let serves = |entry: &&Entry| entry.is_pretended() || !is_left_out(entry);
    let mut entries: Vec<_> = ENTRIES.iter().filter(serves).collect();
    entries.sort_by_key(|entry| {
        (entry.is_pretended(), !entry.can_be_signed_for(), entry.console.token.is_some())
    });
    for entry in entries {
        let is_there = match entry.can_be_signed_for() {
            true => entry.sign(settings, public_url, &sample)?.is_some(),
            false => entry.is_configured(settings)?,
        };
        if is_there {
            return Ok(entry);
        }
    }
    unreachable!("a sample call of the mock needs no settings")
}

/// A result, with the words for its line.
struct Seen<T>(T, String);

impl Report {
    #[expect(clippy::print_stdout, reason = "the output of a command")]
    fn add<T>(&mut self, check: &str, outcome: Result<Seen<T>, Problem>) -> Option<T> {
        match outcome {
            Ok(Seen(found, words)) => {
                self.passed += 1;
                println!("✓ {check}: {words}");
                Some(found)
            }
            Err(Problem { seen, fix }) => {
                self.failed += 1;
                println!("✗ {check}: {seen}\n  {fix}");
                None
            }
        }
    }

    fn sum(self) -> Result<(), Error> {
        match (self.failed, self.failed + self.passed) {
            (0, _) => Ok(()),
            (failed, all) => Err(format!("{failed} of {all} checks failed").into()),
        }
    }
}

/// The outcome of the last request to the model.
fn model(steps: &[Step]) -> Result<Seen<()>, Problem> {
    let Some(asked) = steps.iter().rfind(|step| step.what == steps::ASKED_THE_MODEL) else {
        return Err(Problem {
            seen: "it was not asked".into(),
            fix: "look the trace up in the console".into(),
        });
    };
    match detail(asked, "outcome").as_str() {
        "answered" => {
            let took = milliseconds(Duration::from_millis(asked.took_ms.unwrap_or_default()));
            let (into, out) = (detail(asked, "tokens_in"), detail(asked, "tokens_out"));
            Ok(Seen((), format!("{took}, {into} tokens in and {out} out")))
        }
        outcome => Err(Problem {
            seen: outcome.into(),
            fix: "check OPENAI_API_KEY, OPENAI_BASE_URL, OPENAI_MODEL and the account's quota"
                .into(),
        }),
    }
}

/// Checks that the reply was dispatched to no provider.
fn stop(steps: &[Step]) -> Result<Seen<()>, Problem> {
    let sent: Vec<_> = steps.iter().filter(|step| step.what == steps::SENT).collect();
    let outcome = |step: &&Step| detail(step, "outcome");
    match sent.iter().map(outcome).find(|outcome| !outcome.contains(turn::TEST_NUMBER)) {
        None => {
            let provider = sent.first().map(|step| detail(step, "provider")).unwrap_or_default();
            Ok(Seen((), format!("{provider} was not asked")))
        }
        Some(outcome) => Err(Problem {
            seen: format!("a provider was asked: {outcome}"),
            fix: "deploy this version of turn".into(),
        }),
    }
}

fn detail(step: &Step, name: &str) -> String {
    match step.details.get(name) {
        Some(serde_json::Value::String(text)) => text.clone(),
        Some(value) => value.to_string(),
        None => "nothing".into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_release_may_read_what_it_asks_for() {
        let file = include_str!("../../../../infra/settings.tf.json");
        let file: serde_json::Value = serde_json::from_str(file).unwrap();
        assert_eq!(file["locals"]["smoke"], serde_json::json!(host::parameters(SETTINGS)));
    }
}
