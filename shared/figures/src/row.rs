//! What the counters of one period say.

use crate::{Counts, Filter, Histogram, parts};

/// How far a text can get, the furthest first: the words under which attempts are counted, and what each
/// means.
pub const STATUSES: [(&str, &str); 7] = [
    ("delivered", "a carrier or a handset confirms that it arrived"),
    ("undelivered", "the carrier could not deliver it"),
    ("failed", "it never left the provider"),
    ("sent", "passed to a carrier, and unconfirmed: nobody said whether it arrived"),
    ("accepted", "taken by the provider, and unconfirmed: nobody said what became of it"),
    ("unknown", "dispatched, and the provider's answer could not be read"),
    ("sending", "about to be dispatched"),
];

/// The names of the other counters.
pub(crate) const SEGMENTS: &str = "segments";
pub(crate) const COST: &str = "cost";
pub(crate) const FAILOVERS: &str = "failovers";
pub(crate) const ACCEPTED_IN: &str = "accepted_in_";
pub(crate) const DELIVERED_IN: &str = "delivered_in_";
pub(crate) const ENDED: &str = "ended_";
pub(crate) const TURNS: &str = "turns_";
pub(crate) const CONVERSATION_COST: &str = "conversation_cost";
pub(crate) const LEFT: &str = "left_";
pub(crate) const HANDED_OVER: &str = "handed_over_";
pub(crate) const PEOPLE: [&str; 3] = ["people_day", "people_week", "people_month"];
pub(crate) const MODEL_COST: &str = "model_cost";
pub(crate) const MODEL_ERRORS: &str = "model_error_";
pub(crate) const OPT_OUTS: &str = "opt_outs";

/// What the counters of one period say.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Row {
    /// How many attempts have which status, in the order of [`STATUSES`].
    pub statuses: [i64; STATUSES.len()],
    /// How many segments they took.
    pub segments: i64,
    /// How many of them took over from another provider, or tried again.
    pub failovers: i64,
    /// What they cost, in billionths.
    pub cost: i64,
    /// From the text to the answer that a provider accepted.
    pub accepted_in: Histogram,
    /// From the text to the answer that arrived.
    pub delivered_in: Histogram,
    /// How many conversations ended, by how they ended.
    pub ended: Counts,
    /// After how many turns of the person they ended.
    pub turns: Counts,
    /// Where people left conversations that were not finished: the turn, and the first field that was
    /// missing then, as `3_street`.
    pub left: Counts,
    /// How many conversations were handed over, by the kind of reason.
    pub handed_over: Counts,
    /// What these conversations cost altogether, in billionths.
    pub conversation_cost: i64,
    /// How many people texted for the first time on a day, in a week, in a month: the sum of all days of
    /// a week is the number of people in that week.
    pub people: [i64; 3],
    /// What the model cost, in billionths.
    pub model_cost: i64,
    /// How often the model gave no answer, by the kind of error.
    pub model_errors: Counts,
    /// How many people opted out.
    pub opt_outs: i64,
}

impl Row {
    /// What these counters say of what is wanted.
    pub fn of(counts: &Counts, filter: &Filter) -> Self {
        let mut row = Self::default();
        row.take_all(counts, filter);
        row
    }

    /// Adds to it what these counters say of what is wanted.
    pub fn take_all(&mut self, counts: &Counts, filter: &Filter) {
        let wanted = filter.plain();
        for (name, count) in counts {
            let Some([agent, provider, country, what]) = parts(name) else { continue };
            let is = |(wanted, it): (&Option<String>, &str)| {
                wanted.as_ref().is_none_or(|wanted| wanted == it)
            };
            if wanted.iter().zip([agent, provider, country]).all(is) {
                self.take(what, *count);
            }
        }
    }

    /// How many attempts there were.
    pub fn attempts(&self) -> i64 {
        self.statuses.iter().sum()
    }

    /// How many conversations ended.
    pub fn conversations(&self) -> i64 {
        self.ended.values().sum()
    }

    fn take(&mut self, what: &str, count: i64) {
        if let Some(at) = STATUSES.iter().position(|(word, _)| *word == what) {
            self.statuses[at] += count;
            return;
        }
        if let Some(at) = PEOPLE.iter().position(|word| *word == what) {
            self.people[at] += count;
            return;
        }
        match what {
            SEGMENTS => self.segments += count,
            COST => self.cost += count,
            FAILOVERS => self.failovers += count,
            CONVERSATION_COST => self.conversation_cost += count,
            MODEL_COST => self.model_cost += count,
            OPT_OUTS => self.opt_outs += count,
            _ => self.take_of_many(what, count),
        }
    }

    fn take_of_many(&mut self, what: &str, count: i64) {
        let bucket = |start| what.strip_prefix(start).and_then(|bucket: &str| bucket.parse().ok());
        if let Some(bucket) = bucket(ACCEPTED_IN) {
            self.accepted_in.add(bucket, count);
        } else if let Some(bucket) = bucket(DELIVERED_IN) {
            self.delivered_in.add(bucket, count);
        } else {
            let all = [
                (ENDED, &mut self.ended),
                (TURNS, &mut self.turns),
                (LEFT, &mut self.left),
                (HANDED_OVER, &mut self.handed_over),
                (MODEL_ERRORS, &mut self.model_errors),
            ];
            // Anything else was counted by another version.
            for (start, counts) in all {
                if let Some(which) = what.strip_prefix(start) {
                    *counts.entry(which.to_owned()).or_default() += count;
                }
            }
        }
    }
}
