//! Settles a reply that an earlier turn left open.

use std::time::Duration;

use conversations::{Attempt, Change, Loaded, Reply, Sending, StatusUpdate, Unavailable};
use jiff::{SignedDuration, Timestamp};
use sms::{Found, Outgoing, Receipt, SendError, Status};
use telemetry::{Step, steps};

use crate::Wake;
use crate::dispatch::NOT_KNOWN;
use crate::edit::Draft;
use crate::pause::spread;
use crate::plan::is_wanted;

/// How long after its start an attempt that the provider does not know was certainly never
/// received.
const CERTAIN: SignedDuration = SignedDuration::from_secs(60);

/// The longest pause before a provider that gave no answer is asked again.
const ASK_AGAIN: Duration = Duration::from_secs(15);

/// An open reply with an attempt whose end nobody wrote.
struct Lost {
    reply: Reply,
    sending: Sending,
    /// The attempt, if it was stored.
    known: Option<Attempt>,
    /// When its provider is asked.
    at: Timestamp,
}

impl Lost {
    /// That the provider was asked, and what came of it.
    fn looked_up(&self, outcome: &str) -> Change {
        let step = Step::new(steps::LOOKED_UP, self.at)
            .with("provider", self.sending.provider.as_str())
            .with("outcome", outcome);
        Change::Steps(self.reply.trace.clone(), vec![step])
    }
}

impl Wake<'_> {
    /// Finds out what became of the open reply, and closes it, sends it or leaves it for later.
    pub(crate) async fn settle(&self, loaded: &mut Loaded) -> Result<(), Unavailable> {
        let Some(reply) = &loaded.conversation.open else { return Ok(()) };
        let Some(sending) = reply.sending.clone() else {
            // Somebody who texts has their phone on.
            let early = loaded.conversation.due_at.is_some_and(|due| due > self.clock.now());
            let is_held = self.is_held(&loaded.conversation);
            if (reply.after.is_some() || is_held) && early && loaded.waiting.is_empty() {
                return Ok(());
            }
            return self.send_again(loaded).await;
        };
        if self.clock.now() < sending.until {
            // The process that began it may still be at it.
            return self.look_again(loaded, &sending, sending.until).await;
        }
        let attempt = self.turn.store.attempt(&sending.attempt).await?;
        if attempt.as_ref().map_or(Status::Sending, Attempt::status) > Status::Unknown {
            // A receipt has settled it.
            return self.close(loaded, &sending.attempt, None, vec![]).await;
        }
        let lost = Lost { reply: reply.clone(), sending, known: attempt, at: self.clock.now() };
        self.ask(loaded, &lost).await
    }

    /// Asks the provider about a lost reply, and does what follows from the answer.
    async fn ask(&self, loaded: &mut Loaded, lost: &Lost) -> Result<(), Unavailable> {
        let Lost { reply, sending, at, .. } = lost;
        let overdue = *at >= self.end_of(reply);
        match self.find(loaded, lost).await {
            Ok(Found::Known(receipt)) => self.was_taken(loaded, lost, receipt).await,
            Ok(Found::Absent) if *at >= sending.at + CERTAIN => {
                self.was_never_taken(loaded, lost).await?;
                self.send_again(loaded).await
            }
            Ok(Found::Absent) => self.look_again(loaded, sending, sending.at + CERTAIN).await,
            Err(_) if !overdue => self.look_again(loaded, sending, *at + spread(ASK_AGAIN)).await,
            Ok(Found::CannotAsk) | Err(_) => self.stays_unknown(loaded, lost).await,
        }
    }

    /// What the provider says of a lost reply.
    async fn find(&self, loaded: &Loaded, lost: &Lost) -> Result<Found, SendError> {
        let Lost { reply, sending, .. } = lost;
        let theirs = &loaded.conversation.theirs;
        if theirs.is_for_tests() {
            // It was never dispatched to a provider.
            return Ok(Found::Absent);
        }
        let Some(provider) = self.turn.providers.named(&sending.provider) else {
            return Ok(Found::CannotAsk);
        };
        let message = Outgoing {
            attempt: sending.attempt.clone(),
            from: (sending.provider == reply.via).then(|| reply.ours.clone()),
            to: theirs.clone(),
            body: reply.body.clone(),
        };
        provider.find(self.turn.providers.http(), &message, sending.at).await
    }

    /// Closes a lost reply that the provider knows.
    async fn was_taken(
        &self,
        loaded: &mut Loaded,
        lost: &Lost,
        receipt: Receipt,
    ) -> Result<(), Unavailable> {
        let Sending { provider: name, attempt, .. } = &lost.sending;
        let id = receipt.message.clone();
        tracing::info!(provider.name = name, message.id = id, "found a lost reply");
        let update = StatusUpdate {
            message: Some((name.clone(), id)),
            code: receipt.code.clone(),
            ..self.status_update(attempt, Status::Accepted)
        };
        let mut changes = vec![lost.looked_up("found"), Change::Status(update.clone())];
        if let Some(known) = &lost.known {
            changes.extend(self.early_receipts(&known.updated(&update)).await);
        }
        self.close(loaded, attempt, None, changes).await?;
        // Its status by now is stored like any receipt.
        let receipt = Receipt { attempt: Some(attempt.clone()), ..receipt };
        self.turn.store.receive(name, &receipt, lost.at).await?;
        Ok(())
    }

    /// Writes down that the attempt was never made, so that the reply can be sent after all.
    async fn was_never_taken(&self, loaded: &mut Loaded, lost: &Lost) -> Result<(), Unavailable> {
        let Sending { provider: name, attempt, .. } = &lost.sending;
        tracing::info!(provider.name = name, "a lost reply never reached its provider");
        let update = StatusUpdate {
            code: Some("never taken".into()),
            ..self.status_update(attempt, Status::Failed)
        };
        let changes = vec![lost.looked_up("absent"), Change::Status(update)];
        self.edit(loaded, |loaded| {
            let mut draft = Draft::of(loaded);
            let mut reply = draft.take_open(attempt)?;
            reply.sending = None;
            draft.next.open = Some(reply);
            draft.next.due_at = Some(self.clock.now());
            draft.changes.clone_from(&changes);
            lost.known.iter().for_each(|attempt| draft.give_back(attempt));
            Some(draft)
        })
        .await?;
        Ok(())
    }

    /// Closes a lost reply that the provider cannot say anything about. It is not sent again.
    async fn stays_unknown(&self, loaded: &mut Loaded, lost: &Lost) -> Result<(), Unavailable> {
        let Sending { provider: name, attempt, .. } = &lost.sending;
        tracing::warn!(provider.name = name, "could not find out whether a reply was sent");
        let notice = self.notice(
            format!("reply-{attempt}"),
            format!(
                "It is not known whether a reply was sent by {name}. It is not sent again: look it \
                 up in {name}'s console, or ask the person."
            ),
            &lost.reply.trace,
        );
        let unknown = Change::Status(self.status_update(attempt, Status::Unknown));
        let changes = vec![lost.looked_up("unknown"), unknown, Change::Notice(notice)];
        self.close(loaded, attempt, Some(NOT_KNOWN), changes).await
    }

    /// Sends a reply that certainly has not been sent; or one that failed temporarily, if its
    /// provider still says so at the last moment.
    async fn send_again(&self, loaded: &mut Loaded) -> Result<(), Unavailable> {
        let open = loaded.conversation.open.as_ref().filter(|reply| reply.sending.is_none());
        if let Some(failed) = open.and_then(|reply| reply.after.clone()) {
            let Some(failed) = self.turn.store.attempt(&failed).await? else {
                return self.leave(loaded, None, "the record of its attempt is gone").await;
            };
            if let Some(why_not) = self.may_have_arrived(&failed).await? {
                return self.leave(loaded, Some(&failed), why_not).await;
            }
        }
        let outcome = self.edit(loaded, |loaded| {
            let mut draft = Draft::of(loaded);
            let reply = draft.next.open.take().filter(|reply| reply.sending.is_none())?;
            self.go_on(loaded, &mut draft, reply);
            Some(draft)
        });
        let planned = outcome.await?.planned();
        self.dispatch(loaded, planned, vec![]).await
    }

    /// Closes the open reply without the second attempt.
    async fn leave(
        &self,
        loaded: &mut Loaded,
        failed: Option<&Attempt>,
        why_not: &str,
    ) -> Result<(), Unavailable> {
        // Its status may be known better by now.
        let failed = match failed {
            Some(failed) => self.turn.store.attempt(&failed.id).await?,
            None => None,
        };
        self.edit(loaded, |loaded| {
            let mut draft = Draft::of(loaded);
            let reply = draft.next.open.take_if(|reply| reply.sending.is_none())?;
            draft.set_due(self.clock.now());
            let step = Step::new(steps::NOT_TRIED_AGAIN, self.clock.now()).with("why", why_not);
            draft.changes.push(Change::Steps(reply.trace.clone(), vec![step]));
            if let Some(failed) = failed.as_ref().filter(|failed| failed.status().is_failure()) {
                let wanted = is_wanted(loaded, &reply);
                self.leave_failed(&mut draft, failed, wanted, why_not);
            }
            Some(draft)
        })
        .await?;
        Ok(())
    }

    /// Postpones the open reply unchanged.
    async fn look_again(
        &self,
        loaded: &mut Loaded,
        sending: &Sending,
        at: Timestamp,
    ) -> Result<(), Unavailable> {
        self.edit(loaded, |loaded| {
            let mut draft = Draft::of(loaded);
            let open = draft.next.open.as_ref()?;
            if open.sending.as_ref() != Some(sending) || draft.next.due_at == Some(at) {
                return None;
            }
            draft.next.due_at = Some(at);
            Some(draft)
        })
        .await?;
        Ok(())
    }
}
