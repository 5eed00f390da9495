use hours::{Permission, Place, QuietHours};
use sms::Number;

use super::{NOWHERE, at, day, place, quiet, zone};

#[test]
fn nobody_is_texted_from_nine_in_the_evening_until_eight_in_the_morning() {
    let said = day("2026-12-01", "America/Phoenix", QuietHours::default(), &place("+14805550143"));
    assert_eq!(said, ["00:00 Tue 08:00", "08:00 now", "21:00 Wed 08:00"]);
}

#[test]
fn a_number_of_two_zones_is_texted_when_both_allow_it() {
    for (name, expected) in [
        ("America/Adak", ["00:00 Tue 09:00", "09:00 now", "22:00 Wed 09:00"]),
        ("America/Anchorage", ["00:00 Tue 08:00", "08:00 now", "21:00 Wed 08:00"]),
    ] {
        let one = Place::of(&Number::parse(NOWHERE).unwrap(), &zone(name));
        let said = day("2026-12-01", "America/Anchorage", QuietHours::default(), &one);
        assert_eq!(said, expected, "{name}");
    }
    let both = place("+19075550143");
    let said = day("2026-12-01", "America/Anchorage", QuietHours::default(), &both);
    assert_eq!(said, ["00:00 Tue 09:00", "09:00 now", "21:00 Wed 09:00"]);
    assert_eq!(both.to_string(), "America/Adak and America/Anchorage");
}

#[test]
fn seconds_count() {
    let phoenix = place("+14805550143");
    let permission = |now| QuietHours::default().permission(&phoenix, at(now));
    assert_eq!(permission("2026-12-02T03:59:59.999Z"), Permission::Now);
    let morning = Permission::From(at("2026-12-02T15:00:00Z"));
    assert_eq!(permission("2026-12-02T04:00:00Z"), morning);
    assert_eq!(permission("2026-12-02T14:59:59.999Z"), morning);
    assert_eq!(permission("2026-12-02T15:00:00Z"), Permission::Now);
}

#[test]
fn in_spring_the_morning_comes_an_hour_sooner() {
    let new_york = place("+12125550143");
    let midnight = at("2026-03-08T05:00:00Z");
    let eight = Permission::From(at("2026-03-08T12:00:00Z"));
    assert_eq!(QuietHours::default().permission(&new_york, midnight), eight);
    // No clock shows two that night.
    let said = day("2026-03-08", "America/New_York", quiet("21-2"), &new_york);
    assert_eq!(said, ["00:00 Sun 03:00", "03:00 now", "21:00 Mon 02:00"]);
}

#[test]
fn in_autumn_an_hour_is_quiet_twice() {
    let new_york = place("+12125550143");
    let midnight = at("2026-11-01T04:00:00Z");
    let eight = Permission::From(at("2026-11-01T13:00:00Z"));
    assert_eq!(QuietHours::default().permission(&new_york, midnight), eight);
    let said = day("2026-11-01", "America/New_York", quiet("1-2"), &new_york);
    assert_eq!(said, ["00:00 now", "01:00 Sun 02:00", "02:00 now"]);
    let first_one = Permission::From(at("2026-11-01T07:00:00Z"));
    assert_eq!(quiet("1-2").permission(&new_york, at("2026-11-01T05:00:00Z")), first_one);
}

#[test]
fn a_clock_may_be_changed_within_an_hour() {
    // In Newfoundland it once became 1:01 a minute after midnight.
    let newfoundland = Place::of(&Number::parse(NOWHERE).unwrap(), &zone("America/St_Johns"));
    let midnight = at("2010-03-14T03:30:00Z");
    let a_minute_later = Permission::From(at("2010-03-14T03:31:00Z"));
    assert_eq!(quiet("21-1").permission(&newfoundland, midnight), a_minute_later);
}

#[test]
fn a_zone_without_summer_time_keeps_its_hours() {
    let arizona = place("+19285550143");
    let in_los_angeles = |date| day(date, "America/Los_Angeles", QuietHours::default(), &arizona);
    assert_eq!(in_los_angeles("2026-07-01"), ["00:00 Wed 08:00", "08:00 now", "21:00 Thu 08:00"]);
    assert_eq!(in_los_angeles("2026-12-01"), ["00:00 Tue 07:00", "07:00 now", "20:00 Wed 07:00"]);
}

#[test]
fn a_day_that_a_country_skips_is_not_waited_for() {
    // Samoa went to bed on Thursday and got up on Saturday.
    let said = day("2011-12-29", "Pacific/Apia", QuietHours::default(), &place("+6857212345"));
    assert_eq!(said, ["00:00 Thu 08:00", "08:00 now", "21:00 Sat 08:00"]);
}

#[test]
fn zones_of_two_dates_have_hours_in_common() {
    // In Kiribati it is already tomorrow on the eastern islands when evening comes to the western ones.
    let kiribati = place("+68673140000");
    let said = day("2026-12-01", "Pacific/Tarawa", QuietHours::default(), &kiribati);
    assert_eq!(said, ["00:00 Tue 08:00", "08:00 now", "19:00 Wed 08:00"]);
    // From Guam over the date line to Puerto Rico: all of North America, for a number of no area.
    let said = day("2026-12-01", "UTC", QuietHours::default(), &place("+18005550143"));
    assert_eq!(said, ["00:00 now", "00:30 Tue 22:00", "22:00 now"]);
}

#[test]
fn hours_that_no_two_clocks_have_in_common_never_come() {
    let noon = at("2026-12-01T12:00:00Z");
    assert_eq!(quiet("14-8").permission(&place("+79121234567"), noon), Permission::Never);
}

#[test]
fn without_quiet_hours_everybody_is_texted_at_any_time() {
    for number in ["+14805550143", "+14015550143", "+19075550143", "+79121234567", NOWHERE] {
        assert_eq!(day("2026-11-29", "UTC", QuietHours::OFF, &place(number)), ["00:00 now"]);
    }
}
