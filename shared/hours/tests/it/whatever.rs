//! What holds of every number, at every moment.

use hours::{Permission, Place, QuietHours};
use jiff::{SignedDuration, Timestamp};
use proptest::prelude::*;
use sms::Number;

use super::{NOWHERE, zone};

/// Without laws of their own, with zones that are minutes apart, change at odd times, or lie across the
/// date line.
const NUMBERS: [&str; 10] = [
    "+14805550143",
    "+19075550143",
    "+12125550143",
    "+61412345678",
    "+68673140000",
    "+9779812345678",
    "+6421123456",
    "+18005550143",
    "+6857212345",
    NOWHERE,
];

const OWN: [&str; 5] =
    ["Australia/Lord_Howe", "Antarctica/Troll", "America/Santiago", "Africa/Cairo", "UTC"];

proptest! {
    #![proptest_config(ProptestConfig::with_cases(100))]

    #[test]
    fn the_moment_is_allowed_and_no_minute_before_it_is(
        number in proptest::sample::select(&NUMBERS[..]),
        own in proptest::sample::select(&OWN[..]),
        // From 2006 to 2036, with Samoa's skipped day.
        second in 1_136_073_600_i64..2_082_758_400,
        from in 0_u8..24,
        length in 1_u8..24,
    ) {
        let until = (from + length) % 24;
        let hours = QuietHours::parse(&format!("{from}-{until}")).unwrap();
        let place = Place::of(&Number::parse(number).unwrap(), &zone(own));
        let now = Timestamp::from_second(second).unwrap();
        let end = match hours.permission(&place, now) {
            Permission::Now => now,
            Permission::From(at) => {
                prop_assert!(at > now);
                at
            }
            Permission::Never => now + SignedDuration::from_hours(8 * 24),
        };
        if hours.permission(&place, now) != Permission::Never {
            prop_assert!(!is_quiet(&place, from, length, end), "{end}");
            prop_assert_eq!(hours.permission(&place, end), Permission::Now);
        }
        let mut minute = now;
        while minute < end {
            prop_assert!(is_quiet(&place, from, length, minute), "{minute}");
            minute += SignedDuration::from_mins(1);
        }
    }
}

/// Whether some clock there shows a quiet hour.
fn is_quiet(place: &Place, from: u8, length: u8, at: Timestamp) -> bool {
    place.zones().iter().any(|zone| {
        let hour = zone.to_datetime(at).hour().unsigned_abs();
        (hour + 24 - from) % 24 < length
    })
}
