//! Handing a reply to a provider, and writing down what came of it.

use std::time::{Duration, Instant};

use agent::Turn as Entry;
use conversations::{
    Attempt, Change, Conversation, ConversationId, Loaded, Notice, Reply, Sending, Unavailable,
};
use jiff::SignedDuration;
use sms::{Outgoing, Provider, SendError, Status, segments};
use telemetry::Step;
use tokio::time::timeout;
use uuid::Uuid;

use crate::Wake;
use crate::edit::due;

/// How long a reply lives. After that it is not sent any more: an answer to a question that nobody
/// remembers asking does harm.
pub(crate) const LIFE: SignedDuration = SignedDuration::from_mins(10);

/// How long one attempt may take, with everything it has to ask for on the way.
const BUDGET: Duration = Duration::from_secs(20);

/// How long nobody else touches an attempt: its budget, and time to write down what came of it.
const UNDER_WAY: SignedDuration = SignedDuration::from_secs(25);

/// How long after all providers refused they are asked again: the first time, and at most.
const ROUND: (SignedDuration, SignedDuration) =
    (SignedDuration::from_secs(5), SignedDuration::from_secs(30));

/// An attempt that has been decided on: once it is committed, its request may leave.
pub(crate) struct Begun<'a> {
    provider: &'a dyn Provider,
    message: Outgoing,
    pub(crate) attempt: Attempt,
}

/// What the person, the agent and the operator are to know of a reply that is closed.
#[derive(Default)]
pub(crate) struct Closing {
    pub(crate) learned: Option<(Status, Option<String>, Option<String>)>,
    pub(crate) note: Option<&'static str>,
    pub(crate) notice: Option<String>,
    pub(crate) stopped: bool,
}

pub(crate) const NOT_KNOWN: &str = "It is not known whether your last reply reached the person.";
pub(crate) const NOT_REACHED: &str = "Your last reply did not reach the person.";

impl<'a> Wake<'a> {
    /// Makes a reply the open one of its conversation, and begins the next attempt at it by the
    /// next provider that has not refused it. `None`: all have, and it is due again later.
    pub(crate) fn begin(
        &self,
        id: &ConversationId,
        next: &mut Conversation,
        mut reply: Reply,
    ) -> Option<Begun<'a>> {
        let now = self.clock.now();
        let refused: Vec<_> = reply.refused_by.iter().map(String::as_str).collect();
        let Some(provider) = self.turn.providers.next(&reply.via, &refused) else {
            let (first, longest) = ROUND;
            let pause = longest.min(first * 2_i32.pow(reply.rounds.min(8)));
            reply.rounds += 1;
            reply.refused_by.clear();
            reply.sending = None;
            next.due_at = Some(now + pause);
            next.open = Some(reply);
            return None;
        };
        let name = provider.name().to_owned();
        // A random end, so that two who think about the same conversation never take the other's
        // attempt for their own. The trace comes first, so that a receipt tells it.
        let attempt = format!("{}-{}", reply.trace, &Uuid::new_v4().simple().to_string()[..8]);
        let message = Outgoing {
            attempt: attempt.clone(),
            from: (name == reply.via).then(|| next.ours.clone()),
            to: next.theirs.clone(),
            body: reply.body.clone(),
        };
        let until = now + UNDER_WAY;
        reply.sending =
            Some(Sending { attempt: attempt.clone(), provider: name.clone(), at: now, until });
        let attempt = Attempt {
            id: attempt,
            conversation: id.clone(),
            trace: reply.trace.clone(),
            provider: name,
            segments: segments(&reply.body).count,
            words: vec![Status::Sending],
            message: None,
            code: None,
            at: now,
        };
        next.due_at = Some(until);
        next.open = Some(reply);
        Some(Begun { provider, message, attempt })
    }

    /// Makes the attempt that was committed, and those that follow from it, until the reply is
    /// closed or has to wait.
    pub(crate) async fn carry(
        &self,
        loaded: &mut Loaded,
        mut begun: Option<Begun<'a>>,
        mut steps: Vec<Step>,
    ) -> Result<(), Unavailable> {
        while let Some(Begun { provider, message, attempt }) = begun {
            let (at, clock) = (self.clock.now(), Instant::now());
            let sending = provider.send(self.turn.providers.http(), &message);
            let outcome = timeout(BUDGET, sending)
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
        if !steps.is_empty() {
            let trace = loaded.conversation.open.as_ref().map(|reply| reply.trace.clone());
            if let Some(trace) = trace {
                self.turn.store.trace_steps(&trace, Some(&loaded.id), &steps).await?;
            }
        }
        Ok(())
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
        match &outcome {
            Ok(id) => tracing::info!(
                provider.name = provider,
                message.id = id,
                segments = attempt.segments,
                "sent a reply"
            ),
            Err(error) => tracing::warn!(provider.name = provider, %error, "{provider}: {error}"),
        }
        let closing = match outcome {
            Ok(message) => {
                let learned = Some((Status::Accepted, Some(message.clone()), None));
                self.close(loaded, &attempt.id, steps, Closing { learned, ..Default::default() })
                    .await?;
                // A receipt may have been faster than we were.
                self.turn.store.join_receipts(Some((provider, &message)), 10).await?;
                return Ok(None);
            }
            Err(SendError::Refused { code }) => {
                return self.next_provider(loaded, attempt, &code, steps).await;
            }
            Err(SendError::Undeliverable { code }) => Closing {
                notice: Some(format!("{provider} cannot deliver to this person ({code}).")),
                learned: Some((Status::Failed, None, Some(code))),
                note: Some(NOT_REACHED),
                stopped: false,
            },
            Err(SendError::OptedOut { code }) => Closing {
                learned: Some((Status::Failed, None, Some(code))),
                note: Some(NOT_REACHED),
                notice: None,
                stopped: true,
            },
            Err(SendError::Unknown { code }) => {
                self.unanswered(loaded, attempt, code, steps).await?;
                return Ok(None);
            }
        };
        self.close(loaded, &attempt.id, steps, closing).await?;
        Ok(None)
    }

    /// Takes a refusal down and begins the next attempt, on the spot or later.
    async fn next_provider(
        &self,
        loaded: &mut Loaded,
        attempt: &Attempt,
        code: &str,
        steps: Vec<Step>,
    ) -> Result<Option<Begun<'a>>, Unavailable> {
        let mut begun = None;
        let id = loaded.id.clone();
        self.edit(loaded, |loaded| {
            begun = None;
            let mut next = loaded.conversation.clone();
            let mut reply = open(&mut next, &attempt.id)?;
            let mut changes = vec![
                Change::Learned {
                    attempt: attempt.id.clone(),
                    status: Status::Failed,
                    message: None,
                    code: Some(code.to_owned()),
                },
                Change::Notice(Notice {
                    id: format!("refused-{}-{}", attempt.provider, code.replace(' ', "-")),
                    sentence: format!(
                        "{} refuses to send ({code}): the next provider is asked instead.",
                        attempt.provider
                    ),
                    conversation: Some(id.clone()),
                    trace: Some(attempt.trace.clone()),
                    at: self.clock.now(),
                }),
                Change::Steps(attempt.trace.clone(), steps.clone()),
            ];
            if loaded.stop.is_some() && !reply.despite_stop {
                next.due_at = due(&next, self.clock.now());
                return Some((next, changes));
            }
            reply.refused_by.push(attempt.provider.clone());
            let despite_stop = reply.despite_stop;
            begun = self.begin(&id, &mut next, reply);
            changes.extend(begun.as_ref().map(|begun| match despite_stop {
                true => Change::ConfirmationAgain(begun.attempt.clone()),
                false => Change::Attempt(begun.attempt.clone()),
            }));
            Some((next, changes))
        })
        .await?;
        Ok(begun)
    }

    /// Writes down that no answer came, and asks the provider, if it can be asked.
    async fn unanswered(
        &self,
        loaded: &mut Loaded,
        attempt: &Attempt,
        code: String,
        steps: Vec<Step>,
    ) -> Result<(), Unavailable> {
        let written = self
            .edit(loaded, |loaded| {
                let mut next = loaded.conversation.clone();
                let mut reply = open(&mut next, &attempt.id)?;
                // We are done with it, so nobody has to wait for us.
                reply.sending.as_mut()?.until = self.clock.now();
                next.open = Some(reply);
                next.due_at = Some(self.clock.now());
                let learned = Change::Learned {
                    attempt: attempt.id.clone(),
                    status: Status::Unknown,
                    message: None,
                    code: Some(code.clone()),
                };
                Some((next, vec![learned, Change::Steps(attempt.trace.clone(), steps.clone())]))
            })
            .await?;
        if written {
            self.ask(loaded).await?;
        }
        Ok(())
    }

    /// Closes the open reply, if it is still this attempt that is open.
    pub(crate) async fn close(
        &self,
        loaded: &mut Loaded,
        attempt: &str,
        steps: Vec<Step>,
        closing: Closing,
    ) -> Result<(), Unavailable> {
        let id = loaded.id.clone();
        self.edit(loaded, |loaded| {
            let now = self.clock.now();
            let mut next = loaded.conversation.clone();
            let reply = open(&mut next, attempt)?;
            let provider = reply.sending.as_ref().map(|sending| sending.provider.clone());
            next.due_at = due(&next, now);
            next.turns.extend(closing.note.map(|text| entry(&Entry::Note { text: text.into() })));
            let mut changes = vec![Change::Steps(reply.trace.clone(), steps.clone())];
            if let Some((status, message, code)) = &closing.learned {
                let provider = provider.clone().unwrap_or_default();
                changes.push(Change::Learned {
                    attempt: attempt.to_owned(),
                    status: *status,
                    message: message.clone().map(|message| (provider, message)),
                    code: code.clone(),
                });
            }
            changes.extend(closing.notice.clone().map(|sentence| {
                Change::Notice(Notice {
                    id: format!("reply-{attempt}"),
                    sentence,
                    conversation: Some(id.clone()),
                    trace: Some(reply.trace.clone()),
                    at: now,
                })
            }));
            if closing.stopped {
                let provider = provider.unwrap_or_default();
                changes.push(Change::Stopped { at: now, provider });
            }
            Some((next, changes))
        })
        .await?;
        Ok(())
    }
}

/// What to write down of an attempt whose fate nobody can tell.
pub(crate) fn unknown(provider: &str) -> Closing {
    Closing {
        learned: Some((Status::Unknown, None, None)),
        note: Some(NOT_KNOWN),
        notice: Some(format!(
            "It is not known whether a reply was sent by {provider}. It is not sent again: look \
             it up in {provider}'s console, or ask the person."
        )),
        stopped: false,
    }
}

/// Takes the open reply out of a conversation, if `attempt` is the one under way.
fn open(conversation: &mut Conversation, attempt: &str) -> Option<Reply> {
    let under_way = conversation
        .open
        .as_ref()?
        .sending
        .as_ref()
        .is_some_and(|sending| sending.attempt == attempt);
    if under_way { conversation.open.take() } else { None }
}

/// An entry of the agent's, as the store keeps it.
pub(crate) fn entry(entry: &Entry) -> serde_json::Value {
    serde_json::to_value(entry).expect("an entry is an object with string keys")
}
