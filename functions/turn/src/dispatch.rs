//! Dispatches a planned attempt to its provider, and records the outcome.

use std::time::{Duration, Instant};

use conversations::{Attempt, Change, Loaded, StatusUpdate, Unavailable};
use evidence::State;
use jiff::SignedDuration;
use sms::{SendError, Status};
use telemetry::{Step, steps};
use tokio::time::timeout;

use crate::edit::{Draft, Outcome, Planned};
use crate::plan::NOT_REACHED;
use crate::transcript::note;
use crate::{Turn, Wake};

/// The timeout of a send, including any lookups on the way.
pub(crate) const REQUEST: Duration = Duration::from_secs(20);

/// The minimum time between two notices that a provider refuses with the same code.
const REFUSAL_AGAIN: SignedDuration = SignedDuration::from_hours(1);

/// Why a reply to a test number ([`sms::Number::is_for_tests`]) goes no further. The smoke test
/// looks for this sentence.
pub const TEST_NUMBER: &str = "a test number: nothing was sent";

/// The agent's note about a reply whose outcome is unknown.
pub(crate) const NOT_KNOWN: &str = "It is not known whether your last reply reached the person.";

impl<'a> Wake<'a> {
    /// Dispatches the committed attempt, and those that follow from it, until the reply is closed
    /// or has to wait.
    pub(crate) async fn dispatch(
        &self,
        loaded: &mut Loaded,
        mut planned: Option<Box<Planned<'a>>>,
        mut steps: Vec<Step>,
    ) -> Result<(), Unavailable> {
        while let Some(next) = planned {
            let (at, clock) = (self.clock.now(), Instant::now());
            let Some(budget) = next.budget(at) else {
                tracing::warn!("postponed a reply: no time is left to send it in this wake-up");
                return Ok(());
            };
            let Planned { provider, attempt, is_probe, why, nothing_works, routes, .. } = *next;
            if attempt.to.is_for_tests() {
                return self.stop_before_provider(loaded, &attempt, steps).await;
            }
            let message = attempt.outgoing();
            let sending = provider.send(self.turn.providers.http(), &message);
            let outcome = timeout(budget, sending)
                .await
                .unwrap_or_else(|_| Err(SendError::Unknown { code: "timeout".into() }));
            let step = Step::new(steps::SENT, at)
                .took(clock.elapsed())
                .with("provider", provider.name())
                .with("why", why)
                .with("attempt", attempt.id.clone())
                .with("segments", attempt.segments)
                .with("cost", attempt.cost.to_string());
            steps.push(match &outcome {
                Ok(_) => step.with("outcome", "accepted"),
                Err(error) => step.with("outcome", error.to_string()),
            });
            let steps = std::mem::take(&mut steps);
            planned = self.record(loaded, (&attempt, is_probe), outcome, steps).await?;
            self.saw_routes(&loaded.health, &routes, nothing_works.as_deref()).await;
        }
        Ok(())
    }

    /// Ends the attempt to answer a test number just before the provider: everything up to here has
    /// been shown to work, and nobody has to look at it.
    async fn stop_before_provider(
        &self,
        loaded: &mut Loaded,
        attempt: &Attempt,
        mut steps: Vec<Step>,
    ) -> Result<(), Unavailable> {
        let error = SendError::Undeliverable { code: TEST_NUMBER.into() };
        tracing::info!(provider.name = attempt.provider, "{error}");
        steps.push(
            Step::new(steps::SENT, self.clock.now())
                .with("provider", attempt.provider.clone())
                .with("attempt", attempt.id.clone())
                .with("segments", attempt.segments)
                .with("outcome", error.to_string()),
        );
        let changes = vec![
            Change::Steps(attempt.trace.clone(), steps),
            Change::Status(StatusUpdate {
                code: Some(error.code().into()),
                ..self.status_update(&attempt.id, Status::Failed)
            }),
        ];
        self.close(loaded, &attempt.id, None, changes).await
    }

    /// Records the outcome of an attempt, and plans the next one if it was refused.
    async fn record(
        &self,
        loaded: &mut Loaded,
        (attempt, is_probe): (&Attempt, bool),
        outcome: Result<String, SendError>,
        steps: Vec<Step>,
    ) -> Result<Option<Box<Planned<'a>>>, Unavailable> {
        let provider = attempt.provider.as_str();
        let update = StatusUpdate::of_outcome(attempt, &outcome, self.clock.now());
        let mut changes =
            vec![Change::Steps(attempt.trace.clone(), steps), Change::Status(update.clone())];
        let error = match outcome {
            Ok(id) => {
                tracing::info!(
                    provider.name = provider,
                    message.id = id,
                    segments = attempt.segments,
                    "sent a reply"
                );
                let attempt = attempt.updated(&update);
                changes.extend(self.early_receipts(&attempt).await);
                self.close(loaded, &attempt.id, None, changes).await?;
                // On a healthy route, the sweep can account for one more accepted text.
                if loaded.health.state(&attempt.route()) != State::Healthy {
                    self.weigh(loaded, &attempt, is_probe).await;
                }
                return Ok(None);
            }
            Err(error) => error,
        };
        tracing::warn!(provider.name = provider, %error, "{provider}: {error}");
        match error {
            SendError::Refused { code } => {
                let told = self.tell_of_refusal(attempt, &code);
                let known = attempt.updated(&update);
                tokio::join!(self.weigh(loaded, &known, is_probe), told);
                return self.refused(loaded, attempt, changes).await;
            }
            SendError::Undeliverable { code } => {
                changes.push(Change::Notice(self.notice(
                    format!("reply-{}", attempt.id),
                    format!(
                        "{provider} cannot deliver to this person ({code}).{}",
                        self.turn.providers.meaning(provider, &code)
                    ),
                    &attempt.trace,
                )));
                self.close_unpaid(loaded, attempt, changes).await?;
            }
            SendError::OptedOut { code } => {
                let (at, refused) = (self.clock.now(), attempt.clone());
                changes.push(Change::Stopped { at, attempt: refused, code });
                self.close_unpaid(loaded, attempt, changes).await?;
            }
            SendError::Unknown { .. } => self.unanswered(loaded, attempt, changes).await?,
        }
        Ok(None)
    }

    /// Reports that a provider refuses, once an hour for each code: everybody shares one notice,
    /// which must not be written again with each text.
    async fn tell_of_refusal(&self, attempt: &Attempt, code: &str) {
        let (provider, turn) = (&attempt.provider, self.turn);
        let means = turn.providers.meaning(provider, code);
        let notice = self.notice(
            format!("refused-{provider}-{}", code.replace([' ', ':'], "-")),
            format!(
                "{provider} refuses to send ({code}).{means} The next provider is tried instead."
            ),
            &attempt.trace,
        );
        if let Err(error) = turn.store.notice_anew(&notice, Some(REFUSAL_AGAIN)).await {
            tracing::warn!(%error, "could not store the notice that {provider} refuses: {error}");
        }
    }

    /// The changes from receipts that arrived before the attempt was recorded. One that arrives at
    /// this moment, or cannot be looked up now, is left to the sweep.
    pub(crate) async fn early_receipts(&self, attempt: &Attempt) -> Vec<Change> {
        let by = self.turn.providers.named(&attempt.provider);
        if by.is_some_and(|by| by.names_attempts()) {
            return vec![];
        }
        let told = self.turn.store.told_before(attempt).await;
        let told = told.inspect_err(
            |error| tracing::warn!(%error, "left early receipts to the sweep: {error}"),
        );
        told.unwrap_or_default().into_iter().map(Change::Receipt).collect()
    }

    /// Counts an attempt for or against its route at once, for the next choice.
    ///
    /// A failure to do so does not fail the turn.
    pub(crate) async fn weigh(&self, loaded: &mut Loaded, attempt: &Attempt, is_probe: bool) {
        let Turn { store, providers, .. } = self.turn;
        let (one, now) = (std::slice::from_ref(attempt), self.clock.now());
        let weighed = match is_probe {
            true => routing::weigh_probe(store, providers, attempt, now).await,
            false => routing::weigh(store, providers, one, now).await,
        };
        match weighed {
            Ok(health) => loaded.health = health,
            Err(error) => {
                tracing::warn!(%error, "left the evidence of an attempt to the sweep: {error}")
            }
        }
    }

    /// Plans the next attempt, now or for later.
    async fn refused(
        &self,
        loaded: &mut Loaded,
        attempt: &Attempt,
        changes: Vec<Change>,
    ) -> Result<Option<Box<Planned<'a>>>, Unavailable> {
        let planned = self.edit(loaded, |loaded| {
            let mut draft = Draft::of(loaded);
            let mut reply = draft.take_open(&attempt.id)?;
            draft.changes.clone_from(&changes);
            draft.give_back(attempt);
            reply.refused_by.push(attempt.provider.clone());
            self.go_on(loaded, &mut draft, reply);
            Some(draft)
        });
        let outcome = planned.await?;
        self.unless_stored(loaded, &outcome, changes).await?;
        Ok(outcome.planned())
    }

    /// Records that no answer came. The open reply is settled next.
    async fn unanswered(
        &self,
        loaded: &mut Loaded,
        attempt: &Attempt,
        changes: Vec<Change>,
    ) -> Result<(), Unavailable> {
        let outcome = self.edit(loaded, |loaded| {
            let mut draft = Draft::of(loaded);
            let mut reply = draft.take_open(&attempt.id)?;
            draft.changes.clone_from(&changes);
            let now = self.clock.now();
            // Our part is done, so nobody has to wait for us.
            reply.sending.as_mut()?.until = now;
            draft.next.open = Some(reply);
            draft.next.due_at = Some(now);
            Some(draft)
        });
        let outcome = outcome.await?;
        self.unless_stored(loaded, &outcome, changes).await
    }

    /// Closes the open reply, if this attempt is still the open one, with a note for the agent. The
    /// status updates are stored in any case: they are true even if somebody else has closed the
    /// reply.
    pub(crate) async fn close(
        &self,
        loaded: &mut Loaded,
        attempt: &str,
        told: Option<&str>,
        changes: Vec<Change>,
    ) -> Result<(), Unavailable> {
        self.close_paying(loaded, attempt, told, changes, None).await
    }

    /// The same for an attempt that its provider has not taken and does not charge for.
    async fn close_unpaid(
        &self,
        loaded: &mut Loaded,
        attempt: &Attempt,
        changes: Vec<Change>,
    ) -> Result<(), Unavailable> {
        self.close_paying(loaded, &attempt.id, Some(NOT_REACHED), changes, Some(attempt)).await
    }

    async fn close_paying(
        &self,
        loaded: &mut Loaded,
        attempt: &str,
        told: Option<&str>,
        changes: Vec<Change>,
        unpaid: Option<&Attempt>,
    ) -> Result<(), Unavailable> {
        let outcome = self.edit(loaded, |loaded| {
            let mut draft = Draft::of(loaded);
            draft.take_open(attempt)?;
            draft.changes.clone_from(&changes);
            unpaid.into_iter().for_each(|attempt| draft.give_back(attempt));
            draft.next.turns.extend(told.map(note));
            draft.set_due(self.clock.now());
            Some(draft)
        });
        let outcome = outcome.await?;
        self.unless_stored(loaded, &outcome, changes).await
    }

    /// Stores what is true even if somebody else has closed the reply, or the person was erased.
    async fn unless_stored(
        &self,
        loaded: &Loaded,
        outcome: &Outcome<'_>,
        changes: Vec<Change>,
    ) -> Result<(), Unavailable> {
        match outcome {
            Outcome::Stored(_) => Ok(()),
            _ => self.turn.store.commit_apart(loaded, changes).await,
        }
    }
}
