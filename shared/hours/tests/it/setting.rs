use hours::{NotHours, QuietHours};
use settings::Settings;

use super::quiet;

#[test]
fn the_hours_are_those_of_the_federal_rule_unless_somebody_sets_others() {
    let read = |written: Option<&str>| {
        let settings = written.map(|written| ("QUIET_HOURS", written));
        let hours = QuietHours::from_settings(&settings.into_iter().collect::<Settings>());
        hours.unwrap().to_string()
    };
    assert_eq!(read(None), "21-8");
    assert_eq!(read(Some("20-9")), "20-9");
    assert_eq!(read(Some(" 20 - 09 ")), "20-9");
    assert_eq!(read(Some("22-24")), "22-0");
    assert_eq!(read(Some("Off")), "off");
    assert_eq!(quiet("24-7"), quiet("0-7"));
}

#[test]
fn hours_that_cannot_be_meant_stop_the_start_and_say_what_to_write() {
    for written in
        ["21", "21-", "-8", "21-8-9", "21:00-8:00", "9pm-8am", "25-8", "8-8", "0-24", "+21-8", "no"]
    {
        assert_eq!(QuietHours::parse(written), Err(NotHours), "{written}");
        let settings = Settings::from([("QUIET_HOURS", written)]);
        assert_eq!(
            QuietHours::from_settings(&settings).unwrap_err().to_string(),
            "QUIET_HOURS cannot be used: write two different hours between 0 and 24, such as 21-8, \
             or off for none"
        );
    }
}
