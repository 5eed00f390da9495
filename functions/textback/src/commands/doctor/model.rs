//! Checks that the model answers, and what its server lacks.

use agent::{Lack, ModelCheck, ModelError, OpenAi, Page, Timeouts};
use settings::SettingsError;
use sms::Finding;

use crate::commands::doctor::report::{Check, Found, misset};
use crate::outside::milliseconds;

/// Plays one whole round with the model, if one is configured: a tool call, the tool's result, and
/// an answer.
pub(crate) async fn look(
    model: Result<&Option<OpenAi>, &SettingsError>,
    page: Option<&Page>,
    timeouts: Result<&Timeouts, &SettingsError>,
) -> Found {
    let check = Check::Model;
    let (model, timeouts) = match (model, timeouts) {
        (Err(error), _) | (_, Err(error)) => return misset(check, error),
        (Ok(None), _) => {
            return Finding::doubtful(
                check,
                "the built-in one, which does not think",
                "Set OPENAI_API_KEY.",
            );
        }
        (Ok(Some(model)), Ok(timeouts)) => (model, timeouts),
    };
    // A page that cannot be read is a finding of its own.
    let usual = Page::default();
    let error = match model.check(page.unwrap_or(&usual), timeouts.request).await {
        Ok(checked) => return display(model.name(), &checked),
        Err(error) => error,
    };
    let code = error.code();
    let (seen, fix) = match (&error, code.split(' ').next().unwrap_or_default()) {
        (ModelError::Misconfigured { .. }, "401") => {
            ("the key is wrong", "Copy OPENAI_API_KEY again from where it was made.")
        }
        (ModelError::Misconfigured { .. }, "403") => (
            "the key lacks a permission",
            "Give the key in OPENAI_API_KEY permission for chat completions, and its project access \
             to the model.",
        ),
        (ModelError::Misconfigured { .. }, "404") => (
            "there is no such model, or this account has no access to it",
            "Set OPENAI_MODEL to one that the account has, and OPENAI_BASE_URL to its server.",
        ),
        (ModelError::Misconfigured { .. }, "402" | "429") => {
            ("the quota is used up", "Pay for more where OPENAI_API_KEY was made, under Billing.")
        }
        (ModelError::Misconfigured { .. } | ModelError::Refused { .. }, _) => (
            "it refuses the request",
            "Check that OPENAI_BASE_URL and OPENAI_MODEL are those of a chat model.",
        ),
        (ModelError::Unavailable { .. }, "429") => {
            let seen = format!("too many requests for now ({code})");
            let fix = "If this goes on, ask for a higher rate limit: the quota is not used up.";
            return Finding::doubtful(check, seen, fix);
        }
        (ModelError::Unavailable { .. }, "unreachable") => {
            ("it cannot be reached", "Check OPENAI_BASE_URL, and that this machine reaches it.")
        }
        (ModelError::Unavailable { .. }, _) => {
            ("it does not answer", "See its provider's status page, and try again.")
        }
    };
    Finding::broken(check, format!("{seen} ({code})"), fix)
}

/// The finding about a whole round.
fn display(name: &str, checked: &ModelCheck) -> Found {
    let check = Check::Model;
    let form = checked.form.iter().map(String::as_str).collect::<Vec<_>>().join(", ");
    let form = if form.is_empty() { form } else { format!(", asked {form}") };
    let answers = format!("{name} answers in {}{form}", milliseconds(checked.took));
    let lacks: Vec<_> = checked.lacks.iter().map(described).collect();
    let Some((_, fix)) = lacks.first() else { return Finding::works(check, answers) };
    let said = lacks.iter().map(|(said, _)| said.as_str()).collect::<Vec<_>>().join("; ");
    let seen = format!("{answers}, but {said}");
    match &checked.lacks[0] {
        Lack::SecondRound(_) => Finding::broken(check, seen, *fix),
        Lack::Context(_) | Lack::Calls | Lack::Cut => Finding::doubtful(check, seen, *fix),
        Lack::Tools | Lack::TypedCalls | Lack::PlainWords => Finding::works(check, seen),
    }
}

/// What a model lacks, and how to fix it.
fn described(lack: &Lack) -> (String, &'static str) {
    match lack {
        Lack::SecondRound(code) => (
            format!("does not continue after a tool result ({code})"),
            "Name another model in OPENAI_MODEL: with this one, a text that needs a tool gets no answer.",
        ),
        Lack::Context(tokens) => (
            format!(
                "has a context too small for this page and a whole conversation of {tokens} \
                 tokens, so it forgets the oldest texts"
            ),
            "Load the model with a larger context (num_ctx, --ctx-size, --max-model-len), or \
             shorten the agent's page.",
        ),
        Lack::Calls => (
            "called no tool, though it was told to".into(),
            "Name a model in OPENAI_MODEL that calls tools: this one records nothing, and hands \
             nobody over.",
        ),
        Lack::Cut => (
            "ran out of tokens before the end of its answer".into(),
            "Name a model in OPENAI_MODEL that thinks less, or let its server write longer answers.",
        ),
        Lack::Tools => {
            ("its server does not support tools: they are described in words".into(), "")
        }
        Lack::TypedCalls => ("writes its tool calls as text, which are carried out".into(), ""),
        Lack::PlainWords => {
            ("mixes thoughts or markup into its answers, which are taken out".into(), "")
        }
    }
}
