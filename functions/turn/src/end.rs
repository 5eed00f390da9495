//! The end of a conversation.

use conversations::{Change, Effect, Ended, Loaded, Notice, Previous, Unavailable};
use jiff::SignedDuration;
use money::Amount;
use serde_json::json;
use telemetry::TraceId;

use crate::Wake;
use crate::edit::{Draft, QUIET, quiet_since};
use crate::hand_over::follow_up;
use crate::reasons::kind_of;

/// How a conversation ended.
pub(crate) enum End {
    /// The agent has what it needs.
    Finished,
    /// The agent has used all its turns.
    Limit,
    /// A person has to take over; the agent gave this reason.
    HandedOver(String),
    /// The person has stopped writing.
    Quiet,
    /// A person of the business has dealt with it.
    Done,
    /// It had ended before, and went on for one more answer.
    Still,
}

impl<'a> Wake<'a> {
    /// Moves a conversation that is over to a document of its own, and begins the next one. For a
    /// test number that is all: nobody is to be called back.
    pub(crate) fn end(&self, loaded: &Loaded, draft: &mut Draft<'a>, end: End, trace: &TraceId) {
        let next = &mut draft.next;
        let before = next.over.take_if(|over| over.number == next.number);
        let (ending, reason) = match (end, &before) {
            (End::HandedOver(reason), _) => ("handed_over", Some(reason)),
            (End::Done, _) => ("done", None),
            (End::Finished, _) => ("finished", None),
            (End::Still | End::Quiet, Some(before)) => (before.ending.as_str(), None),
            (End::Still | End::Limit, _) => ("turn_limit", None),
            (End::Quiet, None) => ("quiet", None),
        };
        let ended = Ended {
            conversation: self.id.clone(),
            number: next.number,
            ours: next.ours.clone(),
            theirs: next.theirs.clone(),
            via: String::new(),
            why: reason.as_ref().map(|reason| kind_of(reason, &next.turns).to_owned()),
            ending: ending.to_owned(),
            brief: next.brief.clone(),
            turns: next.turns.clone(),
            // Known once all that this commit books is, as is the provider.
            cost: Amount::ZERO,
            at: self.clock.now(),
        };
        let somebody = !ended.theirs.is_for_tests();
        let made = before.as_ref().map_or(0, |before| before.results);
        let first = first_result(&ended, before.as_ref(), trace);
        // Results are not repeated, and an empty brief is none; but a person who waits for a
        // colleague is always reported.
        let is_news = match made {
            0 => !ended.brief.is_empty(),
            // A withdrawal is news, even if it leaves nothing.
            _ => ended.brief != loaded.conversation.brief,
        } || reason.is_some();
        let effect = (somebody && is_news && self.turn.results.is_some())
            .then(|| result(&ended, (&first, made), trace, reason.as_deref()));
        let results = made + u32::from(effect.is_some());
        next.over = Some(self.over(next, before.as_ref(), ending, (results, first)));
        next.number += 1;
        next.answers = 0;
        next.brief.clear();
        next.turns.clear();
        if let Some(reason) = reason.filter(|_| somebody) {
            self.leave_to_business(next);
            let sentence = handed_over_for(self.turn.agent.page.handover);
            self.tell_owners(draft, &ended, &reason, trace);
            let id = format!("handed-over-{}-{}", self.id, ended.number);
            draft.changes.push(Change::Notice(Notice {
                follow_up: Some(follow_up(&ended, &reason)),
                ..self.notice(id, sentence, trace)
            }));
        }
        draft.changes.extend(effect.map(Change::Effect));
        draft.changes.push(Change::Ended(ended));
    }

    /// Ends a conversation in which nothing waits and nobody has texted for too long. If it is due
    /// for no reason, clears that.
    pub(crate) async fn end_if_quiet(&self, loaded: &mut Loaded) -> Result<(), Unavailable> {
        let trace = TraceId::fresh();
        let mut ended = false;
        let edited = self.edit(loaded, |loaded| {
            let mut draft = Draft::of(loaded);
            let idle = draft.is_empty() && draft.next.open.is_none();
            let begun = draft.next.answers > 0;
            let now = self.clock.now();
            let is_ours = draft.next.is_with_person(now);
            if !idle || !begun || is_ours || now < quiet_since(&draft.next, now) + QUIET {
                draft.set_due(now);
                let is_due = loaded.conversation.due_at.is_some_and(|due| due <= now);
                return (idle && is_due).then_some(draft);
            }
            ended = true;
            self.end(loaded, &mut draft, End::Quiet, &trace);
            draft.set_due(self.clock.now());
            Some(draft)
        });
        if edited.await?.is_stored() && ended {
            self.span(&trace)
                .in_scope(|| tracing::info!("ended a conversation that had gone quiet"));
        }
        Ok(())
    }
}

/// The notice of a hand-over.
fn handed_over_for(time: SignedDuration) -> String {
    let silent = match time {
        SignedDuration::MAX => "until you give the conversation back.".to_owned(),
        time => {
            format!("for {} hours, unless you give the conversation back earlier.", time.as_hours())
        }
    };
    format!(
        "The agent handed a conversation over: answer this person by hand. The agent stays silent {silent}"
    )
}

/// The name of the first result of a conversation. After an erasure its number comes again, but not the trace
/// of the turn that ended it.
fn first_result(ended: &Ended, before: Option<&Previous>, trace: &TraceId) -> String {
    let numbered = format!("{}-{}", ended.conversation, ended.number);
    match before.filter(|before| before.results > 0) {
        // A trace begins with the time and ends by chance.
        None => format!("{numbered}-{}", &trace.as_str()[24..]),
        Some(before) if before.result.is_empty() => numbered,
        Some(before) => before.result.clone(),
    }
}

/// What the business gets about a conversation that is over, after `made` earlier results of it, of which this
/// is the first.
pub(crate) fn result(
    ended: &Ended,
    (first, made): (&str, u32),
    trace: &TraceId,
    reason: Option<&str>,
) -> Effect {
    let kind = match (reason, made) {
        (Some(_), _) => "conversation.handed_over",
        (None, 0) => "conversation.finished",
        (None, _) => "conversation.updated",
    };
    let mut payload = json!({
        "conversation": ended.conversation,
        "number": ended.number,
        "from": ended.theirs,
        "to": ended.ours,
        "ending": ended.ending,
        "reason": reason,
        "brief": ended.brief,
        "trace": trace,
    });
    if made > 0 {
        payload["revises"] = name(first, made).into();
    }
    Effect {
        id: name(first, made + 1),
        conversation: ended.conversation.clone(),
        trace: trace.clone(),
        kind: kind.into(),
        payload,
        tries: 0,
        at: ended.at,
        due_at: ended.at,
    }
}

/// The name of the first, second, … result of a conversation.
fn name(first: &str, which: u32) -> String {
    if which == 1 { first.to_owned() } else { format!("{first}-{which}") }
}
