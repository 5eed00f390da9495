use hours::{Day, NotOpening, OpeningHours};
use jiff::civil::DateTime;

/// The same hours from Monday to Friday, and others at the weekend.
fn hours(weekday: &str, saturday: &str, sunday: &str) -> OpeningHours {
    let day = |written: &str| match written {
        "" => Day::default(),
        written => Day::parse(written).unwrap(),
    };
    let [weekday, saturday, sunday] = [weekday, saturday, sunday].map(day);
    let days = [&weekday, &weekday, &weekday, &weekday, &weekday, &saturday, &sunday];
    OpeningHours::new(days.map(Clone::clone), None).unwrap()
}

/// What is told at this time of a week from Monday, 2026-11-23.
fn told(hours: &OpeningHours, now: &str) -> String {
    hours.told("Elm", format!("2026-11-{now}").parse::<DateTime>().unwrap())
}

#[test]
fn says_when_it_is_open_and_whether_it_is_now() {
    let shop = hours("8-12, 13:00-17:30", "9-12:30", "");
    let listed = "Elm is open Monday to Friday 08:00-12:00 and 13:00-17:30, Saturday 09:00-12:30.";
    for (now, expected) in [
        ("23 07:59", "closed now, and opens today at 08:00"),
        ("23 08:00", "open now, until 12:00"),
        ("23 11:59", "open now, until 12:00"),
        ("23 12:00", "closed now, and opens today at 13:00"),
        ("23 17:30", "closed now, and opens tomorrow at 08:00"),
        ("28 09:30", "open now, until 12:30"),
        ("28 13:00", "closed now, and opens on Monday at 08:00"),
        ("29 12:00", "closed now, and opens tomorrow at 08:00"),
    ] {
        assert_eq!(told(&shop, now), format!("{listed} It is {expected}."), "{now}");
    }
}

#[test]
fn a_bar_closes_after_midnight() {
    let bar = hours("", "18-2", "");
    for (now, expected) in [
        ("28 23:00", "Elm is open Saturday 18:00-02:00. It is open now, until 02:00."),
        ("29 01:59", "Elm is open Saturday 18:00-02:00. It is open now, until 02:00."),
        (
            "29 02:00",
            "Elm is open Saturday 18:00-02:00. It is closed now, and opens on Saturday at 18:00.",
        ),
    ] {
        assert_eq!(told(&bar, now), expected);
    }
    let daily = hours("0-24", "0-24", "0-24");
    let always = "Elm is open Monday to Sunday 00:00-24:00. It is open now, until 24:00.";
    assert_eq!(told(&daily, "25 00:00"), always);
}

#[test]
fn hours_that_cannot_be_meant_are_refused() {
    for written in [
        "",
        "8",
        "8-17-18",
        "8-25",
        "8:60-17",
        "8.30-17",
        "13-17, 8-12",
        "8-12, 12-17",
        "9am-5pm",
        "24-8",
    ] {
        assert_eq!(Day::parse(written), Err(NotOpening), "{written}");
    }
    assert_eq!(OpeningHours::new(Default::default(), None), None);
}
