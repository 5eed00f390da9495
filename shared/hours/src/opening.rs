//! When somebody of the business is there.

use std::fmt::Write;

use jiff::ToSpan;
use jiff::civil::{Date, DateTime};
use thiserror::Error;

const DAY: u16 = 24 * 60;

/// From when until when, in minutes of a day. What ends on the next day ends after [`DAY`].
type Open = (u16, u16);

/// The opening hours of a business, by its own clock, and what to say outside of them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OpeningHours {
    /// From Monday on; a day without any is closed.
    days: [Day; 7],
    /// What to say outside of them, if the owner says so.
    pub outside: Option<String>,
}

/// The opening hours of a day, in order. None: it is closed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Day(Vec<Open>);

/// The text names no opening hours.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("write the hours in their order, as in \"8-17\" or \"8:30-12:00, 13:00-17:30\"")]
pub struct NotOpening;

impl Day {
    /// Reads `8-17` or `8:30-12:00, 13:00-17:30`. What ends before it begins ends on the next day.
    pub fn parse(written: &str) -> Result<Self, NotOpening> {
        let mut all: Vec<Open> = Vec::new();
        for part in written.split(',') {
            let (from, until) = part.split_once('-').ok_or(NotOpening)?;
            let (from, until) = (time(from).ok_or(NotOpening)?, time(until).ok_or(NotOpening)?);
            let until = if until <= from { until + DAY } else { until };
            let after_the_last = all.last().is_none_or(|(_, last)| *last < from);
            if from == DAY || until - from > DAY || !after_the_last {
                return Err(NotOpening);
            }
            all.push((from, until));
        }
        Ok(Self(all))
    }
}

impl OpeningHours {
    /// Opening hours from Monday on, if there are any.
    pub fn new(days: [Day; 7], outside: Option<String>) -> Option<Self> {
        days.iter().any(|day| !day.0.is_empty()).then_some(Self { days, outside })
    }

    /// In sentences about this business: when it is open, and whether it is at a moment of its clock.
    pub fn told(&self, business: &str, now: DateTime) -> String {
        let listed = self.listed();
        match self.closes(now) {
            Some(at) => {
                format!("{business} is open {listed}. It is open now, until {}.", clock(at))
            }
            None => {
                let opens = self.opens(now);
                format!("{business} is open {listed}. It is closed now, and opens {opens}.")
            }
        }
    }

    /// Whether it is open then.
    pub fn is_open(&self, now: DateTime) -> bool {
        self.closes(now).is_some()
    }

    /// Since when somebody is there: that moment, or when it opens next.
    pub fn opens_at(&self, now: DateTime) -> DateTime {
        if self.is_open(now) {
            return now;
        }
        let next = (0..=7).find_map(|ahead| {
            let date = now.date() + ahead.days();
            let mut opens = self.on(date).0.iter().map(|(from, _)| *from);
            let from = opens.find(|from| ahead > 0 || *from > minute(now))?;
            Some(date.at((from / 60) as i8, (from % 60) as i8, 0, 0))
        });
        next.unwrap_or(now)
    }

    /// When it closes, in minutes of a day, if it is open.
    fn closes(&self, now: DateTime) -> Option<u16> {
        let minute = minute(now);
        let holds = |minute: u16| move |(from, until): &&Open| (*from..*until).contains(&minute);
        let today = self.on(now.date()).0.iter().find(holds(minute));
        let yesterday = || self.on(now.date() - 1.day()).0.iter().find(holds(minute + DAY));
        today.or_else(yesterday).map(|(_, until)| *until)
    }

    /// When it opens next.
    fn opens(&self, now: DateTime) -> String {
        for ahead in 0..=7 {
            let date = now.date() + ahead.days();
            let mut opens = self.on(date).0.iter().map(|(from, _)| *from);
            let Some(from) = opens.find(|from| ahead > 0 || *from > minute(now)) else { continue };
            let day = match ahead {
                0 => "today".into(),
                1 => "tomorrow".into(),
                _ => format!("on {}", DAYS[number(date)]),
            };
            return format!("{day} at {}", clock(from));
        }
        "at no time".into()
    }

    fn on(&self, date: Date) -> &Day {
        &self.days[number(date)]
    }

    /// All of them: `Monday to Friday 08:00-17:00, Saturday 09:00-12:00`.
    fn listed(&self) -> String {
        let mut listed = String::new();
        let mut first = 0;
        while first < self.days.len() {
            let same =
                self.days[first..].iter().take_while(|day| **day == self.days[first]).count();
            let (day, last) = (&self.days[first], first + same - 1);
            if !day.0.is_empty() {
                let separator = if listed.is_empty() { "" } else { ", " };
                let until =
                    if last > first { format!(" to {}", DAYS[last]) } else { String::new() };
                let hours =
                    day.0.iter().map(|(from, until)| format!("{}-{}", clock(*from), clock(*until)));
                let hours = hours.collect::<Vec<_>>().join(" and ");
                let _ = write!(listed, "{separator}{}{until} {hours}", DAYS[first]);
            }
            first = last + 1;
        }
        listed
    }
}

const DAYS: [&str; 7] =
    ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"];

/// The number of a date's day of the week.
fn number(date: Date) -> usize {
    usize::from(date.weekday().to_monday_zero_offset().unsigned_abs())
}

fn minute(now: DateTime) -> u16 {
    u16::from(now.hour().unsigned_abs()) * 60 + u16::from(now.minute().unsigned_abs())
}

/// A time as on a clock. Midnight at the end of a day is 24:00.
fn clock(minutes: u16) -> String {
    let minutes = if minutes > DAY { minutes - DAY } else { minutes };
    format!("{:02}:{:02}", minutes / 60, minutes % 60)
}

/// The minute of the day of `8`, `8:30` or `24`.
fn time(written: &str) -> Option<u16> {
    let (hour, minute) = written.trim().split_once(':').unwrap_or((written.trim(), "0"));
    let digits = |written: &str| {
        let only = written.bytes().all(|byte| byte.is_ascii_digit());
        written.parse::<u16>().ok().filter(|_| only && written.len() <= 2)
    };
    let (hour, minute) = (digits(hour)?, digits(minute)?);
    (hour * 60 + minute <= DAY && minute < 60).then_some(hour * 60 + minute)
}
