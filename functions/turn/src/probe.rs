//! Sends a probe: a text to one of our own numbers, which shows whether texts arrive.

use conversations::{Attempt, Reply, StatusUpdate, Unavailable};
use sms::SendError;
use telemetry::TraceId;
use tokio::time::timeout;

use crate::dispatch::REQUEST;
use crate::{Turn, Wake};

impl Wake<'_> {
    /// Sends the probe that the wake-up names, if there is one that has not been sent yet.
    ///
    /// Only once, and by one provider only: whatever its outcome, the sweep finds out whether it
    /// arrived.
    pub(crate) async fn probe(&self) -> Result<(), Unavailable> {
        let (now, store) = (self.clock.now(), &self.turn.store);
        let known =
            routing::probe(store, &self.id).await?.filter(|known| known.probe.is_to_be_sent(now));
        let Some(known) = known else { return Ok(()) };
        let providers = &self.turn.providers;
        let [from, to] = [&known.probe.from, &known.probe.to].map(|name| providers.named(name));
        let (Some(from), Some(theirs)) = (from, to.and_then(|to| to.number())) else {
            tracing::warn!("sent no probe: its providers are not configured");
            return Ok(());
        };
        let trace = TraceId::fresh();
        let reply = Reply::alone(&format!("textback probe {}", known.probe.code), &trace, now);
        let by = (from.name(), from.sender(), None);
        let attempt = Attempt::begin(Attempt::name(&trace), &self.id, by, &theirs, reply, now);
        let attempt = Attempt { detached: true, tried_out: true, ..attempt };
        let Turn { bounds, agent, .. } = self.turn;
        let attempt = bounds.money.pay_for(attempt, &agent.page.time_zone);
        if !routing::begin_probe(store, &known, &attempt).await? {
            tracing::warn!("sent no probe: another process has, or its number has opted out");
            return Ok(());
        }
        let outcome = timeout(REQUEST, from.send(providers.http(), &attempt.outgoing()))
            .await
            .unwrap_or_else(|_| Err(SendError::Unknown { code: "timeout".into() }));
        match &outcome {
            Ok(id) => tracing::info!(provider.name = from.name(), message.id = id, "sent a probe"),
            Err(error) => {
                tracing::warn!(provider.name = from.name(), %error, "could not send a probe: {error}")
            }
        }
        let update = StatusUpdate::of_outcome(&attempt, &outcome, self.clock.now());
        store.conclude(&attempt, update).await
    }
}
