//! When people may be texted, seen from outside.

#![expect(clippy::unwrap_used, reason = "a test ends where an assumption does")]

mod days;
mod opening;
mod places;
mod setting;
mod states;
mod whatever;

use hours::{Permission, Place, QuietHours};
use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp, ToSpan};
use sms::Number;

/// A number without a country, so that only our own time zone is left.
const NOWHERE: &str = "+80012345678";

fn zone(name: &str) -> TimeZone {
    TimeZone::get(name).unwrap()
}

fn place(number: &str) -> Place {
    Place::of(&Number::parse(number).unwrap(), &TimeZone::UTC)
}

fn quiet(written: &str) -> QuietHours {
    QuietHours::parse(written).unwrap()
}

fn at(written: &str) -> Timestamp {
    written.parse().unwrap()
}

/// What somebody who asks all day, every ten minutes, is told, by the clock in a zone. Only what differs
/// from the answer before.
fn day(date: &str, clock: &str, hours: QuietHours, place: &Place) -> Vec<String> {
    let (date, clock): (Date, _) = (date.parse().unwrap(), zone(clock));
    let start = date.to_zoned(clock.clone()).unwrap().timestamp();
    let end = (date + 1.day()).to_zoned(clock.clone()).unwrap().timestamp();
    let (mut last, mut lines) = (String::new(), vec![]);
    let mut now = start;
    while now < end {
        let answer = match hours.permission(place, now) {
            Permission::Now => "now".into(),
            Permission::From(at) => at.to_zoned(clock.clone()).strftime("%a %H:%M").to_string(),
            Permission::Never => "never".into(),
        };
        if last != answer {
            lines.push(format!("{} {answer}", now.to_zoned(clock.clone()).strftime("%H:%M")));
            last = answer;
        }
        now += SignedDuration::from_mins(10);
    }
    lines
}
