//! Characters that force a text into the larger alphabet, and their plainer equivalents.

use sms::gsm7_units;
use unicode_normalization::UnicodeNormalization;
use unicode_segmentation::UnicodeSegmentation;

use crate::characters::{is_east_asian, is_invisible, is_joined, is_joiner, is_pictograph};
use crate::kept::is_kept;

/// Replaces characters that have a plainer equivalent, and removes invisible ones. Accents and scripts
/// stay: they are the person's language.
pub(crate) fn plain(text: &str) -> String {
    let text = text.replace("\r\n", "\n");
    // Chinese, Japanese and Korean have their own typography, and need the larger alphabet anyway.
    let own_typography = text.chars().any(is_east_asian);
    let joined_script = text.chars().any(is_joined);
    let mut plain = String::with_capacity(text.len());
    let mut characters = text.chars().peekable();
    let mut before = None;
    while let Some(character) = characters.next() {
        let after = characters.peek().copied();
        let letters = |c: Option<char>| c.is_some_and(|c| c.is_alphanumeric() || is_kept(c));
        match character {
            '\n' => plain.push('\n'),
            '\r' | '\u{b}' | '\u{c}' | '\u{85}' | '\u{2028}' => plain.push('\n'),
            '\u{2029}' => plain.push_str("\n\n"),
            '\t' => plain.push(' '),
            // The first asks for the emoji form of a character, the other frames it: 1️⃣ is 1 and both.
            '\u{fe0f}' if !plain.ends_with(is_pictograph) => {}
            '\u{20e3}' => {}
            // Joins emoji.
            '\u{200d}' if plain.ends_with(|c| c == '\u{fe0f}' || is_pictograph(c)) => {
                plain.push(character);
            }
            character if is_joiner(character) => {
                if joined_script {
                    plain.push(character);
                }
            }
            character if is_invisible(character) => {}
            character if own_typography => plain.push(character),
            // Spaces of every width.
            character if character.is_whitespace() => plain.push(' '),
            '—' | '―' if letters(before) && letters(after) => plain.push_str(" - "),
            // In Catalan it is part of the word.
            '·' if letters(before) && letters(after) => plain.push(character),
            // French puts a space inside the marks.
            '«' => {
                plain.push('"');
                characters.next_if(|c| c.is_whitespace());
            }
            '»' => {
                plain.truncate(plain.trim_end_matches(' ').len());
                plain.push('"');
            }
            // Full-width forms of ASCII, in the same order.
            '！'..='～' => {
                let narrow = char::from_u32(character as u32 - 0xFEE0);
                plain.push(narrow.expect("U+FF01 to U+FF5E are U+0021 to U+007E, moved"));
            }
            character => match same(character) {
                Some(same) => plain.push_str(same),
                None => plain.push(character),
            },
        }
        before = Some(character);
    }
    plain
}

fn same(character: char) -> Option<&'static str> {
    Some(match character {
        '‘' | '’' | '‚' | '‛' | '′' | 'ʼ' | 'ʹ' | '`' | '´' | '‹' | '›' => "'",
        '“' | '”' | '„' | '‟' | '″' => "\"",
        '‐' | '‑' | '‒' | '–' | '—' | '―' | '−' | '﹘' | '﹣' => "-",
        '•' | '‣' | '◦' | '●' | '○' | '▪' | '▫' | '■' | '□' | '⁃' | '∙' | '·' => {
            "-"
        }
        '…' => "...",
        '‥' => "..",
        '‼' => "!!",
        '⁉' => "!?",
        '→' | '⟶' | '➔' | '➜' | '➝' | '➞' | '➡' => "->",
        '←' | '⟵' | '⬅' => "<-",
        '↔' | '⟷' => "<->",
        '⇒' | '⟹' => "=>",
        '⁄' | '∕' => "/",
        '∗' | '✱' | '✲' => "*",
        'ﬁ' => "fi",
        'ﬂ' => "fl",
        _ => return None,
    })
}

/// Spells out the symbols of a text, so that it may fit the smaller alphabet.
pub(crate) fn spelled_out(text: &str) -> String {
    let mut spelled = String::with_capacity(text.len());
    let mut characters = text.chars().peekable();
    while let Some(character) = characters.next() {
        let words = match character {
            '½' => " 1/2",
            '⅓' => " 1/3",
            '⅔' => " 2/3",
            '¼' => " 1/4",
            '¾' => " 3/4",
            '⅛' => " 1/8",
            '×' => "x",
            '÷' => "/",
            '±' => "+/-",
            '≤' => "<=",
            '≥' => ">=",
            '≠' => "!=",
            '≈' => "~",
            '©' => "(c)",
            '®' => "(R)",
            '™' => "(TM)",
            '№' => "No. ",
            '₹' => "Rs ",
            '°' if matches!(characters.peek(), Some('C' | 'F')) => "",
            // m² is m2, but 10² is not 102.
            '²' if spelled.ends_with(char::is_alphabetic) => "2",
            '³' if spelled.ends_with(char::is_alphabetic) => "3",
            _ => {
                spelled.push(character);
                continue;
            }
        };
        // A fraction needs the space only after a number: 1½ is 1 1/2.
        let digit = spelled.ends_with(|c: char| c.is_ascii_digit());
        spelled.push_str(if digit { words } else { words.trim_start() });
    }
    spelled
}

/// A text without the accents that force it into the larger alphabet.
pub(crate) fn unaccented(text: &str) -> String {
    let bare = |letter: char| {
        let base = letter.nfd().next().filter(|base| gsm7_units(*base).is_some());
        if gsm7_units(letter).is_some() { letter } else { base.unwrap_or(letter) }
    };
    text.nfc().map(bare).collect()
}

/// The number of emoji in a text, and the text without them. Ticks and crosses do not count: they
/// answer a question.
pub(crate) fn without_emoji(text: &str) -> (usize, String) {
    let mut kept = String::with_capacity(text.len());
    let mut emoji = 0;
    let mut dropped = false;
    for cluster in text.graphemes(true) {
        if cluster.contains(is_pictograph) {
            emoji += 1;
            dropped = true;
            continue;
        }
        if dropped && cluster.starts_with(['.', ',', '!', '?', ';', ':', ')']) {
            kept.truncate(kept.trim_end_matches(' ').len());
        }
        kept.push_str(cluster);
        dropped = false;
    }
    (emoji, kept)
}

/// At most one space between words and one empty line between lines, and none around them.
pub(crate) fn spaced(text: &str) -> String {
    let mut spaced = String::with_capacity(text.len());
    for line in text.lines() {
        for (index, word) in line.split(' ').filter(|word| !word.is_empty()).enumerate() {
            if index > 0 {
                spaced.push(' ');
            }
            spaced.push_str(word);
        }
        if !spaced.ends_with("\n\n") {
            spaced.push('\n');
        }
    }
    spaced.trim().into()
}
