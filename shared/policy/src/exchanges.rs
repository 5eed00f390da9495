//! Recognises a machine at the other end by its words, before anything is spent on it.
//!
//! A machine that answers ours with the same words each time would be answered forever. People repeat
//! themselves too, so it takes more: enough words, often enough, and repetition on our side too. Or
//! words that machines are known to send.

use std::fmt;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::forms::{Form, form};
use crate::print::{Print, WORD, Words, has_digit, hash, weight};

/// How many exchanges are remembered.
const REMEMBERED: usize = 8;

/// How many exchanges make a loop, including the one being judged.
const REPEATED: usize = 5;

/// After a pause this long it is no longer a loop: whoever orders the same every week is a customer.
const PAUSE: SignedDuration = SignedDuration::from_hours(24);

/// How many different words a text needs to be more than a "yes, please do".
const LONG: u32 = 4;

/// How many texts of one exchange are remembered. Machines that send more at a time are left to the
/// limits.
const TEXTS: usize = 2;

/// From here on, two of their texts are nearly equal, in percent of their words: one in ten may differ.
/// With a lower value, "can you do Monday at noon" would equal "can you do Tuesday at noon".
const THEIRS: u32 = 80;

/// The same for ours, which a model words differently each time.
const OURS: u32 = 60;

/// Recent exchanges with a person, as fingerprints: kept with the person, across conversations. Under 2
/// KB however long the texts were, and none can be read from it.
///
/// A burst of texts taken up together is one exchange: a person who sends the same three times before
/// we have answered is just impatient.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Exchanges {
    #[serde(default)]
    recent: Vec<Exchange>,
    /// The texts that we answer with silence.
    #[serde(default)]
    silent: Option<Texts>,
    /// When the latest of them came.
    #[serde(default, with = "jiff::fmt::serde::timestamp::millisecond::required")]
    at: Timestamp,
}

/// Whether to answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It seems to be a person.
    Answer,
    /// It is a machine: say nothing.
    Silence {
        /// The reason.
        symptom: Symptom,
        /// Whether the silence begins now: the operator is told once.
        first: bool,
    },
}

/// The sign of a machine at the other end. Displays as the rest of a sentence: "it …".
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Symptom {
    /// It repeats itself, and so do we.
    Repetition,
    /// It sends what phones and mailboxes send automatically.
    AutoReply,
    /// It sends what carriers send about a text that they did not deliver.
    Bounce,
    /// It sends our own words.
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
    /// The verdict on texts that were taken up together.
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

    /// Remembers their texts and our answer: none, if the verdict was silence.
    ///
    /// Once we have answered again, everything before the silence is forgotten.
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

    /// Whether everything remembered is too old to count, or too new because a clock was wrong.
    fn is_past(&self, now: Timestamp) -> bool {
        now.duration_since(self.at).abs() >= PAUSE
    }

    /// Whether there were too few exchanges for any text to be a machine's.
    fn is_too_early(&self) -> bool {
        self.silent.is_none() && !self.has_symptom() && self.recent.len() < REPEATED - 1
    }

    fn has_symptom(&self) -> bool {
        self.recent.iter().any(|exchange| exchange.texts.symptom.is_some())
    }

    /// Whether these texts and our answer nearly equal enough earlier ones since the last "thanks" or
    /// "ok": machines do not send those in between.
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
        // One text of a person's is enough.
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

/// The texts of one exchange.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Texts {
    /// Their different fingerprints. None if one is too short to mean anything, or there are too many.
    prints: Vec<Print>,
    /// The sign that all of them, taken alone, are a machine's.
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

/// Our answer to it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct OurWords {
    words: Print,
    /// Its numbers, hashed. If ours differ, something was understood: "nothing is free on the 5th",
    /// then "on the 6th", is said to a person who asks about one day after the other.
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

/// Whether a text has four different words that are not numbers.
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
        fn suspects_nobody_after_too_few_exchanges(
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
