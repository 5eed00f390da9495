//! The form of a request: what a server takes, as far as it is known.

use async_openai::types::chat::{ChatCompletionTool, ChatCompletionTools, FunctionObject};

use super::history::Echo;
use crate::tools::Tool;

/// What a server takes, as far as it is known.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Form {
    /// Of what was answered before.
    pub(crate) echo: Echo,
}

impl Form {
    /// Gives the next answer more room: the last had none for anything but thoughts.
    pub(crate) fn give_room(&mut self) {}
}

/// The most tokens of one answer. Ample for a text message, thinking of a reasoning model included.
pub(super) const ANSWER_TOKENS: u32 = 4_000;

pub(super) fn described(tool: &dyn Tool) -> ChatCompletionTools {
    let definition = tool.definition();
    ChatCompletionTools::Function(ChatCompletionTool {
        function: FunctionObject {
            name: definition.name.into(),
            description: Some(definition.description),
            parameters: Some(definition.parameters),
            strict: None,
        },
    })
}
