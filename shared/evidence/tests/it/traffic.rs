use evidence::rules::UNPROVEN_TEXTS;

use simulation::{
    FALSE_ANSWERS, Found, HEALTHY, Outage, Traffic, detect, false_alarms, outage, two_countries,
};

/// By receipts alone: nobody answers.
const RECEIPTS: Traffic = Traffic { answers: 0.0, ..HEALTHY };

/// By answers alone.
const NO_RECEIPTS: Traffic = Traffic { receipts: false, ..HEALTHY };

#[test]
fn ten_thousand_healthy_texts_raise_no_alarm_and_no_switch() {
    for seed in 0..2 {
        assert_eq!(two_countries(seed, 10_000, 10.0, 0.03), (0, 0), "seed {seed}");
    }
}

#[test]
fn missing_receipts_raise_no_alarm() {
    for missing in [0.0, 0.1] {
        assert_eq!(false_alarms(1, 3000, Traffic { missing, ..RECEIPTS }), 0, "{missing}");
    }
}

#[test]
fn people_who_do_not_answer_raise_no_alarm() {
    assert_eq!(false_alarms(1, 3000, NO_RECEIPTS), 0);
}

#[test]
fn a_route_that_never_worked_is_detected_within_three_texts_or_ten_minutes() {
    for (an_hour, seed) in
        [1.0, 10.0, 100.0].into_iter().flat_map(|it| (0..20).map(move |s| (it, s)))
    {
        let traffic = Traffic { an_hour, loss: 1.0, ..NO_RECEIPTS };
        let Found { texts, minutes } = detect(seed, 0, traffic, 100).unwrap();
        // The sweep that looks comes once a minute, and the first text has a minute's grace.
        assert!(texts <= 3 || minutes <= 2.0, "{an_hour} {seed}: {texts} texts, {minutes} minutes");
        assert!(minutes <= 11.0, "{an_hour} {seed}: {texts} texts, {minutes} minutes");
    }
}

#[test]
fn a_false_answer_does_not_keep_a_dead_route_in_use_for_long() {
    for seed in 0..40 {
        let traffic = Traffic { loss: 1.0, false_answers: FALSE_ANSWERS, ..NO_RECEIPTS };
        let found = detect(seed, 0, traffic, 200).unwrap();
        assert!(found.texts <= 60, "seed {seed}: {found:?}");
    }
}

#[test]
fn a_provider_that_never_worked_costs_three_texts_and_a_few_probes_a_day() {
    for seed in 0..10 {
        let Outage { lost, probes, .. } = outage(seed, 10.0, 0, 24.0);
        assert!(lost as usize <= UNPROVEN_TEXTS, "seed {seed}: {lost} lost");
        assert!((5..=10).contains(&probes), "seed {seed}: {probes} probes");
    }
}

#[test]
fn a_provider_that_works_again_is_used_again_within_hours() {
    for seed in 0..10 {
        let Outage { lost, back_after, .. } = outage(seed, 10.0, 100, 12.0);
        assert!(lost <= 12, "seed {seed}: {lost} lost");
        assert!(back_after.is_some_and(|hours| hours < 8.0), "seed {seed}: {back_after:?}");
    }
}

#[test]
fn a_route_that_dies_is_detected_by_its_receipts() {
    for seed in 0..20 {
        let found = detect(seed, 100, Traffic { loss: 1.0, ..RECEIPTS }, 100).unwrap();
        assert!(found.texts <= 12, "seed {seed}: {found:?}");
    }
}

#[test]
fn a_route_that_dies_is_detected_without_receipts() {
    for seed in 0..20 {
        let dying = Traffic { loss: 1.0, false_answers: FALSE_ANSWERS, ..NO_RECEIPTS };
        let found = detect(seed, 100, dying, 200).unwrap();
        assert!(found.texts <= 40, "seed {seed}: {found:?}");
    }
}
