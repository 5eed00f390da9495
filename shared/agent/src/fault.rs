//! What keeps an answer from being used, and what is done about it.

use crate::judge::Rule;
use crate::model::ModelError;

/// What is wrong with an answer, or with a question as the model sees it. Each is asked about once
/// more, in another form.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    /// It says nothing.
    Empty,
    /// It ends in the middle, where there was no more room.
    Cut,
    /// There was no room for anything but thoughts.
    NoRoom,
    /// It ends in the middle, where somebody's filter stopped it.
    Filtered,
    /// Nothing of it fits a phone.
    Unfit,
    /// It breaks a rule of the page.
    Broken(Rule),
    /// There is none: the server refuses the question.
    Refused,
}

impl Fault {
    /// In a word, for the trace and the operator.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Empty => "empty",
            Self::Cut => "cut",
            Self::NoRoom => "no room",
            Self::Filtered => "filtered",
            Self::Unfit => "nothing that fits a phone",
            Self::Broken(rule) => rule.word,
            Self::Refused => "refused",
        }
    }

    /// The same as an error of the model's.
    pub(crate) fn error(self) -> ModelError {
        ModelError::Refused { code: self.word().into() }
    }

    /// What the model is told when it is asked again.
    pub(crate) fn instead(self) -> &'static str {
        match self {
            Self::Broken(rule) => rule.instead,
            Self::Cut => {
                "Your last answer was too long and was cut off. Completion in one short sentence."
            }
            Self::Unfit => "Your last answer could not be sent. Completion in plain words.",
            Self::Empty | Self::NoRoom => {
                "Completion now, in one short sentence, without thinking first."
            }
            Self::Filtered | Self::Refused => "",
        }
    }

    /// Whether the model may still call tools when it is asked again.
    pub(crate) fn may_call(self) -> bool {
        matches!(self, Self::Broken(_) | Self::Unfit)
    }

    /// Whether it is asked again without what was said before, which may be what is refused.
    pub(crate) fn is_about_what_was_said(self) -> bool {
        matches!(self, Self::Filtered | Self::Refused)
    }
}
