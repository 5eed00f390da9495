//! The form of a request: what a server accepts, as far as it is known.
//!
//! The first request to a server is as OpenAI documents it. `adapt` changes the form when a server
//! refuses it.

use std::collections::BTreeSet;
use std::time::Duration;

use serde_json::{Value, json};

use super::history::{Echo, messages, within};
use super::request::{Request, bytes, size};
use super::{Question, in_words};
use crate::budget::TOKEN_BYTES;
use crate::turns::Turn;

/// The maximum tokens of one answer. Ample for a text message, even with the reasoning of a reasoning
/// model.
const ANSWER_TOKENS: u32 = 4_000;

/// The maximum after an answer that had only room for reasoning.
const ROOMY_TOKENS: u32 = 16_000;

/// The least to ask for: fewer tokens are not enough for an answer.
pub(super) const FEWEST_TOKENS: u32 = 64;

/// How long an answer may take before the next ones are requested as streams, which show that the
/// server is still working.
const SLOW: Duration = Duration::from_secs(15);

/// What a server accepts, as far as it is known.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Form {
    /// Whether it is at the other of the two possible addresses.
    pub(super) is_elsewhere: bool,
    /// The name of the parameter for the maximum tokens, if it is accepted.
    pub(super) limit: Option<&'static str>,
    /// How many we ask for, and how many it allows.
    pub(super) tokens: u32,
    pub(super) most: Option<u32>,
    /// The maximum tokens of a question and its answer together.
    pub(super) context: Option<u32>,
    pub(super) tools: Tools,
    /// Whether the prompt is a message of its own, rather than the beginning of the person's first.
    pub(super) has_prompt: bool,
    /// Which parts of earlier answers are sent back.
    pub(super) echo: Echo,
    /// The names that it does not know, anywhere in a request.
    pub(super) without: BTreeSet<String>,
    pub(super) stream: Stream,
    /// Whether the server has answered in this form.
    pub(super) is_proven: bool,
    /// How often it was changed: the form with more changes wins.
    pub(super) changes: u32,
    /// How many messages the question had when the form was changed without a stated reason.
    pub(super) guessed: Option<usize>,
}

/// How tools are described.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Tools {
    /// In the server's own form.
    Typed,
    /// The same, except for earlier calls in this conversation, which may come from another model.
    TypedFromNow,
    /// In words, this once.
    InWordsNow,
    /// In words.
    InWords,
}

/// Whether answers are streamed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stream {
    /// Not asked for.
    No,
    /// Requested, because answers take long.
    Asked,
    /// Not requested, because the server does not support it.
    Refused,
    /// Requested, because the server supports nothing else.
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
    /// Gives the next answer more room: the last one had room only for reasoning.
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

    /// Whether the server does not support tools.
    pub(super) fn tells_tools_in_words(&self) -> bool {
        matches!(self.tools, Tools::InWords | Tools::InWordsNow)
    }

    /// Its deviations from OpenAI's form, in a few words each.
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

    /// Notes that a stream made no sense.
    pub(super) fn was_nonsense(&mut self) {
        if self.stream == Stream::Asked {
            self.stream = Stream::Refused;
            self.changes += 1;
        }
    }

    /// The part that belongs to the server rather than to one conversation.
    pub(super) fn of_server(&self, messages: usize) -> Option<Self> {
        // A guess was right if the same question was answered, and not a shorter one.
        let is_right = self.guessed.is_none_or(|guessed| messages >= guessed);
        let tools = match self.tools {
            Tools::TypedFromNow | Tools::InWordsNow => Tools::Typed,
            tools => tools,
        };
        is_right.then(|| Self { tools, guessed: None, ..self.clone() })
    }

    /// The request for this question in this form.
    pub(super) fn request<'a>(&'a self, model: &'a str, question: &Question<'a>) -> Request<'a> {
        let Question { prompt, tools, may_call, .. } = *question;
        let mut prompt = prompt.to_owned();
        let is_typed = matches!(self.tools, Tools::Typed | Tools::TypedFromNow);
        if !is_typed {
            prompt.push_str(&in_words::description(tools, may_call));
        }
        let fixed = if is_typed { tools.size } else { 0 };
        let messages = self.messages(prompt, question, fixed);
        let mut request = Request {
            model,
            limit: self.limit.map(|limit| (limit, self.answer_tokens(&messages, fixed))),
            messages,
            tools: is_typed.then_some(&tools.tools[..]),
            may_call,
            is_in_pieces: matches!(self.stream, Stream::Asked | Stream::Needed),
            is_over_budget: false,
            without: &self.without,
        };
        request.leave_out_of_messages();
        match question.spending.answer_tokens(request.tokens()) {
            None => request.is_over_budget = true,
            Some(most) => {
                request.limit = request.limit.map(|(name, tokens)| (name, tokens.min(most)));
            }
        }
        request
    }

    /// The prompt and the conversation, as much as fits beside this many bytes.
    fn messages(&self, prompt: String, question: &Question<'_>, fixed: usize) -> Vec<Value> {
        let turns = question.turns;
        let mut said = self.turns(turns, question);
        if let Some(context) = self.context {
            let tokens = context.saturating_sub(self.share(context)) as usize;
            let room = (tokens * TOKEN_BYTES).saturating_sub(prompt.len() + fixed);
            let length = said.iter().map(size).sum::<usize>();
            if room < length {
                let characters = turns.iter().map(Turn::characters).sum::<usize>();
                said = self.turns(within(turns, characters * room / length), question);
            }
        }
        if self.has_prompt {
            said.insert(0, json!({ "role": "system", "content": prompt }));
            return said;
        }
        // The first message has to be the person's.
        if let Some(first) = said.first_mut() {
            let theirs = first["content"].as_str().unwrap_or_default();
            first["content"] = format!("{prompt}\n\n# What the person writes\n\n{theirs}").into();
        }
        said
    }

    fn turns(&self, turns: &[Turn], question: &Question<'_>) -> Vec<Value> {
        let said = messages(turns, question.now, question.zone, self.echo);
        match self.tools {
            Tools::Typed => said,
            _ => in_words::flattened(said),
        }
    }

    /// The maximum tokens of the answer, given the messages and this many more bytes.
    fn answer_tokens(&self, messages: &[Value], fixed: usize) -> u32 {
        let tokens = self.tokens.min(self.most.unwrap_or(u32::MAX));
        let Some(context) = self.context else { return tokens };
        let input = bytes(messages) + fixed;
        let input = u32::try_from(input / TOKEN_BYTES).unwrap_or(u32::MAX);
        tokens.min(context.saturating_sub(input)).max(FEWEST_TOKENS)
    }

    /// The part of the server's context that is reserved for the answer.
    fn share(&self, context: u32) -> u32 {
        let share = if self.tokens > ANSWER_TOKENS { context / 2 } else { context / 4 };
        share.min(self.tokens).min(self.most.unwrap_or(u32::MAX))
    }
}
