//! The conversation as a server is shown it.

use async_openai::types::chat::{
    ChatCompletionMessageToolCall, ChatCompletionMessageToolCalls,
    ChatCompletionRequestAssistantMessage, ChatCompletionRequestMessage,
    ChatCompletionRequestToolMessage, ChatCompletionRequestUserMessage, FunctionCall,
};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde::de::IgnoredAny;

use crate::turns::{ToolCall, Turn};
use crate::when::When;

/// What was said, in the server's form.
pub(super) fn messages(
    turns: &[Turn],
    now: Timestamp,
    zone: &TimeZone,
) -> impl Iterator<Item = ChatCompletionRequestMessage> {
    let mut when = When::new(now, zone);
    turns.iter().filter_map(move |turn| message(turn, &mut when))
}

/// An entry of the conversation as the model sees it. Notes are in the system prompt.
fn message(turn: &Turn, when: &mut When<'_>) -> Option<ChatCompletionRequestMessage> {
    Some(match turn {
        Turn::Note { .. } => return None,
        Turn::Unanswered { .. } => ChatCompletionRequestUserMessage::from(
            "[The person wrote something here that cannot be shown.]",
        )
        .into(),
        Turn::Person { text, at } => {
            ChatCompletionRequestUserMessage::from(when.shown(text, *at)).into()
        }
        Turn::Fixed { text, .. } | Turn::Agent { text: Some(text), .. } => {
            ChatCompletionRequestAssistantMessage::from(text.as_str()).into()
        }
        Turn::ByHand { text, .. } => {
            let said = format!("[A person of the business wrote this themselves:] {text}");
            ChatCompletionRequestAssistantMessage::from(said).into()
        }
        Turn::Agent { text: None, tool_calls, .. } => ChatCompletionRequestAssistantMessage {
            tool_calls: Some(tool_calls.iter().map(call).collect()),
            ..Default::default()
        }
        .into(),
        Turn::Tool { call, output, failed, .. } => ChatCompletionRequestToolMessage {
            tool_call_id: call.clone(),
            content: if *failed { format!("error: {output}") } else { output.clone() }.into(),
        }
        .into(),
    })
}

fn call(call: &ToolCall) -> ChatCompletionMessageToolCalls {
    // Some servers parse what they are shown, and most check names. What was wrong with either
    // stands in the tool's answer.
    let is_json = serde_json::from_str::<IgnoredAny>(&call.arguments).is_ok();
    let in_names = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-');
    let is_name = matches!(call.name.len(), 1..=64) && call.name.bytes().all(in_names);
    ChatCompletionMessageToolCalls::Function(ChatCompletionMessageToolCall {
        id: call.id.clone(),
        function: FunctionCall {
            name: if is_name { call.name.clone() } else { "unknown".into() },
            arguments: if is_json { call.arguments.clone() } else { "{}".into() },
        },
    })
}
