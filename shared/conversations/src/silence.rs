//! A number that was silent for long may belong to somebody else now, who starts as a stranger.

use jiff::{SignedDuration, Timestamp};
use serde_json::{Map, Value};

use crate::conversation::{Conversation, nothing};
use crate::ended::Ended;
use crate::id::ConversationId;
use crate::lifetimes::DAY;

/// After how long without a text nothing counts any more that was said from a number. In the USA a
/// number that was given up may be given to somebody else after 45 days; most people who come back do
/// so within a year.
const SILENT: SignedDuration = DAY.checked_mul(365).expect("a year fits");

/// The ending of a conversation that nobody continued.
const QUIET: &str = "quiet";

impl Conversation {
    /// Forgets what a number's former owner said. `is_stored` says that the head was written by a turn;
    /// what is stored beside one that was not belongs to a head that has expired.
    pub(crate) fn forget(&mut self, id: &ConversationId, is_stored: bool) -> Option<Forgotten> {
        let forgotten = self.forget_after_silence(id);
        if is_stored || (self.turns.is_empty() && self.brief.is_empty()) {
            return forgotten;
        }
        (self.turns, self.brief) = (vec![], Map::new());
        Some(Forgotten(None))
    }

    /// Forgets the person if the latest text came after a year of silence: their language, what they
    /// said, what was counted. Whether they have stopped is not stored here. Returns the conversation
    /// that was never ended, if there was one.
    fn forget_after_silence(&mut self, id: &ConversationId) -> Option<Forgotten> {
        let seen = self.seen_at.or(self.answered_at)?;
        if self.at.duration_since(seen) < SILENT {
            return None;
        }
        let (turns, brief) = (std::mem::take(&mut self.turns), std::mem::take(&mut self.brief));
        let is_begun = !turns.is_empty() || !brief.is_empty();
        let number = self.number;
        *self = Self {
            number: number + u64::from(is_begun),
            ours: self.ours.clone(),
            theirs: self.theirs.clone(),
            newest: self.newest.take(),
            done: self.done.take(),
            // What was open is settled as ever.
            open: self.open.take(),
            // What it cost was paid all the same.
            account: std::mem::take(&mut self.account),
            due_at: self.due_at,
            seen_at: self.seen_at,
            at: self.at,
            expires_at: self.expires_at,
            turns: vec![],
            brief: Map::new(),
            language: None,
            answers: 0,
            last: None,
            failed: vec![],
            tries: 0,
            apologised: false,
            sorry_at: None,
            one_by_one: 0,
            counted: nothing(),
            met: None,
            opted_out: self.opted_out,
            over: None,
            handed_over: None,
            given_back_at: None,
            ordered_at: self.ordered_at,
            coded: None,
            guesses: vec![],
            ask_after: None,
            quiet_until: None,
            admitted_at: None,
            answered_at: None,
        };
        let ended = is_begun.then(|| self.never_ended(id, number, (turns, brief), seen));
        Some(Forgotten(ended))
    }

    /// The conversation of this number that was never ended.
    fn never_ended(
        &mut self,
        id: &ConversationId,
        number: u64,
        (turns, brief): (Vec<Value>, Map<String, Value>),
        at: Timestamp,
    ) -> Ended {
        Ended {
            conversation: id.clone(),
            number,
            ours: self.ours.clone(),
            theirs: self.theirs.clone(),
            via: String::new(),
            why: None,
            ending: QUIET.into(),
            brief,
            turns,
            cost: std::mem::take(&mut self.account.cost),
            at,
        }
    }
}

/// A person was forgotten; with the conversation that they never ended.
#[derive(Clone)]
pub(crate) struct Forgotten(pub(crate) Option<Ended>);
