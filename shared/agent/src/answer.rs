//! The loop: ask the model, run the tools it calls, until it has a reply.

use std::fmt;

use jiff::{SignedDuration, Timestamp};
use serde_json::{Map, Value};
use telemetry::Step;
use thiserror::Error;
use tokio::time::Instant;

use crate::model::{Answer, ModelError, OpenAi};
use crate::page::Page;
use crate::patience::{Left, Patience};
use crate::prompt;
use crate::tools::{self, Draft, Ending, Tool};
use crate::turns::{ToolCall, Turn};

/// The most answers of the model in one turn. The last may only talk.
const ANSWERS: u32 = 6;

/// From here on the model may only talk, in characters of a conversation: what passes between it and
/// its tools is paid for again with each request.
const ROOM: usize = 100_000;

/// Answers people as its page says.
#[derive(Clone, Debug)]
pub struct Agent {
    /// Who thinks.
    pub model: OpenAi,
    /// Who the agent is, and what it collects. After [`Page::turns`] the caller ends the
    /// conversation, whatever the model did.
    pub page: Page,
    /// How long the model is waited for.
    pub patience: Patience,
}

/// One turn, thought through and not yet committed. `Debug` prints nothing that was said.
#[derive(Clone, PartialEq)]
pub struct Answered {
    /// What joins the conversation, in order: what was new, calls and what the tools answered, and
    /// last a [`Turn::Agent`] with the reply, if there is one.
    pub turns: Vec<Turn>,
    /// What is collected, this turn included, typed as the page says.
    pub brief: Map<String, Value>,
    /// How the conversation ends with this turn, if the model ended it.
    pub ending: Option<Ending>,
    /// What the model wants to say, not yet made to fit a phone. Empty only after
    /// [`Ending::Stopped`].
    pub reply: String,
    /// What happened, for the trace.
    pub steps: Vec<Step>,
    /// What it cost.
    pub tokens: Tokens,
}

impl fmt::Debug for Answered {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Answered")
            .field("turns", &self.turns)
            .field("ending", &self.ending)
            .field("steps", &self.steps)
            .field("tokens", &self.tokens)
            .finish_non_exhaustive()
    }
}

/// Tokens of the model.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tokens {
    /// What it read.
    pub input: u64,
    /// What it wrote.
    pub output: u64,
}

/// There is no answer. What the persons said is not answered, and nothing is to be stored but the
/// steps and the cost.
#[derive(Clone, Debug, Error)]
#[error("{error}")]
pub struct AnswerError {
    /// What to do about it.
    #[source]
    pub error: ModelError,
    /// What happened, for the trace.
    pub steps: Vec<Step>,
    /// What it cost all the same.
    pub tokens: Tokens,
}

impl Agent {
    /// Thinks about what the persons said, for at most [`Patience::turn`].
    ///
    /// `turns` is the conversation so far and `brief` what it collected. `new` joins it: what was
    /// said since, and notes. `number` counts the turns of the conversation from 1.
    pub async fn answer(
        &self,
        turns: &[Turn],
        brief: &Map<String, Value>,
        new: &[Turn],
        number: u32,
        now: Timestamp,
    ) -> Result<Answered, AnswerError> {
        let mut thinking = Thinking {
            agent: self,
            tools: tools::built_in(&self.page, number >= self.page.turns),
            turns: [turns, new].concat(),
            draft: Draft { brief: brief.clone(), ending: None },
            left: Left::new(self.patience),
            began: (now, Instant::now()),
            steps: Vec::new(),
            tokens: Tokens::default(),
        };
        let result = thinking.think(number).await;
        let Thinking { turns: mut all, draft, steps, tokens, .. } = thinking;
        match result {
            Ok(reply) => {
                let Draft { brief, ending } = draft;
                Ok(Answered {
                    turns: all.split_off(turns.len()),
                    brief,
                    ending,
                    reply,
                    steps,
                    tokens,
                })
            }
            Err(error) => Err(AnswerError { error, steps, tokens }),
        }
    }
}

/// One turn while it is thought about.
struct Thinking<'a> {
    agent: &'a Agent,
    tools: Vec<Box<dyn Tool>>,
    turns: Vec<Turn>,
    draft: Draft,
    left: Left,
    began: (Timestamp, Instant),
    steps: Vec<Step>,
    tokens: Tokens,
}

impl Thinking<'_> {
    /// The whole of the control flow. Returns the reply, which is also the last of the turns.
    async fn think(&mut self, number: u32) -> Result<String, ModelError> {
        let mut said = None;
        let mut may_call = true;
        for answer in 1..=ANSWERS {
            let Answer { text, tool_calls, .. } =
                self.ask(number, may_call && answer < ANSWERS && self.has_room()).await?;
            let talks = text.is_some();
            // What is said beside a call is the reply if nothing better follows.
            said = text.or(said);
            if !tool_calls.is_empty() {
                self.run(tool_calls);
                if self.draft.ending == Some(Ending::Stopped) {
                    return Ok(String::new());
                }
                if talks && self.draft.ending.is_some() {
                    break;
                }
            } else if said.is_some() || !self.left.pause(None).await {
                break;
            } else {
                may_call = false;
            }
        }
        let reply = said.ok_or_else(|| ModelError::unavailable("empty"))?;
        let at = self.now();
        self.turns.push(Turn::Agent { text: Some(reply.clone()), tool_calls: Vec::new(), at });
        Ok(reply)
    }

    /// Asks until there is an answer or the patience is used up.
    async fn ask(&mut self, number: u32, may_call: bool) -> Result<Answer, ModelError> {
        let Agent { model, page, .. } = self.agent;
        let prompt = prompt::system(page, &self.draft.brief, &self.turns, number, self.began.0);
        loop {
            let (at, asked) = (self.now(), Instant::now());
            let limit = self.left.request();
            let result = model.ask(&prompt, &self.turns, &self.tools, may_call, limit).await;
            let step = Step::new("asked the model", at).took(asked.elapsed());
            match result {
                Ok(answer) => {
                    self.tokens.input += answer.tokens_in;
                    self.tokens.output += answer.tokens_out;
                    let empty = answer.text.is_none() && answer.tool_calls.is_empty();
                    self.steps.push(
                        step.with("tokens_in", answer.tokens_in)
                            .with("tokens_out", answer.tokens_out)
                            .with("tool_calls", answer.tool_calls.len())
                            .with("outcome", if empty { "empty" } else { "answered" }),
                    );
                    return Ok(answer);
                }
                Err(error) => {
                    self.steps.push(step.with("outcome", error.code()));
                    let ModelError::Unavailable { after, .. } = error else { return Err(error) };
                    if !self.left.pause(after).await {
                        return Err(error);
                    }
                }
            }
        }
    }

    /// Runs the tools of one answer. What goes wrong becomes an entry that the model reads.
    fn run(&mut self, tool_calls: Vec<ToolCall>) {
        let at = self.now();
        self.turns.push(Turn::Agent { text: None, tool_calls: tool_calls.clone(), at });
        for ToolCall { id, name, arguments } in tool_calls {
            let tool = self.tools.iter().find(|tool| tool.definition().name == name);
            let result = match tool {
                None => Err(format!("no tool named {name}")),
                Some(tool) => parse(&arguments).and_then(|a| tool.call(&a, &mut self.draft)),
            };
            // A name that no tool has is the model's own words.
            let ran = tool.map_or("unknown tool", |tool| tool.definition().name);
            let outcome = if result.is_ok() { "ok" } else { "failed" };
            self.steps.push(Step::new(format!("ran {ran}"), at).with("outcome", outcome));
            let failed = result.is_err();
            let output = result.unwrap_or_else(|problem| problem);
            self.turns.push(Turn::Tool { call: id, name, output, failed });
        }
    }

    fn has_room(&self) -> bool {
        self.turns.iter().map(Turn::characters).sum::<usize>() < ROOM
    }

    fn now(&self) -> Timestamp {
        let (began, clock) = self.began;
        let elapsed = SignedDuration::try_from(clock.elapsed()).unwrap_or_default();
        began.saturating_add(elapsed).unwrap_or(began)
    }
}

/// The arguments as JSON. A tool without any is often called with nothing at all.
fn parse(arguments: &str) -> Result<Value, String> {
    match arguments.trim() {
        "" => Ok(Value::Object(Map::new())),
        arguments => serde_json::from_str(arguments)
            .map_err(|error| format!("arguments are not JSON: {error}")),
    }
}
