//! Who is told that something fails, and how often.

use evidence::{Health, News, Seen};
use jiff::{SignedDuration, Timestamp};

const THREE: Seen = Seen::Fails(SignedDuration::from_mins(3));
const FAILS: Seen = Seen::Fails(SignedDuration::ZERO);

/// What is remembered from one look to the next, as it is stored.
#[derive(Default)]
struct Watch {
    health: Health,
    written: usize,
}

impl Watch {
    fn sees(&mut self, seen: Seen, seconds: i64) -> Option<News> {
        let (incident, news) = self.health.sees("model", seen, at(seconds))?;
        self.health.remember("model", incident, at(seconds));
        let stored = serde_json::to_string(&self.health).expect("it can be stored");
        self.health = serde_json::from_str(&stored).expect("it can be read");
        self.written += 1;
        Some(news)
    }
}

#[test]
fn what_has_always_worked_is_nothing_to_write_down() {
    let mut watch = Watch::default();
    assert_eq!(watch.sees(Seen::Works, 0), None);
    assert_eq!((watch.written, watch.health), (0, Health::default()));
}

#[test]
fn somebody_is_told_once_after_a_while_and_once_that_it_is_over() {
    let mut watch = Watch::default();
    let flood: Vec<_> = (0..10_000).filter_map(|second| watch.sees(THREE, second)).collect();
    assert_eq!(flood, [News::Nothing, News::Fails]);
    let works: Vec<_> = (10_000..11_000).filter_map(|at| watch.sees(Seen::Works, at)).collect();
    assert_eq!(works, [News::Works]);
    let again: Vec<_> = (11_000..12_000).filter_map(|second| watch.sees(THREE, second)).collect();
    assert_eq!(again, [News::Nothing, News::Fails]);
}

#[test]
fn nobody_hears_of_what_was_over_in_time() {
    let mut watch = Watch::default();
    for (seen, seconds, news) in [
        (THREE, 0, Some(News::Nothing)),
        (THREE, 179, None),
        (Seen::Works, 179, Some(News::Nothing)),
        (THREE, 300, Some(News::Nothing)),
        (THREE, 479, None),
    ] {
        assert_eq!(watch.sees(seen, seconds), news, "after {seconds} s");
    }
}

#[test]
fn what_is_sure_is_said_at_once_though_it_was_only_doubtful_before() {
    let mut watch = Watch::default();
    assert_eq!(watch.sees(THREE, 0), Some(News::Nothing));
    assert_eq!(watch.sees(FAILS, 1), Some(News::Fails));
    assert_eq!(watch.sees(THREE, 1_000), None);
}

#[test]
fn what_wavers_is_said_every_ten_minutes_and_costs_no_write_with_each_text() {
    let mut watch = Watch::default();
    let (mut fails, mut works) = (0, 0);
    for second in 0..3_600 {
        for seen in [FAILS, Seen::Works] {
            let news = watch.sees(seen, second);
            fails += usize::from(news == Some(News::Fails));
            works += usize::from(news == Some(News::Works));
        }
    }
    assert!(fails == works && (4..=6).contains(&fails), "{fails} and {works} times in an hour");
    assert!(watch.written < 800, "written {} times", watch.written);
}

/// What is read with every text must not grow with all that ever failed.
#[test]
fn what_has_been_over_for_a_day_is_forgotten() {
    let mut health = Health::default();
    for (name, seen, hours) in
        [("lately", FAILS, 0), ("lately", Seen::Works, 1), ("still", FAILS, 0), ("new", FAILS, 26)]
    {
        let (incident, _) = health.sees(name, seen, at(hours * 3_600)).unwrap();
        health.remember(name, incident, at(hours * 3_600));
    }
    assert_eq!(Vec::from_iter(health.incidents.keys()), ["new", "still"]);
}

#[test]
fn a_clock_that_was_ahead_keeps_nobody_from_being_told() {
    let mut watch = Watch::default();
    assert_eq!(watch.sees(FAILS, 10_000_000), Some(News::Fails));
    assert_eq!(watch.sees(FAILS, 0), Some(News::Fails));
    assert_eq!(watch.sees(Seen::Works, 60), Some(News::Works));
}

fn at(seconds: i64) -> Timestamp {
    Timestamp::UNIX_EPOCH + SignedDuration::from_secs(1_800_000_000 + seconds)
}
