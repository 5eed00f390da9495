use evidence::Rhythm;
use jiff::{SignedDuration, Timestamp};

use crate::story::minute;

/// Four conversations an hour, from nine to five every day, for this many days.
fn days(days: i64) -> Rhythm {
    let mut rhythm = Rhythm::default();
    for (day, quarter) in (0..days).flat_map(|day| (0..32).map(move |quarter| (day, quarter))) {
        rhythm.note(at(day, 0) + SignedDuration::from_mins(15 * quarter));
    }
    rhythm
}

/// This many minutes after nine on a day.
fn at(day: i64, minutes: i64) -> Timestamp {
    minute(0.0) + SignedDuration::from_hours(24 * day) + SignedDuration::from_mins(minutes)
}

#[test]
fn silence_is_reported_when_seven_conversations_would_usually_have_begun() {
    let rhythm = days(28);
    assert_eq!(rhythm.silence(at(28, 85)), None);
    let said = "Nobody has begun a conversation for 17 hours, in which about 7 usually do.";
    assert_eq!(rhythm.silence(at(28, 95)).as_deref(), Some(said));
}

#[test]
fn a_night_is_as_silent_as_usual() {
    assert_eq!(days(28).silence(at(28, -1)), None);
}

#[test]
fn two_weeks_must_have_been_seen() {
    assert_eq!(days(10).silence(at(12, 0)), None);
    assert!(days(10).silence(at(14, 0)).is_some());
}

#[test]
fn habits_are_learned_anew_after_a_month_of_silence() {
    let mut rhythm = days(28);
    rhythm.note(at(120, 0));
    assert_eq!(rhythm.silence(at(121, 0)), None);
}
