//! The hours in which nobody is texted, as somebody set them.

use std::fmt;

use jiff::Timestamp;
use settings::{Names, Settings, SettingsError};
use thiserror::Error;

use crate::place::Place;
use crate::week::Week;

/// The hours in which nobody is texted unless they are answered, by the clock where they are.
///
/// Displays as it is written in settings: `21-8`, or `off`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct QuietHours {
    /// The first quiet hour of the day, and the first that is not. They differ.
    hours: Option<(u8, u8)>,
}

impl QuietHours {
    /// What [`QuietHours::from_settings`] reads.
    pub const SETTINGS: Names = &["QUIET_HOURS"];

    /// None, not even where a state has some.
    pub const OFF: Self = Self { hours: None };

    /// The quiet hours as configured, where `off` means none, or their default.
    pub fn from_settings(settings: &Settings) -> Result<Self, SettingsError> {
        let Some(written) = settings.get("QUIET_HOURS") else { return Ok(Self::default()) };
        Self::parse(written).map_err(|problem| SettingsError::Invalid {
            name: "QUIET_HOURS",
            problem: problem.to_string(),
        })
    }

    /// Reads `21-8`, which is from 21:00 until 8:00 and may pass midnight, or `off`.
    pub fn parse(written: &str) -> Result<Self, NotHours> {
        if written.trim().eq_ignore_ascii_case("off") {
            return Ok(Self::OFF);
        }
        let (from, until) = written.split_once('-').ok_or(NotHours)?;
        let (from, until) = (hour(from).ok_or(NotHours)?, hour(until).ok_or(NotHours)?);
        if from == until {
            return Err(NotHours);
        }
        Ok(Self { hours: Some((from, until)) })
    }

    /// When a person there may be texted, from this moment on.
    ///
    /// Where a state forbids more hours than these, its hours count as well. A trace says why a text
    /// waits: `format!("quiet hours in {place}")`.
    pub fn permission(&self, place: &Place, now: Timestamp) -> Permission {
        let Some((from, until)) = self.hours else { return Permission::Now };
        let week = Week::without(from, until).and(place.week());
        match week.first(place.zones(), now) {
            Some(at) if at <= now => Permission::Now,
            Some(at) => Permission::From(at),
            None => Permission::Never,
        }
    }
}

impl Default for QuietHours {
    /// Those of the federal rule, 47 CFR 64.1200(c)(1).
    fn default() -> Self {
        Self { hours: Some((21, 8)) }
    }
}

impl fmt::Display for QuietHours {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.hours {
            Some((from, until)) => write!(formatter, "{from}-{until}"),
            None => formatter.write_str("off"),
        }
    }
}

/// Whether a text that nobody asked for just now may go out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Permission {
    /// Yes.
    Now,
    /// From this moment on. It is later than now, and within eight days.
    From(Timestamp),
    /// At no time of the week do the clocks of all possible time zones allow it.
    ///
    /// That takes quiet hours much longer than a night, or a country as wide as Russia.
    Never,
}

/// The text names no hours.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("write two different hours between 0 and 24, such as 21-8, or off for none")]
pub struct NotHours;

/// A full hour of the day. Midnight is 0 or 24.
fn hour(written: &str) -> Option<u8> {
    let written = written.trim();
    let digits = written.bytes().all(|byte| byte.is_ascii_digit());
    let hour: u8 = written.parse().ok().filter(|_| digits)?;
    (hour <= 24).then_some(hour % 24)
}
