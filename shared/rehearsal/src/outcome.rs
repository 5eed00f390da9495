//! What came of a conversation.

use agent::Turn;
use money::Amount;
use serde_json::{Map, Value};

use crate::steps::Step;

/// What came of a conversation, as it was recorded or as it was played.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Outcome {
    /// How it ended: `finished`, `handed_over`, `turn_limit`, `stopped`, or `quiet` if nobody ended it.
    pub ending: String,
    /// What was collected.
    pub brief: Map<String, Value>,
    /// How many answers the agent gave.
    pub turns: u32,
    /// How many segments they took.
    pub segments: u32,
    /// How many answers the model refused, or gave so that they could not be sent.
    pub refusals: u32,
    /// What the model charges for all of it, if that is known.
    pub model_cost: Option<Amount>,
    /// Texts that got no answer, since the conversation was over before.
    pub left: u32,
    /// Calls of tools that there are not.
    pub unknown_calls: Vec<String>,
    /// What was said, turn by turn.
    pub said: Vec<Said>,
}

/// What was said in one turn.
#[derive(Clone, Default, PartialEq)]
pub struct Said {
    /// The person's texts.
    pub texts: Vec<String>,
    /// The reply.
    pub reply: String,
}

impl std::fmt::Debug for Said {
    // Never its words.
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "Said({} texts)", self.texts.len())
    }
}

impl Said {
    pub(crate) fn of(texts: &[Turn], reply: &str) -> Self {
        let words = |turn: &Turn| match turn {
            Turn::Person { text, .. } => Some(text.clone()),
            _ => None,
        };
        Self { texts: texts.iter().filter_map(words).collect(), reply: reply.to_owned() }
    }
}

impl Outcome {
    /// What came of turns as they were recorded.
    pub(crate) fn of_steps(
        steps: &[Step],
        ending: &str,
        brief: Map<String, Value>,
        model_cost: Option<Amount>,
    ) -> Self {
        let is_stopped = steps.iter().any(Step::is_stopped);
        let ending = if is_stopped { "stopped" } else { ending }.to_owned();
        let mut outcome = Self { ending, brief, model_cost, ..Self::default() };
        for step in steps.iter().filter(|step| step.asks()) {
            let reply = step.reply().unwrap_or_default();
            if step.is_stopped() {
                outcome.said.push(Said::of(&step.texts, ""));
                continue;
            }
            outcome.add(&step.texts, reply, step.is_refused());
            outcome.calls(&step.then);
        }
        outcome
    }

    /// Adds an answer.
    pub(crate) fn add(&mut self, texts: &[Turn], reply: &str, is_refused: bool) {
        self.turns += 1;
        self.segments += u32::try_from(sms::segments(reply).count).unwrap_or(u32::MAX);
        self.refusals += u32::from(is_refused);
        self.said.push(Said::of(texts, reply));
    }

    /// Adds the calls that no tool answers.
    pub(crate) fn calls(&mut self, then: &[Turn]) {
        for turn in then {
            if let Turn::Tool { name, output, failed: true, .. } = turn
                && output.starts_with(NO_TOOL)
            {
                self.unknown_calls.push(name.clone());
            }
        }
    }
}

/// What the agent tells a model that calls a tool which there is not.
const NO_TOOL: &str = "no tool named";
