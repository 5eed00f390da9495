//! What a machine says that denies being one.

use std::sync::LazyLock;

use unicode_normalization::UnicodeNormalization;

use super::heard::{Heard, unquoted};
use super::rows::{Language, Rows};

/// One file for each language of the product. A `plea` counts wherever it stands, an `ask` where
/// nothing else is said. Each language is heard alone: "no" is not the same in all of them.
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

static LANGUAGES: LazyLock<Vec<Language>> =
    LazyLock::new(|| FILES.into_iter().flat_map(|file| Rows::read(&[file]).languages).collect());

/// Whether a text says of whoever wrote it that they are a human, or no machine, in any of the
/// product's languages: "I'm a real person", "no bots here", "Sie schreiben mit einem Menschen".
///
/// What is asked is not said ("Am I a human? No."), nor is what is quoted. A name is no claim.
pub fn denies_machine(text: &str) -> bool {
    let text: String = text.nfkc().collect();
    // Where a line is broken says nothing.
    let text = unquoted(&text).replace('\n', " ");
    let mut pieces = text.split_inclusive(['?', '؟']).peekable();
    pieces.any(|piece| {
        let is_asked = piece.ends_with(['?', '؟']);
        let readings = Heard::readings(piece, |_| false);
        let sentences = readings.first().map_or(&[][..], |heard| &heard.0);
        sentences.iter().enumerate().any(|(at, sentence)| {
            let is_last = at + 1 == sentences.len();
            sentence.iter().enumerate().any(|(part, said)| {
                let is_asked = is_asked && is_last && (part == 0 || part + 1 == sentence.len());
                LANGUAGES.iter().any(|language| language.denies(&said.words, is_asked))
            })
        })
    })
}
