//! Test sends by the owner, and the codes that come back.

use documents::{Unavailable, at, once_each};
use jiff::{SignedDuration, Timestamp};
use sms::Number;
use telemetry::{Step, TraceId, steps};

use crate::attempts::Attempt;
use crate::names::Claim;
use crate::store::Store;
use crate::traces::add;

/// How long a test send's code is kept from the agent. Afterwards four digits are just four digits.
const AWAITED: SignedDuration = SignedDuration::from_hours(1);

/// Whether this could answer a test send: four digits and nothing else.
fn is_code(body: &str) -> bool {
    body.len() == 4 && body.bytes().all(|byte| byte.is_ascii_digit())
}

impl Store {
    /// Takes a text that answers a test send ([`crate::Names::test_send`]), so that nobody else has to;
    /// returns false for any other text. Only a text of four digits is looked up. A repeat stores
    /// nothing.
    pub async fn answer_trial(
        &self,
        claim: &Claim,
        provider: &str,
        theirs: &Number,
        body: &str,
        now: Timestamp,
    ) -> Result<bool, Unavailable> {
        let code = body.trim();
        if !is_code(code) {
            return Ok(false);
        }
        let attempt = self.attempt(&self.names.test_send(provider, theirs, code)).await?;
        let Some(attempt) = attempt.filter(|attempt| now < attempt.at + AWAITED) else {
            return Ok(false);
        };
        let step = Step::new(steps::ANSWERED, now).with("provider", provider);
        let step = add(at("attempts", &attempt.id), &[step]);
        let answered = once_each(vec![Attempt::note_answer(&attempt.id, Some(now)), step])?;
        self.claim(claim, now, answered).await?;
        Ok(true)
    }

    /// The provider through which the test send under this trace was answered, if it was.
    pub async fn test_send_answered(&self, trace: &TraceId) -> Result<Option<String>, Unavailable> {
        let steps = self.trace(trace).await?.map(|trace| trace.steps).unwrap_or_default();
        let answer = steps.into_iter().find(|step| step.what == steps::ANSWERED);
        let provider = answer.and_then(|step| Some(step.details.get("provider")?.as_str()?.into()));
        Ok(provider)
    }
}
