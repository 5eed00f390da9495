//! The end of a conversation.

use conversations::{Change, Effect, Ended, Loaded, Unavailable};
use jiff::SignedDuration;
use serde_json::json;
use telemetry::TraceId;

use crate::Wake;
use crate::edit::Draft;

/// After how long without a text a conversation is over. What was collected is worth more to the
/// business the next day than never.
pub(crate) const QUIET: SignedDuration = SignedDuration::from_hours(24);

/// How a conversation is over.
pub(crate) enum End {
    /// The agent has what it needs.
    Finished,
    /// The agent has had all its turns.
    Limit,
    /// A person has to take over, for this reason of the agent's.
    HandedOver(String),
    /// The person texts no more.
    Quiet,
}

impl<'a> Wake<'a> {
    /// Moves a conversation that is over to a document of its own, and begins the next one. With a
    /// test number nothing follows from it: nobody is to be called back.
    pub(crate) fn end(&self, draft: &mut Draft<'a>, end: End, trace: &TraceId) {
        let (ending, reason) = match end {
            End::Finished => ("finished", None),
            End::Limit => ("turn_limit", None),
            End::HandedOver(reason) => ("handed_over", Some(reason)),
            End::Quiet => ("quiet", None),
        };
        let next = &mut draft.next;
        let ended = Ended {
            conversation: self.id.clone(),
            number: next.number,
            ours: next.ours.clone(),
            theirs: next.theirs.clone(),
            ending: ending.to_owned(),
            brief: std::mem::take(&mut next.brief),
            turns: std::mem::take(&mut next.turns),
            at: self.clock.now(),
        };
        next.number += 1;
        next.answers = 0;
        let somebody = !ended.theirs.is_for_tests();
        if somebody && reason.is_some() {
            draft.changes.push(Change::Notice(self.notice(
                format!("handed-over-{}-{}", self.id, ended.number),
                "The agent handed a conversation over: answer this person by hand.".into(),
                trace,
            )));
        }
        if somebody && self.turn.results.is_some() {
            draft.changes.push(Change::Effect(result(&ended, trace, reason)));
        }
        draft.changes.push(Change::Ended(ended));
    }

    /// Ends a conversation in which nothing waits and nobody has texted for too long.
    pub(crate) async fn end_if_quiet(&self, loaded: &mut Loaded) -> Result<(), Unavailable> {
        let trace = TraceId::fresh();
        let ended = self.edit(loaded, |loaded| {
            let mut draft = Draft::of(loaded);
            let idle = draft.is_empty() && draft.next.open.is_none();
            let begun = draft.next.answers > 0;
            if !idle || !begun || self.clock.now() < draft.next.at + QUIET {
                return None;
            }
            self.end(&mut draft, End::Quiet, &trace);
            draft.set_due(self.clock.now());
            Some(draft)
        });
        if ended.await?.stored {
            self.span(&trace).in_scope(|| tracing::info!("ended a conversation that was left"));
        }
        Ok(())
    }
}

/// What the business gets of a conversation that is over.
fn result(ended: &Ended, trace: &TraceId, reason: Option<String>) -> Effect {
    let kind = if reason.is_some() { "conversation.handed_over" } else { "conversation.finished" };
    Effect {
        id: format!("{}-{}", ended.conversation, ended.number),
        conversation: ended.conversation.clone(),
        trace: trace.clone(),
        kind: kind.into(),
        payload: json!({
            "conversation": ended.conversation,
            "number": ended.number,
            "from": ended.theirs,
            "to": ended.ours,
            "ending": ended.ending,
            "reason": reason,
            "brief": ended.brief,
            "trace": trace,
        }),
        tries: 0,
        at: ended.at,
        due_at: ended.at,
    }
}
