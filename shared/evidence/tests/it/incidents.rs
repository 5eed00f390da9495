//! Who is told about a failure, and how often.

use evidence::{Health, News, Seen};
use jiff::{SignedDuration, Timestamp};

const THREE: Seen = Seen::Fails(SignedDuration::from_mins(3));
const FAILS: Seen = Seen::Fails(SignedDuration::ZERO);

/// The state kept between observations, as it is stored.
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
fn writes_nothing_while_everything_works() {
    let mut watch = Watch::default();
    assert_eq!(watch.sees(Seen::Works, 0), None);
    assert_eq!((watch.written, watch.health), (0, Health::default()));
}

#[test]
fn reports_a_failure_once_after_a_while_and_once_that_it_is_over() {
    let mut watch = Watch::default();
    let flood: Vec<_> = (0..10_000).filter_map(|second| watch.sees(THREE, second)).collect();
    assert_eq!(flood, [News::Nothing, News::Fails]);
    let works: Vec<_> = (10_000..11_000).filter_map(|at| watch.sees(Seen::Works, at)).collect();
    assert_eq!(works, [News::Works]);
    let again: Vec<_> = (11_000..12_000).filter_map(|second| watch.sees(THREE, second)).collect();
    assert_eq!(again, [News::Nothing, News::Fails]);
}

#[test]
fn does_not_report_a_failure_that_was_over_in_time() {
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
fn reports_a_certain_failure_at_once_even_after_a_doubtful_one() {
    let mut watch = Watch::default();
    assert_eq!(watch.sees(THREE, 0), Some(News::Nothing));
    assert_eq!(watch.sees(FAILS, 1), Some(News::Fails));
    assert_eq!(watch.sees(THREE, 1_000), None);
}

#[test]
fn reports_flapping_every_ten_minutes_without_a_write_for_each_text() {
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

/// The document is read with every text, so it must not grow with all failures that ever were.
#[test]
fn deletes_an_incident_that_has_been_over_for_a_day() {
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
fn a_clock_that_was_ahead_does_not_suppress_a_report() {
    let mut watch = Watch::default();
    assert_eq!(watch.sees(FAILS, 10_000_000), Some(News::Fails));
    assert_eq!(watch.sees(FAILS, 0), Some(News::Fails));
    assert_eq!(watch.sees(Seen::Works, 60), Some(News::Works));
}

fn at(seconds: i64) -> Timestamp {
    Timestamp::UNIX_EPOCH + SignedDuration::from_secs(1_800_000_000 + seconds)
}
