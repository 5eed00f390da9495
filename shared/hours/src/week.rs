//! Hours of the week, and the first moment in one of them.

use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

const HOUR: SignedDuration = SignedDuration::from_hours(1);

/// How far ahead a moment is looked for: every hour of a week comes within it, however clocks change.
const AHEAD: SignedDuration = SignedDuration::from_hours(8 * 24);

/// The bits of all hours of a day.
const DAY: u32 = (1 << 24) - 1;

/// The first hour in which a person may be texted and the first in which they may not, if there are any.
pub(crate) type Hours = Option<(u8, u8)>;

/// The hours of a week in which a clock allows a text: for each day from Monday on, a bit for each hour.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Week([u32; 7]);

impl Week {
    /// All of it.
    pub(crate) const ALWAYS: Self = Self([DAY; 7]);

    /// All of it but some hours of each day, which may pass midnight.
    pub(crate) fn without(from: u8, until: u8) -> Self {
        let quiet = if from < until { bits(from, until) } else { bits(from, 24) | bits(0, until) };
        Self([DAY & !quiet; 7])
    }

    /// These hours from Monday to Friday, on Saturday and on Sunday.
    pub(crate) fn of([weekday, saturday, sunday]: [Hours; 3]) -> Self {
        let day = |hours: Hours| hours.map_or(0, |(from, until)| bits(from, until));
        let [weekday, saturday, sunday] = [weekday, saturday, sunday].map(day);
        Self([weekday, weekday, weekday, weekday, weekday, saturday, sunday])
    }

    /// The hours that are in both.
    pub(crate) fn and(self, other: Self) -> Self {
        let mut days = self.0;
        for (day, other) in days.iter_mut().zip(other.0) {
            *day &= other;
        }
        Self(days)
    }

    /// The first moment from now on that the clocks of all these zones allow, if one comes soon.
    pub(crate) fn first(self, zones: &[TimeZone], now: Timestamp) -> Option<Timestamp> {
        let mut at = now;
        while at <= now + AHEAD {
            let quiet = zones.iter().filter(|zone| !self.allows(zone.to_datetime(at)));
            // Until then at least one of the clocks shows an hour that is quiet.
            match quiet.map(|zone| next_hour(zone, at)).max() {
                None => return Some(at),
                Some(later) => at = later,
            }
        }
        None
    }

    fn allows(self, clock: DateTime) -> bool {
        let day = self.0[usize::from(clock.weekday().to_monday_zero_offset().unsigned_abs())];
        day & (1 << clock.hour()) != 0
    }
}

fn bits(from: u8, until: u8) -> u32 {
    (1 << until) - (1 << from)
}

/// When a clock next shows a full hour, or is changed.
fn next_hour(zone: &TimeZone, at: Timestamp) -> Timestamp {
    let clock = zone.to_datetime(at);
    let past = SignedDuration::from_mins(clock.minute().into())
        + SignedDuration::from_secs(clock.second().into())
        + SignedDuration::from_nanos(clock.subsec_nanosecond().into());
    let full = at + (HOUR - past);
    zone.following(at).next().map_or(full, |change| full.min(change.timestamp()))
}
