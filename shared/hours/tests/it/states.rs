use hours::QuietHours;

use super::{day, place, quiet};

/// The hours of each state from Monday to Friday, on Saturday and on Sunday, by a number of it.
const STATES: [(&str, &str, [&str; 3]); 21] = [
    ("AL", "+12055550143", ["8-20", "8-20", "none"]),
    ("CA", "+14155550143", ["8-21", "8-21", "8-21"]),
    ("CT", "+12035550143", ["9-20", "9-20", "9-20"]),
    ("FL", "+13055550143", ["8-20", "8-20", "8-20"]),
    ("KY", "+15025550143", ["10-21", "10-21", "10-21"]),
    ("LA", "+15045550143", ["8-20", "8-20", "none"]),
    ("MA", "+16175550143", ["8-20", "8-20", "8-20"]),
    ("MD", "+14105550143", ["8-20", "8-20", "8-20"]),
    ("MI", "+13135550143", ["9-21", "9-21", "9-21"]),
    ("MN", "+16125550143", ["9-21", "9-21", "9-21"]),
    ("MS", "+16015550143", ["8-20", "8-20", "none"]),
    ("NM", "+15055550143", ["9-21", "9-21", "9-21"]),
    ("NV", "+17025550143", ["9-20", "9-20", "9-20"]),
    ("OK", "+14055550143", ["8-20", "8-20", "8-20"]),
    ("PA", "+12155550143", ["8-21", "8-21", "none"]),
    ("RI", "+14015550143", ["9-18", "10-17", "none"]),
    // It has two time zones.
    ("SD", "+16055550143", ["9-20", "none", "none"]),
    ("TX", "+12145550143", ["9-21", "9-21", "12-21"]),
    ("UT", "+18015550143", ["8-21", "8-21", "none"]),
    ("WA", "+12065550143", ["8-20", "8-20", "8-20"]),
    ("WY", "+13075550143", ["8-20", "8-20", "8-20"]),
];

#[test]
fn a_state_may_allow_fewer_hours() {
    for (state, number, expected) in STATES {
        // A Thursday, a Saturday and a Sunday.
        let hours = ["2026-12-03", "2026-12-05", "2026-12-06"].map(|date| open(date, number));
        assert_eq!(hours, expected, "{state}");
    }
}

#[test]
fn on_sunday_texas_sleeps_until_noon() {
    let said = day("2026-12-06", "America/Chicago", QuietHours::default(), &place("+12145550143"));
    assert_eq!(said, ["00:00 Sun 12:00", "12:00 now", "21:00 Mon 09:00"]);
}

#[test]
fn what_is_not_sent_on_a_friday_evening_waits_over_a_free_weekend() {
    let said = day("2026-12-04", "America/Chicago", QuietHours::default(), &place("+16055550143"));
    assert_eq!(said.last().unwrap(), "21:00 Mon 10:00");
}

#[test]
fn stricter_hours_of_our_own_count_as_well() {
    let said = day("2026-12-06", "America/Chicago", quiet("18-10"), &place("+12145550143"));
    assert_eq!(said, ["00:00 Sun 12:00", "12:00 now", "18:00 Mon 10:00"]);
    let said = day("2026-12-06", "America/New_York", quiet("23-7"), &place("+13055550143"));
    assert_eq!(said, ["00:00 Sun 08:00", "08:00 now", "20:00 Mon 08:00"]);
}

#[test]
fn a_number_of_another_country_with_the_same_code_is_in_no_state() {
    for number in ["+14165550143", "+18765550143", "+17875550143"] {
        assert!(!place(number).to_string().contains('('), "{number}");
    }
}

/// The hours of a day in which a number may be texted, by its own clock.
fn open(date: &str, number: &str) -> String {
    let place = place(number);
    let clock = place.zones()[0].iana_name().unwrap().to_owned();
    let lines = day(date, &clock, QuietHours::default(), &place);
    let from = lines.iter().position(|line| line.ends_with("now"));
    let hour = |line: &String| line[..2].trim_start_matches('0').to_owned();
    from.map_or("none".into(), |from| format!("{}-{}", hour(&lines[from]), hour(&lines[from + 1])))
}
