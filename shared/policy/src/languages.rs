//! The languages that people text in, and which of them a text is in.

use std::fmt;
use std::ops::RangeInclusive;
use std::sync::LazyLock;

use fnv::FnvHashMap;
use serde::{Serialize, Serializer};
use unicode_normalization::UnicodeNormalization as _;

use crate::keywords::{code_of, codes, plain};

/// How much of a text is examined, in characters.
const CHARACTERS: usize = 2_000;

static TABLE: LazyLock<Table> = LazyLock::new(|| Table::parse(include_str!("../languages.txt")));

/// A language that people text in, known by its code (ISO 639-1).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Language(&'static str);

impl Language {
    /// English.
    pub const ENGLISH: Self = Self("en");

    /// The language of a code such as `pt`; what follows in `pt-BR` does not count.
    pub fn of_code(code: &str) -> Option<Self> {
        let code = code.trim().split(['-', '_']).next().unwrap_or_default();
        let mut all = TABLE.names.iter().map(|(language, _)| *language);
        all.find(|language| language.0.eq_ignore_ascii_case(code))
    }

    /// Its code.
    pub fn code(self) -> &'static str {
        self.0
    }

    /// Its English name.
    pub fn name(self) -> &'static str {
        let mut names = TABLE.names.iter();
        names.find(|(language, _)| *language == self).map_or(self.0, |(_, name)| name)
    }
}

impl fmt::Display for Language {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.0)
    }
}

impl Serialize for Language {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.0)
    }
}

/// The language of a text, if its letters or words show one.
///
/// "OK", a name, an address and a number show none: whoever knows the person's language from an earlier
/// text keeps it.
pub fn language(text: &str) -> Option<Language> {
    let text: String = text.chars().take(CHARACTERS).nfc().collect();
    TABLE.by_letters(&text).unwrap_or_else(|| TABLE.by_words(&plain(&text)))
}

/// The languages in which a person can opt out, and in which the product speaks for itself.
pub fn languages() -> impl Iterator<Item = Language> {
    codes().filter_map(Language::of_code)
}

/// The language of a reserved request: that of its word, if only one language has the word. The words
/// of English show none, since carriers have made them known everywhere.
pub fn language_of_keyword(text: &str) -> Option<Language> {
    match code_of(text) {
        Some(code) => code.and_then(Language::of_code),
        None => language(text),
    }
}

/// The content of the file.
#[derive(Default)]
struct Table {
    names: Vec<(Language, &'static str)>,
    letters: Vec<(RangeInclusive<char>, Language)>,
    only: Vec<(RangeInclusive<char>, Language)>,
    /// The languages of a word, each with whether it counts by itself.
    words: FnvHashMap<&'static str, Vec<(Language, bool)>>,
}

impl Table {
    /// Reads the file. Panics at a row that makes no sense.
    fn parse(file: &'static str) -> Self {
        let mut table = Self::default();
        let rows = file.lines().filter(|row| !row.starts_with('#'));
        for (kind, row) in rows.filter_map(|row| row.split_once(' ')) {
            let language = table.names.last().map(|(language, _)| *language);
            let named = || language.expect("a row is below the name of its language");
            match kind {
                "letters" => table.letters.extend(ranges(row).map(|range| (range, named()))),
                "only" => table.only.extend(ranges(row).map(|range| (range, named()))),
                "words" | "beside" => row.split(' ').for_each(|word| {
                    let languages = table.words.entry(word).or_default();
                    languages.push((named(), kind == "words"));
                }),
                code => {
                    assert!(code.len() == 2, "no row is a {code}");
                    table.names.push((Language(code), row));
                }
            }
        }
        table
    }

    /// The language of a text in a script of its own; `None` for a script that several share.
    fn by_letters(&self, text: &str) -> Option<Option<Language>> {
        let letters: Vec<char> = text.chars().filter(|c| c.is_alphabetic()).collect();
        let of = |ranges: &[(RangeInclusive<char>, Language)], letter: char| {
            let mut ranges = ranges.iter();
            ranges.find(|(range, _)| range.contains(&letter)).map(|(_, language)| *language)
        };
        let others = letters.iter().filter(|letter| **letter > '\u{24f}').count();
        if others * 2 < letters.len() || letters.is_empty() {
            return None;
        }
        let told = letters.iter().find_map(|letter| of(&self.only, *letter));
        Some(told.or_else(|| letters.iter().find_map(|letter| of(&self.letters, *letter))))
    }

    /// The language of which a text has most words, as returned by [`plain`].
    fn by_words(&self, text: &str) -> Option<Language> {
        let mut counts: FnvHashMap<Language, (usize, bool)> = FnvHashMap::default();
        for (language, alone) in text.split(' ').filter_map(|word| self.words.get(word)).flatten() {
            let (count, is_shown) = counts.entry(*language).or_default();
            *count += 1;
            *is_shown |= *alone;
        }
        let most = counts.values().map(|(count, _)| *count).max()?;
        let mut first = counts.iter().filter(|(_, (count, _))| *count == most);
        let (language, (_, is_shown)) = first.next()?;
        (*is_shown && first.next().is_none()).then_some(*language)
    }
}

/// Letters and ranges of them, such as `а-я ё`.
fn ranges(row: &str) -> impl Iterator<Item = RangeInclusive<char>> {
    row.split(' ').map(|range| {
        let mut ends = range.chars().filter(|letter| *letter != '-');
        let first = ends.next().expect("a range has a first letter");
        first..=ends.next().unwrap_or(first)
    })
}
