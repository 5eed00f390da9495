//! What a turn's commit adds to the figures: people, conversations that are over, opt-outs, and what the
//! model cost or failed at. It is part of that commit, so it happens once.
//!
//! It goes with the attempt of that commit, which the sweep counts ([`crate::figures`]) together with others.
//! So replies do not contend for the counters of a day. A commit without an attempt, such as the end of a
//! conversation that has gone quiet, adds to them itself.

use std::collections::BTreeMap;

use figures::{Counts, DEFAULT, Key, Over, difference, model_cost, model_error, opt_out, person};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use money::Amount;
use sms::Number;

use crate::budget::Period;
use crate::change::{Change, Loaded};
use crate::conversation::Conversation;
use crate::ended::Ended;
use crate::figures::DayCounts;
use crate::store::Store;
use crate::tally::{Also, CountedEnd, Met};

/// The endings of conversations that the person left.
const LEFT: [&str; 2] = ["quiet", "turn_limit"];

/// What has to be known to count.
pub struct Counting<'a> {
    /// The owner's time zone.
    pub zone: &'a TimeZone,
    /// The fields that the agent has to collect, in its order.
    pub fields: Vec<&'a str>,
    /// What the model has cost in this commit.
    pub thought: Amount,
    /// Why the model gave no answer, in a word, if it was asked and gave none.
    pub failed: Option<&'static str>,
}

/// Counters by day.
#[derive(Default)]
struct Days(BTreeMap<i64, Counts>);

impl Days {
    fn add(&mut self, day: i64, counts: &Counts) {
        figures::add(self.0.entry(day).or_default(), counts);
    }
}

impl Counting<'_> {
    fn day(&self, at: Timestamp) -> i64 {
        Period::of(at, self.zone).day
    }

    /// The counters of a conversation that is over.
    pub(crate) fn over(&self, ended: &Ended) -> Counts {
        let is_said = |turn: &&serde_json::Value| {
            turn.get("kind").is_some_and(|kind| kind == "person" || kind == "unanswered")
        };
        let missing = self.fields.iter().find(|field| !ended.brief.contains_key(**field));
        let over = Over {
            ending: &ended.ending,
            turns: ended.turns.iter().filter(is_said).count(),
            missing: missing.copied().filter(|_| LEFT.contains(&ended.ending.as_str())),
            handed_over: ended.why.as_deref(),
            cost: ended.cost.billionths(),
        };
        over.counts(&key(&ended.via, &ended.theirs))
    }

    /// Counts an opt-out once, until they opt in again: where the turn sees it first, since whoever stores
    /// it does not know the day.
    fn count_stop(&self, loaded: &Loaded, next: &mut Conversation, days: &mut Days) {
        let stop = loaded.stop.as_ref().filter(|_| !loaded.blocked);
        let is_counted = std::mem::replace(&mut next.opted_out, stop.is_some());
        if let Some(stop) = stop.filter(|stop| !is_counted && stop.is_theirs()) {
            days.add(self.day(stop.at), &opt_out(&key(&stop.provider, &next.theirs)));
        }
    }

    /// What these changes count, and what the next state of the conversation remembers of it.
    fn count(
        &self,
        loaded: &Loaded,
        next: &mut Conversation,
        changes: &mut [Change],
        now: Timestamp,
    ) -> Days {
        let (mut days, today) = (Days::default(), self.day(now));
        let theirs = next.theirs.clone();
        for change in changes.iter() {
            if let Change::TakenUp(texts) = change {
                for text in texts {
                    meet(next, self.day(text.at), &text.provider, &mut days);
                }
            }
        }
        self.count_stop(loaded, next, &mut days);
        let via = next.met.as_ref().map_or("", |met| met.via.as_str()).to_owned();
        let mut thought = self.thought;
        for change in changes {
            match change {
                Change::Attempt(attempt) | Change::AttemptDespiteStop(attempt) => {
                    attempt.day = Some(self.day(attempt.at));
                    let cost = std::mem::take(&mut thought);
                    attempt.thought = Some(cost).filter(|cost| *cost != Amount::ZERO);
                }
                Change::GoesOn(number) => {
                    let over = next.over.as_mut().filter(|over| over.number == *number);
                    if let Some(counted) = over.and_then(|over| over.counted.take()) {
                        days.add(counted.day, &difference(&counted.counts, &Counts::new()));
                    }
                }
                Change::Ended(ended) => {
                    ended.via.clone_from(&via);
                    let counted = CountedEnd { day: self.day(ended.at), counts: self.over(ended) };
                    days.add(counted.day, &counted.counts);
                    if let Some(over) = &mut next.over {
                        over.counted = Some(counted);
                    }
                }
                Change::Stopped { attempt, .. }
                    if !std::mem::replace(&mut next.opted_out, true) =>
                {
                    days.add(today, &opt_out(&key(&attempt.provider, &theirs)));
                }
                Change::Started(_) => next.opted_out = false,
                _ => {}
            }
        }
        days.add(today, &model_cost(&key(&via, &theirs), thought.billionths()));
        if let Some(why) = self.failed {
            days.add(today, &model_error(&key(&via, &theirs), why));
        }
        days
    }
}

/// Counts a person who texted on a day, once for that day.
fn meet(next: &mut Conversation, day: i64, via: &str, days: &mut Days) {
    let last = next.met.as_ref().map(|met| met.day);
    if last.is_none_or(|last| last < day) {
        days.add(day, &person(&key(via, &next.theirs), day, last));
    } else if next.met.as_ref().is_some_and(|met| met.via == via) {
        return;
    }
    next.met = Some(Met { day: last.map_or(day, |last| last.max(day)), via: via.into() });
}

fn key(via: &str, theirs: &Number) -> Key {
    let via = if via.is_empty() { "unknown" } else { via };
    Key { agent: DEFAULT.into(), provider: via.into(), country: theirs.split().0.to_owned() }
}

impl Store {
    /// Has a commit count what it comes to. Nothing that a test number does counts.
    pub fn count_up(
        &self,
        loaded: &Loaded,
        next: &mut Conversation,
        changes: &mut Vec<Change>,
        with: &Counting<'_>,
        now: Timestamp,
    ) {
        if next.theirs.is_for_tests() {
            return;
        }
        let Days(mut days) = with.count(loaded, next, changes, now);
        days.values_mut().for_each(|counts| counts.retain(|_, count| *count != 0));
        days.retain(|_, counts| !counts.is_empty());
        let attempt = changes.iter_mut().find_map(|change| match change {
            Change::Attempt(it) | Change::AttemptDespiteStop(it) if !it.tried_out => Some(it),
            _ => None,
        });
        if let Some(attempt) = attempt {
            attempt.also = days.into_iter().map(|(day, counts)| Also { day, counts }).collect();
            return;
        }
        for (day, counts) in days {
            changes.push(Change::Counted(DayCounts::new(self.counted_in(day, now), counts)));
        }
    }
}
