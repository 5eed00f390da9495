//! Settling a reply that a turn before this one left open.

use conversations::{Change, Conversation, Loaded, Reply, Sending, Unavailable};
use jiff::{SignedDuration, Timestamp};
use sms::{Found, Outgoing, Status};
use telemetry::Step;

use crate::Wake;
use crate::edit::due;
use crate::send::{Closing, LIFE, NOT_REACHED, entry, unknown};

/// How long after an attempt began its absence at the provider is certain: what was still on its
/// way has arrived by then.
const CERTAIN: SignedDuration = SignedDuration::from_secs(60);

/// How long after asking a provider in vain it is asked again.
const ASK_AGAIN: SignedDuration = SignedDuration::from_secs(15);

/// What the provider knows of an attempt.
pub(crate) enum Fate {
    /// It is written down, or to be asked for again.
    Settled,
    /// It certainly was not sent.
    NeverTaken,
}

impl Wake<'_> {
    /// Finds out what became of the open reply, and closes it, sends it or leaves it for later.
    pub(crate) async fn settle(&self, loaded: &mut Loaded) -> Result<(), Unavailable> {
        let now = self.clock.now();
        let Some(reply) = loaded.conversation.open.clone() else { return Ok(()) };
        let Some(sending) = reply.sending.clone() else {
            return self.send_again(loaded, &reply).await;
        };
        if now < sending.until {
            // Whoever began it may still be at it.
            return self.look_again(loaded, &sending, sending.until).await;
        }
        let attempt = self.turn.store.attempt(&sending.attempt).await?;
        let status = attempt.as_ref().map_or(Status::Sending, conversations::Attempt::status);
        if status > Status::Unknown {
            // A receipt told, or it was written down and only the conversation was not.
            return self.close(loaded, &sending.attempt, vec![], Closing::default()).await;
        }
        match self.ask(loaded).await? {
            Fate::Settled => Ok(()),
            Fate::NeverTaken => self.never_taken(loaded, &sending).await,
        }
    }

    /// Asks the provider about the attempt under way, whose end nobody wrote.
    pub(crate) async fn ask(&self, loaded: &mut Loaded) -> Result<Fate, Unavailable> {
        let now = self.clock.now();
        let Some(reply) = loaded.conversation.open.clone() else { return Ok(Fate::Settled) };
        let Some(sending) = reply.sending.clone() else { return Ok(Fate::Settled) };
        let name = sending.provider.as_str();
        let found = match self.turn.providers.named(name) {
            Some(provider) => {
                let message = Outgoing {
                    attempt: sending.attempt.clone(),
                    from: (name == reply.via).then(|| loaded.conversation.ours.clone()),
                    to: loaded.conversation.theirs.clone(),
                    body: reply.body.clone(),
                };
                provider.find(self.turn.providers.http(), &message, sending.at).await
            }
            None => Ok(Found::CannotAsk),
        };
        let looked = |outcome: &str| {
            vec![Step::new("looked up", now).with("provider", name).with("outcome", outcome)]
        };
        let overdue = now >= reply.at + LIFE;
        match found {
            Ok(Found::Accepted { id, status }) => {
                tracing::info!(provider.name = name, message.id = id, "found a lost reply");
                let learned = Some((status.max(Status::Accepted), Some(id.clone()), None));
                let closing = Closing { learned, ..Closing::default() };
                self.close(loaded, &sending.attempt, looked("found"), closing).await?;
                self.turn.store.join_receipts(Some((name, &id)), 10).await?;
            }
            Ok(Found::Absent) if now >= sending.at + CERTAIN => {
                tracing::info!(provider.name = name, "a lost reply was never taken");
                self.turn
                    .store
                    .trace_steps(&reply.trace, Some(&loaded.id), &looked("absent"))
                    .await?;
                return Ok(Fate::NeverTaken);
            }
            Ok(Found::Absent) => {
                self.look_again(loaded, &sending, sending.at + CERTAIN).await?;
            }
            Err(_) if !overdue => self.look_again(loaded, &sending, now + ASK_AGAIN).await?,
            Ok(Found::CannotAsk) | Err(_) => {
                tracing::warn!(provider.name = name, "the fate of a reply stays unknown");
                let closing = unknown(name);
                self.close(loaded, &sending.attempt, looked("unknown"), closing).await?;
            }
        }
        Ok(Fate::Settled)
    }

    /// Writes down that an attempt was never made, and sends the reply after all.
    async fn never_taken(&self, loaded: &mut Loaded, sending: &Sending) -> Result<(), Unavailable> {
        self.edit(loaded, |loaded| {
            let mut next = loaded.conversation.clone();
            let reply = under_way(&mut next, sending)?;
            reply.sending = None;
            let learned = Change::Learned {
                attempt: sending.attempt.clone(),
                status: Status::Failed,
                message: None,
                code: Some("never taken".into()),
            };
            next.due_at = Some(self.clock.now());
            Some((next, vec![learned]))
        })
        .await?;
        let Some(reply) = loaded.conversation.open.clone() else { return Ok(()) };
        if reply.sending.is_some() { Ok(()) } else { self.send_again(loaded, &reply).await }
    }

    /// Sends a reply that certainly has not been sent, unless it is too old or not wanted any more.
    async fn send_again(&self, loaded: &mut Loaded, reply: &Reply) -> Result<(), Unavailable> {
        let mut begun = None;
        let id = loaded.id.clone();
        self.edit(loaded, |loaded| {
            begun = None;
            let now = self.clock.now();
            let mut next = loaded.conversation.clone();
            let unsent = next.open.take().filter(|open| open == reply)?;
            let too_old = now >= unsent.at + LIFE;
            if too_old || (loaded.stop.is_some() && !unsent.despite_stop) {
                next.due_at = due(&next, now);
                let mut changes = vec![];
                if too_old {
                    next.turns.push(entry(&agent::Turn::Note { text: NOT_REACHED.into() }));
                    changes.push(given_up(&id, &unsent, now));
                }
                return Some((next, changes));
            }
            let despite_stop = unsent.despite_stop;
            begun = self.begin(&id, &mut next, unsent);
            let attempt = begun.as_ref().map(|begun| match despite_stop {
                true => Change::ConfirmationAgain(begun.attempt.clone()),
                false => Change::Attempt(begun.attempt.clone()),
            });
            Some((next, attempt.into_iter().collect()))
        })
        .await?;
        self.carry(loaded, begun, vec![]).await
    }

    /// Leaves the open reply as it is until a later time.
    async fn look_again(
        &self,
        loaded: &mut Loaded,
        sending: &Sending,
        at: Timestamp,
    ) -> Result<(), Unavailable> {
        self.edit(loaded, |loaded| {
            let mut next = loaded.conversation.clone();
            under_way(&mut next, sending)?;
            next.due_at = Some(at);
            Some((next, vec![]))
        })
        .await?;
        Ok(())
    }
}

/// The open reply, if this attempt of it is the one under way.
fn under_way<'a>(next: &'a mut Conversation, sending: &Sending) -> Option<&'a mut Reply> {
    next.open.as_mut().filter(|reply| reply.sending.as_ref() == Some(sending))
}

fn given_up(id: &conversations::ConversationId, reply: &Reply, now: Timestamp) -> Change {
    tracing::error!("gave a reply up: every provider refused it for ten minutes");
    Change::Notice(conversations::Notice {
        id: format!("given-up-{}", reply.trace),
        sentence: "A reply was given up: every provider refused it for ten minutes. Answer this \
                   person by hand, and see why the providers refuse."
            .into(),
        conversation: Some(id.clone()),
        trace: Some(reply.trace.clone()),
        at: now,
    })
}
