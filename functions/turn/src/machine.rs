//! The steps that a turn takes with a conversation until nothing is due.
//!
//! What [operators want](crate::orders) comes first: an order is carried out, or waits for an open reply to
//! be settled if it is to say something.
//!
//! | open reply | failed replies | texts waiting | what is done |
//! |---|---|---|---|
//! | yes | any | any | [settle](Wake::settle): find out what became of it; close it, send it, or leave it for later |
//! | no | some | any | [fail over](Wake::fail_over): send it by another provider, or tell the agent |
//! | no | none | some | [answer](Wake::answer): let the agent answer the first run of them, and send |
//! | no | none | none | [end](Wake::end_if_quiet) the conversation, if it has been quiet for long |
//!
//! Each step ends with a commit. The next step is chosen by what is stored then, so another process
//! can continue if this one dies.

use conversations::{Attempt, Loaded, Order, OrderKind, Reply, Unavailable, Waiting};
use jiff::SignedDuration;
use telemetry::TraceId;
use tracing::Instrument;

use crate::Wake;

/// How many steps one wake-up takes before it leaves the rest to the next.
const STEPS: usize = 8;

/// A wait this short is spent in place.
const MOMENT: SignedDuration = SignedDuration::from_secs(2);

/// The next step, and its trace.
enum Next {
    CarryOut(TraceId),
    Obey(Box<Waiting>),
    Settle(TraceId),
    FailOver(TraceId),
    Answer(TraceId),
    End,
}

impl Next {
    fn of(Loaded { conversation, waiting, commands, orders, .. }: &Loaded) -> Self {
        let says =
            |order: &Order| matches!(order.kind, OrderKind::Say { .. } | OrderKind::Tell { .. });
        let is_ahead = |order: &Order, open: &Reply| {
            let is_theirs = open.by.as_ref().is_some_and(|by| by.name == order.by.name);
            let is_told = matches!(order.kind, OrderKind::Tell { .. });
            says(order) && (is_told || open.sending.is_some() || open.despite_stop || is_theirs)
        };
        if let Some(order) = orders.first() {
            let open = conversation.open.as_ref().filter(|open| is_ahead(order, open));
            return open.map_or(Self::CarryOut(order.trace.clone()), |open| {
                Self::Settle(open.trace.clone())
            });
        }
        if let Some(text) = commands.first() {
            return Self::Obey(Box::new(text.clone()));
        }
        if let Some(open) = &conversation.open {
            return Self::Settle(open.trace.clone());
        }
        if let Some(attempt) = conversation.failed.first() {
            return Self::FailOver(Attempt::trace_of(attempt).unwrap_or_else(TraceId::fresh));
        }
        waiting.first().map_or(Self::End, |text| Self::Answer(text.trace.clone()))
    }
}

impl Wake<'_> {
    /// Takes one step after another while one is due.
    pub(crate) async fn work(&self, loaded: &mut Loaded) -> Result<(), Unavailable> {
        for step in 0..STEPS {
            self.take_back(loaded).await?;
            match Next::of(loaded) {
                Next::Obey(text) => {
                    self.obey(loaded, &text).instrument(self.span(&text.trace)).await?;
                }
                Next::CarryOut(trace) => {
                    self.carry_out(loaded).instrument(self.span(&trace)).await?;
                }
                Next::Settle(trace) => self.settle(loaded).instrument(self.span(&trace)).await?,
                Next::FailOver(trace) => {
                    self.fail_over(loaded).instrument(self.span(&trace)).await?;
                }
                Next::Answer(_) if step > 0 && !self.has_time() => return Ok(()),
                Next::Answer(trace) => self.answer(loaded).instrument(self.span(&trace)).await?,
                Next::End => return self.end_if_quiet(loaded).await,
            }
            let Some(due) = loaded.conversation.due_at else { return Ok(()) };
            match due.duration_since(self.clock.now()) {
                left if left > MOMENT => return Ok(()),
                left => tokio::time::sleep(left.try_into().unwrap_or_default()).await,
            }
        }
        Ok(())
    }
}
