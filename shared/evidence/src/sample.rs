//! What is known of one text.

use std::cmp::Ordering;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use sms::About;

/// What is known of one text that a route was asked to carry.
///
/// Everything that is learned of a text is noted under the same attempt, in any order and as often
/// as one likes: what says more stays.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sample {
    /// The attempt.
    pub attempt: String,
    /// When it was begun. The same whenever this attempt is noted.
    #[serde(with = "jiff::fmt::serde::timestamp::millisecond::required")]
    pub at: Timestamp,
    /// When the sign was heard. The moment of noting will do: the earliest counts.
    #[serde(with = "jiff::fmt::serde::timestamp::millisecond::required")]
    pub heard: Timestamp,
    /// What was heard.
    pub sign: Sign,
}

impl Sample {
    /// Adds what else was heard of the same text.
    pub(crate) fn merge(&mut self, other: Self) {
        let both_arrived = self.sign.arrived() && other.sign.arrived();
        self.heard = match self.sign.cmp(&other.sign) {
            _ if both_arrived => self.heard.min(other.heard),
            Ordering::Less => other.heard,
            Ordering::Equal => self.heard.min(other.heard),
            Ordering::Greater => self.heard,
        };
        if other.sign > self.sign {
            self.sign = other.sign;
        }
    }

    /// Its place in the order of time.
    pub(crate) fn key(&self) -> (Timestamp, &str) {
        (self.at, &self.attempt)
    }

    /// Whether its fate says something of the route: not if it was turned away, and not if it
    /// failed for a reason that lies with the number, the words, the person, the account or
    /// ourselves.
    pub(crate) fn shows_the_route(&self) -> bool {
        match self.sign {
            Sign::Refused { .. } => false,
            Sign::Failed { about, .. } => about == About::Route,
            _ => true,
        }
    }
}

/// What was heard of a text, from what says least to what says most.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Sign {
    /// It was handed over without a readable answer.
    Unknown,
    /// The provider accepted it, and nothing was heard since.
    Waiting,
    /// A carrier has it. No proof: the original incident ended here.
    Sent,
    /// The provider turned it away at once, so nothing was lost.
    Refused {
        /// The provider's code, or ours.
        code: Option<String>,
        /// What the code speaks of.
        about: About,
    },
    /// It was accepted, and later reported as not delivered.
    Failed {
        /// The provider's code.
        code: Option<String>,
        /// What the code speaks of.
        about: About,
    },
    /// A carrier or handset confirms that it arrived.
    Delivered,
    /// The person texted back: nothing proves more.
    Answered,
}

impl Sign {
    /// Whether it proves that the text arrived.
    pub fn arrived(&self) -> bool {
        matches!(self, Self::Delivered | Self::Answered)
    }
}
