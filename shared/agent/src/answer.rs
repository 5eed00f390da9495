//! The loop: ask the model, run the tools it calls, until it has a reply.

use std::fmt;
use std::sync::OnceLock;

use jiff::{SignedDuration, Timestamp};
use money::{Amount, ModelPrice};
use policy::Language;
use serde_json::{Map, Value};
use telemetry::Step;
use thiserror::Error;
use tokio::time::Instant;

use crate::budget::{Allowance, FEWEST_TOKENS, Spending, TOKEN_BYTES};
use crate::fault::Fault;
use crate::judge::Named;
use crate::model::{Completion, Form, ModelError, OpenAi};
use crate::page::Page;
use crate::pulse::Pulse;
use crate::rendered::Rendered;
use crate::timeouts::{Left, Timeouts};
use crate::tools::{self, Draft, Ending, Tool};
use crate::turns::{ToolCall, Turn};

/// The most answers of the model in one turn. In the last it may only talk.
const ANSWERS: u32 = 6;

/// From here on the model may only talk, in characters of a conversation: everything exchanged with its
/// tools is paid for again with each request.
const ROOM: usize = 100_000;

/// Answers people as its page says.
#[derive(Clone, Debug)]
pub struct Agent {
    /// The model.
    pub model: OpenAi,
    /// The agent's identity, and the fields it collects. After [`Page::turns`] the caller ends the
    /// conversation, whatever the model did. A change after the first answer may go unnoticed.
    pub page: Page,
    /// The timeouts for the model.
    pub timeouts: Timeouts,
    /// What the model charges. `None`: nothing.
    pub price: Option<ModelPrice>,
    /// The prompt and tools of the page, made on first use.
    rendered: OnceLock<Rendered>,
    /// The names in the page, collected when a reply is first judged.
    named: OnceLock<Named>,
}

/// The input of one turn.
#[derive(Clone, Copy)]
pub struct Heard<'a> {
    /// The conversation so far.
    pub turns: &'a [Turn],
    /// The brief so far.
    pub brief: &'a Map<String, Value>,
    /// The new entries: texts since the last turn, and notes.
    pub new: &'a [Turn],
    /// Which turn of the conversation this is, from 1.
    pub number: u32,
    /// The current time.
    pub now: Timestamp,
    /// The person's language, as far as it is known.
    pub language: Option<Language>,
    /// How many attempts at this have failed before.
    pub tries: u32,
    /// How many refusals of this are allowed before giving up, from 1.
    pub refusals: u32,
    /// What it may cost.
    pub allowance: Allowance,
}

/// The result of one turn, not yet committed. `Debug` prints no words of the conversation.
#[derive(Clone, PartialEq)]
pub struct Answered {
    /// Entries to append after the new ones, in order: tool calls and their answers, and finally a
    /// [`Turn::Agent`] with the reply, or a [`Turn::Fixed`] instead.
    pub turns: Vec<Turn>,
    /// The brief, including this turn, typed as the page says.
    pub brief: Map<String, Value>,
    /// The person's language, if the reply shows it. A model is told to answer in that of their last
    /// text, and even a weak one does, while it forgets to report anything by a tool.
    pub language: Option<Language>,
    /// How the conversation ends with this turn, if the model ended it.
    pub ending: Option<Ending>,
    /// The model's words, not yet fitted for a phone. Empty only after [`Ending::Stopped`].
    pub reply: String,
    /// The steps for the trace.
    pub steps: Vec<Step>,
    /// The tokens used.
    pub tokens: Tokens,
    /// What the model charges for them.
    pub cost: Amount,
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
    /// Tokens read.
    pub input: u64,
    /// Tokens written.
    pub output: u64,
}

/// There is no answer. The person's texts remain unanswered, and only the steps and the cost are to be
/// stored.
#[derive(Clone, Debug, Error)]
#[error("{error}")]
pub struct AnswerError {
    /// The error that decides how to continue.
    #[source]
    pub error: ModelError,
    /// The steps for the trace.
    pub steps: Vec<Step>,
    /// The tokens used anyway.
    pub tokens: Tokens,
    /// What the model charges for them.
    pub cost: Amount,
}

impl Agent {
    /// An agent with this page, whose model charges nothing.
    pub fn new(model: OpenAi, page: Page, timeouts: Timeouts) -> Self {
        Self {
            model,
            page,
            timeouts,
            price: None,
            rendered: OnceLock::new(),
            named: OnceLock::new(),
        }
    }

    /// Works out an answer, within [`Timeouts::turn`]. `pulse` beats while an answer is arriving.
    pub async fn answer(&self, heard: &Heard<'_>, pulse: &Pulse) -> Result<Answered, AnswerError> {
        let mut thinking = Thinking {
            agent: self,
            tools: tools::built_in(&self.page, heard.number >= self.page.turns),
            number: heard.number,
            language: heard.language,
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
            spending: Spending::new(self.price.clone(), heard.allowance.limit),
            segments: heard
                .allowance
                .segments
                .unwrap_or(self.page.segments)
                .min(self.page.segments),
            long: None,
        };
        let result = thinking.think().await;
        let Thinking { mut turns, before, draft, steps, tokens, spending, .. } = thinking;
        let cost = spending.spent;
        match result {
            Ok(reply) => {
                let Draft { brief, ending } = draft;
                let turns = turns.split_off(before + heard.new.len());
                let language = self.language_shown_by(&turns);
                Ok(Answered { turns, brief, language, ending, reply, steps, tokens, cost })
            }
            Err(error) => Err(AnswerError { error, steps, tokens, cost }),
        }
    }

    /// Whether the model charges nothing.
    pub fn is_free(&self) -> bool {
        self.price.as_ref().is_none_or(|price| price.cost(1_000_000, 0, 1_000_000) == Amount::ZERO)
    }

    /// The least that a useful answer costs, in a conversation of so many bytes.
    pub fn least_cost(&self, size: usize) -> Amount {
        let Some(price) = &self.price else { return Amount::ZERO };
        let Rendered { prompt, tools } = self.rendered();
        let bytes = prompt.len() + tools.size + size;
        price.cost((bytes / TOKEN_BYTES) as u64, 0, FEWEST_TOKENS.into())
    }

    /// The language of a reply that the model chose.
    fn language_shown_by(&self, turns: &[Turn]) -> Option<Language> {
        match turns.last() {
            Some(Turn::Agent { text: Some(reply), .. }) if self.page.language.is_none() => {
                policy::language(reply)
            }
            _ => None,
        }
    }

    pub(crate) fn rendered(&self) -> &Rendered {
        self.rendered.get_or_init(|| Rendered::of(&self.page))
    }

    pub(crate) fn named(&self) -> &Named {
        self.named.get_or_init(|| Named::of(&self.page))
    }
}

/// The state of one turn.
pub(crate) struct Thinking<'a> {
    pub(crate) agent: &'a Agent,
    pub(crate) tools: Vec<Box<dyn Tool + 'a>>,
    pub(crate) number: u32,
    pub(crate) language: Option<Language>,
    pub(crate) turns: Vec<Turn>,
    /// How many of the entries are from before.
    pub(crate) before: usize,
    pub(crate) draft: Draft,
    /// Words beside a tool call: the reply, if nothing better follows.
    pub(crate) said: Option<String>,
    pub(crate) form: Form,
    /// The fault of the last unusable answer, if any.
    pub(crate) fault: Option<Fault>,
    pub(crate) left: Left,
    pub(crate) pulse: Pulse,
    pub(crate) began: (Timestamp, Instant),
    pub(crate) steps: Vec<Step>,
    pub(crate) tokens: Tokens,
    pub(crate) spending: Spending,
    /// How many segments the reply may take.
    pub(crate) segments: u32,
    /// A usable answer that is too long to be sent whole, while a shorter one is asked for.
    pub(crate) long: Option<Completion>,
}

impl Thinking<'_> {
    /// The whole control flow. Returns the reply, which is also the last entry.
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
        // It would go on calling, but has said something beside a call.
        match self.said.take() {
            Some(said) => Ok(self.say(said, Map::new(), false)),
            None => Err(Fault::Empty.error()),
        }
    }

    /// Runs the tool calls of one answer. An error becomes an entry that the model reads.
    fn run(&mut self, tool_calls: Vec<ToolCall>, extras: Map<String, Value>) {
        let at = self.now();
        self.turns.push(Turn::Agent { text: None, tool_calls: tool_calls.clone(), at, extras });
        for ToolCall { id, name, arguments, .. } in tool_calls {
            let tool = self.tools.iter().find(|tool| tool.name() == name);
            let result = match tool {
                None => Err(format!("no tool named {name}")),
                Some(tool) => parse(&arguments).and_then(|a| tool.call(&a, &mut self.draft)),
            };
            // An unknown tool name is the model's own words.
            let ran = tool.map_or("unknown tool", |tool| tool.name());
            let outcome = if result.is_ok() { "ok" } else { "failed" };
            self.steps.push(Step::new(format!("ran {ran}"), at).with("outcome", outcome));
            let failed = result.is_err();
            let output = result.unwrap_or_else(|problem| problem);
            self.turns.push(Turn::Tool { call: id, name, output, failed });
        }
    }

    /// Ends the turn with these words, the model's or ours.
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

/// The arguments as JSON. A tool without any is often called with an empty text.
fn parse(arguments: &str) -> Result<Value, String> {
    match arguments.trim() {
        "" => Ok(Value::Object(Map::new())),
        arguments => serde_json::from_str(arguments)
            .map_err(|error| format!("arguments are not JSON: {error}")),
    }
}
