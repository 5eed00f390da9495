//! Where a person may be, as far as their number tells.

mod states;
mod zones;

use std::fmt;

use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use sms::Number;

use crate::week::Week;
use states::State;

/// How many zones a trace names.
const NAMED: usize = 3;

/// Where a person may be, as far as their number tells.
///
/// Displays as its time zones and, if a state has stricter hours, where they are written:
/// `America/Chicago (TX: Bus. & Com. Code § 301.051)`.
#[derive(Clone, Debug)]
pub struct Place {
    zones: Vec<TimeZone>,
    /// Only if its hours are stricter than those of the country.
    state: Option<&'static State>,
    is_told: bool,
}

impl Place {
    /// The place of a number, by its first digits. If they tell no city, it is anywhere in the country;
    /// if they tell no country, as those of satellite telephones, it is in our own time zone.
    pub fn of(number: &Number, own: &TimeZone) -> Self {
        let zones: Vec<_> = zones::of(number).collect();
        let is_told = !zones.is_empty();
        Self {
            zones: if is_told { zones } else { vec![own.clone()] },
            state: states::of(number),
            is_told,
        }
    }

    /// All time zones in which it may be.
    pub fn zones(&self) -> &[TimeZone] {
        &self.zones
    }

    /// A coming moment by the clock there that shows the earliest time: `08:00 America/Adak`, with the
    /// day of the week if it is not within a day.
    pub fn clock(&self, at: Timestamp, now: Timestamp) -> String {
        let clocks = self.zones.iter().map(|zone| at.to_zoned(zone.clone()));
        let Some(clock) = clocks.min_by_key(|clock| clock.offset()) else { return at.to_string() };
        let soon = at < now + SignedDuration::from_hours(24);
        let form = if soon { "%H:%M %Q" } else { "%A %H:%M %Q" };
        clock.strftime(form).to_string()
    }

    /// The hours that its state allows.
    pub(crate) fn week(&self) -> Week {
        self.state.map_or(Week::ALWAYS, |state| Week::of(state.hours))
    }
}

impl fmt::Display for Place {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = |zone: &TimeZone| zone.iana_name().unwrap_or("a zone without a name").to_owned();
        let mut names: Vec<_> = self.zones.iter().take(NAMED).map(name).collect();
        if self.zones.len() > NAMED {
            names.push(format!("{} more", self.zones.len() - NAMED));
        }
        let last = names.pop().unwrap_or_default();
        if !names.is_empty() {
            write!(formatter, "{} and ", names.join(", "))?;
        }
        formatter.write_str(&last)?;
        if let Some(state) = self.state {
            write!(formatter, " ({}: {})", state.name, state.source)?;
        }
        if !self.is_told {
            formatter.write_str(" (our own)")?;
        }
        Ok(())
    }
}
