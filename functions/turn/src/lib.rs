//! Lets the agent answer a conversation, and sends what it says. The only function that sends.
//!
//! A wake-up names a conversation that has something to do. An open reply is settled first; then
//! the texts that wait are answered, a run of them at a time; then what must leave the system
//! leaves. Whatever the process dies of, what is stored tells the next one where to go on.

mod answer;
mod clock;
mod edit;
mod results;
mod send;
mod settle;

use std::sync::Arc;

use agent::Agent;
use conversations::{ConversationId, Effect, Loaded, Store, Unavailable};
use jiff::Timestamp;
use queue::WakeUp;
use sms::Providers;
use tracing::Instrument;

use crate::clock::Clock;

pub use results::Results;

/// How many runs of waiting texts one wake-up answers before the next wake-up takes over.
const RUNS: usize = 8;

/// The function, with its clients.
#[derive(Clone)]
pub struct Turn {
    /// Where conversations are kept.
    pub store: Arc<Store>,
    /// By whom replies go out.
    pub providers: Arc<Providers>,
    /// Who answers.
    pub agent: Arc<Agent>,
    /// Where the results of conversations go. Without it they are kept, and the console shows them.
    pub results: Option<Arc<Results>>,
}

/// What one wake-up is about.
pub(crate) struct Wake<'a> {
    pub(crate) turn: &'a Turn,
    pub(crate) clock: Clock,
    /// What was decided on in this wake-up and has to leave the system.
    pub(crate) effects: Vec<Effect>,
}

impl Turn {
    /// Does what a conversation has to do.
    ///
    /// Fails only if the store does: then the wake-up has to come again. A model or a provider that
    /// is down is written down, with a time to try again.
    pub async fn run(&self, wake_up: &WakeUp, now: Timestamp) -> Result<(), Unavailable> {
        let Some(id) = ConversationId::parse(&wake_up.conversation) else {
            tracing::error!("left a wake-up that names no conversation");
            return Ok(());
        };
        let span = tracing::info_span!("turn", trace.id = %wake_up.trace, conversation.id = %id);
        let mut wake = Wake { turn: self, clock: Clock::starting(now), effects: Vec::new() };
        // Boxed: what a turn can come to is deeply nested, and need not be part of its caller.
        Box::pin(wake.run(&id)).instrument(span).await
    }
}

impl Wake<'_> {
    async fn run(&mut self, id: &ConversationId) -> Result<(), Unavailable> {
        let Some(mut loaded) = self.turn.store.load(id).await? else {
            tracing::info!("found nothing: the conversation has been forgotten");
            return Ok(());
        };
        let idle = loaded.conversation.open.is_none() && loaded.conversation.waiting.is_empty();
        if idle {
            self.effects = self.turn.store.effects_of(id).await?;
        }
        self.work(&mut loaded).await?;
        self.deliver().await
    }

    /// Settles what is open and answers what waits, until one of them has to wait itself.
    async fn work(&mut self, loaded: &mut Loaded) -> Result<(), Unavailable> {
        for _ in 0..RUNS {
            if loaded.conversation.open.is_some() {
                self.settle(loaded).await?;
            } else if !loaded.conversation.waiting.is_empty() {
                if !self.answer(loaded).await? {
                    return Ok(());
                }
            } else {
                return Ok(());
            }
            if loaded.conversation.open.is_some() {
                // It is due later.
                return Ok(());
            }
        }
        Ok(())
    }
}
