//! What is known about one text.

use std::cmp::Ordering;

use jiff::{SignedDuration, Timestamp};
use serde::de::Error;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use sms::About;

/// What is known about one text on a route.
///
/// Every signal of a text is noted under the same attempt, in any order and any number of times: the
/// strongest signal is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sample {
    /// The attempt. Only the end of a long name is kept, which is random.
    pub attempt: String,
    /// When it was begun. The same whenever this attempt is noted.
    pub at: Timestamp,
    /// When the signal was heard. The time of noting will do: the earliest counts.
    pub heard: Timestamp,
    /// The signal.
    pub signal: Signal,
}

/// How many characters of an attempt's name distinguish it among the texts of a route: sixty random
/// bits, and a dash.
const NAME: usize = 16;

impl Sample {
    /// The same, with the attempt's name cut to what is kept.
    pub(crate) fn short(self) -> Self {
        let start = self.attempt.char_indices().nth_back(NAME - 1).map_or(0, |(start, _)| start);
        Self { attempt: self.attempt[start..].to_owned(), ..self }
    }

    /// Adds another signal of the same text.
    pub(crate) fn merge(&mut self, other: Self) {
        let both_arrived = self.signal.arrived() && other.signal.arrived();
        self.heard = match self.signal.cmp(&other.signal) {
            _ if both_arrived => self.heard.min(other.heard),
            Ordering::Less => other.heard,
            Ordering::Equal => self.heard.min(other.heard),
            Ordering::Greater => self.heard,
        };
        if other.signal > self.signal {
            self.signal = other.signal;
        }
    }

    /// Its place in order of time.
    pub(crate) fn key(&self) -> (Timestamp, &str) {
        (self.at, &self.attempt)
    }

    /// Whether its outcome says something about the route. Not if it was refused, and not if it failed
    /// because of the number, the words, the person, the account or ourselves.
    pub(crate) fn shows_the_route(&self) -> bool {
        match self.signal {
            Signal::Refused { .. } => false,
            Signal::Failed { about, .. } => about == About::Route,
            _ => true,
        }
    }
}

/// A signal of a text, from the weakest to the strongest.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Signal {
    /// It was dispatched without a readable answer.
    #[serde(rename = "u")]
    Unknown,
    /// The provider accepted it, and nothing has been heard since.
    #[serde(rename = "w")]
    Waiting,
    /// A carrier has it. No proof: in the original incident, texts got this far and no further.
    #[serde(rename = "s")]
    Sent,
    /// The provider refused it right away, so nothing was lost.
    #[serde(rename = "r")]
    Refused {
        /// The provider's code, or ours.
        code: Option<String>,
        /// What the code is about.
        about: About,
    },
    /// It was accepted, and later reported as not delivered.
    #[serde(rename = "f")]
    Failed {
        /// The provider's code.
        code: Option<String>,
        /// What the code is about.
        about: About,
    },
    /// A carrier or handset confirms that it arrived.
    #[serde(rename = "d")]
    Delivered,
    /// The person texted back: the strongest proof.
    #[serde(rename = "a")]
    Answered,
}

impl Signal {
    /// Whether it proves that the text arrived.
    pub fn arrived(&self) -> bool {
        matches!(self, Self::Delivered | Self::Answered)
    }
}

/// The stored form: short, since a record holds hundreds and is rewritten with every signal that is
/// noted in it. The name, the start, how many milliseconds later the signal was heard, and the signal.
type Stored<'a> = (&'a str, i64, i64, &'a Signal);

impl Serialize for Sample {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let later = self.heard.as_millisecond() - self.at.as_millisecond();
        let stored: Stored<'_> = (&self.attempt, self.at.as_millisecond(), later, &self.signal);
        stored.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Sample {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let (attempt, at, later, signal) = Deserialize::deserialize(deserializer)?;
        let at = Timestamp::from_millisecond(at).map_err(D::Error::custom)?;
        let heard = at.checked_add(SignedDuration::from_millis(later));
        Ok(Self { attempt, at, heard: heard.map_err(D::Error::custom)?, signal })
    }
}
