use hours::Place;
use jiff::tz::TimeZone;
use sms::Number;

use super::{NOWHERE, at, place, zone};

/// Numbers that belong to a place, and its time zones: written together with the table.
const NUMBERS: &str = include_str!("numbers.txt");

#[test]
fn the_longest_prefix_tells_the_zones() {
    for (number, zones) in [
        ("+14155550143", "America/Los_Angeles"),
        ("+12195550143", "America/New_York"),
        ("+12193220143", "America/Chicago"),
        ("+493012345678", "Europe/Berlin"),
        ("+919876543210", "Asia/Calcutta"),
        ("+5511961234567", "America/Sao_Paulo"),
    ] {
        assert_eq!(place(number).to_string(), zones, "{number}");
    }
}

#[test]
fn every_country_has_zones() {
    let mut seen = 0;
    for line in NUMBERS.lines() {
        let (number, expected) = line.split_once(' ').unwrap();
        let place = place(number);
        let zones: Vec<_> = place.zones().iter().filter_map(TimeZone::iana_name).collect();
        let missing: Vec<_> = expected.split(' ').filter(|zone| !zones.contains(zone)).collect();
        assert!(missing.is_empty(), "{number}: {missing:?}");
        seen += 1;
    }
    assert!(seen > 200, "{seen}");
}

#[test]
fn a_mobile_telephone_is_anywhere_in_its_country() {
    let count = |number| place(number).zones().len();
    let russia = ["+79121234567", "+79991234567"].map(count);
    assert_eq!(russia, [16, 16]);
    for (number, there) in [
        ("+61412345678", "Australia/Perth"),
        ("+34612345678", "Atlantic/Canary"),
        ("+62812345678", "Asia/Jayapura"),
        ("+64211234567", "Pacific/Chatham"),
    ] {
        let place = place(number);
        assert!(place.zones().contains(&zone(there)), "{there}: {place}");
    }
}

#[test]
fn a_number_without_a_country_is_in_our_own_zone() {
    let nowhere = Number::parse(NOWHERE).unwrap();
    let place = Place::of(&nowhere, &zone("Europe/Berlin"));
    assert_eq!(place.to_string(), "Europe/Berlin (our own)");
    assert_eq!(place.zones(), [zone("Europe/Berlin")]);
}

#[test]
fn a_trace_is_short_and_does_not_give_the_number_away() {
    let said = place("+18005550143").to_string();
    let expected = "America/Adak, America/Anchorage, America/Anguilla and 39 more";
    assert_eq!(said, expected);
    assert_eq!(
        format!("quiet hours in {}", place("+12145550143")),
        "quiet hours in America/Chicago (TX: Bus. & Com. Code § 301.051)"
    );
    let all = format!("{:?}", place("+19075550143"));
    assert!(!all.contains("907") && !all.contains("0143"), "{all}");
}

#[test]
fn a_moment_is_told_by_the_clock_that_shows_the_earliest_time() {
    let (evening, morning) = (at("2026-01-06T05:00:00Z"), at("2026-01-06T18:00:00Z"));
    assert_eq!(place("+19075550143").clock(morning, evening), "08:00 America/Adak");
    assert_eq!(place("+4915112345678").clock(morning, evening), "19:00 Europe/Berlin");
    let on_saturday = at("2026-01-03T05:00:00Z");
    assert_eq!(place("+14805550143").clock(morning, on_saturday), "Tuesday 11:00 America/Phoenix");
}
