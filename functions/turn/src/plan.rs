//! Plans the next attempt to send a reply: by which provider, from which number, and when.

use std::time::Duration;

use conversations::{Attempt, Change, LastReply, Loaded, Reply, Sending};
use evidence::{Route, State};
use hours::Permission;
use jiff::{SignedDuration, Timestamp};
use money::Amount;
use sms::{Number, Provider};

use crate::Wake;
use crate::edit::{Draft, Planned};
use crate::pause::after;
use crate::transcript::note;

/// How long an attempt is reserved: 20 seconds for the request, including any lookups on the way,
/// and the rest to record the outcome.
const UNDER_WAY: SignedDuration = SignedDuration::from_secs(25);

/// The backoff after all providers refused: the first pause, and the longest.
const ROUND: (Duration, Duration) = (Duration::from_secs(5), Duration::from_secs(30));

/// The agent's note about a reply that nobody could send.
pub(crate) const NOT_REACHED: &str = "Your last reply did not reach the person.";

/// Why a reply is given up, and what to do.
const NOT_IN_TIME: &str = "no provider could send it in time. Answer this person by hand, and check why the \
                           providers refuse.";
const NO_HOUR: &str = "it comes late, and there is no hour in which this person may be texted. Answer by \
                       hand, or make the quiet hours shorter.";

/// A provider that a reply can go by.
pub(crate) struct Candidate<'a> {
    provider: &'a dyn Provider,
    /// The number that the person texted, if it is this provider's.
    from: Option<String>,
    route: Route,
}

impl<'a> Wake<'a> {
    /// Makes a reply the open one of its conversation, and plans its next attempt, unless it comes late and
    /// waits for the hours of the person.
    pub(crate) fn plan(&self, loaded: &Loaded, draft: &mut Draft<'a>, mut reply: Reply) {
        if let (None, Some(left)) = (reply.at_most, draft.at_most) {
            let segments = sms::segments(&reply.body).count;
            let own = self.turn.bounds.money.attempt(&reply.via, &draft.next.theirs, segments);
            reply.at_most = Some(left.max(own));
        }
        match self.permission_for(loaded, &reply) {
            Permission::Now => {
                let now = self.clock.now();
                let passed = |until: Timestamp| until.min(now);
                draft.next.quiet_until = draft.next.quiet_until.map(passed);
                let held_until = reply.held_until.map(passed);
                self.plan_now(loaded, draft, Reply { held_until, ..reply });
            }
            // Nobody who has stopped is texted later.
            _ if reply.despite_stop => draft.set_due(self.clock.now()),
            Permission::From(at) => self.hold(draft, reply, at),
            Permission::Never => self.give_reply_up(draft, &reply, NO_HOUR),
        }
    }

    /// Plans the next attempt: from the number that was texted while that works, otherwise by the best
    /// provider that has not refused it. If all have, it is due again later.
    fn plan_now(&self, loaded: &Loaded, draft: &mut Draft<'a>, mut reply: Reply) {
        let now = self.clock.now();
        reply.kept = None;
        let candidates = self.candidates(&draft.next.theirs, &reply);
        let routes: Vec<_> = candidates.iter().map(|it| it.route.clone()).collect();
        let explain = |provider: &str, code: &str| {
            self.turn.providers.explain(provider, code).map(ToString::to_string)
        };
        let nothing_works = loaded.health.nothing_works(&routes, explain);
        let all = routes.iter().map(Route::id).collect::<Vec<_>>().join(" ");
        let theirs = &draft.next.theirs;
        draft.keeps = self.more_than(Amount::ZERO, &reply, theirs);
        let may_send = |it: &Candidate<'_>| self.may_go_by(it, theirs, &reply);
        let mut candidates: Vec<_> = candidates.into_iter().filter(may_send).collect();
        let routes: Vec<_> = candidates.iter().map(|it| it.route.clone()).collect();
        let texted = candidates.iter().position(|it| it.from.is_some());
        let Some(choice) = evidence::choose(&routes, texted, &loaded.health, now) else {
            draft.next.due_at = Some(now + after(reply.rounds, ROUND));
            reply.rounds += 1;
            reply.refused_by.clear();
            reply.sending = None;
            draft.next.open = Some(reply);
            return;
        };
        let Candidate { provider, from, route } = candidates.swap_remove(choice.index);
        let id = Attempt::name(&reply.trace);
        let by = (provider.name(), route.sender.as_str(), from);
        let attempt = Attempt::begin(id.clone(), &self.id, by, theirs, reply.clone(), now);
        let is_first_try = reply.refused_by.is_empty() && reply.rounds == 0;
        let opens = is_first_try && loaded.conversation.answers == 0;
        let proven = loaded.health.state(&route) == State::Healthy;
        let cost = self.turn.bounds.money.attempt(provider.name(), theirs, attempt.segments);
        let booked = Some(self.period());
        draft.keeps = self.more_than(cost, &reply, theirs);
        let attempt = Attempt { opens, proven, cost, booked, ..attempt };
        draft.spent = draft.spent.saturating_add(cost);
        draft.changes.push(match reply.despite_stop {
            true => Change::AttemptDespiteStop(attempt.clone()),
            false => Change::Attempt(attempt.clone()),
        });
        let until = now + UNDER_WAY;
        let provider_name = provider.name().to_owned();
        draft.next.last = Some(LastReply { attempt: id.clone(), proven, at: now });
        reply.sending = Some(Sending { attempt: id, provider: provider_name, at: now, until });
        draft.next.open = Some(reply);
        draft.next.due_at = Some(until);
        // If nothing works, every text is a probe, but only those that are due count as one.
        let probe_at = loaded.health.verdict(&route).and_then(|verdict| verdict.probe_at);
        let is_probe = choice.probe && probe_at.is_some_and(|at| at <= now);
        let why = choice.why;
        draft.planned = Some(Box::new(Planned {
            provider,
            attempt,
            until,
            is_probe,
            why,
            nothing_works,
            routes: all,
        }));
    }

    /// How much more than this the dearest provider would charge for a reply that may still go by it.
    pub(crate) fn more_than(&self, cost: Amount, reply: &Reply, theirs: &Number) -> Amount {
        let money = &self.turn.bounds.money;
        let segments = sms::segments(&reply.body).count;
        let all = self.turn.providers.answering(&reply.via).into_iter();
        let all = all.filter(|it| self.can_pay(it.name(), theirs, reply));
        let all = all.filter_map(|it| money.listed(it.name(), theirs, segments));
        all.max().map_or(Amount::ZERO, |most| most.saturating_sub(cost).max(Amount::ZERO))
    }

    /// The providers that can send a reply to a person, in the configured order.
    pub(crate) fn candidates(&self, theirs: &Number, reply: &Reply) -> Vec<Candidate<'a>> {
        let candidate = |provider: &'a dyn Provider| {
            let name = provider.name();
            let from = (name == reply.via).then(|| reply.ours.clone());
            let sender = from.as_deref().unwrap_or(provider.sender());
            let route = Route::new(name, sender, theirs.split().0);
            Candidate { provider, from, route }
        };
        self.turn.providers.answering(&reply.via).into_iter().map(candidate).collect()
    }

    /// Whether a reply may go by a provider: it has not refused it yet, and costs no more than the turn has
    /// left.
    pub(crate) fn may_go_by(&self, it: &Candidate<'_>, theirs: &Number, reply: &Reply) -> bool {
        let name = it.provider.name();
        !reply.refused_by.iter().any(|refused| refused == name) && self.can_pay(name, theirs, reply)
    }

    /// What keeps a reply from providers that would send it for more than its turn has left, if there are any.
    pub(crate) fn too_dear(&self, theirs: &Number, reply: &Reply) -> Option<String> {
        let all = self.turn.providers.answering(&reply.via).into_iter().map(|it| it.name());
        let is_new = |name: &&str| !reply.refused_by.iter().any(|refused| refused == name);
        let dear = all.filter(|name| is_new(name) && !self.can_pay(name, theirs, reply));
        let dear: Vec<_> = dear.collect();
        let names = dear.join(" or ");
        (!dear.is_empty()).then(|| format!("by {names} it would cost more than is left for it"))
    }

    /// Plans the next attempt at a reply that certainly has not been sent, unless it is too old or
    /// no longer wanted.
    pub(crate) fn go_on(&self, loaded: &Loaded, draft: &mut Draft<'a>, reply: Reply) {
        let now = self.clock.now();
        let wanted = is_wanted(loaded, &reply) && self.may_still_say(loaded, &reply);
        if wanted && now < self.end_of(&reply) {
            return self.plan(loaded, draft, reply);
        }
        if wanted {
            let dear = self.too_dear(&draft.next.theirs, &reply);
            let dear = dear.map(|it| format!(" Also, {it}.")).unwrap_or_default();
            return self.give_reply_up(draft, &reply, &format!("{NOT_IN_TIME}{dear}"));
        }
        match is_wanted(loaded, &reply) {
            true => self.drop_reply(draft, &reply, "a person has taken over"),
            false => self.drop_reply(draft, &reply, "the person has stopped"),
        }
        draft.set_due(now);
    }

    /// Gives up a reply that was wanted, and tells the agent and the operator.
    fn give_reply_up(&self, draft: &mut Draft<'a>, reply: &Reply, why: &str) {
        tracing::error!("gave a reply up: {why}");
        let id = format!("given-up-{}", reply.trace);
        let notice = self.notice(id, format!("A reply was given up: {why}"), &reply.trace);
        draft.changes.push(Change::Notice(notice));
        draft.next.turns.push(note(NOT_REACHED));
        self.tell_author(draft, reply.by.as_ref(), why);
        draft.set_due(self.clock.now());
    }

    /// Until when a reply may be sent. While it waits for the person's hours it does not age.
    pub(crate) fn end_of(&self, reply: &Reply) -> Timestamp {
        let since = reply.held_until.map_or(reply.at, |until| until.max(reply.at));
        since + self.turn.agent.page.reply_life
    }
}

/// Whether a reply may be sent. Only the confirmation of a stop goes to somebody who has stopped, and
/// nothing to a number that is blocked.
pub(crate) fn is_wanted(loaded: &Loaded, reply: &Reply) -> bool {
    !loaded.blocked && loaded.stop.is_some() == reply.despite_stop
}
