//! A whole round with a model without answering anybody: a server's abilities are not documented
//! anywhere.

use std::time::Duration;

use jiff::Timestamp;
use serde_json::{Map, Value};
use tokio::time::Instant;

use super::request::size;
use super::{Completion, End, Form, ModelError, OpenAi, Question};
use crate::budget::{Spending, TOKEN_BYTES};
use crate::page::Page;
use crate::prompt;
use crate::pulse::Pulse;
use crate::rendered::Rendered;
use crate::tools::{Draft, Tool, built_in};
use crate::turns::{ToolCall, Turn};

/// The most requests of one check: the forms that a server may need, and the round itself.
const REQUESTS: u32 = 10;

/// The most answers with tool calls.
const CALLS: u32 = 3;

/// The texts of the check's person, of usual length.
const SAID: &str = "We have a small thing to be done in the house, nothing that is urgent, and any day of \
                    the week after next suits us, in the afternoon if that can be done at all.";

/// The answers to them.
const ANSWERED: &str = "Thank you, I have written that down. Is there anything else about it that we \
                        should know before somebody calls you back about a day and a time?";

/// The final question. Every page has this tool.
const ASKED: &str =
    "I would like to talk to a person of the business, please. (This is a trial: call hand_over.)";

/// The result of one whole round: a call, the tool's answer, and the final answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ModelCheck {
    /// How long it took, including all adaptation.
    pub took: Duration,
    /// What the model or its server cannot do, the worst first.
    pub lacks: Vec<Lack>,
    /// The server's deviations from OpenAI's form, in a few words each.
    pub form: Vec<String>,
}

/// An inability of a model or its server. With some of them an agent still works.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Lack {
    /// It refuses a tool's answer, or says nothing after it.
    SecondRound(String),
    /// Its context is too small for this page and a whole conversation, which takes this many tokens.
    Context(u32),
    /// It called no tool, although asked to.
    Calls,
    /// Its answer was cut off, or there was no room for one.
    Cut,
    /// The server does not support tools: they are described in words.
    Tools,
    /// It writes calls as text.
    TypedCalls,
    /// Its answer contains reasoning, or marks of its own.
    PlainWords,
}

impl OpenAi {
    /// Tries the model with the prompt and the tools of a page, and a conversation as long as the page
    /// allows, with at most `limit` per request. Costs some thousand tokens.
    pub async fn check(&self, page: &Page, limit: Duration) -> Result<ModelCheck, ModelError> {
        let (tools, now, brief) = (built_in(page, false), Timestamp::now(), Map::new());
        let (mut turns, told) = (conversation(page.turns, now), Rendered::of(page));
        let prompt = prompt::system(&told.prompt, page, &brief, &turns, 1, None, now);
        let spending = Spending::new(None, None);
        let (asked, mut draft) = (Instant::now(), Draft { brief, ending: None });
        let (mut form, mut lacks, mut calls) = (self.form(), Vec::new(), 0);
        for request in 1.. {
            let before = form.clone();
            let question = Question {
                prompt: &prompt,
                turns: &turns,
                tools: &told.tools,
                may_call: calls < CALLS,
                now,
                zone: &page.time_zone,
                until: Instant::now() + limit,
                spending: &spending,
            };
            let whole = Form { context: None, ..form.clone() };
            let whole = whole.request(&self.model, &question).value();
            match self.ask_closely(&mut form, &question, &Pulse::default(), limit).await {
                Err(ModelError::Refused { .. }) if form != before && request < REQUESTS => continue,
                Err(ModelError::Refused { code }) if calls > 0 => {
                    lacks.push(Lack::SecondRound(code));
                }
                Err(error) => return Err(error),
                Ok((answer, raw)) => {
                    lacks.extend(context(&form, &whole, &answer));
                    lacks.extend(manner(&answer, &raw));
                    if !answer.tool_calls.is_empty() && calls < CALLS {
                        calls += 1;
                        let Completion { tool_calls, extras, .. } = answer;
                        let told = tool_calls.iter().map(|call| run(&tools, call, &mut draft));
                        let told: Vec<_> = told.collect();
                        turns.push(Turn::Agent { text: None, tool_calls, at: now, extras });
                        turns.extend(told);
                        continue;
                    }
                    match answer.end {
                        End::Whole if answer.text.is_some() => {}
                        End::Whole if calls > 0 => lacks.push(Lack::SecondRound("empty".into())),
                        _ => lacks.push(Lack::Cut),
                    }
                }
            }
            break;
        }
        if calls == 0 {
            lacks.push(Lack::Calls);
        }
        if form.tells_tools_in_words() {
            lacks.retain(|lack| *lack != Lack::TypedCalls);
            lacks.push(Lack::Tools);
        }
        lacks.sort();
        lacks.dedup();
        Ok(ModelCheck { took: asked.elapsed(), lacks, form: form.peculiar() })
    }
}

/// A conversation of this many turns, the last of which is unanswered.
fn conversation(turns: u32, now: Timestamp) -> Vec<Turn> {
    let mut conversation: Vec<Turn> = (1..turns)
        .flat_map(|_| {
            let said = Turn::Person { text: SAID.into(), at: now };
            [said, Turn::Fixed { text: ANSWERED.into(), at: now }]
        })
        .collect();
    conversation.push(Turn::Person { text: ASKED.into(), at: now });
    conversation
}

fn run(tools: &[Box<dyn Tool + '_>], call: &ToolCall, draft: &mut Draft) -> Turn {
    let arguments: Value = serde_json::from_str(&call.arguments).unwrap_or_default();
    let tool = tools.iter().find(|tool| tool.name() == call.name);
    let output = tool.map_or_else(|| Err("no such tool".into()), |it| it.call(&arguments, draft));
    let (call, name, failed) = (call.id.clone(), call.name.clone(), output.is_err());
    Turn::Tool { call, name, output: output.unwrap_or_else(|problem| problem), failed }
}

/// Whether a whole conversation exceeds the server's context, by its own word, or because it read less
/// than it was sent.
fn context(form: &Form, whole: &Value, answer: &Completion) -> Option<Lack> {
    let bytes = size(&whole["messages"]) + size(&whole["tools"]);
    let tokens = u32::try_from(bytes / (TOKEN_BYTES + 1)).unwrap_or(u32::MAX);
    let is_small = form.context.is_some_and(|context| context < tokens.saturating_add(tokens / 4));
    // No script and no language needs this few.
    let is_cut = answer.used.input > 0 && answer.used.input < u64::from(tokens) / 3;
    (is_small || is_cut && form.context.is_none()).then_some(Lack::Context(tokens))
}

/// Unintended content of an answer.
fn manner(answer: &Completion, raw: &Value) -> Vec<Lack> {
    let message = &raw["choices"][0]["message"];
    let is_typed = message["tool_calls"].as_array().is_some_and(|calls| !calls.is_empty());
    let is_called = !answer.tool_calls.is_empty();
    let mut lacks = Vec::new();
    if is_called && !is_typed {
        lacks.push(Lack::TypedCalls);
    }
    if let (Some(text), Some(said)) = (&answer.text, message["content"].as_str())
        && !is_called
        && said.trim() != text
    {
        lacks.push(Lack::PlainWords);
    }
    lacks
}
