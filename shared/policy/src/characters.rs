//! Kinds of characters.

pub(crate) fn is_invisible(character: char) -> bool {
    matches!(
        character,
        '\u{ad}' | '\u{34f}' | '\u{180e}' | '\u{200b}' | '\u{2060}'..='\u{2064}' | '\u{fe0e}'
            | '\u{feff}' | '\u{fff9}'..='\u{fffc}'
    ) || character.is_control()
}

pub(crate) fn is_pictograph(character: char) -> bool {
    match character {
        '✓' | '✔' | '✅' | '✗' | '✘' | '✖' | '❌' | '❎' | '☐' | '☑' | '☒' => {
            false
        }
        // Numbers in circles.
        '❶'..='➓' => false,
        '\u{2600}'..='\u{27bf}' | '\u{231a}'..='\u{23ff}' | '\u{2b05}'..='\u{2b55}' => true,
        '\u{1f000}'..='\u{1faff}' => true,
        _ => false,
    }
}

pub(crate) fn is_east_asian(character: char) -> bool {
    matches!(
        character,
        '\u{3040}'..='\u{30ff}' | '\u{3400}'..='\u{9fff}' | '\u{ac00}'..='\u{d7af}'
            | '\u{20000}'..='\u{3ffff}'
    )
}

/// Hebrew, Arabic, and the scripts of South and South-East Asia.
pub(crate) fn is_joined(character: char) -> bool {
    matches!(character, '\u{590}'..='\u{109f}' | '\u{1780}'..='\u{18af}')
        && character.is_alphabetic()
}

/// Characters that join letters, or change the direction of a line.
pub(crate) fn is_joiner(character: char) -> bool {
    matches!(
        character,
        '\u{200c}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{61c}'
    )
}
