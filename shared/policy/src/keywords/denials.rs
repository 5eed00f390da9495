//! Claims of a machine not to be one.

use std::borrow::Cow;
use std::sync::LazyLock;

use unicode_normalization::{UnicodeNormalization, is_nfkc};

use super::heard::{Heard, Sentence, unquoted};
use super::rows::{Language, Rows};
use super::wordings::Words;
use crate::replaced;

/// One file for each language of the product. A `plea` counts anywhere, an `ask` where nothing else is
/// said, and a `whole` after a part that begins like a `request`: "This is Dave, a real person". Each
/// language is matched separately: "no" does not mean the same in all of them.
const FILES: [&str; 10] = [
    include_str!("../../denials/en.txt"),
    include_str!("../../denials/es.txt"),
    include_str!("../../denials/fr.txt"),
    include_str!("../../denials/de.txt"),
    include_str!("../../denials/pt.txt"),
    include_str!("../../denials/it.txt"),
    include_str!("../../denials/ru.txt"),
    include_str!("../../denials/ar.txt"),
    include_str!("../../denials/hi.txt"),
    include_str!("../../denials/zh.txt"),
];

/// Languages with spaces between words, and languages without.
static LANGUAGES: LazyLock<[Vec<Language>; 2]> = LazyLock::new(|| {
    let mut all = [Vec::new(), Vec::new()];
    for file in FILES {
        let is_unspaced = file.lines().any(|line| line == "unspaced");
        let languages = Rows::parse(&[file]).languages.into_iter();
        all[usize::from(is_unspaced)].extend(languages.skip(usize::from(is_unspaced)).take(1));
    }
    all
});

/// Whether a text claims that its author is a human, or no machine, in any of the product's languages:
/// "I'm a real person", "no bots here", "Sie schreiben mit einem Menschen".
///
/// Questions ("Am I a human? No.") and quotations do not count. A name is not a claim.
pub fn denies_machine(text: &str) -> bool {
    let text: Cow<'_, str> = if is_nfkc(text) { text.into() } else { text.nfkc().collect() };
    let text = unquoted(&text);
    // Line breaks have no meaning here.
    let text = replaced(&text, "\n", " ");
    text.split_inclusive(['?', '؟']).any(|piece| {
        let is_asked = piece.ends_with(['?', '؟']);
        let readings = Heard::readings(piece, |_| false);
        let sentences = readings.first().map_or(&[][..], |heard| &heard.0);
        let last = sentences.len().saturating_sub(1);
        sentences.iter().enumerate().any(|(at, said)| is_denial(said, is_asked && at == last))
    })
}

/// Whether a sentence, or a part of it, is a denial. In a question, its end does not count.
fn is_denial(sentence: &Sentence, is_asked: bool) -> bool {
    [true, false].into_iter().zip(LANGUAGES.iter()).any(|(is_spaced, languages)| {
        let may_be_in = |language: &&Language| language.may_be_in(&sentence[0].words);
        let mut languages = languages.iter().filter(may_be_in).peekable();
        if languages.peek().is_none() {
            return false;
        }
        let words: Vec<_> = sentence.iter().map(|said| Words::of(&said.words, is_spaced)).collect();
        let last = words.len() - 1;
        languages.any(|language| {
            let mut all = words.iter().enumerate();
            all.any(|(at, said)| language.denies(said, is_asked && (at == 0 || at == last)))
                || words[1..].windows(2).any(|parts| language.introduces(&parts[0], &parts[1]))
        })
    })
}
