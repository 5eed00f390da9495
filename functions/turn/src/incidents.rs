//! What turns depend on: somebody is told once that it fails, and once that it works again.
//!
//! What is known of it was read with the conversation, so that nothing is asked or written for it
//! while all works, nor while all know that it does not.

use agent::ModelError;
use evidence::{Health, News, Seen};
use jiff::SignedDuration;
use telemetry::{Alarm, raise};

use crate::Wake;

/// How long something may fail that may be over by itself. Shorter than that, nobody could have acted.
const TOLERANCE: SignedDuration = SignedDuration::from_mins(3);

impl Wake<'_> {
    /// Notes what came of asking the model.
    pub(crate) async fn saw_model(&self, health: &Health, error: Option<&ModelError>) {
        let Some(error) = error else {
            for alarm in [Alarm::ModelRefuses, Alarm::ModelSilent] {
                self.see(health, alarm, "", Seen::Works, "The model answers again.").await;
            }
            return;
        };
        let (alarm, tolerance) = match error {
            // It works, but for what somebody said.
            ModelError::Refused { .. } if !error.is_about_form() => return,
            ModelError::Unavailable { .. } => (Alarm::ModelSilent, TOLERANCE),
            ModelError::Misconfigured { .. } => (Alarm::ModelRefuses, SignedDuration::ZERO),
            ModelError::Refused { .. } => (Alarm::ModelRefuses, TOLERANCE),
        };
        self.see(health, alarm, "", Seen::Fails(tolerance), &what_happened(error)).await;
    }

    /// Notes whether results are taken, or what the receiver says instead.
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

    /// What fails is no reason to fail a turn.
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
                tracing::warn!(%error, "left it to the next text to say what fails: {error}");
            }
        }
    }
}

/// In a sentence, with what to do about it where we know.
pub(crate) fn what_happened(error: &ModelError) -> String {
    let code = error.code();
    match error {
        ModelError::Unavailable { .. } => format!("The model does not answer ({code})."),
        ModelError::Refused { .. } => format!("The model does not answer a text ({code})."),
        ModelError::Misconfigured { .. } => format!(
            "The model refuses us ({code}): see to OPENAI_API_KEY, OPENAI_BASE_URL, OPENAI_MODEL and \
             the account's quota."
        ),
    }
}
