//! Lets the agent answer a conversation, and sends what it says. The only function that sends.
//!
//! A wake-up names a conversation that has something to do: `machine.rs` says what that is. Whatever the
//! process dies of, what is stored tells the next one where to go on.

mod after;
mod answer;
mod bounds;
mod clock;
mod dispatch;
mod edit;
mod end;
mod fail_over;
mod gate;
mod hand_over;
mod incidents;
mod machine;
mod pause;
mod places;
mod plan;
mod probe;
mod report;
mod results;
mod run;
mod settle;
mod think;
mod transcript;

use std::sync::Arc;
use std::time::Duration;

use agent::{Agent, OpenAi, Page, Timeouts};
use business::Business;
use conversations::{ConversationId, Notice, StatusUpdate, Store, Unavailable};
use evidence::Health;
use jiff::Timestamp;
use policy::{Countries, Limits};
use queue::{KEYWORDS, Queue, WakeUp};
use settings::Names;
use sms::{Providers, Status};
use telemetry::TraceId;
use tracing::Span;

use crate::clock::Clock;

pub use bounds::Bounds;
pub use dispatch::TEST_NUMBER;
pub use results::Results;

/// How long a wake-up may take, but for a send: it has to end within the two minutes of a function.
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
    Countries::SETTINGS,
    Business::SETTINGS,
];

/// The function, with its clients.
#[derive(Clone)]
pub struct Turn {
    /// Where conversations are kept.
    pub store: Arc<Store>,
    /// By whom replies go out.
    pub providers: Arc<Providers>,
    /// Who answers.
    pub agent: Arc<Agent>,
    /// What a stranger's text can drive.
    pub bounds: Bounds,
    /// Where the results of conversations go. Without it they are kept, and the console shows them.
    pub results: Option<Arc<Results>>,
}

/// What one wake-up is about.
pub(crate) struct Wake<'a> {
    pub(crate) turn: &'a Turn,
    pub(crate) id: ConversationId,
    pub(crate) clock: Clock,
}

impl Turn {
    /// Connects ahead of the first wake-up to whatever a turn talks to.
    pub async fn prepare(self) {
        let Self { store, providers, agent, .. } = self;
        tokio::join!(store.prepare(), agent.model.prepare(), providers.prepare());
    }

    /// Does what a conversation has to do.
    ///
    /// Fails only if the store does: then the wake-up has to come again. A model or a provider that
    /// is down is written down, with a time to try again.
    pub async fn run(&self, wake_up: &WakeUp, now: Timestamp) -> Result<(), Unavailable> {
        let conversation = wake_up.conversation.trim_end_matches(KEYWORDS);
        let Some(id) = ConversationId::parse(conversation) else {
            tracing::error!(trace.id = %wake_up.trace, "left a wake-up that names no conversation");
            return Ok(());
        };
        let wake = Wake { turn: self, id, clock: Clock::starting(now) };
        // Boxed: what a turn can come to is deeply nested, and need not be part of its caller.
        Box::pin(wake.run()).await
    }
}

impl Wake<'_> {
    async fn run(&self) -> Result<(), Unavailable> {
        let health = match self.turn.store.load(&self.id, self.clock.now()).await? {
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

    /// Whether there is time for one more turn of the model. If not, each text that waits has a
    /// wake-up of its own.
    pub(crate) fn has_time(&self) -> bool {
        self.clock.elapsed() + self.turn.agent.timeouts.turn < WHOLE
    }

    /// What log lines stand under. A wake-up by the sweep knows of no text, so its own trace tells
    /// nothing.
    pub(crate) fn span(&self, trace: &TraceId) -> Span {
        tracing::info_span!("turn", trace.id = %trace, conversation.id = %self.id)
    }

    /// Something learned of an attempt just now.
    pub(crate) fn status_update(&self, attempt: &str, status: Status) -> StatusUpdate {
        StatusUpdate::new(attempt, status, self.clock.now())
    }

    /// Something for the operator to look at.
    pub(crate) fn notice(&self, id: String, sentence: String, trace: &TraceId) -> Notice {
        let (conversation, trace) = (Some(self.id.clone()), Some(trace.clone()));
        Notice { id, sentence, conversation, trace, whom: None, at: self.clock.now() }
    }
}
