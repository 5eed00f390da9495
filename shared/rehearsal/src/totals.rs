//! All conversations together, and what a page expects of them.

use agent::{Expect, Page};
use money::Amount;
use serde::Serialize;

use crate::compare::{costs, kept};
use crate::outcome::Outcome;

/// Sums over all conversations, as recorded and as played.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Totals {
    /// How many conversations.
    pub conversations: u64,
    /// How many of them end as they did.
    pub same_ending: u64,
    /// How many finished, then and now.
    pub finished: (u64, u64),
    /// How many were handed over, then and now.
    pub handed_over: (u64, u64),
    /// How many fields were recorded then, and how many of them are now.
    pub fields: (u64, u64),
    /// Answers, then and now.
    pub turns: (u64, u64),
    /// Their segments, then and now.
    pub segments: (u64, u64),
    /// Refusals of the model, then and now.
    pub refusals: (u64, u64),
    /// What the model charges, then and now, where both are known.
    pub money: (Amount, Amount),
}

/// Something that a page forbids to lose.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Loss {
    /// The key in the page's `expect` section.
    pub key: &'static str,
    /// What is lost, in a sentence.
    pub sentence: String,
}

impl Totals {
    /// Adds a conversation.
    pub fn add(&mut self, page: &Page, then: &Outcome, now: &Outcome) {
        let add = |sum: &mut (u64, u64), then: u64, now: u64| {
            sum.0 += then;
            sum.1 += now;
        };
        self.conversations += 1;
        self.same_ending += u64::from(then.ending == now.ending);
        let ended = |as_: &str| (u64::from(then.ending == as_), u64::from(now.ending == as_));
        let (was, is) = ended("finished");
        add(&mut self.finished, was, is);
        let (was, is) = ended("handed_over");
        add(&mut self.handed_over, was, is);
        let (were, are) = kept(page, then, now);
        add(&mut self.fields, were, are);
        add(&mut self.turns, then.turns.into(), now.turns.into());
        add(&mut self.segments, then.segments.into(), now.segments.into());
        add(&mut self.refusals, then.refusals.into(), now.refusals.into());
        if let Some((then, now)) = costs(then, now) {
            self.money.0 = self.money.0.saturating_add(then);
            self.money.1 = self.money.1.saturating_add(now);
        }
    }

    /// What is lost that the page forbids to lose.
    pub fn losses(&self, expect: &Expect) -> Vec<Loss> {
        let (conversations, same) = (self.conversations, self.same_ending);
        let least = |key, what: &str, share: Option<u32>, all: u64, kept: u64| {
            let share = share.filter(|share| kept * 100 < all * u64::from(*share))?;
            let sentence = format!("{kept} of {all} {what}, and the page expects {share} %");
            Some(Loss { key, sentence })
        };
        let more = |key, what: &str, share: Option<u32>, then: i128, now: i128| {
            let share = share.filter(|share| now * 100 > then * (100 + i128::from(*share)))?;
            Some((key, what.to_owned(), share))
        };
        let longer = |key, what: &str, share, (then, now): (u64, u64)| {
            let (key, what, share) = more(key, what, share, then.into(), now.into())?;
            let sentence =
                format!("{now} {what} instead of {then}, and the page expects at most +{share} %");
            Some(Loss { key, sentence })
        };
        let dearer = |(then, now): (Amount, Amount)| {
            let (was, is) = (then.billionths().into(), now.billionths().into());
            let (key, what, share) = more("money", "for the model", expect.money, was, is)?;
            let sentence =
                format!("{now} {what} instead of {then}, and the page expects at most +{share} %");
            Some(Loss { key, sentence })
        };
        let refused = |(then, now): (u64, u64)| {
            let most = expect.refusals.filter(|most| now > then + u64::from(*most))?;
            let sentence =
                format!("{now} refusals instead of {then}, and the page expects at most +{most}");
            Some(Loss { key: "refusals", sentence })
        };
        let (were, are) = self.fields;
        let all = [
            least("fields", "fields are recorded again", expect.fields, were, are),
            least("endings", "conversations end as they did", expect.endings, conversations, same),
            longer("turns", "answers", expect.turns, self.turns),
            longer("segments", "segments", expect.segments, self.segments),
            dearer(self.money),
            refused(self.refusals),
        ];
        all.into_iter().flatten().collect()
    }
}
