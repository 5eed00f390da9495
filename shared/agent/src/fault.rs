//! The faults that make an answer unusable, and what to do about them.

use crate::judge::Rule;
use crate::model::ModelError;

/// The fault of an answer, or of a question as the model sees it. After each the model is asked once
/// more, in another form.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    /// It is empty.
    Empty,
    /// It is cut off, because there was no more room.
    Cut,
    /// There was only room for reasoning.
    NoRoom,
    /// It is cut off, because a filter stopped it.
    Filtered,
    /// None of it fits a phone.
    Unfit,
    /// It would not be sent whole, since that takes too many segments.
    Long,
    /// It breaks a rule of the page.
    Broken(Rule),
    /// There is no answer: the server refuses the question.
    Refused,
}

impl Fault {
    /// A short word, for the trace and the operator.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Empty => "empty",
            Self::Cut => "cut",
            Self::NoRoom => "no room",
            Self::Filtered => "filtered",
            Self::Unfit => "nothing that fits a phone",
            Self::Long => "too long",
            Self::Broken(rule) => rule.word,
            Self::Refused => "refused",
        }
    }

    /// The same as an error of the model.
    pub(crate) fn error(self) -> ModelError {
        ModelError::Refused { code: self.word().into() }
    }

    /// The note to the model when it is asked again.
    pub(crate) fn instead(self) -> &'static str {
        match self {
            Self::Broken(rule) => rule.instead,
            Self::Cut => {
                "Your last answer was too long and was cut off. Answer in one short sentence."
            }
            Self::Long => "Your last answer was too long to be sent. Say the same in fewer words.",
            Self::Unfit => "Your last answer could not be sent. Answer in plain words.",
            Self::Empty | Self::NoRoom => {
                "Answer now, in one short sentence, without thinking first."
            }
            Self::Filtered | Self::Refused => "",
        }
    }

    /// Whether the model may still call tools when it is asked again.
    pub(crate) fn may_call(self) -> bool {
        matches!(self, Self::Broken(_) | Self::Long | Self::Unfit)
    }

    /// Whether to ask again without the earlier conversation, which may be the refused part.
    pub(crate) fn is_about_what_was_said(self) -> bool {
        matches!(self, Self::Filtered | Self::Refused)
    }
}
