//! Failures of what turns depend on: the operator is told once when it fails, and once when it
//! works again.
//!
//! The known state was read with the conversation, so nothing is read or written while everything
//! works, nor while the failure is already known.

use agent::ModelError;
use evidence::{Health, News, Seen};
use jiff::SignedDuration;
use telemetry::{Alarm, raise};

use crate::Wake;

/// How long a temporary failure may last before it is reported: nobody could have acted sooner.
const TOLERANCE: SignedDuration = SignedDuration::from_mins(3);

impl Wake<'_> {
    /// Notes whether the model answered.
    pub(crate) async fn saw_model(&self, health: &Health, error: Option<&ModelError>) {
        let Some(error) = error else {
            for alarm in [Alarm::ModelRefuses, Alarm::ModelSilent] {
                self.see(health, alarm, "", Seen::Works, "The model answers again.").await;
            }
            return;
        };
        let (alarm, tolerance) = match error {
            // The model works; it only refused this text.
            ModelError::Refused { .. } if !error.is_about_form() => return,
            ModelError::Unavailable { .. } => (Alarm::ModelSilent, TOLERANCE),
            ModelError::Misconfigured { .. } => (Alarm::ModelRefuses, SignedDuration::ZERO),
            ModelError::Refused { .. } => (Alarm::ModelRefuses, TOLERANCE),
        };
        self.see(health, alarm, "", Seen::Fails(tolerance), &what_happened(error)).await;
    }

    /// Notes whether the receiver takes results, or the problem if it does not.
    pub(crate) async fn saw_results(&self, health: &Health, problem: Option<&str>) {
        let alarm = Alarm::ResultsRefused;
        match problem {
            None => {
                let sentence = "RESULT_WEBHOOK_URL takes results again.";
                self.see(health, alarm, "", Seen::Works, sentence).await;
            }
            Some(problem) => {
                let sentence = format!(
                    "RESULT_WEBHOOK_URL takes no results ({problem}). They are kept and tried again."
                );
                self.see(health, alarm, "", Seen::Fails(TOLERANCE), &sentence).await;
            }
        }
    }

    /// Notes whether any of these routes works, or what is wrong with each.
    pub(crate) async fn saw_routes(&self, health: &Health, routes: &str, none_works: Option<&str>) {
        let (seen, sentence) = match none_works {
            None => (Seen::Works, "A provider works again."),
            Some(sentence) => (Seen::Fails(SignedDuration::ZERO), sentence),
        };
        self.see(health, Alarm::NothingWorks, routes, seen, sentence).await;
    }

    /// An error here does not fail the turn.
    async fn see(&self, health: &Health, alarm: Alarm, of: &str, seen: Seen, sentence: &str) {
        let (name, now) = (format!("{alarm} {of}"), self.clock.now());
        let name = name.trim_end();
        if health.sees(name, seen, now).is_none() {
            return;
        }
        match routing::see(&self.turn.store, name, seen, sentence, now).await {
            Ok(Some(News::Fails)) => raise!(alarm, "{sentence}"),
            Ok(Some(News::Works)) => tracing::info!("{sentence}"),
            Ok(Some(News::Nothing) | None) => {}
            Err(error) => {
                tracing::warn!(%error, "could not record an incident, and left it to the next text: {error}");
            }
        }
    }
}

/// A sentence about the error, with a remedy if we know one.
pub(crate) fn what_happened(error: &ModelError) -> String {
    let code = error.code();
    match error {
        ModelError::Unavailable { .. } => format!("The model does not answer ({code})."),
        ModelError::Refused { .. } => format!("The model does not answer a text ({code})."),
        ModelError::Misconfigured { .. } => format!(
            "The model refuses us ({code}): check OPENAI_API_KEY, OPENAI_BASE_URL, OPENAI_MODEL and \
             the account's quota."
        ),
    }
}
