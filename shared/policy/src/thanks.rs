//! What people text when everything is said: thanks, agreement, goodbye. Nobody expects an answer to
//! it.

use std::ops::Range;
use std::sync::LazyLock;

use fnv::FnvHashMap;

use crate::print::Words;
use crate::reactions::is_emoji;

/// Each row is one such phrase. One that begins with `+` counts only together with others.
const ROWS: [&str; 11] = [
    include_str!("../thanks/emoji.txt"),
    include_str!("../thanks/en.txt"),
    include_str!("../thanks/es.txt"),
    include_str!("../thanks/fr.txt"),
    include_str!("../thanks/ar.txt"),
    include_str!("../thanks/de.txt"),
    include_str!("../thanks/pt.txt"),
    include_str!("../thanks/it.txt"),
    include_str!("../thanks/zh.txt"),
    include_str!("../thanks/ru.txt"),
    include_str!("../thanks/hi.txt"),
];

/// More words than this are more than thanks.
const MOST_WORDS: usize = 20;

/// The longest row, in words.
const LONGEST: usize = 10;

/// The rows by their words, and whether each counts by itself.
static SAYINGS: LazyLock<FnvHashMap<String, bool>> = LazyLock::new(|| {
    let rows = ROWS.into_iter().flat_map(str::lines).filter(|row| !row.starts_with('#'));
    let mut sayings = FnvHashMap::default();
    for row in rows.filter(|row| !row.is_empty()) {
        let (saying, _) = plain(row.trim_start_matches('+'));
        *sayings.entry(saying).or_default() |= !row.starts_with('+');
    }
    sayings
});

/// Whether a text says thanks, agrees or says goodbye, and nothing else: "Ok thanks!", "👍", "muchas
/// gracias". A question does not count.
pub fn is_thanks(text: &str) -> bool {
    if asks(text) {
        return false;
    }
    let (said, words) = plain(text);
    if words.is_empty() || words.len() > MOST_WORDS {
        return false;
    }
    // How far the text consists of phrases, and whether one of them counts by itself.
    let mut reached = vec![None; words.len() + 1];
    reached[0] = Some(false);
    for from in 0..words.len() {
        let Some(counts) = reached[from] else { continue };
        for to in from + 1..=words.len().min(from + LONGEST) {
            if let Some(says) = SAYINGS.get(&said[words[from].start..words[to - 1].end]) {
                reached[to] = Some(counts || *says || reached[to] == Some(true));
            }
        }
    }
    reached[words.len()] == Some(true)
}

/// Whether a text asks something, judging by the question mark of any script outside of links.
pub fn asks(text: &str) -> bool {
    text.split_whitespace().any(|word| {
        let link = word.contains("://") && !word.ends_with('?');
        let mark = |it| {
            matches!(
                it,
                '?' | '？'
                    | '؟'
                    | '\u{37e}'
                    | '՞'
                    | '፧'
                    | '⸮'
                    | '﹖'
                    | '‽'
                    | '⁇'
                    | '⁈'
                    | '⁉'
                    | '❓'
                    | '❔'
            )
        };
        !link && word.contains(mark)
    })
}

/// The words of a text to compare, each emoji as one word: without case, accents, skin tones and
/// drawn-out letters, separated by single spaces; and the place of each.
fn plain(text: &str) -> (String, Vec<Range<usize>>) {
    let (mut said, mut places) = (String::with_capacity(text.len()), Vec::new());
    let mut add = |word: &mut dyn Iterator<Item = char>| {
        if !places.is_empty() {
            said.push(' ');
        }
        let start = said.len();
        said.extend(word);
        places.push(start..said.len());
    };
    let is_kept = |it: &char| is_emoji(*it) && !is_variant(*it);
    // Emoji first: their position says nothing.
    text.chars().filter(is_kept).for_each(|emoji| add(&mut [emoji].into_iter()));
    Words::of(text).iter().for_each(|word| add(&mut drawn_in(word)));
    (said, places)
}

/// Modifiers of an emoji, and joiners.
fn is_variant(character: char) -> bool {
    matches!(
        character,
        '\u{fe0f}' | '\u{200d}' | '\u{2640}' | '\u{2642}' | '\u{1f3fb}'..='\u{1f3ff}'
    )
}

fn drawn_in(word: &str) -> impl Iterator<Item = char> {
    let mut before = None;
    let letters = word.chars().map(spelled);
    let letters = letters.filter(move |letter| before.replace(*letter) != Some(*letter));
    letters.filter(|letter| !matches!(letter, '\u{64b}'..='\u{652}' | '\u{640}'))
}

/// One of several ways to write a letter.
fn spelled(letter: char) -> char {
    match letter {
        'ё' => 'е',
        'أ' | 'إ' | 'آ' => 'ا',
        'ى' => 'ي',
        other => other,
    }
}
