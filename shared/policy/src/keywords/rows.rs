//! The files of words: how a row is read, and its purpose.
//!
//! A row is a kind and its content:
//!
//! | kind | holds |
//! |---|---|
//! | `stop`, `start`, `yes`, `help` | words that count as a whole text, separated by commas |
//! | `firm` | stop words that also count as the last sentence of a text, or as the first if that is typed in capitals |
//! | `sure` | like `firm`, but not listed in carriers' forms |
//! | `also`, `again` | like `stop` and `yes`, but not listed in carriers' forms |
//! | `lead`, `tail` | wordings allowed before and after firm words and sentences, separated by `\|` |
//! | `please` | words that make a firm word at the end of a sentence count |
//! | `request`, `reason` | wordings allowed only before and after sentences |
//! | `ask` | a sentence, or a part between two commas, that is a stop |
//! | `plea` | words that are a stop anywhere, but not after one of `unless` or before one of `except` |
//! | `whole` | a stop if the text says nothing else |
//! | `below` | the beginning of a line after which nothing counts |
//! | `closing` | the line above a signature |
//! | `<name>` | wordings that later rows can name, separated by `\|` |
//!
//! In `ask`, `plea` and `whole`, `a|b` is one of them, `[a|b]` at most one, `[a|b]*` any number, `a_b`
//! two words in a row, `( a b )` both or none, `<name>` one of the wordings of that name, and `...` is
//! anything.
//!
//! A file with the line `unspaced` is of a language without spaces.

use std::collections::HashMap;
use std::sync::Arc;

use fnv::{FnvHashMap, FnvHashSet};

use super::Keyword;
use super::heard::plain;
use super::wordings::{Part, Sentences, Times, Wordings, Words};

/// The content of all files.
#[derive(Default)]
pub(super) struct Rows {
    /// The words that forms of carriers list, in capitals.
    pub(super) listed: Vec<(String, Keyword)>,
    /// Wordings that count as a whole text, without their spaces.
    pub(super) words: FnvHashMap<String, Keyword>,
    /// The place of the only file that has such a wording, unless it is the first.
    pub(super) places: FnvHashMap<String, Option<usize>>,
    /// For languages with spaces between words, and for languages without.
    pub(super) languages: [Language; 2],
}

/// The content of the files of some languages together, so that mixed languages are understood too.
#[derive(Default)]
pub(super) struct Language {
    pub(super) is_spaced: bool,
    pub(super) lead: Wordings,
    pub(super) please: Wordings,
    pub(super) request: Wordings,
    pub(super) tail: Wordings,
    pub(super) reason: Wordings,
    pub(super) unless: Wordings,
    pub(super) except: Wordings,
    pub(super) below: Sentences,
    pub(super) closing: Wordings,
    pub(super) firm: Wordings,
    pub(super) whole: Sentences,
    pub(super) ask: Sentences,
    pub(super) plea: Sentences,
    /// Words of which everything here contains at least one: the beginnings of `firm`, `ask`, `plea`
    /// and `whole`.
    begins: FnvHashSet<String>,
    names: HashMap<String, Arc<Wordings>>,
}

impl Rows {
    /// Reads the files; the first has the words that carriers know. Panics at a row that makes no
    /// sense.
    pub(super) fn parse(files: &[&str]) -> Self {
        let mut rows = Self::default();
        rows.languages[0].is_spaced = true;
        for (place, file) in files.iter().enumerate() {
            let is_unspaced = file.lines().any(|line| line == "unspaced");
            let language = &mut rows.languages[usize::from(is_unspaced)];
            language.names.clear();
            for row in file.lines().filter(|row| !row.starts_with('#')) {
                let Some((kind, row)) = row.split_once(' ') else { continue };
                let keyword = match kind {
                    "firm" | "sure" | "stop" | "also" => Keyword::Stop,
                    "start" => Keyword::Start,
                    "yes" | "again" => Keyword::Yes,
                    "help" => Keyword::Help,
                    _ => {
                        language.parse(kind, row);
                        continue;
                    }
                };
                for word in row.split(',').map(str::trim) {
                    let letters = plain(word).replace(' ', "");
                    let its = Some(place).filter(|place| *place > 0);
                    let known = rows.places.entry(letters.clone()).or_insert(its);
                    *known = known.filter(|known| *known == place);
                    rows.words.insert(letters, keyword);
                    if place == 0 && !matches!(kind, "sure" | "also" | "again") {
                        rows.listed.push((word.to_uppercase(), keyword));
                    }
                    if matches!(kind, "firm" | "sure") {
                        language.firm.add(&plain(word), language.is_spaced);
                    }
                }
            }
        }
        rows.languages.iter_mut().for_each(Language::note_beginnings);
        rows
    }
}

impl Language {
    /// The words of a text returned by [`plain`].
    pub(super) fn words<'t>(&self, text: &'t str) -> Words<'t> {
        Words::of(text, self.is_spaced)
    }

    /// Whether a text returned by [`plain`] may contain a match: most texts do not, and need no further
    /// checks.
    pub(super) fn may_be_in(&self, text: &str) -> bool {
        let mut letters = text.char_indices().map(|(at, letter)| &text[at..at + letter.len_utf8()]);
        match self.is_spaced {
            true => text.split(' ').any(|word| self.begins.contains(word)),
            false => letters.any(|letter| self.begins.contains(letter)),
        }
    }

    fn note_beginnings(&mut self) {
        let Self { firm, ask, plea, whole, .. } = &*self;
        let sentences = [ask, plea, whole].into_iter().flat_map(Sentences::firsts);
        self.begins = firm.firsts().chain(sentences).cloned().collect();
    }

    fn parse(&mut self, kind: &str, row: &str) {
        match kind {
            "lead" => self.lead.extend(&self.wordings(row, " | ")),
            "please" => self.please.extend(&self.wordings(row, " | ")),
            "request" => self.request.extend(&self.wordings(row, " | ")),
            "tail" => self.tail.extend(&self.wordings(row, " | ")),
            "reason" => self.reason.extend(&self.wordings(row, " | ")),
            "except" => self.except.extend(&self.wordings(row, " | ")),
            "unless" => self.unless.extend(&self.wordings(row, " | ")),
            "closing" => self.closing.extend(&self.wordings(row, " | ")),
            "below" => row.split(" | ").for_each(|row| self.below.add(self.sentence(row))),
            "whole" => self.whole.add(self.sentence(row)),
            "ask" => self.ask.add(self.sentence(row)),
            "plea" => self.plea.add(self.sentence(row)),
            name => {
                assert!(name.starts_with('<'), "no row is a {name}");
                let wordings = self.wordings(row, " | ");
                let known = self.names.entry(name.to_owned()).or_default();
                Arc::make_mut(known).extend(&wordings);
            }
        }
    }

    fn wordings(&self, row: &str, between: &str) -> Wordings {
        let mut wordings = Wordings::default();
        for wording in row.split(between) {
            if let Some(named) = self.names.get(wording) {
                wordings.extend(named);
                continue;
            }
            assert!(!wording.starts_with('<'), "{wording} stands below");
            let wording = plain(&wording.replace('_', " "));
            wordings.add(&wording, self.is_spaced);
        }
        wordings
    }

    fn sentence(&self, row: &str) -> Vec<Part> {
        self.parts(&mut row.split_whitespace())
    }

    /// The parts up to the end of the row, or of the brackets.
    fn parts<'r>(&self, row: &mut impl Iterator<Item = &'r str>) -> Vec<Part> {
        let mut parts = Vec::new();
        while let Some(part) = row.next().filter(|part| *part != ")") {
            parts.push(match part {
                "(" => Part::Perhaps(self.parts(row)),
                part => self.part(part),
            });
        }
        parts
    }

    fn part(&self, part: &str) -> Part {
        if part == "..." {
            return Part::Anything;
        }
        let (choices, times) = match part.strip_prefix('[') {
            None => (part, Times::Once),
            Some(rest) => match rest.strip_suffix("]*") {
                Some(choices) => (choices, Times::Any),
                None => (rest.strip_suffix(']').expect("a bracket is closed"), Times::AtMostOnce),
            },
        };
        match self.names.get(choices) {
            Some(named) => Part::OneOf(Arc::clone(named), times),
            None => Part::OneOf(Arc::new(self.wordings(choices, "|")), times),
        }
    }
}
