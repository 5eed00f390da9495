//! The flat list of a conversation: the model gets what is stored.

use std::fmt;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// One entry of a conversation. Entries are appended and never edited.
///
/// `Debug` prints the kind and length of an entry, never its words. The serialized form is stored for
/// months: a name in it never changes its meaning.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Turn {
    /// A person's text.
    Person {
        /// Their words.
        text: String,
        /// When it reached us.
        at: Timestamp,
    },
    /// A person's text that the model refuses to answer: kept for people, and not sent to it again.
    Unanswered {
        /// Their words.
        text: String,
        /// When it reached us.
        at: Timestamp,
    },
    /// The model's answer: a reply for the person, or tool calls, never both.
    Agent {
        /// The reply. Words beside a tool call reach nobody, so they are not kept.
        text: Option<String>,
        /// The calls, each followed by its own [`Turn::Tool`].
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        tool_calls: Vec<ToolCall>,
        /// When it was answered.
        at: Timestamp,
        /// The extras of the message, as they came: some servers want them back.
        #[serde(default, skip_serializing_if = "Map::is_empty")]
        extras: Map<String, Value>,
    },
    /// A tool's answer.
    Tool {
        /// The id of the [`ToolCall`].
        call: String,
        /// The tool, as the model named it.
        name: String,
        /// The answer for the model.
        output: String,
        /// Whether the tool failed.
        #[serde(default)]
        failed: bool,
    },
    /// A fact of ours that the model gets until its next reply, for example that it is unknown whether
    /// its last reply arrived.
    Note {
        /// A full sentence.
        text: String,
    },
    /// A text that a person of the business sent to the person.
    ByHand {
        /// The text.
        text: String,
        /// When it was sent.
        at: Timestamp,
        /// Who wrote it, if that is known.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        by: Option<String>,
    },
    /// A reply that was not sent, or a text that an operator wrote: kept for people, and not sent to the
    /// model.
    NotSent {
        /// The text.
        text: String,
        /// The operator who wrote it. Empty: it was the agent's reply.
        by: String,
        /// Why it was not sent.
        why: String,
        /// When that was decided.
        at: Timestamp,
    },
    /// What an owner's phone was told: not sent to the model.
    Told {
        /// The text.
        text: String,
        /// When.
        at: Timestamp,
    },
    /// An operator gave a field of the brief another value. The model sees it in the brief.
    Corrected {
        /// The field.
        field: String,
        /// Its value since.
        value: Value,
        /// Who did it.
        by: String,
        /// When.
        at: Timestamp,
    },
    /// A fixed text, sent without the model: the confirmation of an opt-out, an apology. To the model
    /// it looks like its own.
    Fixed {
        /// The text.
        text: String,
        /// When it was decided.
        at: Timestamp,
    },
}

/// A tool call by the model.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ToolCall {
    /// The id that the answer refers to. Unique within its entry.
    pub id: String,
    /// The tool, as the model named it.
    pub name: String,
    /// The arguments as the model wrote them, which need not be JSON.
    pub arguments: String,
    /// The extras of the call, as they came: some servers want them back.
    #[serde(default, skip_serializing_if = "Map::is_empty")]
    pub extras: Map<String, Value>,
}

impl Turn {
    /// Whether it is for people only.
    pub(crate) fn is_hidden(&self) -> bool {
        matches!(self, Self::NotSent { .. } | Self::Told { .. } | Self::Corrected { .. })
    }

    /// Whether this is the model's reply.
    pub(crate) fn is_reply(&self) -> bool {
        matches!(self, Self::Agent { text: Some(_), .. })
    }

    /// The size of its text in a request, in characters.
    pub(crate) fn characters(&self) -> usize {
        let length = |text: &str| text.chars().count();
        match self {
            Self::Unanswered { .. }
            | Self::NotSent { .. }
            | Self::Told { .. }
            | Self::Corrected { .. } => 0,
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
            Self::NotSent { text, .. } => write!(formatter, "NotSent({} characters)", said(text)),
            Self::Told { text, .. } => write!(formatter, "Told({} characters)", said(text)),
            Self::Corrected { .. } => formatter.write_str("Corrected"),
        }
    }
}

impl fmt::Debug for ToolCall {
    // Not even the name: a confused model may write its reply there.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("ToolCall")
    }
}
