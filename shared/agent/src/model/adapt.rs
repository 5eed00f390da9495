//! Adapts the form of a request when a server refuses it.
//!
//! Servers report in their own words what they do not accept, mostly with the name of a parameter. Each
//! refusal changes as much as it justifies: every retry costs a person seconds.

use serde_json::Value;

use super::form::{FEWEST_TOKENS, Form, Stream, Tools};
use super::refusal::Complaint;
use super::request::size;
use crate::budget::TOKEN_BYTES;

/// The smallest context, in tokens, that an agent fits into.
const SMALLEST_CONTEXT: u32 = 512;

/// The assumed context of a server that says only that it is exceeded.
const USUAL_CONTEXT: u32 = 4_096;

/// Names that every request has, or that have a rule of their own here.
const OURS: [&str; 14] = [
    "model",
    "messages",
    "role",
    "content",
    "tools",
    "tool_calls",
    "tool_call_id",
    "id",
    "type",
    "function",
    "max_tokens",
    "max_completion_tokens",
    "stream",
    "index",
];

/// Phrases for an unknown name.
const UNKNOWN: &[&str] = &[
    "extra",
    "not permitted",
    "not allowed",
    "unknown",
    "unrecognized",
    "unrecognised",
    "unsupported",
    "not supported",
    "not support",
    "unexpected",
    "cannot find",
    "additional properties",
    "additionalproperties",
    "not a valid",
    "invalid param",
    "not implemented",
];

/// Phrases for a missing part.
const LACKING: &[&str] =
    &["missing", "must be passed", "required", "must be provided", "must be set", "expects the"];

/// Phrases before the size of the context.
const CONTEXT_MARKS: &[&str] = &[
    "<=",
    ">",
    "context length",
    "context size",
    "context limit",
    "context window",
    "maximum context",
    "prompt length",
    "maximum number of tokens",
    "token limit",
    "limit for this model",
    "less than",
    "at most",
    "[1,",
    "maximum",
    "limit",
];

/// Phrases before the maximum tokens of an answer.
const MOST_MARKS: &[&str] =
    &["less than or equal to", "at most", "<=", ">", "[1,", "up to", "maximum", "max", "limit"];

impl Form {
    /// Changes the form as this refusal asks for. Returns whether it did.
    pub(super) fn adapt(&mut self, complaint: &Complaint, request: &Value) -> bool {
        if !complaint.is_of_form {
            return false;
        }
        let before = self.clone();
        if complaint.is_of_context {
            self.adapt_context(complaint, request);
        } else {
            self.adapt_tokens(complaint, request);
            self.adapt_stream(complaint, request);
            self.adapt_tools(complaint, request);
            self.adapt_roles(complaint, request);
            self.adapt_names(complaint, request);
        }
        if *self == before && self.guessed.is_none() {
            self.guess(complaint, request);
        }
        let is_another = *self != before;
        self.changes += u32::from(is_another);
        is_another
    }

    /// Switches to the other of the two possible addresses. False if that was done before.
    pub(super) fn go_elsewhere(&mut self) -> bool {
        let is_new = !self.is_elsewhere;
        self.is_elsewhere = true;
        self.changes += u32::from(is_new);
        is_new
    }

    /// The question and its answer have to fit: both are limited together.
    fn adapt_context(&mut self, complaint: &Complaint, request: &Value) {
        let input = size(&request["messages"]) + size(&request["tools"]);
        let asked = u32::try_from(input / TOKEN_BYTES).unwrap_or(u32::MAX);
        let sent = self.limit.and_then(|name| request[name].as_u64()).unwrap_or(0);
        let all = asked.saturating_add(u32::try_from(sent).unwrap_or(0));
        let possible = SMALLEST_CONTEXT..u32::MAX;
        let told = complaint.context.filter(|told| possible.contains(told));
        let told = told.or_else(|| complaint.number_after(CONTEXT_MARKS, possible));
        let context = match (told, self.context) {
            (Some(told), None) => told,
            (Some(told), Some(known)) if told < known => told,
            // A token is shorter there than we assume.
            (_, Some(known)) => known / 4 * 3,
            (None, None) if all > USUAL_CONTEXT => USUAL_CONTEXT,
            (None, None) => all / 4 * 3,
        };
        if context >= SMALLEST_CONTEXT {
            self.context = Some(context);
        }
    }

    /// Another name for the maximum tokens of an answer, fewer of them, or none at all.
    fn adapt_tokens(&mut self, complaint: &Complaint, request: &Value) {
        const WORDS: &[&str] = &[
            "max_new_tokens",
            "max tokens",
            "max_output_tokens",
            "output tokens",
            "completion tokens",
        ];
        let is_named = |name: &str| complaint.names(name);
        let (new, old) = ("max_completion_tokens", "max_tokens");
        let is_of_tokens = is_named(new) || is_named(old) || complaint.says(WORDS);
        if !is_of_tokens {
            return;
        }
        let Some(name) = self.limit else {
            // Without the parameter it is refused too.
            if complaint.says(LACKING) {
                self.limit = Some(if is_named(new) { new } else { old });
            }
            return;
        };
        let sent = request[name].as_u64().and_then(|sent| u32::try_from(sent).ok());
        let sent = sent.unwrap_or(u32::MAX);
        let instead = if name == new { old } else { new };
        if let Some(most) = complaint.number_after(MOST_MARKS, FEWEST_TOKENS..sent) {
            self.most = Some(most);
        } else if complaint.says(LACKING) && is_named(instead) && !is_named(name) {
            self.limit = Some(instead);
        } else if is_named(name) && complaint.says(UNKNOWN) {
            let is_last = name == old && !is_named(new);
            self.limit = if is_last { None } else { Some(instead) };
        } else if complaint.says(&["large", "exceed", "too many", "less than", "range", "greater"])
        {
            self.most = Some((sent / 2).max(1));
        } else if is_named(name) {
            self.limit = (name == new).then_some(old);
        }
    }

    fn adapt_stream(&mut self, complaint: &Complaint, request: &Value) {
        const ONLY: &[&str] = &[
            "only support stream",
            "only supports stream",
            "non-streaming",
            "non-stream",
            "enable the stream",
            "stream must be true",
            "stream must be set to true",
            "requires stream",
        ];
        if complaint.says(ONLY) {
            self.stream = Stream::Needed;
        } else if request.get("stream").is_some()
            && !complaint.names("stream_options")
            && (complaint.names("stream") || complaint.says(&["streaming"]))
        {
            self.stream = Stream::Refused;
        }
    }

    fn adapt_tools(&mut self, complaint: &Complaint, request: &Value) {
        let has_tools = request.get("tools").is_some();
        let names_id =
            complaint.says(&["tool call id", "tool_call_id", "tool_calls.id", "call id"]);
        let names_choice = complaint.names("tool_choice") || complaint.says(&["tool choice"]);
        let names_tools = complaint.names("tools")
            || complaint.says(&["tool use", "tool call", "function call", "tools param"]);
        // It would support tools if it had been started differently.
        let is_switch = complaint.says(&["enable-auto-tool-choice", "tool-call-parser", "--jinja"]);
        let is_refused =
            complaint.says(UNKNOWN) || complaint.says(&["requires", "not enabled", "no endpoints"]);
        if names_id && complaint.says(&["length", "a-z", "alphanumeric", "pattern", "format"]) {
            self.echo.ids = false;
        } else if names_id && complaint.says(&["not found", "unknown"]) {
            // It came from another model.
            self.tools = Tools::TypedFromNow;
        } else if names_choice && !is_switch && request.get("tool_choice").is_some() {
            self.without.insert("tool_choice".into());
        } else if has_tools && (is_switch || names_choice || names_tools && is_refused) {
            self.tools = Tools::InWords;
        } else if complaint.says(&["tool_use_failed", "failed to call a function"]) {
            // The model failed at it, this once.
            self.tools = Tools::InWordsNow;
        }
    }

    /// Which roles may appear where: templates of small models know only the person and the agent.
    fn adapt_roles(&mut self, complaint: &Complaint, request: &Value) {
        let is_of_prompt = complaint.says(&[
            "system role",
            "system message",
            "role system",
            "role: system",
            "role 'system'",
            "\"system\"",
            "system instruction",
            "developer instruction",
            "system prompt",
        ]);
        let is_of_turns = complaint.says(&[
            "must alternate",
            "should alternate",
            "roles must",
            "only user and assistant",
            "only user, assistant",
            "unknown role",
            "unsupported role",
            "invalid role",
        ]);
        let is_prompt_fine =
            complaint.says(&["optional system", "optional) system", "system, user"]);
        if (is_of_prompt || is_of_turns) && !is_prompt_fine {
            self.has_prompt = false;
        }
        let messages = request["messages"].as_array().map(Vec::as_slice).unwrap_or_default();
        let has_calls = messages.iter().any(|message| message["role"] == "tool");
        let is_of_calls = complaint.says(&["tool role", "role tool", "role 'tool'", "role: tool"]);
        let had_prompt = messages.first().is_some_and(|first| first["role"] == "system");
        if is_of_calls || is_of_turns && (has_calls || is_prompt_fine || !had_prompt) {
            self.tools = Tools::InWords;
        }
    }

    /// Unknown names are left out; if something missing is demanded back, it is described in words.
    fn adapt_names(&mut self, complaint: &Complaint, request: &Value) {
        const WANTED: [&str; 4] =
            ["reasoning_content", "thought_signature", "reasoning_details", "extra_content"];
        let names = names_in(request).into_iter();
        let named: Vec<_> = names.filter(|name| complaint.names(name)).collect();
        let is_lacking = complaint.says(LACKING) && !complaint.says(UNKNOWN);
        if is_lacking && WANTED.iter().any(|name| complaint.names(name)) {
            let is_left_out =
                !self.echo.extras || WANTED.iter().any(|it| self.without.contains(*it));
            if is_left_out {
                self.echo.extras = true;
                self.without.retain(|name| !WANTED.contains(&name.as_str()));
            } else {
                self.tools = Tools::TypedFromNow;
            }
            return;
        }
        if named.is_empty()
            && self.echo.extras
            && complaint.says(UNKNOWN)
            && complaint.names("messages")
        {
            self.echo.extras = false;
        }
        self.without.extend(named);
    }

    /// If the message does not help: the form that the oldest servers accept, unless this one has
    /// accepted another.
    fn guess(&mut self, complaint: &Complaint, request: &Value) {
        let messages = request["messages"].as_array().map(Vec::as_slice).unwrap_or_default();
        let before = self.clone();
        if !self.is_proven {
            self.limit = self.limit.map(|_| "max_tokens");
            if request.get("tool_choice").is_some() {
                self.without.insert("tool_choice".into());
            }
        }
        if self.stream == Stream::Asked {
            self.stream = Stream::Refused;
        }
        if names_in_messages(request).next().is_some() {
            self.echo.extras = false;
        }
        let has_calls = messages.iter().any(|message| message["role"] == "tool");
        if has_calls && self.tools == Tools::Typed {
            self.tools = Tools::TypedFromNow;
        }
        if complaint.says(&["template", "jinja"]) {
            // Whatever is wrong, it is in the wording of a conversation between two.
            self.has_prompt = false;
            self.tools = Tools::InWords;
        }
        if *self != before {
            self.guessed = Some(messages.len());
        }
    }
}

/// The optional parts of a request.
fn names_in(request: &Value) -> Vec<String> {
    let names = request.as_object().into_iter().flat_map(|map| map.keys().cloned());
    names.filter(|name| !OURS.contains(&name.as_str())).chain(names_in_messages(request)).collect()
}

/// The parts of its messages that are not our own: extras of earlier answers.
fn names_in_messages(request: &Value) -> impl Iterator<Item = String> {
    let messages = request["messages"].as_array().into_iter().flatten();
    let calls = |message: &'_ Value| -> Vec<String> {
        let calls = message["tool_calls"].as_array().into_iter().flatten();
        let keys = calls.filter_map(Value::as_object).flat_map(|call| call.keys().cloned());
        keys.collect()
    };
    let names = messages.flat_map(move |message| {
        let own = message.as_object().into_iter().flat_map(|map| map.keys().cloned());
        own.chain(calls(message)).collect::<Vec<_>>()
    });
    names.filter(|name| !OURS.contains(&name.as_str()))
}
