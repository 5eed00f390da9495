//! When a text was written, as the model is shown it.
//!
//! "Tomorrow", written at 23:58 and answered at 00:09, is today. So a text of another time stands behind
//! a note in square brackets, which no person can write: theirs are shown as round ones.

use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

/// Texts no further apart than this were written at the same time, within a day.
const MOMENT: SignedDuration = SignedDuration::from_mins(5);

/// Shows texts one after the other, each with its time where it is another than that of the one
/// before. The first is compared with now.
pub(crate) struct When<'a> {
    told: Timestamp,
    zone: &'a TimeZone,
}

impl<'a> When<'a> {
    pub(crate) fn new(now: Timestamp, zone: &'a TimeZone) -> Self {
        Self { told: now, zone }
    }

    /// A person's text, with a note ahead of it where the model would take it for one of another time.
    pub(crate) fn shown(&mut self, text: &str, at: Timestamp) -> String {
        let text: String = text.chars().map(rounded).collect();
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

/// A character of a person's text as it is shown: square brackets, and what looks like them, are ours.
fn rounded(character: char) -> char {
    match character {
        '[' | '［' | '【' | '〔' | '〖' | '〚' | '⟦' | '⁅' | '﹝' => '(',
        ']' | '］' | '】' | '〕' | '〗' | '〛' | '⟧' | '⁆' | '﹞' => ')',
        other => other,
    }
}
