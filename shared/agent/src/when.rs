//! When a text was written, as the model is shown it.
//!
//! "Tomorrow", written at 23:58 and answered at 00:09, is today. So a text of another time stands behind
//! a note in square brackets, which no person can write: theirs are shown as round ones.

use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

/// Texts no further apart than this were written at the same time, within a day.
const MOMENT: SignedDuration = SignedDuration::from_mins(5);

/// Shows texts one after the other, each with its time where that is not now, nor that of the one
/// before.
pub(crate) struct When<'a> {
    now: Timestamp,
    told: Timestamp,
    zone: &'a TimeZone,
}

impl<'a> When<'a> {
    pub(crate) fn new(now: Timestamp, zone: &'a TimeZone) -> Self {
        Self { now, told: now, zone }
    }

    /// A person's text, with a note ahead of it where the model would take it for one of another time.
    pub(crate) fn shown(&mut self, text: &str, at: Timestamp) -> String {
        let text = without_notes(text);
        let is_told = self.is_one(at, self.now) || self.is_one(at, self.told);
        self.told = at;
        if is_told {
            return text;
        }
        let at = at.to_zoned(self.zone.clone()).strftime("%A, %Y-%m-%d, %H:%M");
        format!("[written on {at}] {text}")
    }

    /// Whether these are one moment to people.
    fn is_one(&self, at: Timestamp, other: Timestamp) -> bool {
        let day = |at: Timestamp| at.to_zoned(self.zone.clone()).date();
        at.duration_since(other).abs() <= MOMENT && day(at) == day(other)
    }
}

/// A text in which nothing looks like a note of ours: where something does, all brackets are round.
fn without_notes(text: &str) -> String {
    let rounded: String = text.chars().map(rounded).collect();
    let looks_like_one = rounded.to_lowercase().replace(' ', "").contains("(written");
    if looks_like_one { rounded } else { text.to_owned() }
}

/// A character of a person's text as it is shown: square brackets, and what looks like them, are made round.
fn rounded(character: char) -> char {
    match character {
        '[' | '［' | '【' | '〔' | '〖' | '〚' | '⟦' | '⁅' | '﹝' => '(',
        ']' | '］' | '】' | '〕' | '〗' | '〛' | '⟧' | '⁆' | '﹞' => ')',
        other => other,
    }
}
