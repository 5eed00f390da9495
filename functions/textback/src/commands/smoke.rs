//! Checks a deployment end to end: `textback smoke`.
//!
//! Texts the agent as a provider would, or has the provider deliver the text, from a number that can
//! never be a person's: the text takes the whole path and stops before a provider. The console shows
//! what happened. Costs one request to the model, which alone can verify its key.

mod report;

use std::time::{Duration, Instant};

use host::Error;
use providers::{ENTRIES, Entry, Purpose, Sample};
use reqwest::{RequestBuilder, StatusCode};
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use settings::{Names, Settings, SettingsError};
use sms::{Finding, Http, Number};
use telemetry::{Step, TraceId, steps};
use uuid::Uuid;

use crate::outside::{Outside, Problem, milliseconds};

use report::{Report, Seen, model, stop};

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

/// The timeout of a provider's call with a text that it was asked to deliver: SNS repeats a failed call
/// after 20 seconds.
const CALL_TIMEOUT: Duration = Duration::from_secs(60);

/// How often it checks whether the text has arrived, or the turn has ended.
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

/// A conversation in the console's list.
#[derive(Deserialize)]
struct Listed {
    id: String,
    theirs: String,
}

/// A conversation in the console.
#[derive(Deserialize)]
struct Thread {
    messages: Vec<Message>,
}

#[derive(Deserialize)]
struct Message {
    text: String,
    trace: Option<TraceId>,
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

    /// Has the text delivered, and returns its trace.
    async fn genuine_text(&self) -> Result<Seen<TraceId>, Problem> {
        match self.provider.can_be_signed_for() {
            true => self.called_text().await,
            false => self.requested_text().await,
        }
    }

    async fn called_text(&self) -> Result<Seen<TraceId>, Problem> {
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

    /// Has the provider call with the text. Its call is not visible here, so the text is looked up in the
    /// console.
    async fn requested_text(&self) -> Result<Seen<TraceId>, Problem> {
        let (begun, provider) = (Instant::now(), self.provider);
        let id = Uuid::new_v4().to_string();
        let text = format!("{TEXT} ({id})");
        let sample = Sample { id: &id, from: &nobody(), body: &text };
        let (url, http) = (&self.outside.public_url, Http::new());
        if let Some(Err(finding)) = provider.request(&self.settings, url, &http, &sample).await {
            let Finding { seen, fix, .. } = finding;
            return Err(Problem { seen, fix: fix.unwrap_or_default() });
        }
        while begun.elapsed() < CALL_TIMEOUT {
            if let Some(trace) = self.trace_of(&text).await? {
                let words = format!("{}, trace {trace}", milliseconds(begun.elapsed()));
                return Ok(Seen(trace, words));
            }
            tokio::time::sleep(LOOK).await;
        }
        Err(Problem {
            seen: format!("it did not arrive within {} s", CALL_TIMEOUT.as_secs()),
            fix: format!(
                "check with doctor that {} calls {}, and see the log of inbound",
                provider.company,
                provider.address(url, Purpose::Incoming)
            ),
        })
    }

    /// The trace of this text from the test number.
    async fn trace_of(&self, text: &str) -> Result<Option<TraceId>, Problem> {
        let listed: Option<Vec<Listed>> = self.displayed("/console/api/conversations").await?;
        for it in listed.into_iter().flatten().filter(|it| it.theirs == TEST_NUMBER) {
            let path = format!("/console/api/conversations/{}", it.id);
            let thread: Option<Thread> = self.displayed(&path).await?;
            let messages = thread.into_iter().flat_map(|thread| thread.messages);
            let trace = messages.filter(|it| it.text == text).find_map(|it| it.trace);
            if trace.is_some() {
                return Ok(trace);
            }
        }
        Ok(None)
    }

    /// Waits until the turn that answers this text has ended.
    async fn turn(&self, mut trace: TraceId) -> Result<Seen<Vec<Step>>, Problem> {
        let begun = Instant::now();
        while begun.elapsed() < TURN_TIMEOUT {
            let found: Option<Trace> =
                self.displayed(&format!("/console/api/traces/{trace}")).await?;
            match found {
                Some(Trace { answered_in: Some(other), .. }) => trace = other,
                Some(Trace { steps, .. }) if steps.iter().any(|step| step.what == steps::SENT) => {
                    let words = format!("done after {}", milliseconds(begun.elapsed()));
                    return Ok(Seen(steps, words));
                }
                _ => {}
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

    /// What the console displays at this path, if anything.
    async fn displayed<T: DeserializeOwned>(&self, path: &str) -> Result<Option<T>, Problem> {
        let answer = self.outside.ask(self.get(path)).await?;
        match answer.status {
            StatusCode::OK => serde_json::from_str(&answer.body).map(Some).map_err(|_| Problem {
                seen: "the console's answer cannot be read".into(),
                fix: "use the program of the version that is deployed".into(),
            }),
            StatusCode::NOT_FOUND => Ok(None),
            status => Err(Problem::of_status(status, "see the log of console")),
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
        let id = Uuid::new_v4().simple().to_string();
        let sample = Sample { id: &id, from: &nobody(), body: TEXT };
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
/// more than a token, then one that can be asked to deliver the text, and the mock last.
fn texting(settings: &Settings, public_url: &str) -> Result<&'static Entry, SettingsError> {
    let sample = Sample { id: "", from: &nobody(), body: TEXT };
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

/// The sender.
fn nobody() -> Number {
    Number::parse(TEST_NUMBER).expect("the constant is a valid number")
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
