//! Counts the segments of a text.
//!
//! Alphabet and sizes are those of 3GPP TS 23.038 (6.2.1, default alphabet and its extension) and
//! TS 23.040 (parts of a long message, with the six-octet header that names them).

/// The default alphabet without the escape, which is not a character of its own.
const BASIC: &str = "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?\
                     ¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà";

/// The extension table. Each takes an escape and a second septet.
const EXTENSION: &str = "\u{c}^{}\\[~]|€";

/// The capacity of one of several parts, by alphabet: septets, or UTF-16 units.
pub(crate) const PART: (usize, usize) = (153, 67);

/// The encoding of a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Encoding {
    /// Septets of the GSM alphabet: 160 in one segment, 153 in each of several.
    Gsm7,
    /// UTF-16 units, as soon as one character is outside that alphabet: 70, or 67 in each of
    /// several.
    Ucs2,
}

/// The size of a text on the network, which decides its cost.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Segments {
    /// The encoding of its characters.
    pub encoding: Encoding,
    /// How many septets or UTF-16 units the characters take.
    pub units: usize,
    /// How many segments are sent and paid for. An empty text takes one.
    pub count: usize,
}

/// Counts the segments of a text.
///
/// A character of two units is never split, so a part may stay one unit short.
pub fn segments(text: &str) -> Segments {
    let septets = text.chars().map(gsm7_units);
    match septets.clone().sum() {
        Some(units) => fill(Encoding::Gsm7, units, septets.flatten(), 160, PART.0),
        None => {
            let sizes = text.chars().map(char::len_utf16);
            fill(Encoding::Ucs2, sizes.clone().sum(), sizes, 70, PART.1)
        }
    }
}

/// How many septets a character takes in the GSM alphabet, or `None` if it is not in it and makes
/// the whole text [`Encoding::Ucs2`].
pub fn gsm7_units(character: char) -> Option<usize> {
    if character.is_ascii_alphanumeric() || BASIC.contains(character) {
        Some(1)
    } else if EXTENSION.contains(character) {
        Some(2)
    } else {
        None
    }
}

fn fill(
    encoding: Encoding,
    units: usize,
    sizes: impl Iterator<Item = usize>,
    alone: usize,
    part: usize,
) -> Segments {
    if units <= alone {
        return Segments { encoding, units, count: 1 };
    }
    let (mut count, mut used) = (1, 0);
    for size in sizes {
        if used + size > part {
            count += 1;
            used = 0;
        }
        used += size;
    }
    Segments { encoding, units, count }
}
