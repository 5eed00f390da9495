//! What owners' phones are told: that somebody was handed over, and what became of what they wrote.

use agent::Turn as Entry;
use conversations::{
    By, Change, Coded, Ended, GivenOrder, Loaded, Order, OrderKind, Reply, Unavailable, Via,
    name_in,
};
use jiff::{SignedDuration, Timestamp, ToSpan as _};
use sms::PRETENDED;
use telemetry::TraceId;

use crate::Wake;
use crate::edit::{Draft, Outcome};
use crate::hand_over::follow_up;
use crate::phones::who;
use crate::transcript::entry;

/// How much of a reason, and of what somebody said, fits into a text of few segments, in characters.
const SHORT: usize = 90;

/// How long what became of a text of theirs is news.
const NEWS: SignedDuration = SignedDuration::from_hours(2);

/// The hours in which a business without opening hours is there.
const DAY: std::ops::Range<i8> = 8..21;

impl<'a> Wake<'a> {
    /// Tells the owners' phones that somebody was handed over, once somebody is there.
    pub(crate) fn tell_owners(
        &self,
        draft: &mut Draft<'a>,
        ended: &Ended,
        reason: &str,
        trace: &TraceId,
    ) {
        let phones = self.turn.phones.numbers();
        let Some(until) = draft.next.handed_over.as_ref().map(|it| it.until) else { return };
        if phones.is_empty() || phones.contains(&ended.theirs) {
            return;
        }
        let coded = Coded::until(until);
        let code = coded.code.clone();
        draft.next.coded = Some(coded);
        draft.changes.push(Change::Coded(code.clone()));
        let said = follow_up(ended, reason).said;
        let words = format!(
            "#{code}: {who} needs a person: {reason}. \"{said}\" Answer: #{code} and your words. When done: \
             #{code} done",
            code = code.as_str(),
            who = who(&ended.theirs, name_in(&ended.brief).as_deref()),
            reason = short(reason),
            said = short(&said),
        );
        let due_at = self.when_somebody_is_there();
        for phone in phones {
            let about = Some((self.id.clone(), code.clone()));
            let given = self.to_phone(&ended.theirs, phone, &words, about, until, trace.clone());
            draft.changes.push(Change::Ordered(Box::new(GivenOrder { due_at, ..given })));
        }
    }

    /// Tells an owner's phone that what was written from it is not sent, or did not arrive.
    pub(crate) fn tell_author(&self, draft: &mut Draft<'a>, author: Option<&By>, why: &str) {
        let author = author.filter(|by| by.via == Via::Phone);
        let Some(phone) = author.and_then(|by| self.turn.phones.called(&by.name)) else { return };
        let code = draft.next.coded.as_ref().map_or("", |coded| coded.code.as_str());
        let theirs = &draft.next.theirs;
        let words = format!("#{code}: your text to {} was not received: {why}.", theirs.display());
        let until = self.clock.now() + NEWS;
        let given = self.to_phone(theirs, phone, &words, None, until, TraceId::fresh());
        draft.changes.push(Change::Ordered(Box::new(given)));
    }

    /// Texts a phone, at the owner's expense. What is no news any more is not said.
    pub(crate) async fn tell(
        &self,
        loaded: &mut Loaded,
        order: &Order,
    ) -> Result<Outcome<'a>, Unavailable> {
        let OrderKind::Tell { words, about, until, .. } = &order.kind else {
            return Ok(Outcome::Unchanged);
        };
        let now = self.clock.now();
        let is_open = match about {
            None => true,
            Some((id, code)) => self.turn.store.load(id, now).await?.is_some_and(|it| {
                it.conversation.has_code(code, now) && it.conversation.is_with_person(now)
            }),
        };
        let is_news = is_open && now < *until;
        let via = if self.is_pretended(loaded) { PRETENDED } else { "" };
        let reply = Reply::alone(words, &order.trace, now);
        let reply = Reply { via: via.to_owned(), to_owner: true, ..reply };
        let cap = self.cap_on(loaded, &reply, true).await?;
        self.edit(loaded, |loaded| {
            let mut draft = self.dealing_with(loaded, order)?;
            if draft.next.open.is_some() {
                // It is settled first.
                return None;
            }
            if !is_news {
                draft.set_due(now);
                return Some(draft);
            }
            let problem = match cap {
                _ if loaded.stop.is_some() => Some(("stopped", STOPPED)),
                Some(_) => Some(("cap", CAPPED)),
                None => None,
            };
            if let Some((what, sentence)) = problem {
                draft.changes.push(Change::Notice(self.about_phone(what, sentence, &order.trace)));
                draft.set_due(now);
                return Some(draft);
            }
            draft.next.turns.push(entry(&Entry::Told { text: words.clone(), at: now }));
            self.plan(loaded, &mut draft, reply.clone());
            Some(draft)
        })
        .await
    }

    /// Now, or when somebody of the business is there next.
    fn when_somebody_is_there(&self) -> Timestamp {
        let (page, now) = (&self.turn.agent.page, self.clock.now());
        let there = now.to_zoned(page.time_zone.clone()).datetime();
        let from = match &page.opening {
            Some(opening) => opening.opens_at(there),
            None if DAY.contains(&there.hour()) => there,
            None if there.hour() < DAY.start => there.date().at(DAY.start, 0, 0, 0),
            None => (there.date() + 1.day()).at(DAY.start, 0, 0, 0),
        };
        if from == there {
            return now;
        }
        from.to_zoned(page.time_zone.clone()).map_or(now, |from| from.timestamp().max(now))
    }
}

const STOPPED: &str =
    "A phone in OWNER_NUMBERS has stopped: it is told of no hand-over until it texts START.";

const CAPPED: &str =
    "CAP_OWNER_DAY is reached: no phone in OWNER_NUMBERS is told of hand-overs until tomorrow.";

fn short(words: &str) -> String {
    let words = words.trim().trim_end_matches('.');
    let start: String = words.chars().take(SHORT).collect();
    if start.len() < words.len() { format!("{start}…") } else { start }
}
