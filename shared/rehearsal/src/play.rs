//! Plays a recorded conversation to an agent.

use std::collections::VecDeque;

use agent::{Agent, Allowance, Ending, Heard, ModelError, Page, Pulse, Turn};
use jiff::Timestamp;
use money::Amount;
use policy::Language;
use serde_json::{Map, Value};

use crate::outcome::Outcome;
use crate::recorded::Recorded;
use crate::steps::Step;

/// How many answers a conversation may have after its end, if the recorded one went on.
const MORE_ANSWERS: u32 = 2;

/// How often the model may refuse one text, and several together.
const REFUSALS: (u32, u32) = (4, 2);

/// A recorded conversation while it is played to an agent.
pub struct Play<'a> {
    agent: &'a Agent,
    steps: VecDeque<Step>,
    is_first: bool,
    at: Timestamp,
    turns: Vec<Turn>,
    brief: Map<String, Value>,
    language: Option<Language>,
    answers: u32,
    /// Whether it went on after its end.
    went_on: bool,
    is_over: bool,
    outcome: Outcome,
}

impl<'a> Play<'a> {
    /// A conversation from its beginning.
    pub fn of(agent: &'a Agent, recorded: &Recorded) -> Self {
        Self {
            agent,
            steps: recorded.steps().into(),
            is_first: recorded.number == 1,
            at: recorded.at,
            turns: Vec::new(),
            brief: Map::new(),
            language: None,
            answers: 0,
            went_on: false,
            is_over: false,
            outcome: Outcome { model_cost: Some(Amount::ZERO), ..Outcome::default() },
        }
    }

    /// The least that the next answer costs. `None`: all is played.
    pub fn least_cost(&mut self) -> Option<Amount> {
        while let Some(step) = self.steps.front().filter(|step| !step.asks()) {
            // The product deals with it alone, as it did.
            let Step { before, texts, then } = step;
            self.turns.extend([&before[..], texts, then].concat());
            self.steps.pop_front();
        }
        let step = self.steps.front()?;
        if self.is_over && !self.goes_on(step) {
            return None;
        }
        let size = |turns: &[Turn]| serde_json::to_string(turns).map_or(0, |json| json.len());
        let said = size(&self.turns) + size(&step.before) + size(&step.texts);
        Some(self.agent.least_cost(said))
    }

    /// Whether the recorded conversation went on here after its end, which a note told the agent.
    fn goes_on(&self, step: &Step) -> bool {
        let is_told = step.before.iter().any(|turn| matches!(turn, Turn::Note { .. }));
        let is_left = matches!(self.outcome.ending.as_str(), "finished" | "turn_limit");
        is_told && is_left && (!self.went_on || self.answers < self.agent.page.turns)
    }

    /// Puts the next texts to the agent, and returns what that cost. An error says that the model gives no
    /// answer now; then nothing was played.
    pub async fn answer(&mut self, allowance: Allowance) -> (Amount, Result<(), ModelError>) {
        let Some(step) = self.steps.pop_front() else { return (Amount::ZERO, Ok(())) };
        let page = &self.agent.page;
        if self.is_over && !self.went_on {
            self.went_on = true;
            self.answers = page.turns.saturating_sub(MORE_ANSWERS).max(1);
        }
        self.is_over = false;
        self.turns.extend(step.before.iter().cloned());
        let now = step.at().unwrap_or(self.at);
        let language = self.language.or_else(|| policy::language(&words(&step.texts)));
        let (one, several) = REFUSALS;
        let heard = Heard {
            turns: &self.turns,
            brief: &self.brief,
            new: &step.texts,
            number: self.answers + 1,
            now,
            language,
            tries: 0,
            refusals: if step.texts.len() > 1 { several } else { one },
            allowance,
        };
        let answered = self.agent.answer(&heard, &Pulse::default()).await;
        let cost = answered.as_ref().map_or_else(|error| error.cost, |answered| answered.cost);
        self.outcome.model_cost = self.outcome.model_cost.map(|sum| sum.saturating_add(cost));
        let answered = match answered {
            Ok(answered) => answered,
            Err(error) if is_refusal(&error.error) => {
                self.refuse(&step, language);
                return (cost, Ok(()));
            }
            Err(error) => return (cost, Err(error.error)),
        };
        self.language = answered.language.or(language);
        self.turns.extend(step.texts.iter().cloned());
        self.brief.clone_from(&answered.brief);
        self.outcome.calls(&answered.turns);
        if answered.ending == Some(Ending::Stopped) {
            self.outcome.said.push(crate::Said::of(&step.texts, ""));
            self.end("stopped");
            return (cost, Ok(()));
        }
        let is_first = self.is_first && self.answers == 0;
        let segments = allowance.segments.unwrap_or(page.segments);
        let answered = page.fitted(answered, is_first, self.language, segments, now);
        let is_refused = matches!(answered.turns.last(), Some(Turn::Fixed { .. }));
        self.outcome.add(&step.texts, &answered.reply, is_refused);
        self.turns.extend(answered.turns);
        self.answers += 1;
        match answered.ending {
            Some(Ending::HandedOver { .. }) => self.end("handed_over"),
            Some(Ending::Finished) => self.end("finished"),
            _ if self.went_on => self.is_over = true,
            _ if self.answers >= page.turns => self.end("turn_limit"),
            _ => {}
        }
        (cost, Ok(()))
    }

    /// The model does not answer these texts: the person is told so, and it does not see them again.
    fn refuse(&mut self, step: &Step, language: Option<Language>) {
        let page: &Page = &self.agent.page;
        let unanswered = page.texts_in(language).unanswered.clone();
        self.outcome.add(&step.texts, &unanswered, true);
        let unseen = step.texts.iter().filter_map(|turn| match turn {
            Turn::Person { text, at } => Some(Turn::Unanswered { text: text.clone(), at: *at }),
            _ => None,
        });
        self.turns.extend(unseen);
        self.turns.push(Turn::Fixed { text: unanswered, at: step.at().unwrap_or(self.at) });
    }

    fn end(&mut self, ending: &str) {
        self.is_over = true;
        self.outcome.ending = ending.to_owned();
    }

    /// What came of it.
    pub fn outcome(self) -> Outcome {
        let mut outcome = self.outcome;
        if outcome.ending.is_empty() {
            outcome.ending = "quiet".to_owned();
        }
        let left = self.steps.iter().filter(|step| step.asks()).map(|step| step.texts.len());
        outcome.left = u32::try_from(left.sum::<usize>()).unwrap_or(u32::MAX);
        outcome.brief = self.brief;
        outcome
    }
}

/// Whether the model works and does not answer this.
fn is_refusal(error: &ModelError) -> bool {
    matches!(error, ModelError::Refused { .. }) && !error.is_over_budget()
}

fn words(texts: &[Turn]) -> String {
    let words = texts.iter().filter_map(|turn| match turn {
        Turn::Person { text, .. } => Some(text.as_str()),
        _ => None,
    });
    words.collect::<Vec<_>>().join("\n")
}
