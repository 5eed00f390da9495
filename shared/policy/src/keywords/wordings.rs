//! Wordings and sentences, and matching words against them.

use std::borrow::Cow;
use std::sync::Arc;

use fnv::{FnvHashMap, FnvHashSet};
use smallvec::SmallVec;

use crate::replaced;

/// A sequence of words to compare. In a language without spaces, its characters.
pub(super) struct Words<'t> {
    text: Cow<'t, str>,
    /// The bounds of each.
    bounds: Bounds,
}

/// Most sentences have at most this many words.
type Bounds = SmallVec<[(usize, usize); 16]>;

impl<'t> Words<'t> {
    /// The words of a text with single spaces.
    pub(super) fn of(text: &'t str, is_spaced: bool) -> Self {
        let text = if is_spaced { text.into() } else { replaced(text, " ", "") };
        let mut bounds = Bounds::new();
        let mut end = 0;
        let pieces = text.split_inclusive(|character| !is_spaced || character == ' ');
        for piece in pieces {
            let (at, length) = (end, piece.trim_end_matches(' ').len());
            end += piece.len();
            if length > 0 {
                bounds.push((at, at + length));
            }
        }
        Self { text, bounds }
    }

    pub(super) fn len(&self) -> usize {
        self.bounds.len()
    }

    /// The words from one place to another.
    fn between(&self, from: usize, to: usize) -> &str {
        &self.text[self.bounds[from].0..self.bounds[to - 1].1]
    }
}

/// Several wordings, any of which will do.
#[derive(Clone, Debug, Default)]
pub(super) struct Wordings {
    all: FnvHashSet<String>,
    /// Their first and last words: at most places these already rule out a match.
    firsts: FnvHashSet<String>,
    lasts: FnvHashSet<String>,
    /// The number of words in the longest.
    longest: usize,
}

impl Wordings {
    pub(super) fn add(&mut self, wording: &str, is_spaced: bool) {
        let words = Words::of(wording, is_spaced);
        assert!(words.len() > 0, "{wording:?} has no words");
        self.longest = self.longest.max(words.len());
        self.firsts.insert(words.between(0, 1).to_owned());
        self.lasts.insert(words.between(words.len() - 1, words.len()).to_owned());
        self.all.insert(words.text.into_owned());
    }

    pub(super) fn extend(&mut self, others: &Self) {
        self.all.extend(others.all.iter().cloned());
        self.firsts.extend(others.firsts.iter().cloned());
        self.lasts.extend(others.lasts.iter().cloned());
        self.longest = self.longest.max(others.longest);
    }

    /// The words that they begin with.
    pub(super) fn firsts(&self) -> impl Iterator<Item = &String> {
        self.firsts.iter()
    }

    /// The ends of those that begin here.
    pub(super) fn ends(&self, words: &Words, from: usize) -> impl Iterator<Item = usize> {
        let may_begin = from < words.len() && self.firsts.contains(words.between(from, from + 1));
        let longest = if may_begin { self.longest } else { 0 };
        let ends = from + 1..=words.len().min(from + longest);
        ends.filter(move |end| self.all.contains(words.between(from, *end)))
    }

    /// Whether one ends here.
    pub(super) fn is_before(&self, words: &Words, end: usize) -> bool {
        let may_end = end > 0 && self.lasts.contains(words.between(end - 1, end));
        let mut starts = end.saturating_sub(self.longest)..end;
        may_end && starts.any(|start| self.all.contains(words.between(start, end)))
    }
}

/// These places, and all that any number of wordings lead to from them.
pub(super) fn follow(all: &[&Wordings], words: &Words, from: &[usize]) -> Places {
    let mut places = Places::new();
    add(&mut places, from.iter().copied());
    let mut next = 0;
    while let Some(place) = places.get(next).copied() {
        all.iter().for_each(|wordings| add(&mut places, wordings.ends(words, place)));
        next += 1;
    }
    places
}

/// Places between words: few, as a rule.
pub(super) type Places = SmallVec<[usize; 8]>;

/// Adds places that are not among these.
fn add(places: &mut Places, others: impl IntoIterator<Item = usize>) {
    for other in others {
        if !places.contains(&other) {
            places.push(other);
        }
    }
}

/// How often a part of a sentence occurs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Times {
    Once,
    AtMostOnce,
    Any,
}

/// A part of a sentence.
#[derive(Clone, Debug)]
pub(super) enum Part {
    /// One of these wordings, this many times.
    OneOf(Arc<Wordings>, Times),
    /// All of these one after the other, or none.
    Perhaps(Vec<Part>),
    Anything,
}

impl Part {
    /// The possible ends when it begins at one of these places.
    fn ends(&self, words: &Words, from: &[usize]) -> Places {
        let mut places = Places::new();
        match self {
            Self::OneOf(wordings, Times::Any) => return follow(&[wordings], words, from),
            Self::OneOf(wordings, times) => {
                if *times == Times::AtMostOnce {
                    add(&mut places, from.iter().copied());
                }
                add(&mut places, from.iter().flat_map(|from| wordings.ends(words, *from)));
            }
            Self::Perhaps(parts) => {
                add(&mut places, from.iter().copied());
                add(&mut places, ends(parts, words, from));
            }
            Self::Anything => {
                let first = from.iter().copied().min();
                places.extend(first.into_iter().flat_map(|first| first..=words.len()));
            }
        }
        places
    }
}

/// The possible ends of several parts in a row that begin at one of these places.
fn ends(parts: &[Part], words: &Words, from: &[usize]) -> Places {
    let mut places = Places::from(from);
    for part in parts {
        if places.is_empty() {
            break;
        }
        places = part.ends(words, &places);
    }
    places
}

/// Sentences that can be worded in many ways.
#[derive(Debug, Default)]
pub(super) struct Sentences {
    all: Vec<Vec<Part>>,
    by_first_word: FnvHashMap<String, Vec<usize>>,
}

impl Sentences {
    /// Adds one. Panics if nothing in it is mandatory, or if it may begin with anything.
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

    /// The ends of those that begin here.
    pub(super) fn ends(&self, words: &Words, from: usize) -> Places {
        if from >= words.len() {
            return Places::new();
        }
        let known = self.by_first_word.get(words.between(from, from + 1));
        let mut places = Places::new();
        for index in known.into_iter().flatten() {
            places.extend_from_slice(&ends(&self.all[*index], words, &[from]));
        }
        places
    }
}

#[cfg(test)]
mod tests {
    use proptest::collection::vec;
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn finds_every_wording_by_its_first_and_its_last_word(
            known in vec("[ab]( [abc]){0,3}", 1..6),
            text in "[abc]( [abc]){0,9}",
            is_spaced: bool,
        ) {
            let mut wordings = Wordings::default();
            known.iter().for_each(|wording| wordings.add(wording, is_spaced));
            let words = Words::of(&text, is_spaced);
            let stands = |from, to| wordings.all.contains(words.between(from, to));
            for place in 0..=words.len() {
                let ends = (place + 1..=words.len()).filter(|end| stands(place, *end));
                prop_assert!(wordings.ends(&words, place).eq(ends));
                prop_assert_eq!(
                    wordings.is_before(&words, place),
                    (0..place).any(|start| stands(start, place))
                );
            }
        }
    }
}
