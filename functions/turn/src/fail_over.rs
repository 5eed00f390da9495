//! Replies that were accepted and later reported as not arrived.

use std::time::Duration;

use conversations::{Attempt, Change, Loaded, Unavailable};
use sms::{About, Found, Receipt};
use telemetry::{Step, steps};
use tokio::time::timeout;

use crate::Wake;
use crate::dispatch::REQUEST;
use crate::edit::Draft;
use crate::pause::spread;
use crate::plan::is_wanted;
use crate::transcript::note;

/// How much of a reply a note to the agent quotes, in characters.
const REMINDER: usize = 40;

/// How long to wait, at most, before another attempt to a phone that could not be reached.
const PAUSE: Duration = Duration::from_mins(2);

impl<'a> Wake<'a> {
    /// Handles the first reply that failed late. While the reply lives, sends it by another
    /// provider if that can help, or once more by the same one if there is no other and the phone
    /// was only unreachable for the moment. Otherwise tells the agent.
    pub(crate) async fn fail_over(&self, loaded: &mut Loaded) -> Result<(), Unavailable> {
        let Some(id) = loaded.conversation.failed.first().cloned() else { return Ok(()) };
        let attempt = self.turn.store.attempt(&id).await?;
        // A later receipt may say that it arrived after all, and a repeated one is no news.
        let failed = attempt.filter(|attempt| attempt.status().is_failure() && !attempt.settled);
        if let Some(attempt) = &failed {
            // The code may concern the account or the sender.
            self.weigh(loaded, attempt, false).await;
        }
        let outcome = self.edit(loaded, |loaded| {
            let mut draft = Draft::of(loaded);
            draft.next.failed.retain(|failed| *failed != id);
            if draft.next.failed.len() == loaded.conversation.failed.len() {
                return None;
            }
            draft.set_due(self.clock.now());
            if let Some(attempt) = &failed {
                draft.changes.push(Change::Settled(id.clone()));
                self.failed_late(loaded, &mut draft, attempt);
            }
            Some(draft)
        });
        let planned = outcome.await?.planned();
        self.dispatch(loaded, planned, vec![]).await
    }

    fn failed_late(&self, loaded: &Loaded, draft: &mut Draft<'a>, attempt: &Attempt) {
        let now = self.clock.now();
        let code = attempt.code.as_deref().unwrap_or("no code");
        let known = self.turn.providers.explain(&attempt.provider, code);
        let about = known.map_or(About::Route, |known| known.about);
        let mut reply = attempt.reply.clone();
        reply.refused_by.push(attempt.provider.clone());
        // Its provider charges for it all the same. A price that is merely assumed stops nothing.
        let Attempt { provider, to, segments, cost, .. } = attempt;
        if self.turn.bounds.money.listed(provider, to, *segments).is_some() {
            reply.at_most = reply.at_most.map(|most| most.saturating_sub(*cost));
        }
        let wanted = is_wanted(loaded, &reply) && self.may_still_say(loaded, &reply);
        let helps = !matches!(about, About::Number | About::Content | About::Person);
        let end = self.end_of(&reply);
        let lives = now < end;
        let step = Step::new(steps::FAILED_LATE, now)
            .with("provider", attempt.provider.clone())
            .with("attempt", attempt.id.clone())
            .with("code", code);
        let theirs = &draft.next.theirs;
        let others =
            self.candidates(theirs, &reply).iter().any(|it| self.may_go_by(it, theirs, &reply));
        if wanted && helps && lives && others {
            let step = step.with("next", "another provider is tried");
            draft.changes.push(Change::Steps(attempt.trace.clone(), vec![step]));
            return self.plan(loaded, draft, reply);
        }
        let later = now + spread(PAUSE);
        let can_pay = self.can_pay(provider, theirs, &reply);
        let once_more = about == About::Phone && reply.after.is_none() && can_pay;
        if wanted && once_more && later < end {
            let step = step.with("next", "the same provider is tried once more, later");
            draft.changes.push(Change::Steps(attempt.trace.clone(), vec![step]));
            reply.refused_by.retain(|name| *name != attempt.provider);
            reply.sending = None;
            reply.after = Some(attempt.id.clone());
            draft.next.open = Some(reply);
            draft.next.due_at = Some(later);
            return;
        }
        let dear = self.too_dear(theirs, &reply);
        let why_not = match (wanted, helps, lives) {
            (false, ..) if is_wanted(loaded, &reply) => "a person has taken over",
            (false, ..) => "the person has stopped",
            (_, false, _) => "no other provider would do better",
            (.., false) => "it is too late to send it again",
            _ if dear.is_some() => dear.as_deref().unwrap_or_default(),
            _ if reply.after.is_some() => "it was already tried once more",
            _ if about == About::Phone => "it would cost more than is left for it",
            _ => "there is no other provider",
        };
        let step = step.with("next", why_not);
        draft.changes.push(Change::Steps(attempt.trace.clone(), vec![step]));
        self.leave_failed(draft, attempt, wanted, why_not);
    }

    /// What speaks against a second attempt by the same provider after a temporary failure:
    /// according to that provider, the text may have arrived after all.
    pub(crate) async fn may_have_arrived(
        &self,
        failed: &Attempt,
    ) -> Result<Option<&'static str>, Unavailable> {
        let provider = self.turn.providers.named(&failed.provider);
        let (Some(provider), Some(message)) = (provider, failed.message_id()) else {
            return Ok(Some("its provider cannot be asked about it"));
        };
        if !failed.status().is_failure() || failed.answered {
            return Ok(Some("it has arrived after all"));
        }
        let (http, sent) = (self.turn.providers.http(), failed.outgoing());
        let asked = provider.poll(http, message, &sent, failed.at);
        let Ok(Ok(Found::Known(receipt))) = timeout(REQUEST, asked).await else {
            return Ok(Some("its provider gives no status for it"));
        };
        let same = receipt.code.is_none() || receipt.code == failed.code;
        let fails = receipt.status.is_failure() && same;
        let receipt = Receipt { attempt: Some(failed.id.clone()), ..receipt };
        self.turn.store.receive(provider.name(), &receipt, self.clock.now()).await?;
        Ok((!fails).then_some("its provider now reports another status"))
    }

    /// Gives up a reply that was reported as not arrived, and tells the agent and the operator.
    pub(crate) fn leave_failed(
        &self,
        draft: &mut Draft<'a>,
        attempt: &Attempt,
        wanted: bool,
        why_not: &str,
    ) {
        let code = attempt.code.as_deref().unwrap_or("no code");
        draft.next.turns.push(note(&not_arrived(&attempt.reply.body)));
        self.tell_author(draft, attempt.reply.by.as_ref(), &format!("it did not arrive ({code})"));
        if wanted {
            let means = self.turn.providers.meaning(&attempt.provider, code);
            draft.changes.push(Change::Notice(self.notice(
                format!("reply-{}", attempt.id),
                format!(
                    "A reply by {} did not arrive ({code}).{means} It is not sent again: {why_not}.",
                    attempt.provider
                ),
                &attempt.trace,
            )));
        }
    }
}

/// The agent's note about a reply that it may have followed up since.
fn not_arrived(body: &str) -> String {
    let start: String = body.chars().take(REMINDER).collect();
    let more = if start.len() < body.len() { "…" } else { "" };
    format!("Your reply \"{start}{more}\" did not reach the person.")
}
