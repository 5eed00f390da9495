//! Asks the agent about texts, and handles texts that get no answer.

use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use agent::{Allowance, Answered, Ending, Heard, ModelError, Pulse};
use conversations::{Change, Loaded, Unavailable};
use hours::Permission;
use jiff::{SignedDuration, Timestamp};
use money::Amount;
use serde_json::Value;
use telemetry::{Alarm, Step, raise};

use crate::Wake;
use crate::bill::Bill;
use crate::count::failure;
use crate::edit::Draft;
use crate::gate::MAX_ATTEMPTS;
use crate::incidents::what_happened;
use crate::language::{known, shown};
use crate::pause::spread;
use crate::run::Run;

/// How often the model may refuse a text before it is given up.
const MAX_REFUSALS: u32 = 4;

/// The longest pause that the model may ask for while a text waits.
const LONGEST_WAIT: SignedDuration = SignedDuration::from_hours(1);

/// The minimum time between two apologies.
const SORRY_AGAIN: SignedDuration = SignedDuration::from_hours(1);

/// The longest pause before texts that were refused together are asked about one by one.
const ONE_BY_ONE: Duration = Duration::from_secs(2);

/// The agent's result for a run of texts.
pub(crate) enum Thought {
    Answer(Box<Answered>),
    None { error: ModelError, steps: Vec<Step>, cost: Amount },
}

impl Thought {
    pub(crate) fn is_stop(&self) -> bool {
        matches!(self, Self::Answer(answered) if answered.ending == Some(Ending::Stopped))
    }

    pub(crate) fn error(&self) -> Option<&ModelError> {
        match self {
            Self::Answer(_) => None,
            Self::None { error, .. } => Some(error),
        }
    }

    /// What the model charges for it.
    pub(crate) fn cost(&self) -> Amount {
        match self {
            Self::Answer(answered) => answered.cost,
            Self::None { cost, .. } => *cost,
        }
    }

    pub(crate) fn steps(&self) -> &[Step] {
        match self {
            Self::Answer(answered) => &answered.steps,
            Self::None { steps, .. } => steps,
        }
    }
}

impl<'a> Wake<'a> {
    /// Asks the agent. Meanwhile, a person who has heard nothing for long is told to wait, unless
    /// an answer is on its way.
    pub(crate) async fn think(&self, loaded: &Loaded, run: &Run, bill: &Bill) -> Thought {
        let pulse = Pulse::default();
        let mut thinking = pin!(self.ask_agent(loaded, run, bill, &pulse));
        tokio::select! {
            thought = &mut thinking => return thought,
            () = self.wait_for_silence(run, &pulse) => {}
        }
        let (thought, told) = tokio::join!(thinking, self.apologise(loaded.clone(), run));
        if let Err(error) = told {
            tracing::warn!(%error, "could not apologise for a late answer: {error}");
        }
        thought
    }

    /// Waits until the person has heard nothing for long, and no answer is on its way.
    async fn wait_for_silence(&self, run: &Run, pulse: &Pulse) {
        let limit = self.turn.agent.timeouts.silence;
        let waited = self.clock.now().duration_since(run.texts[0].at);
        let waited = Duration::try_from(waited).unwrap_or_default();
        tokio::time::sleep(limit.saturating_sub(waited).max(limit / 4)).await;
        while let Some(left) = pulse.silent_for().and_then(|silent| limit.checked_sub(silent)) {
            tokio::time::sleep(left).await;
        }
    }

    /// Tells the person to wait, while the model is being asked.
    async fn apologise(&self, mut loaded: Loaded, run: &Run) -> Result<(), Unavailable> {
        let written = self.edit(&mut loaded, |loaded| {
            let now = run.again(loaded).filter(|_| loaded.conversation.open.is_none())?;
            let mut draft = Draft::of(loaded);
            let waits = now.thinks() && now.texts.starts_with(&run.texts);
            (waits && self.say_sorry(loaded, &mut draft, run)).then_some(draft)
        });
        let planned = written.await?.planned();
        self.dispatch(&mut loaded, planned, vec![]).await
    }

    /// Apologises for the late answer, unless that happened within the hour, or would wake somebody.
    fn say_sorry(&self, loaded: &Loaded, draft: &mut Draft<'a>, run: &Run) -> bool {
        let now = self.clock.now();
        if !run.is_pretended() && self.permission(loaded) != Permission::Now {
            return false;
        }
        let lately = |at: &Timestamp| *at <= now && now < *at + SORRY_AGAIN;
        draft.next.apologised = true;
        if draft.next.sorry_at.as_ref().is_some_and(lately) {
            return false;
        }
        draft.next.sorry_at = Some(now);
        self.say(loaded, draft, run, &self.texts(&loaded.conversation, run).sorry);
        true
    }

    /// Asks the agent, and meanwhile fetches whatever a send will need.
    async fn ask_agent(&self, loaded: &Loaded, run: &Run, bill: &Bill, pulse: &Pulse) -> Thought {
        let conversation = &loaded.conversation;
        if !conversation.theirs.is_for_tests() {
            let providers = Arc::clone(&self.turn.providers);
            tokio::spawn(async move { providers.prepare().await });
        }
        let (agent, number) = (&self.turn.agent, conversation.answers + 1);
        let turns = run.unanswered(&conversation.turns, &agent.page);
        let new = run.entries();
        let allowance = self.allowance(loaded, run, bill);
        let heard = Heard {
            turns: &turns,
            brief: &conversation.brief,
            new: &new,
            number,
            now: self.clock.now(),
            language: known(conversation, run),
            tries: conversation.tries.saturating_sub(1),
            refusals: match run.texts.len() > 1 || conversation.one_by_one > 0 {
                true => MAX_REFUSALS / 2,
                false => MAX_REFUSALS,
            },
            allowance,
        };
        let answered = agent.answer(&heard, pulse).await;
        let cost = answered.as_ref().map_or_else(|error| error.cost, |answered| answered.cost);
        warn_of_overspending(cost, allowance);
        match answered {
            Ok(answered) if answered.ending == Some(Ending::Stopped) => {
                Thought::Answer(Box::new(answered))
            }
            Ok(answered) => {
                let answered = self.fitted(loaded, run, answered, allowance);
                tracing::info!(
                    tokens_in = answered.tokens.input,
                    tokens_out = answered.tokens.output,
                    texts = run.texts.len(),
                    "the agent answered"
                );
                Thought::Answer(Box::new(answered))
            }
            Err(error) => {
                tracing::error!(error = %error.error, "the agent cannot answer: {}", error.error);
                Thought::None { error: error.error, steps: error.steps, cost: error.cost }
            }
        }
    }

    /// An answer as the person reads it, which is what is stored.
    fn fitted(
        &self,
        loaded: &Loaded,
        run: &Run,
        answered: Answered,
        allowance: Allowance,
    ) -> Answered {
        let (page, conversation) = (&self.turn.agent.page, &loaded.conversation);
        let is_first = conversation.number == 1 && conversation.answers == 0;
        let language = shown(conversation, run, &answered);
        let segments = allowance.segments.unwrap_or(page.segments);
        page.fitted(answered, is_first, language, segments, self.clock.now())
    }

    /// The model gave no answer: the texts keep waiting, and the person is told.
    pub(crate) fn without_answer(
        &self,
        loaded: &Loaded,
        draft: &mut Draft<'a>,
        run: &Run,
        error: &ModelError,
        steps: &[Step],
    ) {
        let now = self.clock.now();
        draft.failed = failure(error);
        draft.back_off(now);
        if let ModelError::Unavailable { after: Some(after), .. } = error {
            match SignedDuration::try_from(*after) {
                Ok(after) if after <= LONGEST_WAIT => {
                    draft.next.ask_after = draft.next.ask_after.max(Some(now + after));
                }
                // A person has to answer it.
                _ => (draft.next.ask_after, draft.next.tries) = (None, MAX_ATTEMPTS),
            }
        }
        draft.set_due(now);
        self.say_sorry(loaded, draft, run);
        if loaded.conversation.tries > 1 && loaded.conversation.apologised {
            // It is already recorded, and a trace must not grow for as long as the model is down.
            return;
        }
        let (what_happened, trace) = (what_happened(error), run.trace());
        draft.changes.push(Change::Steps(trace.clone(), steps.to_vec()));
        draft.changes.push(Change::Notice(self.notice(
            format!("model-{trace}"),
            format!("{what_happened} A person waits and was told so. The model is asked again."),
            trace,
        )));
    }

    /// The model works, but refuses these texts. Several are asked about one by one, since only one
    /// may be the cause. A single one is no longer sent to the model, and the next starts clean.
    pub(crate) fn leave_unanswered(
        &self,
        loaded: &Loaded,
        draft: &mut Draft<'a>,
        run: &Run,
        error: &ModelError,
        steps: &[Step],
    ) {
        let (now, trace, page) = (self.clock.now(), run.trace(), &self.turn.agent.page);
        draft.failed = failure(error);
        draft.changes.push(Change::Steps(trace.clone(), steps.to_vec()));
        if run.texts.len() > 1 {
            draft.next.one_by_one = run.texts.len() as u32;
            draft.next.ask_after = Some(now + spread(ONE_BY_ONE));
            draft.set_due(now);
            return;
        }
        draft.changes.push(Change::Notice(self.notice(
            format!("refused-{trace}"),
            format!(
                "{} The person was told so, and the model is not asked again: answer by hand.",
                what_happened(error)
            ),
            trace,
        )));
        draft.take_up(&run.texts);
        draft.next.one_by_one = draft.next.one_by_one.saturating_sub(1);
        draft.reset_attempts();
        draft.set_due(now);
        // For several that were refused together, the person is told once.
        let is_one_of_many = loaded.conversation.one_by_one > 0;
        let mut before = draft.next.turns.iter().rev();
        let last = before.find(|turn| turn["kind"] != "unanswered");
        let is_unanswered = |last: &Value| {
            page.texts_by_language().any(|(_, texts)| last["text"] == *texts.unanswered)
        };
        let told = is_one_of_many && last.is_some_and(is_unanswered);
        run.join_unanswered(&mut draft.next.turns, page);
        match told {
            // The work was paid for all the same.
            true => self.count(draft, run, None),
            false => {
                self.say(loaded, draft, run, &self.texts(&loaded.conversation, run).unanswered)
            }
        }
    }
}

/// Tells the operator that a model's server did not keep to the tokens that it was allowed.
fn warn_of_overspending(cost: Amount, allowance: Allowance) {
    if let Some(limit) = allowance.limit.filter(|limit| cost > *limit) {
        raise!(Alarm::Overspent, "the model cost {cost} instead of at most {limit}");
    }
}
