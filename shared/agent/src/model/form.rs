//! The form of a request: what a server takes, as far as it is known.
//!
//! The first request to a server is as OpenAI documents it. What becomes of the form when a server
//! refuses it is in `adapt`.

use std::collections::BTreeSet;
use std::time::Duration;

use async_openai::types::chat::{
    ChatCompletionStreamOptions, ChatCompletionToolChoiceOption, CreateChatCompletionRequest,
    ToolChoiceOptions,
};
use serde_json::{Value, json};

use super::history::{Echo, messages, within};
use super::schema::described;
use super::{Question, in_words};
use crate::turns::Turn;

/// The most tokens of one answer. Ample for a text message, thinking of a reasoning model included.
const ANSWER_TOKENS: u32 = 4_000;

/// The most tokens of an answer that had no room for anything but thoughts.
const ROOMY_TOKENS: u32 = 16_000;

/// The fewest tokens that are asked for: less is no answer.
pub(super) const FEWEST_TOKENS: u32 = 64;

/// How many bytes make a token at least, in any script. More than it takes is less than it holds.
pub(super) const TOKEN_BYTES: usize = 3;

/// How long an answer may take before the next are asked for piece by piece, which shows that
/// somebody is still thinking.
const SLOW: Duration = Duration::from_secs(15);

/// What a server takes, as far as it is known.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Form {
    /// Whether it is at the other of the two addresses that may be meant.
    pub(super) is_elsewhere: bool,
    /// How the most tokens of an answer are called, if that may be said.
    pub(super) limit: Option<&'static str>,
    /// How many we ask for, and how many it allows.
    pub(super) tokens: u32,
    pub(super) most: Option<u32>,
    /// How many tokens a question and its answer may have together.
    pub(super) context: Option<u32>,
    pub(super) tools: Tools,
    /// Whether the prompt is a message of its own, instead of the beginning of the person's first.
    pub(super) has_prompt: bool,
    /// What of earlier answers is sent back.
    pub(super) echo: Echo,
    /// The names that it does not know, wherever they stand.
    pub(super) without: BTreeSet<String>,
    pub(super) stream: Stream,
    /// Whether the server has answered in this form.
    pub(super) is_proven: bool,
    /// How often it was changed: who has found out more knows better.
    pub(super) changes: u32,
    /// How many messages the question had for which it was changed without a reason being said.
    pub(super) guessed: Option<usize>,
}

/// How tools are told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Tools {
    /// In the server's own form.
    Typed,
    /// So, but for what was called in this conversation, which some other model may have done.
    TypedFromNow,
    /// In words, this once.
    InWordsNow,
    /// In words.
    InWords,
}

/// Whether answers come in pieces.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stream {
    /// Not asked for.
    No,
    /// Asked for, since answers take long.
    Asked,
    /// Not asked for, since the server does not do it.
    Refused,
    /// Asked for, since the server does nothing else.
    Needed,
}

impl Default for Form {
    fn default() -> Self {
        Self {
            is_elsewhere: false,
            limit: Some("max_completion_tokens"),
            tokens: ANSWER_TOKENS,
            most: None,
            context: None,
            tools: Tools::Typed,
            has_prompt: true,
            echo: Echo::default(),
            without: BTreeSet::new(),
            stream: Stream::No,
            is_proven: false,
            changes: 0,
            guessed: None,
        }
    }
}

impl Form {
    /// Gives the next answer more room: the last had none for anything but thoughts.
    pub(crate) fn give_room(&mut self) {
        self.changes += u32::from(self.tokens != ROOMY_TOKENS);
        self.tokens = ROOMY_TOKENS;
    }

    /// Notes how long an answer took, or that none came in time.
    pub(super) fn took(&mut self, time: Option<Duration>) {
        if time.is_none_or(|time| time > SLOW) && self.stream == Stream::No {
            self.stream = Stream::Asked;
            self.changes += 1;
        }
    }

    /// Whether the server knows no tools.
    pub(super) fn tells_tools_in_words(&self) -> bool {
        matches!(self.tools, Tools::InWords | Tools::InWordsNow)
    }

    /// What of it is otherwise than OpenAI has it, in a few words each.
    pub(super) fn peculiar(&self) -> Vec<String> {
        let usual = Self::default();
        let mut peculiar = Vec::new();
        let mut note = |is_so: bool, words: &str| {
            if is_so {
                peculiar.push(words.to_owned());
            }
        };
        note(self.is_elsewhere, "at the address with /v1, or without it if it is there");
        note(self.limit == Some("max_tokens"), "with max_tokens");
        note(self.limit.is_none(), "without a limit of tokens");
        note(self.tells_tools_in_words(), "with its tools in words");
        note(!self.has_prompt, "with the prompt in front of what the person says");
        note(!self.echo.extras, "without what it said beside its words");
        note(!self.echo.ids, "with short ids");
        note(matches!(self.stream, Stream::Asked | Stream::Needed), "piece by piece");
        peculiar.extend(self.most.map(|most| format!("with at most {most} tokens an answer")));
        peculiar.extend(self.context.map(|context| format!("within {context} tokens")));
        peculiar
            .extend(self.without.difference(&usual.without).map(|name| format!("without {name}")));
        peculiar
    }

    /// Notes that what was to come in pieces made no sense.
    pub(super) fn was_nonsense(&mut self) {
        if self.stream == Stream::Asked {
            self.stream = Stream::Refused;
            self.changes += 1;
        }
    }

    /// What of it is the server's, and not of one conversation.
    pub(super) fn of_server(&self, messages: usize) -> Option<Self> {
        // What was guessed was right if the same was answered, and not less of it.
        let is_right = self.guessed.is_none_or(|guessed| messages >= guessed);
        let tools = match self.tools {
            Tools::TypedFromNow | Tools::InWordsNow => Tools::Typed,
            tools => tools,
        };
        is_right.then(|| Self { tools, guessed: None, ..self.clone() })
    }

    /// The request that asks this in this form.
    pub(super) fn request(&self, model: &str, question: &Question<'_>) -> Value {
        let Question { prompt, tools, may_call, .. } = *question;
        let mut prompt = prompt.to_owned();
        let is_typed = matches!(self.tools, Tools::Typed | Tools::TypedFromNow);
        if !is_typed {
            prompt.push_str(&in_words::description(tools, may_call));
        }
        let asks_for_pieces = matches!(self.stream, Stream::Asked | Stream::Needed);
        let request = CreateChatCompletionRequest {
            model: model.to_owned(),
            tools: is_typed.then(|| tools.iter().map(|tool| described(tool.as_ref())).collect()),
            // The tools stay in the request: the list holds earlier calls of them.
            tool_choice: (is_typed && !may_call)
                .then_some(ChatCompletionToolChoiceOption::Mode(ToolChoiceOptions::None)),
            stream: asks_for_pieces.then_some(true),
            stream_options: asks_for_pieces.then_some(ChatCompletionStreamOptions {
                include_usage: Some(true),
                include_obfuscation: None,
            }),
            ..Default::default()
        };
        let mut request = serde_json::to_value(request).expect("a request is plain data");
        let fixed = prompt.len() + size(&request["tools"]);
        request["messages"] = self.messages(prompt, question, fixed).into();
        let input = size(&request["messages"]) + size(&request["tools"]);
        if let Some(limit) = self.limit {
            request[limit] = self.answer_tokens(input).into();
        }
        leave_out(&mut request, &self.without);
        request
    }

    /// The prompt and what was said, as much as there is room for.
    fn messages(&self, prompt: String, question: &Question<'_>, fixed: usize) -> Vec<Value> {
        let turns = question.turns;
        let mut said = self.said(turns, question);
        if let Some(context) = self.context {
            let tokens = context.saturating_sub(self.share(context)) as usize;
            let room = (tokens * TOKEN_BYTES).saturating_sub(fixed);
            let length = said.iter().map(size).sum::<usize>();
            if room < length {
                let characters = turns.iter().map(Turn::characters).sum::<usize>();
                said = self.said(within(turns, characters * room / length), question);
            }
        }
        if self.has_prompt {
            return [json!({ "role": "system", "content": prompt })]
                .into_iter()
                .chain(said)
                .collect();
        }
        // The first is the person's.
        if let Some(first) = said.first_mut() {
            let theirs = first["content"].as_str().unwrap_or_default();
            first["content"] = format!("{prompt}\n\n# What the person writes\n\n{theirs}").into();
        }
        said
    }

    fn said(&self, turns: &[Turn], question: &Question<'_>) -> Vec<Value> {
        let said = messages(turns, question.now, question.zone, self.echo);
        match self.tools {
            Tools::Typed => said,
            _ => in_words::told(said),
        }
    }

    /// How many tokens the answer may have, to a question of so many bytes.
    fn answer_tokens(&self, input: usize) -> u32 {
        let tokens = self.tokens.min(self.most.unwrap_or(u32::MAX));
        let Some(context) = self.context else { return tokens };
        let input = u32::try_from(input / TOKEN_BYTES).unwrap_or(u32::MAX);
        tokens.min(context.saturating_sub(input)).max(FEWEST_TOKENS)
    }

    /// How much of what the server holds in mind is kept for the answer.
    fn share(&self, context: u32) -> u32 {
        let share = if self.tokens > ANSWER_TOKENS { context / 2 } else { context / 4 };
        share.min(self.tokens).min(self.most.unwrap_or(u32::MAX))
    }
}

/// How long it is in a request, in bytes.
pub(super) fn size(value: &Value) -> usize {
    if value.is_null() { 0 } else { value.to_string().len() }
}

/// Takes these names out of a request: out of itself, its messages and their calls.
fn leave_out(request: &mut Value, names: &BTreeSet<String>) {
    let leave = |value: &mut Value| {
        if let Value::Object(map) = value {
            map.retain(|name, _| !names.contains(name));
        }
    };
    if names.is_empty() {
        return;
    }
    leave(request);
    for message in request["messages"].as_array_mut().into_iter().flatten() {
        leave(message);
        if let Some(calls) = message.get_mut("tool_calls").and_then(Value::as_array_mut) {
            calls.iter_mut().for_each(leave);
        }
    }
}
