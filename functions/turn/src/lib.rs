//! Lets the agent answer a conversation, and sends the reply. No other function sends.
//!
//! A wake-up names a conversation that has something to do; `machine.rs` decides what. If the
//! process dies, the next one continues from what is stored.

mod account;
mod after;
mod answer;
mod bill;
mod bounds;
mod caps;
mod clock;
mod correct;
mod count;
mod dispatch;
mod edit;
mod end;
mod fail_over;
mod gate;
mod hand_over;
mod incidents;
mod language;
mod machine;
mod orders;
mod pause;
mod phones;
mod places;
mod plan;
mod probe;
mod quiet;
mod reasons;
mod report;
mod results;
mod run;
mod settle;
mod spending;
mod tell;
mod think;
mod too_long;
mod transcript;

use std::sync::Arc;
use std::time::Duration;

use agent::{Agent, OpenAi, Page, Timeouts};
use conversations::{ConversationId, Loaded, Notice, StatusUpdate, Store, Unavailable};
use evidence::Health;
use jiff::Timestamp;
use limits::Limits;
use queue::{KEYWORDS, Queue, WakeUp};
use settings::Names;
use sms::{Providers, Status};
use telemetry::TraceId;
use tracing::Span;

use crate::clock::Clock;

pub use account::Money;
pub use bounds::Bounds;
pub use dispatch::TEST_NUMBER;
pub use phones::Phones;
pub use results::Results;

/// How long a wake-up may take before its last send: a function has two minutes in all.
const WHOLE: Duration = Duration::from_secs(105);

/// The settings that the function reads.
pub const SETTINGS: &[Names] = &[
    host::PUBLIC_URL,
    Page::SETTINGS,
    OpenAi::SETTINGS,
    Timeouts::SETTINGS,
    providers::SENDING,
    Store::SETTINGS,
    Queue::SETTINGS,
    Results::SETTINGS,
    Limits::SETTINGS,
    Money::SETTINGS,
    Phones::SETTINGS,
];

/// The function, with its clients.
#[derive(Clone)]
pub struct Turn {
    /// The store in use.
    pub store: Arc<Store>,
    /// Who sends the replies.
    pub providers: Arc<Providers>,
    /// Who answers.
    pub agent: Arc<Agent>,
    /// The limits on what a stranger's text can cause.
    pub bounds: Bounds,
    /// The phones of owners.
    pub phones: Phones,
    /// Where the results of conversations go. If `None`, they are kept and shown in the console.
    pub results: Option<Arc<Results>>,
}

/// One wake-up.
pub(crate) struct Wake<'a> {
    pub(crate) turn: &'a Turn,
    pub(crate) id: ConversationId,
    pub(crate) clock: Clock,
}

impl Turn {
    /// Connects to everything a turn needs before the first wake-up.
    pub async fn prepare(self) {
        let Self { store, providers, agent, .. } = self;
        tokio::join!(store.prepare(), agent.model.prepare(), providers.prepare());
    }

    /// Loads a conversation with a shard of the account that it is paid from.
    pub(crate) async fn load(
        &self,
        id: &ConversationId,
        now: Timestamp,
    ) -> Result<Option<Loaded>, Unavailable> {
        let loaded = self.store.load_paid_by(id, now, Some(self.bounds.money.people())).await?;
        Ok(loaded.map(|loaded| self.phones.sort(loaded)))
    }

    /// Does whatever the conversation has to do.
    ///
    /// Fails only if the store does: then the wake-up has to come again. A failed model or provider
    /// is recorded, with a time for the next attempt.
    pub async fn run(&self, wake_up: &WakeUp, now: Timestamp) -> Result<(), Unavailable> {
        let conversation = wake_up.conversation.trim_end_matches(KEYWORDS);
        let Some(id) = ConversationId::parse(conversation) else {
            tracing::error!(trace.id = %wake_up.trace, "dropped a wake-up that names no conversation");
            return Ok(());
        };
        let wake = Wake { turn: self, id, clock: Clock::starting(now) };
        // Boxed, because the future of a turn is large and deeply nested.
        Box::pin(wake.run()).await
    }
}

impl Wake<'_> {
    async fn run(&self) -> Result<(), Unavailable> {
        let health = match self.turn.load(&self.id, self.clock.now()).await? {
            Some(mut loaded) => {
                self.work(&mut loaded).await?;
                loaded.health
            }
            None => {
                self.probe().await?;
                Health::default()
            }
        };
        self.deliver(&health).await
    }

    /// Whether there is time for one more turn of the model. If not, each waiting text has a
    /// wake-up of its own.
    pub(crate) fn has_time(&self) -> bool {
        self.clock.elapsed() + self.turn.agent.timeouts.turn < WHOLE
    }

    /// The span of the log lines. A wake-up from the sweep is about no text, so its own trace says
    /// nothing.
    pub(crate) fn span(&self, trace: &TraceId) -> Span {
        tracing::info_span!("turn", trace.id = %trace, conversation.id = %self.id)
    }

    /// A status update as of now.
    pub(crate) fn status_update(&self, attempt: &str, status: Status) -> StatusUpdate {
        StatusUpdate::new(attempt, status, self.clock.now())
    }

    /// A notice for the operator.
    pub(crate) fn notice(&self, id: String, sentence: String, trace: &TraceId) -> Notice {
        let (conversation, trace) = (Some(self.id.clone()), Some(trace.clone()));
        Notice { id, sentence, conversation, trace, follow_up: None, at: self.clock.now() }
    }
}
