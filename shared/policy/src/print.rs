//! Fingerprints of texts: enough to see that two are nearly the same, too little to read either.

use std::hash::Hasher as _;

use base64::Engine;
use base64::prelude::BASE64_STANDARD_NO_PAD;
use fnv::FnvHasher;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use unicode_segmentation::UnicodeSegmentation;

/// The most words of a text that are examined.
const MOST_WORDS: usize = 300;

/// The size of a fingerprint in bytes.
const BYTES: usize = 32;

/// The words of a text to compare: without case, accents and punctuation, each followed by a space.
pub(crate) struct Words(String);

impl Words {
    pub(crate) fn of(text: &str) -> Self {
        let mut words = String::with_capacity(text.len() + 1);
        for word in text.unicode_words().take(MOST_WORDS) {
            let letters = word.chars().filter(|character| character.is_alphanumeric());
            words.extend(letters.flat_map(char::to_lowercase).map(unaccented));
            words.push(' ');
        }
        Self(words)
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &str> {
        self.0.split_terminator(' ')
    }

    /// Whether the text consists of these words, separated by single spaces.
    pub(crate) fn are(&self, known: &str) -> bool {
        self.0.trim_end() == known
    }

    /// Whether the text contains these words in a row, separated by single spaces.
    pub(crate) fn have(&self, known: &str) -> bool {
        let behind = self.0.match_indices(' ').map(|(space, _)| space + 1);
        let mut places = std::iter::once(0).chain(behind).map(|place| &self.0[place..]);
        places.any(|rest| rest.strip_prefix(known).is_some_and(|rest| rest.starts_with(' ')))
    }
}

/// Whether a word is or contains a number: counters, times, dates and tickets change from one automatic
/// reply to the next.
pub(crate) fn has_digit(word: &str) -> bool {
    word.chars().any(char::is_numeric)
}

/// A fingerprint of the set of words of a text, without numbers.
///
/// Each bit has its own hash function, and is taken from the word with the lowest hash (b-bit minwise
/// hashing with b = 1: Li and König, WWW 2010). Two sets agree in the bits of the words they share, and
/// in half of the rest. A single bit reveals next to nothing about a word.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Print([u8; BYTES]);

impl Print {
    pub(crate) fn of(words: &Words) -> Self {
        let parts = parts(words);
        let mut bytes = [0; BYTES];
        for bit in 0..BYTES * 8 {
            let function = mixed(bit as u64 + 1);
            let lowest = parts.iter().map(|part| mixed(part ^ function)).min();
            if lowest.is_some_and(|lowest| lowest & 1 == 1) {
                bytes[bit / 8] |= 1 << (bit % 8);
            }
        }
        Self(bytes)
    }

    /// The share of words that two texts have in common: from 0 to 100.
    pub(crate) fn likeness(&self, other: &Self) -> u32 {
        let differing: u32 = self.0.iter().zip(other.0).map(|(a, b)| (a ^ b).count_ones()).sum();
        let bits = (BYTES * 8) as u32;
        (bits.saturating_sub(2 * differing)) * 100 / bits
    }
}

/// The hashed units of comparison: words, or in scripts without spaces each pair of adjacent
/// characters, since single characters occur in any text.
fn parts(words: &Words) -> Vec<u64> {
    let mut parts = Vec::new();
    let mut before = None;
    for word in words.iter().filter(|word| !has_digit(word)) {
        let unspaced = weight(word) < WORD;
        match (unspaced, before) {
            (true, Some(before)) => parts.push(hash([before, word])),
            (true, None) => {}
            (false, _) => parts.push(hash([word])),
        }
        before = unspaced.then_some(word);
    }
    parts
}

/// FNV-1a of words as if nothing were between them: the same on every machine and in every version,
/// which the hashes of the standard library do not promise.
pub(crate) fn hash<'w>(words: impl IntoIterator<Item = &'w str>) -> u64 {
    let mut hasher = FnvHasher::default();
    words.into_iter().for_each(|word| hasher.write(word.as_bytes()));
    hasher.finish()
}

/// The finalizer of `SplitMix64`.
fn mixed(mut value: u64) -> u64 {
    value = (value ^ (value >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    value = (value ^ (value >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    value ^ (value >> 31)
}

/// The weight of a word with spaces around it.
pub(crate) const WORD: u32 = 12;

/// The weight of a word. In scripts without spaces each character is treated as a word: roughly two Han
/// characters make a word, or three kana, or four of Thai and its neighbours.
pub(crate) fn weight(word: &str) -> u32 {
    match word.chars().next() {
        Some('\u{3400}'..='\u{9fff}' | '\u{f900}'..='\u{faff}' | '\u{20000}'..='\u{3ffff}') => {
            WORD / 2
        }
        Some('\u{3040}'..='\u{309f}') => WORD / 3,
        // Thai, Lao, Burmese, Khmer.
        Some('\u{e00}'..='\u{eff}' | '\u{1000}'..='\u{109f}' | '\u{1780}'..='\u{17ff}') => WORD / 4,
        _ => WORD,
    }
}

/// A Latin letter in lower case without its accent; others in lower case.
pub(crate) fn unaccented(character: char) -> char {
    match character {
        'à'..='å' | 'ā' | 'ă' | 'ą' => 'a',
        'ç' | 'ć' | 'ĉ' | 'ċ' | 'č' => 'c',
        'ď' | 'đ' => 'd',
        'è'..='ë' | 'ē' | 'ĕ' | 'ė' | 'ę' | 'ě' => 'e',
        'ĝ' | 'ğ' | 'ġ' | 'ģ' => 'g',
        'ì'..='ï' | 'ĩ' | 'ī' | 'ĭ' | 'į' | 'ı' => 'i',
        'ķ' => 'k',
        'ĺ' | 'ļ' | 'ľ' | 'ł' => 'l',
        'ñ' | 'ń' | 'ņ' | 'ň' => 'n',
        'ò'..='ö' | 'ø' | 'ō' | 'ŏ' | 'ő' => 'o',
        'ŕ' | 'ŗ' | 'ř' => 'r',
        'ś' | 'ŝ' | 'ş' | 'š' | 'ș' => 's',
        'ţ' | 'ť' | 'ț' => 't',
        'ù'..='ü' | 'ũ' | 'ū' | 'ŭ' | 'ů' | 'ű' | 'ų' => 'u',
        'ý' | 'ÿ' => 'y',
        'ź' | 'ż' | 'ž' => 'z',
        other => other,
    }
}

impl Serialize for Print {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&BASE64_STANDARD_NO_PAD.encode(self.0))
    }
}

impl<'de> Deserialize<'de> for Print {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let written = String::deserialize(deserializer)?;
        let bytes = BASE64_STANDARD_NO_PAD.decode(written).ok();
        let print = bytes.and_then(|bytes| bytes.try_into().ok()).map(Self);
        print.ok_or_else(|| serde::de::Error::custom("not a fingerprint"))
    }
}
