//! The results of a scene.

use conversations::budget::{Period, Sums, sum_of};
use conversations::{Conversation, ConversationId, Loaded, Trace};
use evidence::{Route, State};
use jiff::SignedDuration;
use jiff::tz::TimeZone;
use serde_json::Value;
use sms::Number;
use telemetry::{TraceId, steps};

use crate::scene::Scene;

impl Scene {
    /// The conversation and its waiting texts.
    pub async fn loaded(&self) -> Loaded {
        let loaded = self.process.store.load(&self.id(), self.now).await.unwrap();
        loaded.expect("somebody texted")
    }

    /// The conversation under way.
    pub async fn conversation(&self) -> Conversation {
        self.loaded().await.conversation
    }

    /// Whether nothing waits, nothing is open and nothing is due, unless it is left.
    pub async fn is_at_rest(&self) -> bool {
        let Loaded { waiting, conversation, .. } = self.loaded().await;
        let Conversation { open, due_at, at, handed_over, .. } = conversation;
        let left = at + SignedDuration::from_hours(24);
        let is_later = |due| due == left || handed_over.is_some_and(|it| due == it.until);
        waiting.is_empty() && open.is_none() && due_at.is_none_or(is_later)
    }

    /// The name of the conversation.
    pub fn id(&self) -> ConversationId {
        let theirs = Number::parse(self.person).unwrap();
        self.process.store.names().conversation(self.carrier, &theirs)
    }

    /// The texts that the person got, company by company.
    pub fn heard(&self) -> Vec<String> {
        let companies = self.companies.all().into_iter();
        companies.flat_map(|company| company.texts_to(self.person)).collect()
    }

    /// The outcome of every attempt, such as `twilio: accepted`.
    pub async fn attempts(&self) -> Vec<String> {
        let attempts = self.process.store.attempts_of(&self.id()).await.unwrap();
        let line = |attempt: &conversations::Attempt| {
            let status = serde_json::to_value(attempt.status()).unwrap();
            format!("{}: {}", attempt.provider, status.as_str().unwrap())
        };
        attempts.iter().map(line).collect()
    }

    /// What is reserved and spent by now.
    pub async fn spent(&self) -> Sums {
        let payer = self.process.turn.bounds.money.people();
        let shards = self.process.store.shards(payer).await.unwrap();
        sum_of(&shards, Period::of(self.now, &TimeZone::UTC))
    }

    /// The notices for the operator, the latest first.
    pub async fn notices(&self) -> Vec<String> {
        let notices = self.process.store.notices(100).await.unwrap();
        notices.into_iter().map(|notice| notice.sentence).collect()
    }

    /// Whether the operator has a notice with these words.
    pub async fn is_told(&self, words: &str) -> bool {
        self.notices().await.iter().any(|sentence| sentence.contains(words))
    }

    /// The texts in each request to the model, and the model's earlier answers, line by line.
    pub fn asked(&self) -> Vec<Vec<String>> {
        let requests = self.openai.requests();
        let said = |request: &Value| {
            let messages = request["messages"].as_array().unwrap().iter().skip(1);
            let words = messages.filter_map(|message| message["content"].as_str());
            words.flat_map(str::lines).map(str::to_owned).collect()
        };
        requests.iter().map(said).collect()
    }

    /// The system prompt of the latest request to the model.
    pub fn prompt(&self) -> String {
        let requests = self.openai.requests();
        requests.last().unwrap()["messages"][0]["content"].as_str().unwrap().to_owned()
    }

    /// The trace of the first attempt of the conversation.
    pub async fn trace(&self) -> (TraceId, Trace) {
        let attempts = self.process.store.attempts_of(&self.id()).await.unwrap();
        let id = attempts[0].trace.clone();
        let trace = self.process.store.trace(&id).await.unwrap().unwrap();
        (id, trace)
    }

    /// Everything that was logged.
    pub fn logged(&self) -> String {
        self.logs.read()
    }

    /// The state of a provider's route to the person.
    pub async fn state(&self, provider: &str) -> State {
        let route = Route::new(provider, self.companies.named(provider).sender(), "1");
        self.process.store.health().await.unwrap().state(&route)
    }

    /// Why the latest attempt took its route.
    pub async fn why(&self) -> String {
        let attempts = self.process.store.attempts_of(&self.id()).await.unwrap();
        let trace = self.process.store.trace(&attempts.last().unwrap().trace).await.unwrap();
        let steps = trace.unwrap().steps;
        let sent = steps.iter().rfind(|step| step.what == steps::SENT).unwrap();
        sent.details["why"].as_str().unwrap().to_owned()
    }

    /// The latest line of this alarm.
    pub fn alarm(&self, name: &str) -> Option<String> {
        let named = format!("alarm=\"{name}\"");
        let logged = self.logged();
        logged.lines().rfind(|line| line.contains(&named)).map(str::to_owned)
    }
}
