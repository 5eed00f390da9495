//! The flat list that a conversation is: what the model is shown is what is stored.

use std::fmt;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// One entry of a conversation. Entries are appended and never edited.
///
/// `Debug` prints what kind of entry it is and how long, never what was said. The serialized form
/// is stored for months: a name in it never changes its meaning.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Turn {
    /// A person's text.
    Person {
        /// What they said.
        text: String,
        /// When it reached us.
        at: Timestamp,
    },
    /// A person's text that the model does not answer whatever it is asked: kept for people, and not
    /// shown to it again.
    Unanswered {
        /// What they said.
        text: String,
        /// When it reached us.
        at: Timestamp,
    },
    /// What the model answered: a reply for the person, or calls for tools, never both.
    Agent {
        /// The reply. What a model says beside a call for tools reaches nobody, so it is not kept.
        text: Option<String>,
        /// The calls, each followed by its own [`Turn::Tool`].
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        tool_calls: Vec<ToolCall>,
        /// When it was answered.
        at: Timestamp,
        /// What else the server said in the message, as it came: some want it back.
        #[serde(default, skip_serializing_if = "Map::is_empty")]
        extras: Map<String, Value>,
    },
    /// What a tool answered.
    Tool {
        /// The id of the [`ToolCall`].
        call: String,
        /// The tool, as the model named it.
        name: String,
        /// What the model is told.
        output: String,
        /// Whether the tool did not do what was asked.
        #[serde(default)]
        failed: bool,
    },
    /// A fact of ours that the model is told until it has replied once more, for example that
    /// nobody knows whether its last reply arrived.
    Note {
        /// A full sentence.
        text: String,
    },
    /// What a person of the business wrote to the person themselves.
    ByHand {
        /// What was said.
        text: String,
        /// When it was sent.
        at: Timestamp,
    },
    /// A text sent in the product's own name, without the model: the confirmation of a stop, an
    /// apology. The model sees it as something it said.
    Fixed {
        /// What was said.
        text: String,
        /// When it was decided.
        at: Timestamp,
    },
}

/// A model's wish to use a tool.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ToolCall {
    /// What the answer refers to. Unique within its entry.
    pub id: String,
    /// The tool, as the model named it.
    pub name: String,
    /// The arguments as the model wrote them, which need not be JSON.
    pub arguments: String,
    /// What else the server said in the call, as it came: some want it back.
    #[serde(default, skip_serializing_if = "Map::is_empty")]
    pub extras: Map<String, Value>,
}

impl Turn {
    /// Whether this is the model's reply.
    pub(crate) fn is_reply(&self) -> bool {
        matches!(self, Self::Agent { text: Some(_), .. })
    }

    /// How much of it the model is shown, in characters.
    pub(crate) fn characters(&self) -> usize {
        let length = |text: &str| text.chars().count();
        match self {
            Self::Unanswered { .. } => 0,
            Self::Person { text, .. }
            | Self::Note { text }
            | Self::ByHand { text, .. }
            | Self::Fixed { text, .. } => length(text),
            Self::Agent { text, tool_calls, .. } => {
                let call = |call: &ToolCall| length(&call.name) + length(&call.arguments);
                text.as_deref().map_or(0, length) + tool_calls.iter().map(call).sum::<usize>()
            }
            Self::Tool { name, output, .. } => length(name) + length(output),
        }
    }
}

impl fmt::Debug for Turn {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let said = |text: &str| text.chars().count();
        match self {
            Self::Person { text, .. } => write!(formatter, "Person({} characters)", said(text)),
            Self::Unanswered { text, .. } => {
                write!(formatter, "Unanswered({} characters)", said(text))
            }
            Self::Agent { text: Some(text), .. } => {
                write!(formatter, "Agent({} characters)", said(text))
            }
            Self::Agent { tool_calls, .. } => write!(formatter, "Agent({tool_calls:?})"),
            Self::Tool { failed, .. } => write!(formatter, "Tool(failed: {failed})"),
            Self::Note { text } => write!(formatter, "Note({} characters)", said(text)),
            Self::ByHand { text, .. } => write!(formatter, "ByHand({} characters)", said(text)),
            Self::Fixed { text, .. } => write!(formatter, "Fixed({} characters)", said(text)),
        }
    }
}

impl fmt::Debug for ToolCall {
    // Not even the name: a confused model writes there what it should have said.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("ToolCall")
    }
}
