//! Whether what is on the air works: `textback smoke`.
//!
//! Texts the agent as a provider would, from a number that can never be a person's, so that the
//! whole path is gone and stops before a provider. What happened on the way is read from the
//! console. Costs one question to the model, since that alone proves its key.

use std::time::{Duration, Instant};

use host::Error;
use reqwest::{RequestBuilder, StatusCode};
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use serde_json::json;
use settings::{Names, Settings};
use sms::Twilio;
use telemetry::{Step, TraceId};
use uuid::Uuid;

use crate::outside::{Outside, Problem, milliseconds};

/// What it reads. Little, so that a release need not be allowed to read much.
pub(crate) const SETTINGS: Names = &[
    "CONSOLE_PASSWORD",
    "MC_WEBHOOK_TOKEN",
    "PUBLIC_URL",
    "TWILIO_ACCOUNT_SID",
    "TWILIO_AUTH_TOKEN",
    "TWILIO_BASE_URL",
    "TWILIO_FROM",
    "TWILIO_MESSAGING_SERVICE_SID",
];

/// Of Twilio's magic numbers the one that works (see [`sms::Number::is_for_tests`]).
const TEST_NUMBER: &str = "+15005550006";

/// What it says: cheap to answer, and clear to whoever finds it in the console.
const TEXT: &str = "This is a test of the connection, no person reads it. Please answer with OK.";

/// How long a turn may take: a cold start, the model's 40 seconds, and a sweep if the wake-up got
/// lost.
const TURN_PATIENCE: Duration = Duration::from_secs(120);

/// How often is looked whether it has ended.
const LOOK: Duration = Duration::from_millis(250);

/// Where a deployment is, and what proves to it that a text is genuine.
struct Smoke {
    outside: Outside,
    carrier: Carrier,
    console_password: Option<SecretString>,
}

/// By whom the text comes.
enum Carrier {
    Twilio(Box<Twilio>),
    MessageCentral {
        token: SecretString,
    },
    /// Believes whom the console would let in.
    Mock {
        password: Option<SecretString>,
    },
}

/// What the console shows of a trace.
#[derive(Deserialize)]
struct Trace {
    answered_in: Option<TraceId>,
    steps: Vec<Step>,
}

/// Prints each check as it is made, and counts.
#[derive(Default)]
struct Report {
    passed: usize,
    failed: usize,
}

/// Checks the deployment at `PUBLIC_URL`, and prints a line for each step. Fails if one does.
#[expect(clippy::print_stdout, reason = "the output of a command")]
pub(crate) async fn run(settings: Settings) -> Result<(), Error> {
    let smoke = Smoke::from_settings(&settings)?;
    println!("{}, texted by {}", smoke.outside.public_url, smoke.carrier.name());
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
        let console_password = settings.secret("CONSOLE_PASSWORD");
        let carrier = match Twilio::from_settings(settings, &public_url)? {
            Some(twilio) => Carrier::Twilio(Box::new(twilio)),
            None => match settings.secret("MC_WEBHOOK_TOKEN") {
                Some(token) => Carrier::MessageCentral { token },
                None => Carrier::Mock { password: console_password.clone() },
            },
        };
        Ok(Self { outside: Outside::of(public_url)?, carrier, console_password })
    }

    async fn health(&self) -> Result<Seen<()>, Problem> {
        let answer = self.outside.ask(self.outside.get("/healthz")).await?;
        match answer.status {
            StatusCode::OK => Ok(Seen((), milliseconds(answer.took))),
            status => {
                Err(Problem::of_status(status, "see whether PUBLIC_URL is the address of textback"))
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
                seen: "it is no page".into(),
                fix: "see what else answers at PUBLIC_URL".into(),
            }),
            status => Err(Problem::of_status(status, "see the log of site")),
        }
    }

    async fn forged_text(&self) -> Result<Seen<()>, Problem> {
        let answer = self.outside.ask(self.carrier.text(&self.outside, false)).await?;
        match answer.status {
            StatusCode::FORBIDDEN => Ok(Seen((), milliseconds(answer.took))),
            StatusCode::NOT_FOUND => Err(self.not_configured()),
            status => Err(Problem::of_status(
                status,
                "take it off the air: anybody could text as anybody",
            )),
        }
    }

    async fn console(&self) -> Result<Seen<()>, Problem> {
        let answer = self.outside.ask(self.read("/console/api/about")).await?;
        match answer.status {
            StatusCode::OK => Ok(Seen((), milliseconds(answer.took))),
            StatusCode::NOT_FOUND | StatusCode::FORBIDDEN => Err(Problem::of_status(
                answer.status,
                "set CONSOLE_PASSWORD there, and here to the same: without one of 12 characters \
                 nobody sees it from outside",
            )),
            StatusCode::UNAUTHORIZED => Err(Problem::of_status(
                answer.status,
                "set CONSOLE_PASSWORD here to what it is there; after a change there it takes \
                 five minutes",
            )),
            status => Err(Problem::of_status(status, "see the log of console")),
        }
    }

    async fn genuine_text(&self) -> Result<Seen<TraceId>, Problem> {
        let answer = self.outside.ask(self.carrier.text(&self.outside, true)).await?;
        match (answer.status, answer.trace) {
            (StatusCode::OK, Some(trace)) => {
                let words = format!("{}, trace {trace}", milliseconds(answer.took));
                Ok(Seen(trace, words))
            }
            (StatusCode::FORBIDDEN, _) => {
                Err(Problem::of_status(answer.status, self.carrier.why_not_genuine()))
            }
            (StatusCode::NOT_FOUND, _) => Err(self.not_configured()),
            (status, _) => Err(Problem::of_status(
                status,
                "see the log of inbound, and whether its store is up",
            )),
        }
    }

    /// Waits until the turn that answers this text has come to its end.
    async fn turn(&self, mut trace: TraceId) -> Result<Seen<Vec<Step>>, Problem> {
        let begun = Instant::now();
        while begun.elapsed() < TURN_PATIENCE {
            let answer =
                self.outside.ask(self.read(&format!("/console/api/traces/{trace}"))).await?;
            match answer.status {
                StatusCode::OK => {
                    let read: Trace = serde_json::from_str(&answer.body).map_err(|_| Problem {
                        seen: "its trace cannot be read".into(),
                        fix: "use the program of the version that is deployed".into(),
                    })?;
                    if let Some(other) = read.answered_in {
                        trace = other;
                    } else if read.steps.iter().any(|step| step.what == "sent") {
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
            seen: format!("no turn has come to its end after {} s", TURN_PATIENCE.as_secs()),
            fix: "see the log of turn, and whether wake-ups wait in the queue or among its dead \
                  letters"
                .into(),
        })
    }

    fn not_configured(&self) -> Problem {
        let name = self.carrier.name();
        Problem {
            seen: "HTTP 404".into(),
            fix: format!("configure {name} there, or set here the provider that it has"),
        }
    }

    /// Something of the console's.
    fn read(&self, path: &str) -> RequestBuilder {
        let request = self.outside.get(path);
        match &self.console_password {
            Some(password) => request.basic_auth("smoke", Some(password.expose_secret())),
            None => request,
        }
    }
}

impl Carrier {
    fn name(&self) -> &'static str {
        match self {
            Self::Twilio(_) => "twilio",
            Self::MessageCentral { .. } => "messagecentral",
            Self::Mock { .. } => "mock",
        }
    }

    /// The call that tells of the text, with a proof that it is genuine or with a wrong one.
    fn text(&self, outside: &Outside, genuine: bool) -> RequestBuilder {
        let id = Uuid::new_v4().simple().to_string();
        let path = format!("/webhooks/{}/inbound", self.name());
        let message = json!({ "from": TEST_NUMBER, "text": TEXT, "id": id });
        match self {
            Self::Twilio(twilio) => {
                let id = format!("SM{id}");
                let form = [
                    ("AccountSid", twilio.account_sid.as_str()),
                    ("Body", TEXT),
                    ("From", TEST_NUMBER),
                    ("MessageSid", &id),
                    ("NumMedia", "0"),
                    ("SmsStatus", "received"),
                    // A messaging service does not say which numbers it has.
                    ("To", twilio.from.as_deref().unwrap_or(TEST_NUMBER)),
                ];
                let signed = if genuine { path.as_str() } else { "/elsewhere" };
                let signature = twilio.sign(signed, &form);
                outside.post(&path).header("x-twilio-signature", signature).form(&form)
            }
            Self::MessageCentral { token } => {
                let token = if genuine { token.expose_secret() } else { "wrong" };
                outside.post(&path).query(&[("token", token)]).json(&message)
            }
            Self::Mock { password: Some(password) } => {
                let password = if genuine { password.expose_secret() } else { "wrong" };
                outside.post(&path).basic_auth("smoke", Some(password)).json(&message)
            }
            Self::Mock { password: None } => outside.post(&path).json(&message),
        }
    }

    fn why_not_genuine(&self) -> &'static str {
        match self {
            Self::Twilio(_) => {
                "TWILIO_ACCOUNT_SID, TWILIO_AUTH_TOKEN and PUBLIC_URL have to be the same here and \
                 there; after a change there it takes five minutes"
            }
            Self::MessageCentral { .. } => {
                "MC_WEBHOOK_TOKEN has to be the same here and there; after a change there it takes \
                 five minutes"
            }
            Self::Mock { .. } => {
                "CONSOLE_PASSWORD has to be the same here and there; after a change there it takes \
                 five minutes"
            }
        }
    }
}

/// What was found in order, with the words for its line.
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

/// What became of the last question to the model.
fn model(steps: &[Step]) -> Result<Seen<()>, Problem> {
    let Some(asked) = steps.iter().rfind(|step| step.what == "asked the model") else {
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
            fix: "see to OPENAI_API_KEY, OPENAI_BASE_URL, OPENAI_MODEL and the account's quota"
                .into(),
        }),
    }
}

/// Whether no provider was asked to carry the reply.
fn stop(steps: &[Step]) -> Result<Seen<()>, Problem> {
    let sent: Vec<_> = steps.iter().filter(|step| step.what == "sent").collect();
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
        let listed: Vec<&str> =
            serde_json::from_str(include_str!("../../../../infra/smoke.json")).unwrap();
        assert_eq!(listed, SETTINGS);
    }
}
