//! Lets the agent answer a conversation, and sends what it says. The only function that sends.
//!
//! A wake-up names a conversation that has something to do. An open reply is settled first; then
//! what did not arrive is sent by somebody else; then the texts that wait are answered, a run of them at a time; then what must leave the system
//! leaves. Whatever the process dies of, what is stored tells the next one where to go on.

mod after;
mod answer;
mod bounds;
mod clock;
mod edit;
mod end;
mod fail_over;
mod gate;
mod hand_over;
mod incidents;
mod pause;
mod places;
mod probe;
mod report;
mod results;
mod send;
mod settle;
mod think;

use std::sync::Arc;
use std::time::Duration;

use agent::{Agent, OpenAi, Page, Patience};
use business::Business;
use conversations::{Attempt, Conversation, ConversationId, Loaded, Store, Unavailable};
use evidence::Health;
use jiff::{SignedDuration, Timestamp};
use policy::{Countries, Limits};
use queue::{KEYWORDS, Queue, WakeUp};
use settings::Names;
use sms::Providers;
use telemetry::TraceId;
use tracing::{Instrument, Span};

use crate::clock::Clock;

pub use bounds::Bounds;
pub use results::Results;
pub use send::TEST_NUMBER;

/// How many times one wake-up settles or answers something before the next wake-up takes over.
const RUNS: usize = 8;

/// What is due so soon is waited for.
const MOMENT: SignedDuration = SignedDuration::from_secs(2);

/// How long a wake-up may take, but for a send: it has to end within the two minutes of a function.
const WHOLE: Duration = Duration::from_secs(105);

/// The settings that the function reads.
pub const SETTINGS: &[Names] = &[
    host::PUBLIC_URL,
    Page::SETTINGS,
    OpenAi::SETTINGS,
    Patience::SETTINGS,
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

    /// Settles what is open and answers what waits, for as long as it is due.
    async fn work(&self, loaded: &mut Loaded) -> Result<(), Unavailable> {
        self.take_back(loaded).await?;
        for run in 0..RUNS {
            let Some(trace) = cause(loaded) else {
                return self.end_if_quiet(loaded).await;
            };
            let Conversation { open, failed, .. } = &loaded.conversation;
            let thinks = open.is_none() && failed.is_empty();
            if run > 0 && thinks && !self.has_time() {
                return Ok(());
            }
            let work = async {
                let conversation = &loaded.conversation;
                match (&conversation.open, conversation.failed.is_empty()) {
                    (Some(_), _) => self.settle(loaded).await,
                    (None, false) => self.fail_over(loaded).await,
                    (None, true) => self.answer(loaded).await,
                }
            };
            work.instrument(self.span(&trace)).await?;
            let Some(due) = loaded.conversation.due_at else { return Ok(()) };
            match due.duration_since(self.clock.now()) {
                left if left > MOMENT => return Ok(()),
                left => tokio::time::sleep(left.try_into().unwrap_or_default()).await,
            }
        }
        Ok(())
    }

    /// Whether there is time for one more turn of the model. If not, each text that waits has a
    /// wake-up of its own.
    pub(crate) fn has_time(&self) -> bool {
        self.clock.elapsed() + self.turn.agent.patience.turn < WHOLE
    }

    /// What log lines stand under. A wake-up by the sweep knows of no text, so its own trace tells
    /// nothing.
    pub(crate) fn span(&self, trace: &TraceId) -> Span {
        tracing::info_span!("turn", trace.id = %trace, conversation.id = %self.id)
    }
}

/// The trace of what is to be done next, if anything is.
fn cause(Loaded { conversation, waiting, .. }: &Loaded) -> Option<TraceId> {
    if let Some(open) = &conversation.open {
        return Some(open.trace.clone());
    }
    if let Some(attempt) = conversation.failed.first() {
        return Some(Attempt::trace_of(attempt).unwrap_or_else(TraceId::fresh));
    }
    waiting.first().map(|text| text.trace.clone())
}
