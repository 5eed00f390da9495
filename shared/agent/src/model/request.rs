//! A request as it is sent. Its constant parts are borrowed.

use std::collections::BTreeSet;
use std::io::{self, Write};

use async_openai::types::chat::{
    ChatCompletionStreamOptions, ChatCompletionToolChoiceOption, ToolChoiceOptions,
};
use serde::ser::SerializeMap;
use serde::{Serialize, Serializer};
use serde_json::Value;

use crate::budget::TOKEN_BYTES;

/// One request to a model.
pub(super) struct Request<'a> {
    pub(super) model: &'a str,
    /// The parameter for the maximum tokens, and its value.
    pub(super) limit: Option<(&'static str, u32)>,
    pub(super) messages: Vec<Value>,
    pub(super) tools: Option<&'a [Value]>,
    /// Whether tools may be called.
    pub(super) may_call: bool,
    /// Whether to stream the answer.
    pub(super) is_in_pieces: bool,
    /// Whether what may be spent pays for no useful answer.
    pub(super) is_over_budget: bool,
    /// The names to leave out of it, its messages and their calls.
    pub(super) without: &'a BTreeSet<String>,
}

impl Request<'_> {
    /// The request as a value.
    pub(super) fn value(&self) -> Value {
        serde_json::to_value(self).expect("a request is plain data")
    }

    /// About how many tokens it has.
    pub(super) fn tokens(&self) -> u64 {
        ((bytes(&self.messages) + self.tools.map_or(0, bytes)) / TOKEN_BYTES) as u64
    }

    /// The most tokens of its answer.
    pub(super) fn answer_tokens(&self) -> u64 {
        self.limit.map_or(0, |(_, tokens)| tokens.into())
    }

    pub(super) fn leave_out_of_messages(&mut self) {
        let leave = |value: &mut Value| {
            if let Value::Object(map) = value {
                map.retain(|name, _| !self.without.contains(name));
            }
        };
        if self.without.is_empty() {
            return;
        }
        for message in &mut self.messages {
            leave(message);
            if let Some(calls) = message.get_mut("tool_calls").and_then(Value::as_array_mut) {
                calls.iter_mut().for_each(leave);
            }
        }
    }
}

impl Serialize for Request<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut request = serializer.serialize_map(None)?;
        let is_sent = |name: &str| !self.without.contains(name);
        if let Some((name, tokens)) = self.limit.filter(|(name, _)| is_sent(name)) {
            request.serialize_entry(name, &tokens)?;
        }
        if is_sent("messages") {
            request.serialize_entry("messages", &self.messages)?;
        }
        if is_sent("model") {
            request.serialize_entry("model", self.model)?;
        }
        if self.is_in_pieces && is_sent("stream") {
            request.serialize_entry("stream", &true)?;
        }
        if self.is_in_pieces && is_sent("stream_options") {
            let options = ChatCompletionStreamOptions {
                include_usage: Some(true),
                include_obfuscation: None,
            };
            request.serialize_entry("stream_options", &options)?;
        }
        // The tools stay in the request: the history contains earlier calls.
        if self.tools.is_some() && !self.may_call && is_sent("tool_choice") {
            let none = ChatCompletionToolChoiceOption::Mode(ToolChoiceOptions::None);
            request.serialize_entry("tool_choice", &none)?;
        }
        if let Some(tools) = self.tools.filter(|_| is_sent("tools")) {
            request.serialize_entry("tools", tools)?;
        }
        request.end()
    }
}

/// The size of a value in a request, in bytes: zero if absent.
pub(super) fn size(value: &Value) -> usize {
    if value.is_null() { 0 } else { bytes(value) }
}

/// The size of something as JSON, in bytes.
pub(super) fn bytes(written: &(impl Serialize + ?Sized)) -> usize {
    struct Counted(usize);

    impl Write for Counted {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0 += bytes.len();
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    let mut counted = Counted(0);
    serde_json::to_writer(&mut counted, written).expect("a request is plain data");
    counted.0
}
