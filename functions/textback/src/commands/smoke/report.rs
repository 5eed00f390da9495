//! The report of `smoke`, and its judgement of a turn.

use std::time::Duration;

use host::Error;
use telemetry::{Step, steps};

use crate::outside::{Problem, milliseconds};

/// Prints and counts the checks as they are made.
#[derive(Default)]
pub(super) struct Report {
    passed: usize,
    failed: usize,
}

/// A result, with the words for its line.
pub(super) struct Seen<T>(pub(super) T, pub(super) String);

impl Report {
    #[expect(clippy::print_stdout, reason = "the output of a command")]
    pub(super) fn add<T>(&mut self, check: &str, outcome: Result<Seen<T>, Problem>) -> Option<T> {
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

    pub(super) fn sum(self) -> Result<(), Error> {
        match (self.failed, self.failed + self.passed) {
            (0, _) => Ok(()),
            (failed, all) => Err(format!("{failed} of {all} checks failed").into()),
        }
    }
}

/// The outcome of the last request to the model.
pub(super) fn model(steps: &[Step]) -> Result<Seen<()>, Problem> {
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
pub(super) fn stop(steps: &[Step]) -> Result<Seen<()>, Problem> {
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
