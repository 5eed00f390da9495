//! Telling a machine at the other end by what it says, before anything is spent on it.
//!
//! A machine that answers ours with the same words each time would be answered for ever. People repeat
//! themselves too, so it takes more than that: enough words, often enough, and our answers no different
//! either. Or words of which it is known that machines say them.

use std::fmt;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::forms::{Form, form};
use crate::print::{Print, WORD, Words, has_digit, hash, weight};

/// How many exchanges are remembered.
const REMEMBERED: usize = 8;

/// How many exchanges make a loop, the one that is judged among them.
const REPEATED: usize = 5;

/// After a pause this long it is no loop any more: who orders the same every week is a customer.
const PAUSE: SignedDuration = SignedDuration::from_hours(24);

/// How many different words a text needs to be more than a "yes, please do".
const LONG: u32 = 4;

/// How many texts of one exchange are remembered. Machines that say more things at a time than this
/// are left to the limits.
const TEXTS: usize = 2;

/// From here on two texts of theirs are nearly equal, in percent of their words: one of ten may be
/// another. Lower, "can you do Monday at noon" would be "can you do Tuesday at noon".
const THEIRS: u32 = 80;

/// The same for ours, which a model words anew each time.
const OURS: u32 = 60;

/// What passed between us and a person lately, as fingerprints: kept with the person, across
/// conversations. Under 2 KB however long the texts were, and none can be read from it.
///
/// A burst that is taken up at once is one exchange: what somebody sends three times before we have
/// said anything is impatience.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Exchanges {
    #[serde(default)]
    recent: Vec<Exchange>,
    /// What we are silent about.
    #[serde(default)]
    silent: Option<Texts>,
    /// When the latest of it was.
    #[serde(default, with = "jiff::fmt::serde::timestamp::millisecond::required")]
    at: Timestamp,
}

/// Whether to answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// As far as can be told there is a person.
    Answer,
    /// There is a machine: say nothing.
    Silence {
        /// What shows it.
        symptom: Symptom,
        /// Whether it begins now: the operator is told once.
        first: bool,
    },
}

/// What shows that a machine is at the other end. Prints as what to say of it: "it …".
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Symptom {
    /// It says the same again and again, and so do we.
    Repetition,
    /// It says what telephones and mailboxes say by themselves.
    AutoReply,
    /// It says what carriers say of a text that they did not deliver.
    Bounce,
    /// It says what we said.
    Echo,
}

impl fmt::Display for Symptom {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Repetition => "says the same again and again",
            Self::AutoReply => "answers by itself",
            Self::Bounce => "is a carrier that did not deliver ours",
            Self::Echo => "sends our own texts back",
        })
    }
}

impl Exchanges {
    /// What to do about texts that were taken up together.
    pub fn judge(&self, texts: &[&str], now: Timestamp) -> Verdict {
        match self.is_past(now) || self.is_too_early() {
            true => Verdict::Answer,
            false => self.verdict(&self.summarize(texts)),
        }
    }

    fn verdict(&self, texts: &Texts) -> Verdict {
        if let Some(silent) = &self.silent {
            let symptom = texts.symptom.or(silent.symptom).unwrap_or(Symptom::Repetition);
            let same = texts.symptom.is_some() || texts.are_among(silent);
            return if same { Verdict::Silence { symptom, first: false } } else { Verdict::Answer };
        }
        match texts.symptom {
            Some(symptom) if self.has_symptom() => Verdict::Silence { symptom, first: true },
            _ if self.repeats(texts) => {
                Verdict::Silence { symptom: Symptom::Repetition, first: true }
            }
            _ => Verdict::Answer,
        }
    }

    /// Remembers what was said, and what we said to it: nothing, where that was the verdict.
    ///
    /// Once we have answered again, what was before the silence is forgotten.
    pub fn note(&mut self, texts: &[&str], answer: Option<&str>, now: Timestamp) {
        let over = self.silent.is_some() && answer.is_some();
        if over || self.is_past(now) {
            *self = Self::default();
        }
        self.at = now;
        let texts = self.summarize(texts);
        let Some(answer) = answer else {
            self.silent.get_or_insert(texts);
            return;
        };
        if self.recent.len() >= REMEMBERED {
            self.recent.drain(..=self.recent.len() - REMEMBERED);
        }
        self.recent.push(Exchange { texts, answer: OurWords::of(answer) });
    }

    /// Whether all that is remembered is too old to count. Or too new, by a clock that was wrong.
    fn is_past(&self, now: Timestamp) -> bool {
        now.duration_since(self.at).abs() >= PAUSE
    }

    /// Whether too little was said before for any text to be a machine's.
    fn is_too_early(&self) -> bool {
        self.silent.is_none() && !self.has_symptom() && self.recent.len() < REPEATED - 1
    }

    fn has_symptom(&self) -> bool {
        self.recent.iter().any(|exchange| exchange.texts.symptom.is_some())
    }

    /// Whether these texts and what we said to them are nearly equal to enough that was before,
    /// since the last "thanks" or "ok": machines do not say that in between.
    fn repeats(&self, texts: &Texts) -> bool {
        let lately = self.recent.iter().rev().take_while(|it| !it.texts.prints.is_empty());
        let same: Vec<_> = lately.filter(|it| texts.are_among(&it.texts)).collect();
        let alike = |to: &&Exchange| {
            same.iter().filter(|other| other.answer.is_like(&to.answer)).count() >= REPEATED - 1
        };
        same.iter().any(alike)
    }

    fn summarize(&self, texts: &[&str]) -> Texts {
        let mut prints: Vec<Print> = Vec::new();
        let mut long = true;
        let mut signs = Vec::new();
        for text in texts {
            let words = Words::of(text);
            let print = Print::of(&words);
            let is_long = is_long(&words);
            long &= is_long;
            signs.push(match form(text, &words) {
                Some(Form::AutoReply) => Some(Symptom::AutoReply),
                Some(Form::Bounce) => Some(Symptom::Bounce),
                None if is_long && self.said(&print) => Some(Symptom::Echo),
                None => None,
            });
            if prints.iter().all(|other| other.likeness(&print) < THEIRS) {
                prints.push(print);
            }
        }
        if !long || prints.len() > TEXTS {
            prints.clear();
        }
        // One text that is a person's is enough.
        let symptom = signs.iter().copied().collect::<Option<Vec<_>>>();
        Texts { prints, symptom: symptom.and_then(|signs| signs.first().copied()) }
    }

    /// Whether we said exactly this.
    fn said(&self, print: &Print) -> bool {
        self.recent.iter().any(|exchange| exchange.answer.words == *print)
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Exchange {
    texts: Texts,
    answer: OurWords,
}

/// What they said at a time.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Texts {
    /// Those that differ. None if one is too short to say anything, or they are too many.
    prints: Vec<Print>,
    /// What shows that all of them are a machine's, by themselves.
    #[serde(rename = "sign")]
    symptom: Option<Symptom>,
}

impl Texts {
    /// Whether each of these is nearly equal to one of `others`.
    fn are_among(&self, others: &Self) -> bool {
        let among =
            |print: &Print| others.prints.iter().any(|other| print.likeness(other) >= THEIRS);
        !self.prints.is_empty() && self.prints.iter().all(among)
    }
}

/// What we said to it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct OurWords {
    words: Print,
    /// The numbers in it, hashed. Where ours differ something was understood: "nothing is free on the
    /// 5th", then "on the 6th", is said to a person who asks for one day after the other.
    numbers: u32,
}

impl OurWords {
    fn of(answer: &str) -> Self {
        let words = Words::of(answer);
        let numbers = words.iter().filter(|word| has_digit(word)).enumerate();
        let numbers = numbers.flat_map(|(at, word)| [if at > 0 { " " } else { "" }, word]);
        Self { words: Print::of(&words), numbers: (hash(numbers) >> 32) as u32 }
    }

    fn is_like(&self, other: &Self) -> bool {
        self.numbers == other.numbers && self.words.likeness(&other.words) >= OURS
    }
}

/// Whether a text has four different words that are no numbers.
fn is_long(words: &Words) -> bool {
    let mut different = Vec::new();
    let mut weighs = 0;
    for word in words.iter().filter(|word| !has_digit(word)) {
        if weighs < LONG * WORD && !different.contains(&word) {
            different.push(word);
            weighs += weight(word);
        }
    }
    weighs >= LONG * WORD
}

#[cfg(test)]
mod tests {
    use proptest::collection::vec;
    use proptest::prelude::*;
    use proptest::sample::select;

    use super::*;

    const SAID: [&str; 5] = [
        "Auto reply: out of office",
        "this is an automated message",
        "can you fix my kitchen tap today",
        "we can fix your kitchen tap today",
        "ok",
    ];

    proptest! {
        #[test]
        fn suspects_nobody_of_whom_it_is_too_early(
            exchanges in vec((select(&SAID), proptest::option::of(select(&SAID))), 0..6),
            texts in vec(select(&SAID), 1..4),
        ) {
            let mut before = Exchanges::default();
            for (text, answer) in exchanges {
                before.note(&[text], answer, Timestamp::UNIX_EPOCH);
            }
            if before.is_too_early() {
                prop_assert_eq!(before.verdict(&before.summarize(&texts)), Verdict::Answer);
            }
        }
    }
}
