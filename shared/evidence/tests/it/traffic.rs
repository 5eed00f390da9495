use crate::simulation::{ANSWERS, Found, Traffic, detect, false_alarms, two_countries};

/// By receipts alone: nobody answers.
const RECEIPTS: Traffic =
    Traffic { an_hour: 10.0, receipts: true, answers: 0.0, missing: 0.03, loss: 0.0 };

/// By answers alone.
const NO_RECEIPTS: Traffic =
    Traffic { an_hour: 10.0, receipts: false, answers: ANSWERS, missing: 0.0, loss: 0.0 };

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
fn a_route_that_never_worked_is_found_out_within_three_texts_or_ten_minutes() {
    for an_hour in [1.0, 10.0, 100.0] {
        for seed in 0..20 {
            let traffic = Traffic { an_hour, loss: 1.0, ..NO_RECEIPTS };
            let Found { texts, minutes } = detect(seed, 0, traffic, 100).unwrap();
            // The sweep that looks comes once a minute, and a false answer may buy a dead route time.
            assert!(texts <= 4 || minutes <= 11.0, "{texts} texts, {minutes} minutes");
        }
    }
}

#[test]
fn a_route_that_dies_is_found_out_by_its_receipts() {
    for seed in 0..20 {
        let found = detect(seed, 100, Traffic { loss: 1.0, ..RECEIPTS }, 100).unwrap();
        assert!(found.texts <= 12, "seed {seed}: {found:?}");
    }
}

#[test]
fn a_route_that_dies_is_found_out_without_receipts() {
    for seed in 0..20 {
        let found = detect(seed, 100, Traffic { loss: 1.0, ..NO_RECEIPTS }, 100).unwrap();
        assert!(found.texts <= 40, "seed {seed}: {found:?}");
    }
}
