//! Traces, and the field that holds the steps in any document.

use documents::{Fields, Path, Write, raw};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use telemetry::{Step, TraceId};

use crate::id::ConversationId;

/// Everything that happened in one turn.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Trace {
    /// The conversation of the turn.
    #[serde(default)]
    pub conversation: Option<ConversationId>,
    /// The trace under which the text was answered, if it was taken up together with others.
    #[serde(default)]
    pub answered_in: Option<TraceId>,
    /// What happened, in order of time.
    #[serde(default)]
    pub steps: Vec<Step>,
}

/// Adds steps to an existing document.
pub(crate) fn add(path: Path, steps: &[Step]) -> Write {
    Write::Merge { path, set: Fields::none(), append: vec![values(steps)] }
}

/// The field that holds the steps, with these added.
pub(crate) fn values(steps: &[Step]) -> (&'static str, Vec<Box<RawValue>>) {
    ("steps", steps.iter().map(raw).collect())
}
