//! Wordings and sentences, and whether words are one of them.

use std::sync::Arc;

use fnv::{FnvHashMap, FnvHashSet};

/// Words one after the other, as they are compared. Those of a language without spaces are its
/// characters.
pub(super) struct Words {
    text: String,
    /// Where each begins and ends.
    bounds: Vec<(usize, usize)>,
}

impl Words {
    /// Of a text that has at most one space between two.
    pub(super) fn of(text: &str, is_spaced: bool) -> Self {
        let text = if is_spaced { text.to_owned() } else { text.replace(' ', "") };
        let mut bounds = Vec::new();
        for (at, character) in text.char_indices() {
            let end = at + character.len_utf8();
            match bounds.last_mut() {
                _ if character == ' ' => {}
                Some((_, before)) if is_spaced && *before == at => *before = end,
                _ => bounds.push((at, end)),
            }
        }
        Self { text, bounds }
    }

    pub(super) fn len(&self) -> usize {
        self.bounds.len()
    }

    /// Those from one place up to another.
    fn between(&self, from: usize, to: usize) -> &str {
        &self.text[self.bounds[from].0..self.bounds[to - 1].1]
    }

    /// Whether any of them is among these.
    pub(super) fn any_of(&self, words: &FnvHashSet<String>) -> bool {
        (1..=self.len()).any(|end| words.contains(self.between(end - 1, end)))
    }
}

/// Several wordings, of which any will do.
#[derive(Clone, Debug, Default)]
pub(super) struct Wordings {
    all: FnvHashSet<String>,
    firsts: FnvHashSet<String>,
    /// How many words the longest has.
    longest: usize,
}

impl Wordings {
    pub(super) fn add(&mut self, wording: &str, is_spaced: bool) {
        let words = Words::of(wording, is_spaced);
        assert!(words.len() > 0, "{wording:?} has no words");
        self.longest = self.longest.max(words.len());
        self.firsts.insert(words.between(0, 1).to_owned());
        self.all.insert(words.text);
    }

    pub(super) fn extend(&mut self, others: &Self) {
        self.all.extend(others.all.iter().cloned());
        self.firsts.extend(others.firsts.iter().cloned());
        self.longest = self.longest.max(others.longest);
    }

    /// The words that they begin with.
    pub(super) fn firsts(&self) -> impl Iterator<Item = &String> {
        self.firsts.iter()
    }

    /// Where those end that begin here.
    pub(super) fn ends(&self, words: &Words, from: usize) -> impl Iterator<Item = usize> {
        let ends = from + 1..=words.len().min(from + self.longest);
        ends.filter(move |end| self.all.contains(words.between(from, *end)))
    }

    /// Whether one ends here.
    pub(super) fn is_before(&self, words: &Words, end: usize) -> bool {
        let mut starts = end.saturating_sub(self.longest)..end;
        starts.any(|start| self.all.contains(words.between(start, end)))
    }
}

/// These places, and all that any number of wordings lead to from there.
pub(super) fn follow(all: &[&Wordings], words: &Words, from: &[usize]) -> Vec<usize> {
    let mut places = Places::of(from);
    let mut next = 0;
    while let Some(place) = places.0.get(next).copied() {
        all.iter().for_each(|wordings| places.add(wordings.ends(words, place)));
        next += 1;
    }
    places.0
}

/// Places between words, each once.
struct Places(Vec<usize>);

impl Places {
    fn of(places: &[usize]) -> Self {
        let mut all = Self(Vec::new());
        all.add(places.iter().copied());
        all
    }

    fn add(&mut self, others: impl Iterator<Item = usize>) {
        for other in others {
            if !self.0.contains(&other) {
                self.0.push(other);
            }
        }
    }
}

/// How often a part of a sentence is said.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Times {
    Once,
    AtMostOnce,
    Any,
}

/// A part of a sentence.
#[derive(Clone, Debug)]
pub(super) enum Part {
    /// One of these wordings, so many times.
    OneOf(Arc<Wordings>, Times),
    /// All of these one after the other, or none.
    Perhaps(Vec<Part>),
    Anything,
}

impl Part {
    /// Where it may end that begins at one of these places.
    fn ends(&self, words: &Words, from: &[usize]) -> Vec<usize> {
        let (wordings, times) = match self {
            Self::OneOf(wordings, times) => (wordings, times),
            Self::Perhaps(parts) => {
                let mut places = Places::of(from);
                places.add(ends(parts, words, from).into_iter());
                return places.0;
            }
            Self::Anything => {
                let first = from.iter().copied().min();
                return first.map_or_else(Vec::new, |first| (first..=words.len()).collect());
            }
        };
        let once = from.iter().flat_map(|from| wordings.ends(words, *from));
        let mut places = match times {
            Times::Any => return follow(&[wordings], words, from),
            Times::AtMostOnce => Places::of(from),
            Times::Once => Places::of(&[]),
        };
        places.add(once);
        places.0
    }
}

/// Where several parts in a row may end that begin at one of these places.
fn ends(parts: &[Part], words: &Words, from: &[usize]) -> Vec<usize> {
    parts.iter().fold(from.to_vec(), |places, part| part.ends(words, &places))
}

/// Sentences that can be said in many ways.
#[derive(Debug, Default)]
pub(super) struct Sentences {
    all: Vec<Vec<Part>>,
    by_first_word: FnvHashMap<String, Vec<usize>>,
}

impl Sentences {
    /// Adds one. Panics if nothing in it has to be said, or if it may begin with anything.
    pub(super) fn add(&mut self, sentence: Vec<Part>) {
        let mut firsts = FnvHashSet::default();
        let needed = sentence.iter().find(|part| {
            let Part::OneOf(wordings, times) = part else { panic!("it begins with anything") };
            firsts.extend(wordings.firsts.iter().cloned());
            *times == Times::Once
        });
        needed.expect("something has to be said");
        for first in firsts {
            self.by_first_word.entry(first).or_default().push(self.all.len());
        }
        self.all.push(sentence);
    }

    /// The words that they may begin with.
    pub(super) fn firsts(&self) -> impl Iterator<Item = &String> {
        self.by_first_word.keys()
    }

    /// Where those may end that begin here.
    pub(super) fn ends(&self, words: &Words, from: usize) -> Vec<usize> {
        if from >= words.len() {
            return Vec::new();
        }
        let known = self.by_first_word.get(words.between(from, from + 1));
        let sentences = known.into_iter().flatten().map(|index| &self.all[*index]);
        sentences.flat_map(|sentence| ends(sentence, words, &[from])).collect()
    }
}
