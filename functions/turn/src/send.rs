//! Handing a reply to a provider, and writing down what came of it.

use std::time::{Duration, Instant};

use agent::Turn as Entry;
use conversations::{Attempt, Change, Conversation, Loaded, Notice, Reply, Sending, Unavailable};
use jiff::{SignedDuration, Timestamp};
use sms::{Outgoing, Provider, SendError, Status, segments};
use telemetry::{Step, TraceId};
use tokio::time::timeout;
use uuid::Uuid;

use crate::Wake;
use crate::edit::Draft;

/// How long a reply lives. After that it is not sent any more: an answer to a question that nobody
/// remembers asking does harm.
pub(crate) const LIFE: SignedDuration = SignedDuration::from_mins(10);

/// How long nobody else touches an attempt: 20 seconds for the request, with everything that has to
/// be asked for on the way, and the rest to write down what came of it.
const UNDER_WAY: SignedDuration = SignedDuration::from_secs(25);
const TO_WRITE_DOWN: SignedDuration = SignedDuration::from_secs(5);

/// How long after all providers refused they are asked again: the first time, and at most.
const ROUND: (SignedDuration, SignedDuration) =
    (SignedDuration::from_secs(5), SignedDuration::from_secs(30));

/// Why a reply to a test number ([`sms::Number::is_for_tests`]) goes no further. The smoke test
/// looks for these words.
pub const TEST_NUMBER: &str = "a test number: nothing was sent";

/// What the agent is told of a reply.
pub(crate) const NOT_KNOWN: &str = "It is not known whether your last reply reached the person.";
pub(crate) const NOT_REACHED: &str = "Your last reply did not reach the person.";

/// An attempt that has been decided on: once it is committed, its request may leave.
pub(crate) struct Begun<'a> {
    provider: &'a dyn Provider,
    message: Outgoing,
    attempt: Attempt,
    until: Timestamp,
}

impl Begun<'_> {
    pub(crate) fn attempt(&self) -> &str {
        &self.attempt.id
    }

    /// How long its request may take. `None`: its time is over before it began, and somebody else
    /// may be at it.
    fn budget(&self, now: Timestamp) -> Option<Duration> {
        let left = self.until.duration_since(now) - TO_WRITE_DOWN;
        Duration::try_from(left).ok().filter(|left| !left.is_zero())
    }
}

impl<'a> Wake<'a> {
    /// Makes a reply the open one of its conversation, and begins the next attempt at it by the
    /// next provider that has not refused it. If all have, it is due again later.
    pub(crate) fn begin(&self, draft: &mut Draft<'a>, mut reply: Reply) {
        let now = self.clock.now();
        let refused: Vec<_> = reply.refused_by.iter().map(String::as_str).collect();
        let Some(provider) = self.turn.providers.next(&reply.via, &refused) else {
            let (first, longest) = ROUND;
            draft.next.due_at = Some(now + longest.min(first * 2_i32.pow(reply.rounds.min(8))));
            reply.rounds += 1;
            reply.refused_by.clear();
            reply.sending = None;
            draft.next.open = Some(reply);
            return;
        };
        let sending = Sending {
            // A random end, so that two who think about the same conversation never take the
            // other's attempt for their own. The trace comes first, so that a receipt tells it.
            attempt: format!("{}-{}", reply.trace, &Uuid::new_v4().simple().to_string()[..8]),
            provider: provider.name().to_owned(),
            at: now,
            until: now + UNDER_WAY,
        };
        let attempt = Attempt {
            id: sending.attempt.clone(),
            conversation: self.id.clone(),
            trace: reply.trace.clone(),
            provider: sending.provider.clone(),
            segments: segments(&reply.body).count,
            words: vec![Status::Sending],
            message: None,
            code: None,
            at: now,
        };
        draft.changes.push(match reply.despite_stop {
            true => Change::AttemptDespiteStop(attempt.clone()),
            false => Change::Attempt(attempt.clone()),
        });
        let (message, until) = (outgoing(&draft.next, &reply, &sending), sending.until);
        reply.sending = Some(sending);
        draft.next.open = Some(reply);
        draft.next.due_at = Some(until);
        draft.begun = Some(Begun { provider, message, attempt, until });
    }

    /// Makes the attempt that was committed, and those that follow from it, until the reply is
    /// closed or has to wait.
    pub(crate) async fn carry(
        &self,
        loaded: &mut Loaded,
        mut begun: Option<Begun<'a>>,
        mut steps: Vec<Step>,
    ) -> Result<(), Unavailable> {
        while let Some(next) = begun {
            let (at, clock) = (self.clock.now(), Instant::now());
            let Some(budget) = next.budget(at) else {
                tracing::warn!("left a reply for later: too late to send it");
                return Ok(());
            };
            let Begun { provider, message, attempt, .. } = next;
            if message.to.is_for_tests() {
                return self.stop_before_provider(loaded, &attempt, steps).await;
            }
            let sending = provider.send(self.turn.providers.http(), &message);
            let outcome = timeout(budget, sending)
                .await
                .unwrap_or_else(|_| Err(SendError::Unknown { code: "timeout".into() }));
            let step = Step::new("sent", at)
                .took(clock.elapsed())
                .with("provider", provider.name())
                .with("attempt", attempt.id.clone())
                .with("segments", attempt.segments);
            steps.push(match &outcome {
                Ok(_) => step.with("outcome", "accepted"),
                Err(error) => step.with("outcome", error.to_string()),
            });
            begun = self.record(loaded, &attempt, outcome, std::mem::take(&mut steps)).await?;
        }
        Ok(())
    }

    /// Ends the attempt to answer a test number where a provider would be asked: everything up to
    /// here has shown that it works, and nobody has to look at it.
    async fn stop_before_provider(
        &self,
        loaded: &mut Loaded,
        attempt: &Attempt,
        mut steps: Vec<Step>,
    ) -> Result<(), Unavailable> {
        let error = SendError::Undeliverable { code: TEST_NUMBER.into() };
        tracing::info!(provider.name = attempt.provider, "{error}");
        steps.push(
            Step::new("sent", self.clock.now())
                .with("provider", attempt.provider.clone())
                .with("attempt", attempt.id.clone())
                .with("segments", attempt.segments)
                .with("outcome", error.to_string()),
        );
        let changes = vec![
            Change::Steps(attempt.trace.clone(), steps),
            learned(&attempt.id, Status::Failed, error.code()),
        ];
        self.close(loaded, &attempt.id, None, changes).await
    }

    /// Writes down what came of an attempt, and begins the next one if it was refused.
    async fn record(
        &self,
        loaded: &mut Loaded,
        attempt: &Attempt,
        outcome: Result<String, SendError>,
        steps: Vec<Step>,
    ) -> Result<Option<Begun<'a>>, Unavailable> {
        let provider = attempt.provider.as_str();
        let mut changes = vec![Change::Steps(attempt.trace.clone(), steps)];
        let error = match outcome {
            Ok(id) => {
                tracing::info!(
                    provider.name = provider,
                    message.id = id,
                    segments = attempt.segments,
                    "sent a reply"
                );
                changes.push(Change::Learned {
                    attempt: attempt.id.clone(),
                    status: Status::Accepted,
                    message: Some((provider.to_owned(), id.clone())),
                    code: None,
                });
                self.close(loaded, &attempt.id, None, changes).await?;
                // A receipt may have been faster than we were.
                self.turn.store.join_receipts(Some((provider, &id)), 10).await?;
                return Ok(None);
            }
            Err(error) => error,
        };
        tracing::warn!(provider.name = provider, %error, "{provider}: {error}");
        let status = match error {
            SendError::Unknown { .. } => Status::Unknown,
            _ => Status::Failed,
        };
        changes.push(learned(&attempt.id, status, error.code()));
        match error {
            SendError::Refused { code } => {
                changes.push(Change::Notice(self.notice(
                    format!("refused-{provider}-{}", code.replace(' ', "-")),
                    format!(
                        "{provider} refuses to send ({code}): the next provider is asked instead."
                    ),
                    &attempt.trace,
                )));
                return self.refused(loaded, attempt, changes).await;
            }
            SendError::Undeliverable { code } => {
                changes.push(Change::Notice(self.notice(
                    format!("reply-{}", attempt.id),
                    format!("{provider} cannot deliver to this person ({code})."),
                    &attempt.trace,
                )));
                self.close(loaded, &attempt.id, Some(NOT_REACHED), changes).await?;
            }
            SendError::OptedOut { .. } => {
                let (at, provider) = (self.clock.now(), provider.to_owned());
                changes.push(Change::Stopped { at, provider });
                self.close(loaded, &attempt.id, Some(NOT_REACHED), changes).await?;
            }
            SendError::Unknown { .. } => self.unanswered(loaded, attempt, changes).await?,
        }
        Ok(None)
    }

    /// Begins the next attempt, on the spot or later.
    async fn refused(
        &self,
        loaded: &mut Loaded,
        attempt: &Attempt,
        changes: Vec<Change>,
    ) -> Result<Option<Begun<'a>>, Unavailable> {
        let begun = self.edit(loaded, |loaded| {
            let mut draft = Draft::of(loaded);
            draft.changes.clone_from(&changes);
            if let Some(mut reply) = draft.take_open(&attempt.id) {
                reply.refused_by.push(attempt.provider.clone());
                self.go_on(loaded, &mut draft, reply);
            }
            Some(draft)
        });
        Ok(begun.await?.begun)
    }

    /// Begins the next attempt at a reply that certainly was not sent so far, unless it is too old
    /// or not wanted any more.
    pub(crate) fn go_on(&self, loaded: &Loaded, draft: &mut Draft<'a>, reply: Reply) {
        let now = self.clock.now();
        // The confirmation of a stop goes to who has stopped, everything else to who has not.
        let wanted = loaded.stop.is_some() == reply.despite_stop;
        if wanted && now < reply.at + LIFE {
            return self.begin(draft, reply);
        }
        if wanted {
            tracing::error!("gave a reply up: nobody could send it within ten minutes");
            let notice = self.notice(
                format!("given-up-{}", reply.trace),
                "A reply was given up: nobody could send it within ten minutes. Answer this \
                 person by hand, and see why the providers refuse."
                    .into(),
                &reply.trace,
            );
            draft.changes.push(Change::Notice(notice));
        }
        draft.next.turns.push(note(NOT_REACHED));
        draft.set_due(now);
    }

    /// Writes down that no answer came. What is open is settled next.
    async fn unanswered(
        &self,
        loaded: &mut Loaded,
        attempt: &Attempt,
        changes: Vec<Change>,
    ) -> Result<(), Unavailable> {
        self.edit(loaded, |loaded| {
            let mut draft = Draft::of(loaded);
            draft.changes.clone_from(&changes);
            if let Some(mut reply) = draft.take_open(&attempt.id) {
                let now = self.clock.now();
                // We are done with it, so nobody has to wait for us.
                reply.sending.as_mut()?.until = now;
                draft.next.open = Some(reply);
                draft.next.due_at = Some(now);
            }
            Some(draft)
        })
        .await?;
        Ok(())
    }

    /// Closes the open reply, if it is still this attempt that is open, with a note for the agent.
    /// What is learned of the attempt is stored in any case: it is true, whoever has closed the
    /// reply meanwhile.
    pub(crate) async fn close(
        &self,
        loaded: &mut Loaded,
        attempt: &str,
        told: Option<&str>,
        changes: Vec<Change>,
    ) -> Result<(), Unavailable> {
        self.edit(loaded, |loaded| {
            let mut draft = Draft::of(loaded);
            draft.changes.clone_from(&changes);
            if draft.take_open(attempt).is_some() {
                draft.next.turns.extend(told.map(note));
                draft.set_due(self.clock.now());
            } else if changes.is_empty() {
                return None;
            }
            Some(draft)
        })
        .await?;
        Ok(())
    }

    /// Something for the operator to look at.
    pub(crate) fn notice(&self, id: String, sentence: String, trace: &TraceId) -> Notice {
        let (conversation, trace) = (Some(self.id.clone()), Some(trace.clone()));
        Notice { id, sentence, conversation, trace, at: self.clock.now() }
    }
}

/// A reply as a provider is handed it.
pub(crate) fn outgoing(conversation: &Conversation, reply: &Reply, sending: &Sending) -> Outgoing {
    Outgoing {
        attempt: sending.attempt.clone(),
        from: (sending.provider == reply.via).then(|| conversation.ours.clone()),
        to: conversation.theirs.clone(),
        body: reply.body.clone(),
    }
}

/// That an attempt came to nothing, or to nothing known.
pub(crate) fn learned(attempt: &str, status: Status, code: &str) -> Change {
    let (attempt, code) = (attempt.to_owned(), Some(code.to_owned()));
    Change::Learned { attempt, status, message: None, code }
}

/// An entry of the agent's, as the store keeps it.
pub(crate) fn entry(entry: &Entry) -> serde_json::Value {
    serde_json::to_value(entry).expect("an entry is an object with string keys")
}

fn note(text: &str) -> serde_json::Value {
    entry(&Entry::Note { text: text.to_owned() })
}
