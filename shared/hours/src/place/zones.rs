//! The time zones of numbers, by their first digits.

use jiff::tz::TimeZone;
use sms::Number;

/// A line for each place: its zones, and the first digits of its numbers. Of those that fit the longest
/// count; the shortest are calling codes, and stand for the whole country.
const ZONES: &str = include_str!("zones.txt");

/// All zones in which a number may be; none if its calling code belongs to no country.
pub(super) fn of(number: &Number) -> impl Iterator<Item = TimeZone> {
    let digits = number.as_str().trim_start_matches('+');
    let lines = ZONES.lines().filter_map(|line| line.split_once(": "));
    let prefixes =
        lines.flat_map(|(zones, prefixes)| prefixes.split(' ').map(move |prefix| (prefix, zones)));
    let fitting = prefixes.filter(|(prefix, _)| digits.starts_with(prefix));
    let zones = fitting.max_by_key(|(prefix, _)| prefix.len()).map_or("", |(_, zones)| zones);
    zones.split_whitespace().map(|name| TimeZone::get(name).expect("a test looks every zone up"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_zone_of_the_table_is_in_the_bundled_database() {
        let lines = ZONES.lines().filter_map(|line| line.split_once(": "));
        let names: Vec<_> = lines.flat_map(|(zones, _)| zones.split(' ')).collect();
        assert!(names.len() > 400, "{}", names.len());
        let bundled = jiff::tz::TimeZoneDatabase::bundled();
        let missing: Vec<_> = names.iter().filter(|name| bundled.get(name).is_err()).collect();
        assert!(missing.is_empty(), "{missing:?}");
    }
}
