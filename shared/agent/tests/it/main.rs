//! The agent talks to a local OpenAI, as its callers let it.

#![expect(clippy::unwrap_used, reason = "whoever breaks fails a test")]

mod answers;
mod bodies;
mod forms;
mod history;
mod judge;
mod languages;
mod page;
mod prompt;
mod servers;
mod settings;
mod tools;
mod trouble;
mod values;
mod when;
mod words;

use std::time::Duration;

use agent::{Agent, Allowance, AnswerError, Answered, Heard, Page, Pulse, Timeouts, Turn};
use jiff::Timestamp;
use serde_json::{Map, Value};

/// Words that must not appear elsewhere.
const SECRET: &str = "The key is under the elderberry";

/// A conversation with the built-in agent on a local model.
struct Conversation {
    openai: fakes::OpenAi,
    agent: Agent,
    turns: Vec<Turn>,
    brief: Map<String, Value>,
    number: u32,
}

impl Conversation {
    async fn begin() -> Self {
        Self::begin_as(fakes::Rule::OpenAi).await
    }

    /// With a server that has these rules.
    async fn begin_as(rule: fakes::Rule) -> Self {
        let openai = fakes::OpenAi::start_as(rule).await;
        let model =
            agent::OpenAi::new(&openai.url(), Some(fakes::OpenAi::KEY.into()), "gpt-4.1-mini");
        let timeouts = Timeouts {
            request: Duration::from_secs(2),
            turn: Duration::from_secs(5),
            pause: Duration::from_millis(1),
            ..Timeouts::default()
        };
        let agent = Agent::new(model.unwrap(), Page::default(), timeouts);
        Self { openai, agent, turns: Vec::new(), brief: Map::new(), number: 1 }
    }

    /// With timeouts for a busy machine.
    async fn patient() -> Self {
        let mut conversation = Self::begin().await;
        let whole = Duration::from_secs(60);
        conversation.agent.timeouts.request = whole;
        conversation.agent.timeouts.turn = whole;
        conversation
    }

    /// With timeouts of a second, for a model that will not answer anyway.
    async fn impatient() -> Self {
        let mut conversation = Self::begin().await;
        conversation.agent.timeouts = Timeouts {
            request: Duration::from_millis(300),
            turn: Duration::from_secs(1),
            pause: Duration::from_millis(1),
            ..Timeouts::default()
        };
        conversation
    }

    /// One turn, kept if it succeeds.
    async fn text(&mut self, text: &str) -> Result<Answered, AnswerError> {
        self.hear(&[person(text)]).await
    }

    async fn hear(&mut self, new: &[Turn]) -> Result<Answered, AnswerError> {
        let heard = Heard { new, ..self.heard() };
        let answered = self.agent.answer(&heard, &Pulse::default()).await?;
        self.turns.extend_from_slice(new);
        self.turns.extend(answered.turns.clone());
        self.brief = answered.brief.clone();
        self.number += 1;
        Ok(answered)
    }

    /// The conversation so far, and nothing new.
    fn heard(&self) -> Heard<'_> {
        Heard {
            turns: &self.turns,
            brief: &self.brief,
            new: &[],
            number: self.number,
            now: now(),
            language: None,
            tries: 0,
            refusals: 4,
            allowance: Allowance::default(),
        }
    }

    /// The system prompt of the newest request.
    fn prompt(&self) -> String {
        let requests = self.openai.requests();
        requests.last().unwrap()["messages"][0]["content"].as_str().unwrap().to_owned()
    }

    /// The newest request's messages after the system prompt, one line each.
    fn messages(&self) -> Vec<String> {
        let requests = self.openai.requests();
        let messages = requests.last().unwrap()["messages"].as_array().unwrap();
        let line = |message: &Value| match message.get("tool_calls") {
            None => format!("{}: {}", message["role"], message["content"]).replace('"', ""),
            Some(calls) => {
                let function = &calls[0]["function"];
                format!("calls {}({})", function["name"], function["arguments"]).replace('"', "")
            }
        };
        messages[1..].iter().map(line).collect()
    }
}

fn now() -> Timestamp {
    "2026-11-24T02:30:00Z".parse().unwrap()
}

fn person(text: &str) -> Turn {
    Turn::Person { text: text.into(), at: now() }
}

/// The entries of a conversation, one line each.
fn lines(turns: &[Turn]) -> Vec<String> {
    let line = |turn: &Turn| match turn {
        Turn::Person { text, .. } => format!("person: {text}"),
        Turn::Unanswered { text, .. } => format!("unanswered: {text}"),
        Turn::Agent { text: Some(text), .. } => format!("agent: {text}"),
        Turn::Agent { tool_calls, .. } => {
            let calls = tool_calls.iter().map(|call| format!("{}({})", call.name, call.arguments));
            format!("agent: {}", calls.collect::<Vec<_>>().join(", "))
        }
        Turn::Tool { output, failed: false, .. } => format!("tool: {output}"),
        Turn::Tool { output, failed: true, .. } => format!("tool: error: {output}"),
        Turn::Note { text } => format!("note: {text}"),
        Turn::Fixed { text, .. } => format!("fixed: {text}"),
        Turn::ByHand { text, .. } => format!("by hand: {text}"),
        Turn::NotSent { text, .. } => format!("not sent: {text}"),
        Turn::Told { text, .. } => format!("told: {text}"),
        Turn::Corrected { field, .. } => format!("corrected: {field}"),
    };
    turns.iter().map(line).collect()
}
