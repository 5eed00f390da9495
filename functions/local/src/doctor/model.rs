//! Whether the model answers.

use std::time::{Duration, Instant};

use agent::{ModelError, OpenAi};
use settings::SettingsError;
use sms::Finding;

use crate::doctor::ourselves::misset;
use crate::doctor::report::{Check, Found};
use crate::outside::milliseconds;

/// How long the model may take: as long as in a turn.
const MODEL_PATIENCE: Duration = Duration::from_secs(40);

/// Asks it for a word, if there is one to be asked.
pub(crate) async fn look(model: Result<&Option<OpenAi>, &SettingsError>) -> Found {
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
        (ModelError::Misconfigured { .. } | ModelError::Refused { .. }, _) => (
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
