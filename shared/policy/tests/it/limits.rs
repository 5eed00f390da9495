use jiff::{SignedDuration, Timestamp};
use policy::ReplyKind::{Answer, Keyword};
use policy::{Allowed, Limits, Replied, ReplyKind};
use settings::{Settings, SettingsError};

#[test]
fn a_person_gets_six_replies_a_minute() {
    let mut person = Person::default();
    for second in 0..6 {
        assert_eq!(person.reply(second), Allowed::Now);
    }
    assert_eq!(person.reply(6), Allowed::At(at(60)));
    assert_eq!(person.reply(59), Allowed::At(at(60)));
    assert_eq!(person.reply(60), Allowed::Now);
}

#[test]
fn a_person_gets_thirty_replies_an_hour() {
    let mut person = Person::default();
    assert_eq!((0..3600).step_by(61).filter(|it| person.gets(*it)).count(), 30);
    assert_eq!(person.reply(3599), Allowed::At(at(3600)));
    assert_eq!(person.reply(3600), Allowed::Now);
}

#[test]
fn a_person_gets_a_hundred_replies_a_day() {
    let mut person = Person::default();
    assert_eq!((0..DAY).step_by(301).filter(|it| person.gets(*it)).count(), 100);
    assert_eq!(person.reply(DAY - 1), Allowed::Not);
    assert_eq!(person.reply(DAY), Allowed::Now);
}

#[test]
fn a_sender_that_never_pauses_gets_no_more_than_the_daily_limit() {
    let mut person = Person::default();
    assert_eq!((0..DAY).filter(|it| person.gets(*it)).count(), 100);
}

#[test]
fn if_minute_and_hour_are_full_the_later_end_counts() {
    let mut person = Person { limits: limits([("REPLIES_PER_HOUR", "6")]), ..Person::default() };
    for _ in 0..6 {
        assert_eq!(person.reply(0), Allowed::Now);
    }
    assert_eq!(person.reply(1), Allowed::At(at(3600)));
}

#[test]
fn keywords_get_five_replies_a_day() {
    let mut person = Person::default();
    assert_eq!((0..6).filter(|it| person.gets(it - 110)).count(), 6);
    let said: Vec<_> = (0..7).map(|it| person.keyword(it * 600)).collect();
    assert_eq!(said, [[Allowed::Now; 5].as_slice(), &[Allowed::Not; 2]].concat());
    assert_eq!(person.reply(4200), Allowed::Now);
    assert_eq!(person.keyword(DAY), Allowed::Now);
}

#[test]
fn a_reply_to_a_keyword_counts_as_one() {
    let mut person = Person { limits: limits([("REPLIES_PER_MINUTE", "2")]), ..Person::default() };
    assert_eq!(person.keyword(0), Allowed::Now);
    assert_eq!(person.reply(1), Allowed::Now);
    assert_eq!(person.reply(2), Allowed::At(at(60)));
    assert_eq!(person.keyword(3), Allowed::At(at(60)));
}

#[test]
fn a_stop_is_not_confirmed_an_hour_later() {
    let mut person = Person { limits: limits([("REPLIES_PER_HOUR", "1")]), ..Person::default() };
    person.reply(0);
    assert_eq!(person.keyword(1), Allowed::Not);
    assert_eq!(person.keyword(3301), Allowed::At(at(3600)));
}

#[test]
fn off_means_no_limit() {
    let off = ["REPLIES_PER_MINUTE", "REPLIES_PER_HOUR", "REPLIES_PER_DAY"].map(|it| (it, "off"));
    let mut person = Person { limits: limits(off), ..Person::default() };
    assert!((0..1000).all(|_| person.gets(0)));
    assert_eq!(limits([("NEW_PEOPLE_PER_MINUTE", "OFF")]).new_people_per_minute, None);
}

/// A clock that was ahead began a window and was corrected: nobody waits until that time comes again.
#[test]
fn a_clock_that_goes_back_locks_nobody_out() {
    for ahead in [31, 59, 3601, DAY * 2] {
        let mut person = Person::default();
        while person.gets(ahead) {}
        assert_eq!(person.reply(0), Allowed::Now, "{ahead}");
    }
}

/// Several processes count, with slightly different clocks.
#[test]
fn a_clock_that_is_slightly_behind_does_not_reset_a_count() {
    let mut person = Person { limits: limits([("REPLIES_PER_MINUTE", "2")]), ..Person::default() };
    assert!(person.gets(30) && person.gets(29));
    assert_eq!(person.reply(1), Allowed::At(at(61)));
}

#[test]
fn reads_its_settings() {
    assert_eq!(limits([]), Limits::default());
    assert_eq!(
        limits([("REPLIES_PER_DAY", "7"), ("NEW_PEOPLE_PER_MINUTE", "1")]),
        Limits { per_day: Some(7), new_people_per_minute: Some(1), ..Limits::default() }
    );
    for name in Limits::SETTINGS {
        for written in ["0", "-1", "many", "1.5", "none", "99999999999"] {
            let problem = Limits::from_settings(&Settings::from([(*name, written)])).unwrap_err();
            assert!(matches!(problem, SettingsError::Invalid { name: it, .. } if it == *name));
        }
    }
}

#[test]
fn the_stored_counts_of_a_person_are_small() {
    let mut person = Person::default();
    while person.gets(0) {}
    let kept = serde_json::to_string(&person.replied).unwrap();
    assert!(kept.len() < 250, "{kept}");
    assert_eq!(serde_json::from_str::<Replied>(&kept).unwrap(), person.replied);
    assert_eq!(serde_json::from_str::<Replied>("{}").unwrap(), Replied::default());
}

const DAY: i64 = 86_400;

/// Somebody who gets a reply whenever that is allowed.
#[derive(Default)]
struct Person {
    replied: Replied,
    limits: Limits,
}

impl Person {
    fn reply(&mut self, second: i64) -> Allowed {
        self.get(Answer, second)
    }

    fn keyword(&mut self, second: i64) -> Allowed {
        self.get(Keyword, second)
    }

    fn gets(&mut self, second: i64) -> bool {
        self.reply(second) == Allowed::Now
    }

    fn get(&mut self, kind: ReplyKind, second: i64) -> Allowed {
        let allowed = self.replied.may(&self.limits, kind, at(second));
        if allowed == Allowed::Now {
            self.replied.note(kind, at(second));
        }
        allowed
    }
}

fn limits<const N: usize>(settings: [(&str, &str); N]) -> Limits {
    Limits::from_settings(&Settings::from(settings)).unwrap()
}

/// This many seconds after the first text.
fn at(second: i64) -> Timestamp {
    let first: Timestamp = "2026-11-29T10:00:00Z".parse().unwrap();
    first + SignedDuration::from_secs(second)
}
