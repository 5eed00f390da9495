//! When a text was written, as shown to the model.
//!
//! "Tomorrow", written at 23:58 and answered at 00:09, is today. So a text from another time has a note
//! in square brackets before it, which no person can write: theirs are converted to round ones.

use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

/// Texts no further apart than this, on the same day, count as written at the same time.
const MOMENT: SignedDuration = SignedDuration::from_mins(5);

/// The beginning of our notes to a model.
const OURS: [&str; 5] = [
    "[written on ",
    "[A person of the business ",
    "[The person ",
    "[The conversation begins ",
    "[Nothing was said ",
];

/// A model's words without notes that it imitated, if anything is left.
pub(crate) fn without_notes(said: &str) -> Option<String> {
    let mut kept = String::with_capacity(said.len());
    let mut rest = said;
    while let Some(start) = rest.find('[') {
        let (ahead, note) = rest.split_at(start);
        let end = OURS.iter().any(|ours| note.starts_with(ours)).then(|| note.find(']')).flatten();
        kept.push_str(ahead);
        rest = match end {
            Some(end) => note[end + 1..].trim_start(),
            None => {
                kept.push('[');
                &note[1..]
            }
        };
    }
    kept.push_str(rest);
    let kept = kept.trim();
    (!kept.is_empty()).then(|| kept.to_owned())
}

/// Shows texts in sequence, each with its time if it differs from the previous one's. The first text
/// after an answer is compared with now.
pub(crate) struct When<'a> {
    now: Timestamp,
    zone: &'a TimeZone,
    /// The time at which the model assumes the next text was written.
    told: Timestamp,
}

impl<'a> When<'a> {
    pub(crate) fn new(now: Timestamp, zone: &'a TimeZone) -> Self {
        Self { now, zone, told: now }
    }

    /// Something else was said in between.
    pub(crate) fn answered(&mut self) {
        self.told = self.now;
    }

    /// A person's text, with a note before it if the model would assume another time.
    pub(crate) fn stamped(&mut self, text: &str, at: Timestamp) -> String {
        let text = rounded(text);
        if self.is_told(at) {
            return text;
        }
        self.told = at;
        let at = at.to_zoned(self.zone.clone()).strftime("%A, %Y-%m-%d, %H:%M");
        format!("[written on {at}] {text}")
    }

    fn is_told(&self, at: Timestamp) -> bool {
        let day = |at: Timestamp| at.to_zoned(self.zone.clone()).date();
        at.duration_since(self.told).abs() <= MOMENT && day(at) == day(self.told)
    }
}

/// A text with square brackets and lookalikes made round, except for those around the person's
/// reactions.
fn rounded(text: &str) -> String {
    const DEED: &str = "[The person ";
    let mut is_deed = false;
    let character = |(at, character): (usize, char)| match character {
        '[' if text[at..].starts_with(DEED) => {
            is_deed = true;
            character
        }
        ']' if is_deed => {
            is_deed = false;
            character
        }
        '[' | '［' | '【' | '〔' | '〖' | '〚' | '⟦' | '⁅' | '﹝' => '(',
        ']' | '］' | '】' | '〕' | '〗' | '〛' | '⟧' | '⁆' | '﹞' => ')',
        _ => character,
    };
    text.char_indices().map(character).collect()
}
