//! The loop: ask the model, run the tools it calls, until it has a reply.

use std::fmt;
use std::sync::OnceLock;

use jiff::{SignedDuration, Timestamp};
use serde_json::{Map, Value};
use telemetry::Step;
use thiserror::Error;
use tokio::time::Instant;

use crate::fault::Fault;
use crate::judge::Named;
use crate::model::{Completion, Form, ModelError, OpenAi};
use crate::page::Page;
use crate::pulse::Pulse;
use crate::rendered::Rendered;
use crate::timeouts::{Left, Timeouts};
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
    /// conversation, whatever the model did. A change after the first answer may go unnoticed.
    pub page: Page,
    /// How long the model is waited for.
    pub timeouts: Timeouts,
    /// What the model is told of the page, made when it is asked for the first time.
    rendered: OnceLock<Rendered>,
    /// What the page names, made when a reply is judged for the first time.
    named: OnceLock<Named>,
}

/// What there is to answer.
#[derive(Clone, Copy)]
pub struct Heard<'a> {
    /// The conversation so far.
    pub turns: &'a [Turn],
    /// What it collected.
    pub brief: &'a Map<String, Value>,
    /// What joins it: what was said since, and notes.
    pub new: &'a [Turn],
    /// Which turn of the conversation this is, from 1.
    pub number: u32,
    /// When.
    pub now: Timestamp,
    /// How often the model was asked about this before, in vain.
    pub tries: u32,
    /// How often the model may refuse to answer this before it is given up, from 1.
    pub refusals: u32,
}

/// One turn, thought through and not yet committed. `Debug` prints nothing that was said.
#[derive(Clone, PartialEq)]
pub struct Answered {
    /// What joins the conversation behind what was new, in order: calls and what the tools answered,
    /// and last a [`Turn::Agent`] with the reply, or a [`Turn::Fixed`] instead of one.
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
    /// Who answers as this page says.
    pub fn new(model: OpenAi, page: Page, timeouts: Timeouts) -> Self {
        Self { model, page, timeouts, rendered: OnceLock::new(), named: OnceLock::new() }
    }

    /// Thinks about what the persons said, for at most [`Timeouts::turn`]. `pulse` beats while
    /// something comes of an answer.
    pub async fn answer(&self, heard: &Heard<'_>, pulse: &Pulse) -> Result<Answered, AnswerError> {
        let mut thinking = Thinking {
            agent: self,
            tools: tools::built_in(&self.page, heard.number >= self.page.turns),
            number: heard.number,
            turns: [heard.turns, heard.new].concat(),
            before: heard.turns.len(),
            draft: Draft { brief: heard.brief.clone(), ending: None },
            said: None,
            form: self.model.form(),
            fault: None,
            left: Left::new(self.timeouts, heard.tries, heard.refusals),
            pulse: pulse.clone(),
            began: (heard.now, Instant::now()),
            steps: Vec::new(),
            tokens: Tokens::default(),
        };
        let result = thinking.think().await;
        let Thinking { mut turns, before, draft, steps, tokens, .. } = thinking;
        match result {
            Ok(reply) => {
                let Draft { brief, ending } = draft;
                let turns = turns.split_off(before + heard.new.len());
                Ok(Answered { turns, brief, ending, reply, steps, tokens })
            }
            Err(error) => Err(AnswerError { error, steps, tokens }),
        }
    }

    pub(crate) fn rendered(&self) -> &Rendered {
        self.rendered.get_or_init(|| Rendered::of(&self.page))
    }

    pub(crate) fn named(&self) -> &Named {
        self.named.get_or_init(|| Named::of(&self.page))
    }
}

/// One turn while it is thought about.
pub(crate) struct Thinking<'a> {
    pub(crate) agent: &'a Agent,
    pub(crate) tools: Vec<Box<dyn Tool + 'a>>,
    pub(crate) number: u32,
    pub(crate) turns: Vec<Turn>,
    /// How many of the turns are from before.
    pub(crate) before: usize,
    pub(crate) draft: Draft,
    /// What was said beside a call: the reply, if nothing better follows.
    pub(crate) said: Option<String>,
    pub(crate) form: Form,
    /// What was wrong with an answer that could not be used, if one was.
    pub(crate) fault: Option<Fault>,
    pub(crate) left: Left,
    pub(crate) pulse: Pulse,
    pub(crate) began: (Timestamp, Instant),
    pub(crate) steps: Vec<Step>,
    pub(crate) tokens: Tokens,
}

impl Thinking<'_> {
    /// The whole of the control flow. Returns the reply, which is also the last of the turns.
    async fn think(&mut self) -> Result<String, ModelError> {
        for round in 1..=ANSWERS {
            let Completion { text, tool_calls, extras, is_ours, .. } =
                self.ask(round < ANSWERS && self.has_room()).await?;
            if tool_calls.is_empty() {
                let said = self.said.take();
                return Ok(self.say(text.or(said).unwrap_or_default(), extras, is_ours));
            }
            self.run(tool_calls, extras);
            match (text, &self.draft.ending) {
                (_, Some(Ending::Stopped)) => return Ok(String::new()),
                (Some(goodbye), Some(_)) => return Ok(self.say(goodbye, Map::new(), false)),
                (text, _) => self.said = text.or(self.said.take()),
            }
        }
        // It would call for ever, and has said something beside that.
        match self.said.take() {
            Some(said) => Ok(self.say(said, Map::new(), false)),
            None => Err(Fault::Empty.error()),
        }
    }

    /// Runs the tools of one answer. What goes wrong becomes an entry that the model reads.
    fn run(&mut self, tool_calls: Vec<ToolCall>, extras: Map<String, Value>) {
        let at = self.now();
        self.turns.push(Turn::Agent { text: None, tool_calls: tool_calls.clone(), at, extras });
        for ToolCall { id, name, arguments, .. } in tool_calls {
            let tool = self.tools.iter().find(|tool| tool.name() == name);
            let result = match tool {
                None => Err(format!("no tool named {name}")),
                Some(tool) => parse(&arguments).and_then(|a| tool.call(&a, &mut self.draft)),
            };
            // A name that no tool has is the model's own words.
            let ran = tool.map_or("unknown tool", |tool| tool.name());
            let outcome = if result.is_ok() { "ok" } else { "failed" };
            self.steps.push(Step::new(format!("ran {ran}"), at).with("outcome", outcome));
            let failed = result.is_err();
            let output = result.unwrap_or_else(|problem| problem);
            self.turns.push(Turn::Tool { call: id, name, output, failed });
        }
    }

    /// Ends the turn with these words, which are the model's, or ours.
    fn say(&mut self, text: String, extras: Map<String, Value>, is_ours: bool) -> String {
        let (at, said) = (self.now(), text.clone());
        self.turns.push(match is_ours {
            true => Turn::Fixed { text: said, at },
            false => Turn::Agent { text: Some(said), tool_calls: Vec::new(), at, extras },
        });
        text
    }

    fn has_room(&self) -> bool {
        self.turns.iter().map(Turn::characters).sum::<usize>() < ROOM
    }

    pub(crate) fn now(&self) -> Timestamp {
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
