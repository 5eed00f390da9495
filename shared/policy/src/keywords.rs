//! The words that the law and the carriers reserve, and sentences with the same meaning.

mod denials;
mod heard;
mod rows;
mod wordings;

use std::borrow::Cow;
use std::sync::LazyLock;

use serde::{Deserialize, Serialize};
use smallvec::{SmallVec, smallvec};
use unicode_normalization::UnicodeNormalization as _;

use heard::{Heard, Wording};
use rows::{Language, Rows};
use wordings::{Places, Words, follow};

use crate::reactions::reaction;

pub use denials::denies_machine;
pub(crate) use heard::plain;

/// The request of a reserved word.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Keyword {
    /// Text this person no more.
    Stop,
    /// Text this person again.
    Start,
    /// [`Keyword::Start`] from a person who has opted out, and an ordinary answer from anybody else.
    Yes,
    /// Say who this is and how to opt out.
    Help,
}

/// One file for each language of the product, with its code: a language is rows, not code.
const LANGUAGES: [(&str, &str); 10] = [
    ("en", include_str!("../keywords/en.txt")),
    ("es", include_str!("../keywords/es.txt")),
    ("fr", include_str!("../keywords/fr.txt")),
    ("de", include_str!("../keywords/de.txt")),
    ("pt", include_str!("../keywords/pt.txt")),
    ("it", include_str!("../keywords/it.txt")),
    ("ru", include_str!("../keywords/ru.txt")),
    ("ar", include_str!("../keywords/ar.txt")),
    ("hi", include_str!("../keywords/hi.txt")),
    ("zh", include_str!("../keywords/zh.txt")),
];

/// The most words in which one reserved word is typed: "S T O P A L L".
const LONGEST: usize = 12;

/// How many sentences of a text are examined, half of them from the start: an opt-out comes before or
/// after everything else.
const SENTENCES: usize = 20;

/// The same in characters, so that no text takes long.
const CHARACTERS: usize = 4_000;

static ROWS: LazyLock<Rows> = LazyLock::new(|| Rows::parse(&LANGUAGES.map(|(_, rows)| rows)));

/// The words for this request, as carriers' forms want them listed.
pub fn words(keyword: Keyword) -> impl Iterator<Item = &'static str> {
    ROWS.listed.iter().filter(move |(_, other)| *other == keyword).map(|(word, _)| word.as_str())
}

/// Whether a single word is a reserved request. A word whose letters are in no row needs no parsing.
pub fn is_reserved(word: &str) -> bool {
    let letters = plain(word);
    let stands_in = |row: &str| plain(row).replace(' ', "").contains(&letters);
    LANGUAGES.iter().flat_map(|(_, rows)| rows.lines()).any(stands_in) && keyword(word).is_some()
}

/// The reserved request that a text makes, if any, in any of the product's languages.
///
/// A wording counts when the text consists of it, however it is typed: letter case, accents, width,
/// spaces, hyphens, punctuation, emoji, repeats and a signature do not matter. A sentence counts as a
/// stop when it asks for the texts to end ("stop texting me", "take me off your list"); "stop the leak"
/// and "cancel my appointment" are for the agent. Quoted words do not count: `Liked “STOP”` is no
/// request. Single words of all languages count, since the text is nothing else; a word that is
/// ordinary in another language ("fine" is Italian for "end") is in no file.
///
/// If a text asks for several things, a stop takes precedence.
pub fn keyword(text: &str) -> Option<Keyword> {
    if !text.nfkd().any(char::is_alphabetic) {
        return None;
    }
    let readings = Heard::readings(&ends_of(text), is_end);
    let asked = readings.iter().find_map(|heard| {
        let words = heard.words();
        of_words(&words).or_else(|| stop(heard, &words))
    });
    asked.filter(|_| reaction(text).is_none())
}

/// The codes of the languages in which a person can opt out.
pub(crate) fn codes() -> impl Iterator<Item = &'static str> {
    LANGUAGES.iter().map(|(code, _)| *code)
}

/// The code of the only language that has these words as a request. `None`: none has. English counts as
/// all: carriers have made its words known everywhere.
pub(crate) fn code_of(words: &str) -> Option<Option<&'static str>> {
    let place = ROWS.places.get(&plain(words).replace(' ', ""))?;
    Some(place.map(|place| LANGUAGES[place].0))
}

/// The part of a text that is examined: all of it, unless it is extremely long.
fn ends_of(text: &str) -> Cow<'_, str> {
    let Some((first, _)) = text.char_indices().nth(CHARACTERS / 2) else { return text.into() };
    let (last, _) = text.char_indices().rev().nth(CHARACTERS / 2 - 1).unwrap_or_default();
    if last <= first { text.into() } else { [&text[..first], &text[last..]].join("\n").into() }
}

/// Whether a line, and everything below it, belongs to a signature or a quotation.
fn is_end(line: &str) -> bool {
    ROWS.languages.iter().any(|language| {
        let words = language.words(line);
        let is_closing = || follow(&[&language.closing], &words, &[0]).contains(&words.len());
        words.len() > 0 && (!language.below.ends(&words, 0).is_empty() || is_closing())
    })
}

/// The request of a text that consists of reserved words.
fn of_words(text: &str) -> Option<Keyword> {
    let words: SmallVec<[_; 24]> = text.split(' ').collect();
    // The requests of the words up to each place, if all of them are reserved.
    let mut asked: SmallVec<[Vec<Keyword>; 24]> = smallvec![vec![]; words.len() + 1];
    let mut word = String::with_capacity(text.len());
    for start in 0..words.len() {
        if start > 0 && asked[start].is_empty() {
            continue;
        }
        word.clear();
        for (length, part) in (1..=LONGEST).zip(&words[start..]) {
            word.push_str(part);
            let Some(keyword) = ROWS.words.get(&word) else { continue };
            let mut all = asked[start].clone();
            if !all.contains(keyword) {
                all.push(*keyword);
            }
            asked[start + length] = all;
        }
    }
    match asked.pop()?.as_slice() {
        [one] => Some(*one),
        several => several.contains(&Keyword::Stop).then_some(Keyword::Stop),
    }
}

/// A stop, if a sentence of the text asks for one. `all` are the words of the text.
fn stop(heard: &Heard, all: &str) -> Option<Keyword> {
    let sentences = &heard.0;
    let (first, last) = (sentences.first()?, sentences.last()?);
    let looked_at = sentences.iter().take(SENTENCES / 2);
    let looked_at = looked_at.chain(sentences.iter().skip(SENTENCES / 2).rev().take(SENTENCES / 2));
    let said = looked_at.flatten();
    // "Stop! You make me laugh" is not a stop, "Please stop. I am at work" is.
    let is_meant = |said: &&Wording| said.stands_out || said.words.contains(' ');
    let meant = [first.first(), last.last()].map(|said| said.filter(is_meant));
    let firm = last.first().into_iter().chain(meant.into_iter().flatten());
    let may_be_in = |language: &&Language| language.may_be_in(all);
    let is_stop = ROWS.languages.iter().filter(may_be_in).any(|language| {
        let may_be_stop = |said: &&Wording| language.may_be_in(&said.words);
        language.is_all(all)
            || firm.clone().filter(may_be_stop).any(|said| language.is_firm(&said.words))
            || said.clone().filter(may_be_stop).any(|said| language.is_asked(&said.words))
    });
    is_stop.then_some(Keyword::Stop)
}

impl Language {
    /// Whether a text that says nothing else is a stop.
    fn is_all(&self, text: &str) -> bool {
        let words = self.words(text);
        let starts = follow(&[&self.lead], &words, &[0]);
        let ends: Places =
            starts.iter().flat_map(|start| self.whole.ends(&words, *start)).collect();
        self.is_over(&words, &ends) || self.is_firm(text)
    }

    /// Whether a sentence consists of firm words and the words allowed around them, or has a "please"
    /// before them.
    fn is_firm(&self, sentence: &str) -> bool {
        let words = self.words(sentence);
        let pleas = (0..words.len()).filter(|start| self.please.is_before(&words, *start));
        let starts = follow(&[&self.lead], &words, &[0]).into_iter().chain(pleas);
        let firm: Places = starts.flat_map(|start| self.firm.ends(&words, start)).collect();
        self.is_over(&words, &follow(&[&self.firm], &words, &firm))
    }

    /// Whether a sentence, or a part of one, asks for a stop.
    fn is_asked(&self, sentence: &str) -> bool {
        let words = self.words(sentence);
        let starts = follow(&[&self.lead, &self.request], &words, &[0]);
        let asks = starts.iter().flat_map(|start| self.ask.ends(&words, *start));
        let ends = follow(&[&self.tail], &words, &asks.collect::<Places>());
        let has_reason = |end: &usize| self.reason.ends(&words, *end).next().is_some();
        ends.iter().any(|end| *end == words.len() || has_reason(end))
            || self.is_plea(&words, &starts)
    }

    /// Whether these words plead for a stop. `starts` are the places after mere courtesies.
    fn is_plea(&self, words: &Words, starts: &[usize]) -> bool {
        let is_theirs = |start| {
            starts.contains(&start)
                || self.request.is_before(words, start)
                || !self.unless.is_before(words, start)
        };
        // The longest match decides what it is about.
        let longest = |start| Some((start, self.plea.ends(words, start).into_iter().max()?));
        let mut pleas = (0..words.len()).filter_map(longest);
        let is_meant = |end| self.except.ends(words, end).next().is_none();
        pleas.any(|(start, end)| is_theirs(start) && is_meant(end))
    }

    /// Whether a sentence, or a part of one, denies that a machine wrote it. In a question, its end
    /// does not count.
    fn denies(&self, words: &Words, is_asked: bool) -> bool {
        let is_said = |end: usize| end < words.len() || !is_asked;
        let is_all = || {
            let starts = follow(&[&self.lead], words, &[0]);
            let asks: Places = starts.iter().flat_map(|at| self.ask.ends(words, *at)).collect();
            !asks.is_empty() && follow(&[&self.tail], words, &asks).contains(&words.len())
        };
        // The longest match decides what it is about.
        let longest = |start| Some((start, self.plea.ends(words, start).into_iter().max()?));
        let mut pleas = (0..words.len()).filter_map(longest);
        let is_theirs = |(start, end)| {
            is_said(end)
                && !self.unless.is_before(words, start)
                && self.except.ends(words, end).next().is_none()
        };
        pleas.any(is_theirs) || is_said(words.len()) && is_all()
    }

    /// Whether somebody introduces themselves in one part of a sentence, and in the next claims what no
    /// machine is.
    fn introduces(&self, part: &Words, next: &Words) -> bool {
        let begins = part.len() > 0 && self.request.ends(part, 0).next().is_some();
        begins && self.whole.ends(next, 0).contains(&next.len())
    }

    /// Whether only words that may follow a stop come after one of these places.
    fn is_over(&self, words: &Words, ends: &[usize]) -> bool {
        follow(&[&self.tail], words, ends).contains(&words.len())
    }
}

#[cfg(test)]
mod tests {
    use proptest::collection::vec;
    use proptest::prelude::*;
    use proptest::sample::select;

    use super::*;

    /// The words of all rows, and some others.
    fn words() -> Vec<String> {
        let rows = LANGUAGES.iter().flat_map(|(_, rows)| rows.split_whitespace()).map(plain);
        let others = ["tap", "leaks", "monday", "a", "龙"].map(String::from);
        rows.filter(|word| !word.is_empty()).chain(others).collect()
    }

    proptest! {
        #[test]
        fn finds_nothing_in_text_without_any_beginning(words in vec(select(words()), 1..8)) {
            let text = words.join(" ");
            for language in ROWS.languages.iter().filter(|language| !language.may_be_in(&text)) {
                prop_assert!(!language.is_all(&text));
                prop_assert!(!language.is_firm(&text));
                prop_assert!(!language.is_asked(&text));
            }
        }
    }
}
