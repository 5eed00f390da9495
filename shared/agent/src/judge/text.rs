//! A text in the form in which its words and numbers are compared.

use unicode_normalization::UnicodeNormalization;

/// Lower case, without accents and width, and with ASCII digits for those of every script.
pub(super) fn folded(text: &str) -> String {
    let letters = text.nfkd().filter(|c| !is_accent(*c)).flat_map(char::to_lowercase);
    let mut folded = String::with_capacity(text.len());
    folded.extend(letters.map(|c| digit(c).unwrap_or(c)));
    folded
}

/// The words of a text in lower case, separated by spaces. In scripts without spaces, each character is
/// a word.
pub(super) fn spaced(text: &str) -> String {
    let mut spaced = String::with_capacity(text.len());
    for character in folded(text).chars() {
        match character {
            '\'' | '’' => {}
            character if is_unspaced(character) => spaced.extend([' ', character, ' ']),
            character if is_letter(character) => spaced.push(character),
            _ => spaced.push(' '),
        }
    }
    spaced
}

/// Whether a character is part of a word: a letter, a digit, or a vowel sign.
pub(super) fn is_letter(character: char) -> bool {
    character.is_alphanumeric() || matches!(character, '\u{900}'..='\u{dff}')
}

/// Whether a character is of a script that puts no spaces between words.
pub(super) fn is_unspaced(character: char) -> bool {
    matches!(character, '\u{3040}'..='\u{30ff}' | '\u{3400}'..='\u{9fff}' | '\u{ac00}'..='\u{d7af}')
}

/// Accents of Latin, Greek and Cyrillic, and the vowels of Arabic.
fn is_accent(character: char) -> bool {
    matches!(character, '\u{300}'..='\u{36f}' | '\u{640}' | '\u{64b}'..='\u{65f}' | '\u{670}')
}

/// The ASCII form of a digit.
fn digit(character: char) -> Option<char> {
    const ZEROS: [char; 5] = ['٠', '۰', '०', '০', '੦'];
    let value = |zero: char| u32::from(character).checked_sub(zero.into()).filter(|it| *it < 10);
    ZEROS.into_iter().find_map(value).and_then(|value| char::from_digit(value, 10))
}
