//! Replies that were accepted, and of which a later word says that they did not arrive.

use conversations::{Attempt, Change, Loaded, Unavailable};
use sms::About;
use telemetry::Step;

use crate::Wake;
use crate::edit::Draft;
use crate::send::note;

/// How much of a reply the agent is reminded of, in characters.
const REMINDER: usize = 40;

impl Wake<'_> {
    /// Deals with the first reply that failed late: sends it by another provider if that can help
    /// and it still lives, and tells the agent otherwise.
    pub(crate) async fn fail_over(&self, loaded: &mut Loaded) -> Result<(), Unavailable> {
        let Some(id) = loaded.conversation.failed.first().cloned() else { return Ok(()) };
        let attempt = self.turn.store.attempt(&id).await?;
        // A later word may have come that it arrived after all, and a repeated one is no news.
        let failed = attempt.filter(|attempt| attempt.status().is_failure() && !attempt.settled);
        if let Some(attempt) = &failed {
            // Its code may speak of the account, or of the sender.
            self.weigh(loaded, attempt).await;
        }
        let begun = self.edit(loaded, |loaded| {
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
        let begun = begun.await?.begun;
        self.carry(loaded, begun, vec![]).await
    }

    fn failed_late<'a>(&'a self, loaded: &Loaded, draft: &mut Draft<'a>, attempt: &Attempt) {
        let now = self.clock.now();
        let code = attempt.code.as_deref().unwrap_or("no code");
        let known = self.turn.providers.explain(&attempt.provider, code);
        let about = known.map_or(About::Route, |known| known.about);
        let mut reply = attempt.reply.clone();
        reply.refused_by.push(attempt.provider.clone());
        // The confirmation of a stop goes to who has stopped, everything else to who has not.
        let wanted = loaded.stop.is_some() == reply.despite_stop;
        let helps = !matches!(about, About::Number | About::Content | About::Person);
        let lives = now < reply.at + self.life();
        let step = Step::new("failed late", now)
            .with("provider", attempt.provider.clone())
            .with("attempt", attempt.id.clone())
            .with("code", code);
        let others = self.ways(&draft.next.theirs, &reply).iter().any(|way| way.may_carry(&reply));
        if wanted && helps && lives && others {
            let step = step.with("next", "another provider is asked");
            draft.changes.push(Change::Steps(attempt.trace.clone(), vec![step]));
            return self.begin(loaded, draft, reply);
        }
        let why_not = match (wanted, helps, lives) {
            (false, ..) => "the person has stopped",
            (_, false, _) => "no other provider would do better",
            (.., false) => "it is too late to send it again",
            _ => "there is no other provider",
        };
        let step = step.with("next", why_not);
        draft.changes.push(Change::Steps(attempt.trace.clone(), vec![step]));
        draft.next.turns.push(note(&not_arrived(&attempt.reply.body)));
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

/// What the agent is told of a reply that it may have followed up since.
fn not_arrived(body: &str) -> String {
    let start: String = body.chars().take(REMINDER).collect();
    let more = if start.len() < body.len() { "…" } else { "" };
    format!("Your reply \"{start}{more}\" did not reach the person.")
}
