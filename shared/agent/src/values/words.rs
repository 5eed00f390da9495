//! The meaning of a few words in each language of the product, for any kind of value.
//!
//! The words are data: a file for each language. A row is a kind and its phrases, separated by `|`.

use std::collections::{HashMap, HashSet};
use std::sync::LazyLock;

use unicode_normalization::UnicodeNormalization;

/// One file for each language. The kinds of rows are
///
/// - `none`: is written where there is no value;
/// - `as-written`: the same, in these letters and no others;
/// - `yes` and `no`;
/// - `with`: may stand beside any of these, and says nothing;
/// - `time`: may stand beside a time of day.
const LANGUAGES: [&str; 10] = [
    include_str!("../../values/en.txt"),
    include_str!("../../values/es.txt"),
    include_str!("../../values/fr.txt"),
    include_str!("../../values/ar.txt"),
    include_str!("../../values/de.txt"),
    include_str!("../../values/pt.txt"),
    include_str!("../../values/it.txt"),
    include_str!("../../values/zh.txt"),
    include_str!("../../values/ru.txt"),
    include_str!("../../values/hi.txt"),
];

/// A longer text is a value.
const MOST: usize = 12;

/// The longest phrase, in words.
const LONGEST: usize = 6;

/// The meaning of words that say nothing else.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Meaning {
    /// There is no value.
    Nothing,
    Yes,
    No,
}

#[derive(Default)]
struct Rows {
    /// The meaning of each phrase. One without a meaning may be beside others.
    sayings: HashMap<String, Vec<Option<Meaning>>>,
    as_written: HashSet<&'static str>,
    beside_time: HashSet<String>,
}

static ROWS: LazyLock<Rows> = LazyLock::new(|| {
    let mut rows = Rows::default();
    for row in LANGUAGES.into_iter().flat_map(str::lines) {
        let Some((kind, sayings)) = row.split_once(' ').filter(|(kind, _)| *kind != "#") else {
            continue;
        };
        for saying in sayings.split('|').map(str::trim) {
            let meaning = match kind {
                "none" => Some(Meaning::Nothing),
                "yes" => Some(Meaning::Yes),
                "no" => Some(Meaning::No),
                "as-written" => {
                    rows.as_written.insert(saying);
                    continue;
                }
                "time" => {
                    rows.beside_time.insert(key(saying));
                    continue;
                }
                _ => None,
            };
            let meanings = rows.sayings.entry(folded(saying)).or_default();
            if !meanings.contains(&meaning) {
                meanings.push(meaning);
            }
        }
    }
    rows
});

/// The meaning of a text, if it consists of phrases with one meaning. The words of `beside`, a field's
/// name, are ignored.
pub(super) fn meaning(text: &str, beside: &str) -> Option<Meaning> {
    if ROWS.as_written.contains(text) {
        return Some(Meaning::Nothing);
    }
    let (folded, beside) = (folded(text), folded(beside));
    let is_beside = |word: &&str| beside.split(' ').any(|other| other == *word);
    let words: Vec<_> = folded.split(' ').take(MOST + 1).collect();
    let others: Vec<_> = words.iter().copied().filter(|word| !is_beside(word)).collect();
    all_mean(&words).or_else(|| all_mean(&others))
}

fn all_mean(words: &[&str]) -> Option<Meaning> {
    if words.len() > MOST {
        return None;
    }
    // The possible meanings of the words up to each place, and how many phrases they take.
    let mut reached: Vec<HashMap<Option<Meaning>, usize>> = vec![HashMap::new(); words.len() + 1];
    reached[0].insert(None, 0);
    for from in 0..words.len() {
        for to in from + 1..=words.len().min(from + LONGEST) {
            let sayings = ROWS.sayings.get(&words[from..to].join(" "));
            for said in sayings.into_iter().flatten().copied() {
                for (before, count) in reached[from].clone() {
                    let both = before.or(said);
                    if said.is_none() || both == said {
                        let least = reached[to].entry(both).or_insert(usize::MAX);
                        *least = count.saturating_add(1).min(*least);
                    }
                }
            }
        }
    }
    // "N/A" is not "N" with an article: the longest phrases count.
    let all = reached.pop()?;
    let read = |meaning: &Meaning| Some((*meaning, *all.get(&Some(*meaning))?));
    let mut read: Vec<_> =
        [Meaning::Nothing, Meaning::Yes, Meaning::No].iter().filter_map(read).collect();
    read.sort_by_key(|(_, count)| *count);
    match read[..] {
        [(_, least), (_, next), ..] if least == next => None,
        [(meaning, _), ..] => Some(meaning),
        [] => None,
    }
}

/// Whether a word may be beside a time of day.
pub(super) fn is_beside_time(word: &str) -> bool {
    ROWS.beside_time.contains(&key(word))
}

/// Words to compare where even their spaces do not matter.
pub(crate) fn key(text: &str) -> String {
    let mut key = folded(text);
    key.retain(|character| character != ' ');
    key
}

/// The words of a text to compare: without letter case, accents, punctuation and invisible characters,
/// separated by single spaces.
fn folded(text: &str) -> String {
    let mut folded = String::with_capacity(text.len());
    for character in text.nfkd().flat_map(char::to_lowercase).filter(|c| !is_silent(*c)) {
        match character {
            // As they are written in haste.
            'ى' => folded.push('ي'),
            'ة' => folded.push('ه'),
            '\u{901}' => folded.push('\u{902}'),
            // The sign that removes a Hindi letter's vowel is part of the word.
            '\u{94d}' => folded.push(character),
            _ if character.is_alphanumeric() => folded.push(character),
            _ if folded.ends_with(' ') || folded.is_empty() => {}
            _ => folded.push(' '),
        }
    }
    folded.truncate(folded.trim_end().len());
    folded
}

/// Accents of Latin and Cyrillic, vowels of Arabic and its elongated lines, a dot of Hindi,
/// apostrophes, and invisible characters.
fn is_silent(character: char) -> bool {
    matches!(character,
        '\u{300}'..='\u{36f}' | '\u{640}' | '\u{64b}'..='\u{65f}' | '\u{670}' | '\u{93c}'
        | '\'' | '’' | 'ʼ' | '`' | '´' | '\u{ad}' | '\u{61c}' | '\u{200b}'..='\u{200f}'
        | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fe00}'..='\u{fe0f}')
}
