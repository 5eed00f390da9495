//! Answers that come late wait for the hours in which the person may be texted.
//!
//! An answer to a text that was just received always goes: who texts is awake. Everything else waits, be
//! it a text that nobody has answered yet or a reply that no provider took.

use conversations::{Change, Conversation, Loaded, Reply};
use hours::{Permission, Place};
use jiff::Timestamp;
use money::Amount;
use telemetry::{Step, TraceId, steps};

use crate::Wake;
use crate::edit::Draft;

impl Wake<'_> {
    /// When the person may be texted whose waiting texts are answered.
    pub(crate) fn permission(&self, loaded: &Loaded) -> Permission {
        self.permission_after(loaded, None)
    }

    /// The same for a reply to texts that may have been taken up already. One by the mock reaches nobody.
    pub(crate) fn permission_for(&self, loaded: &Loaded, reply: &Reply) -> Permission {
        match sms::is_pretended(&reply.via) || reply.at_night || reply.to_owner {
            true => Permission::Now,
            false => self.permission_after(loaded, reply.texted_at),
        }
    }

    /// The same, given when the latest text came that is answered. One that waits behind it counts as well:
    /// its answer is next.
    fn permission_after(&self, loaded: &Loaded, texted_at: Option<Timestamp>) -> Permission {
        let (page, now) = (&self.turn.agent.page, self.clock.now());
        let latest = match loaded.more {
            // The latest is not among those that were loaded.
            true => Some(loaded.conversation.at),
            false => loaded.waiting.iter().map(|text| text.at).max(),
        };
        let is_late = texted_at.max(latest).is_none_or(|at| at + page.late < now);
        let theirs = &loaded.conversation.theirs;
        if !is_late || theirs.is_for_tests() {
            return Permission::Now;
        }
        let hours = page.quiet_hours.unwrap_or(self.turn.bounds.quiet_hours);
        hours.permission(&Place::of(theirs, &page.time_zone), now)
    }

    /// Keeps a reply for the hours in which the person may be texted.
    pub(crate) fn hold(&self, draft: &mut Draft<'_>, mut reply: Reply, until: Timestamp) {
        let trace = reply.trace.clone();
        reply.sending = None;
        reply.held_until = Some(until);
        draft.keeps = self.more_than(Amount::ZERO, &reply, &draft.next.theirs);
        draft.next.open = Some(reply);
        self.wait_until(draft, &trace, until);
    }

    /// Whether the open reply waits for those hours.
    pub(crate) fn is_held(&self, conversation: &Conversation) -> bool {
        conversation.quiet_until.is_some_and(|until| until > self.clock.now())
    }

    /// Makes a conversation due when the person may be texted, and says so in the trace and to the
    /// operator, once for each time that it waits.
    pub(crate) fn wait_until(&self, draft: &mut Draft<'_>, trace: &TraceId, until: Timestamp) {
        draft.next.due_at = Some(until);
        if draft.next.quiet_until.replace(until) == Some(until) {
            return;
        }
        let now = self.clock.now();
        let place = Place::of(&draft.next.theirs, &self.turn.agent.page.time_zone);
        let (clock, why) = (place.clock(until, now), format!("quiet hours in {place}"));
        let step = Step::new(steps::WAITS, now).with("until", clock.clone()).with("why", why);
        draft.changes.push(Change::Steps(trace.clone(), vec![step]));
        let id = format!("quiet-{}-{}", self.id, until.as_second());
        let sentence = format!(
            "An answer comes late and waits until {clock}: quiet hours. A text of the person ends that; \
             otherwise nothing is to be done."
        );
        draft.changes.push(Change::Notice(self.notice(id, sentence, trace)));
    }
}
