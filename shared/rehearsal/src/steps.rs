//! A recorded conversation in turns, as they came.

use agent::Turn;
use jiff::Timestamp;
use policy::Keyword;

/// One turn of a recorded conversation.
#[derive(Default)]
pub(crate) struct Step {
    /// What was said on our side before it: notes, and texts of a colleague.
    pub(crate) before: Vec<Turn>,
    /// The person's texts.
    pub(crate) texts: Vec<Turn>,
    /// What followed: calls, their answers and the reply.
    pub(crate) then: Vec<Turn>,
}

impl Step {
    /// Whether the agent was asked, or the product dealt with it alone: a word such as HELP.
    pub(crate) fn asks(&self) -> bool {
        let by_model = |turn: &Turn| matches!(turn, Turn::Agent { .. });
        let is_reserved = |turn: &Turn| match turn {
            Turn::Person { text, .. } => {
                policy::keyword(text).is_some_and(|keyword| keyword != Keyword::Yes)
            }
            _ => false,
        };
        !self.texts.is_empty()
            && (self.then.iter().any(by_model) || !self.texts.iter().any(is_reserved))
    }

    /// When it was answered, or its last text came.
    pub(crate) fn at(&self) -> Option<Timestamp> {
        let answered = self.then.iter().find(|turn| matches!(turn, Turn::Agent { .. }));
        answered.or(self.texts.last()).and_then(at)
    }

    /// The reply of the agent, or the text of ours in its place.
    pub(crate) fn reply(&self) -> Option<&str> {
        self.agents_reply().or_else(|| {
            self.then.iter().rev().find_map(|turn| match turn {
                Turn::Fixed { text, .. } => Some(text.as_str()),
                _ => None,
            })
        })
    }

    /// Whether the model gave no answer that could be sent.
    pub(crate) fn is_refused(&self) -> bool {
        self.asks() && self.agents_reply().is_none() && !self.is_stopped()
    }

    /// Whether the agent understood that the person wants no more texts.
    pub(crate) fn is_stopped(&self) -> bool {
        self.then.iter().any(
            |turn| matches!(turn, Turn::Tool { name, failed, .. } if name == "stop" && !failed),
        )
    }

    fn agents_reply(&self) -> Option<&str> {
        self.then.iter().rev().find_map(|turn| match turn {
            Turn::Agent { text, .. } => text.as_deref(),
            _ => None,
        })
    }
}

/// The turns of a conversation. Texts belong together if nothing was answered in between.
pub(crate) fn steps(entries: impl IntoIterator<Item = Turn>) -> Vec<Step> {
    let (mut steps, mut step) = (Vec::new(), Step::default());
    for entry in entries {
        let is_answered = !step.then.is_empty();
        match entry {
            Turn::Person { text, at } | Turn::Unanswered { text, at } => {
                if is_answered {
                    steps.push(std::mem::take(&mut step));
                }
                step.texts.push(Turn::Person { text, at });
            }
            Turn::Note { .. } | Turn::ByHand { .. } => {
                if is_answered {
                    steps.push(std::mem::take(&mut step));
                }
                step.before.push(entry);
            }
            // The model never saw it.
            Turn::NotSent { .. } | Turn::Told { .. } | Turn::Corrected { .. } => {}
            Turn::Agent { .. } | Turn::Tool { .. } | Turn::Fixed { .. } => {
                if step.texts.is_empty() {
                    step.before.push(entry);
                } else {
                    step.then.push(entry);
                }
            }
        }
    }
    steps.extend(Some(step).filter(|step| !step.texts.is_empty()));
    steps
}

/// When an entry was made.
pub(crate) fn at(turn: &Turn) -> Option<Timestamp> {
    match turn {
        Turn::Person { at, .. }
        | Turn::Unanswered { at, .. }
        | Turn::Agent { at, .. }
        | Turn::ByHand { at, .. }
        | Turn::NotSent { at, .. }
        | Turn::Told { at, .. }
        | Turn::Corrected { at, .. }
        | Turn::Fixed { at, .. } => Some(*at),
        Turn::Tool { .. } | Turn::Note { .. } => None,
    }
}
